"""Role × route × method → status; a route without a line fails."""

from typing import Any

import pytest
from django.urls import reverse

from tests.house.conftest import ROLES, Cast, undone
from tests.house.matrix import MATRIX, NAMELESS, NOT_YET, TELLS, Row, none
from tests.house.routes import routes

pytestmark = pytest.mark.django_db
LINES = {str(line): line for line in MATRIX}


def told(response: Any) -> str:
    """The status as the matrix writes it."""
    return "login" if is_sent_to_sign_in(response) else str(response.status_code)


def is_sent_to_sign_in(response: Any) -> bool:
    doors = ("/in/?next=", "/admin/login/?next=")
    return response.status_code == 302 and response["Location"].startswith(doors)


def ask(cast: Cast, role: str, line: Row, address: str, form: dict[str, Any]) -> str:
    """What one role gets; afterwards all stands as before."""
    with undone():
        browser = cast.client(role)
        return told(browser.get(address) if line.method == "GET" else browser.post(address, form))


def marked(line: Row, open_ones: dict[str, str]) -> Any:
    marks = [pytest.mark.xfail(reason=open_ones[str(line)], strict=True)] if str(line) in open_ones else []
    return pytest.param(line, id=str(line), marks=marks)


@pytest.mark.parametrize("line", [marked(line, NOT_YET) for line in MATRIX])
def test_each_role_gets_what_the_matrix_says(line: Row, cast: Cast, request: pytest.FixtureRequest) -> None:
    stage = request.getfixturevalue(line.stage)
    address, form = reverse(line.route, kwargs=line.at(stage)), line.send(stage)
    got = {role: ask(cast, role, line, address, form) for role in ROLES}
    wrong = {role: (status, got[role]) for role, status in line.by_role.items() if got[role] not in status.split("/")}
    assert not wrong, f"{line}: (expected, got) {wrong}"


def test_every_route_has_a_line_in_the_matrix() -> None:
    known = {route.name for route in routes()}
    lines = {line.route for line in MATRIX} | set(NAMELESS)
    assert known - lines == set(), "a route without a line"
    assert lines - known == set(), "a line without a route"


def test_no_line_stands_twice_and_every_open_one_is_a_line() -> None:
    assert len(LINES) == len(MATRIX)
    assert {*NOT_YET, *TELLS} <= set(LINES)


# Whose pages these are not: to them it is all the same whether something is there.
BY_TOKEN_OR_NOT_OURS = ("digests:leave", "digests:undo", "home:set_up", "admin", "account", "door:")
STRANGERS = ("foreign", "administrator")
ABOUT_ONE_THING = [
    marked(line, TELLS)
    for line in MATRIX
    if line.at is not none and not line.note and not line.route.startswith(BY_TOKEN_OR_NOT_OURS)
]


def nowhere(kwargs: dict[str, Any]) -> dict[str, Any]:
    """The same arguments, of something that is not there."""
    return {name: {"slug": "nowhere", "part": value}.get(name, 999_999) for name, value in kwargs.items()}


@pytest.mark.parametrize("line", ABOUT_ONE_THING)
def test_a_stranger_does_not_learn_whether_a_thing_is_there(
    line: Row, cast: Cast, request: pytest.FixtureRequest
) -> None:
    stage = request.getfixturevalue(line.stage)
    address, form = reverse(line.route, kwargs=nowhere(line.at(stage))), line.send(stage)
    got = {role: ask(cast, role, line, address, form) for role in STRANGERS}
    assert got == {role: line.by_role[role] for role in STRANGERS}
