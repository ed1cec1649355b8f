"""Role × route × method → status; a route without a line fails. A sub-test a line: what it stands on is made once."""

from typing import Any

import pytest
from django.urls import reverse

from tests.house.conftest import ROLES, Cast, undone
from tests.house.matrix import MATRIX, NAMELESS, Row, by_stage, none
from tests.house.routes import routes

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize("stage", by_stage(MATRIX))
def test_each_role_gets_what_the_matrix_says(
    stage: str, cast: Cast, request: pytest.FixtureRequest, subtests: pytest.Subtests
) -> None:
    thing = request.getfixturevalue(stage)
    for line in by_stage(MATRIX)[stage]:
        with subtests.test(str(line)):
            address, form = reverse(line.route, kwargs=line.at(thing)), line.send(thing)
            got = {role: ask(cast, role, line, address, form) for role in ROLES}
            expected = line.by_role.items()
            wrong = {role: (status, got[role]) for role, status in expected if got[role] not in status.split("/")}
            assert not wrong, f"(expected, got) {wrong}"


def test_every_route_has_a_line_in_the_matrix() -> None:
    known = {route.name for route in routes()}
    lines = {line.route for line in MATRIX} | set(NAMELESS)
    assert known - lines == set(), "a route without a line"
    assert lines - known == set(), "a line without a route"


def test_no_line_stands_twice() -> None:
    assert len({str(line) for line in MATRIX}) == len(MATRIX)


# Whose pages these are not: to them it is all the same whether something is there.
BY_TOKEN_OR_NOT_OURS = ("digests:leave", "digests:undo", "home:set_up", "admin", "account", "door:")
STRANGERS = ("foreign", "administrator")
ABOUT_ONE_THING = [
    line
    for line in MATRIX
    if line.at is not none and not line.note and not line.route.startswith(BY_TOKEN_OR_NOT_OURS)
]


def nowhere(kwargs: dict[str, Any]) -> dict[str, Any]:
    """The same arguments, of something that is not there."""
    return {name: {"slug": "nowhere", "part": value}.get(name, 999_999) for name, value in kwargs.items()}


@pytest.mark.parametrize("stage", by_stage(ABOUT_ONE_THING))
def test_a_stranger_does_not_learn_whether_a_thing_is_there(
    stage: str, cast: Cast, request: pytest.FixtureRequest, subtests: pytest.Subtests
) -> None:
    thing = request.getfixturevalue(stage)
    for line in by_stage(ABOUT_ONE_THING)[stage]:
        with subtests.test(str(line)):
            address, form = reverse(line.route, kwargs=nowhere(line.at(thing))), line.send(thing)
            got = {role: ask(cast, role, line, address, form) for role in STRANGERS}
            assert got == {role: line.by_role[role] for role in STRANGERS}
