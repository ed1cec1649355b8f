"""Closed by default, changed by POST alone, and never by somebody else's page."""

import hashlib
import re
from collections import defaultdict
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from django.urls import reverse

from pmo_portal.accounts.proofs import WITHOUT_PROOF
from tests.house.conftest import ROLES, Cast, undone
from tests.house.matrix import MATRIX, Row
from tests.house.open_routes import OPEN, WITHOUT_CSRF
from tests.house.routes import Route, routes
from tests.house.test_matrix import told

pytestmark = pytest.mark.django_db
SOMETHING = {
    "part": "objectives",
    "slug": "some",
    "clause": "1.1",
    "token": "some",
    "digest": "0",
    "app_label": "accounts",
    "key": "some",
    "uidb36": "1",
}


def address_of(route: Route) -> str:
    """Some address that this route answers."""
    pattern = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"<\1>", route.pattern.replace("^", "").replace("$", ""))
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: SOMETHING.get(found[1], "1"), pattern)


def test_a_route_asks_for_a_sign_in_unless_it_is_on_the_open_list(cast: Cast) -> None:
    got = {route.name: told(cast.client("anonymous").get(address_of(route))) for route in routes()}
    closed = {name for name, status in got.items() if status == "login"}
    assert closed == set(got) - set(OPEN) | set(SENDS_THERE_ITSELF)


SENDS_THERE_ITSELF = {
    "mandate:live": "the organisation's setting says who reads; the default is: who is signed in",
    "mandate:clause": "as the mandate itself",
    "mandate:history": "as the mandate itself",
    "mandate:history_version": "as the mandate itself",
    "mandate:compare": "as mandate:live",
    "mandate:one_page": "as the mandate itself",
    "mandate:one_page_pdf": "as the mandate itself",
    "mandate:pdf": "as the mandate itself",
    "mandate:json": "as the mandate itself",
    "mandate:markdown": "as the mandate itself",
    "admin:login": "the admin has no door of its own",
}


def test_the_open_list_is_what_the_views_themselves_say() -> None:
    said = {route.name for route in routes() if not getattr(route.view, "login_required", True)}
    assert said == set(OPEN)
    assert all(OPEN.values())


def test_a_post_needs_the_token_of_our_own_page(cast: Cast) -> None:
    browser = cast.client("administrator", with_csrf=True)
    got = {route.name: browser.post(address_of(route)) for route in routes()}
    refused = {name for name, answer in got.items() if "403_csrf.html" in {t.name for t in answer.templates}}
    assert refused == set(got) - set(WITHOUT_CSRF)


def test_the_exemptions_from_the_token_are_the_committed_ones() -> None:
    assert {route.name for route in routes() if getattr(route.view, "csrf_exempt", False)} == set(WITHOUT_CSRF)


# --- a POST asks again who somebody is, when that was long ago ----------------------------------
def test_what_asks_for_no_proof_is_a_route_with_a_reason() -> None:
    assert set(WITHOUT_PROOF) <= {route.name for route in routes()}
    assert not set(WITHOUT_PROOF) & set(OPEN), "what is open asks nobody anyway"
    assert all(WITHOUT_PROOF.values())


def test_every_other_post_is_held_up_and_changes_nothing(cast: Cast) -> None:
    got, before = {}, state_of_the_database()
    asked = [route for route in routes() if route.name not in {*OPEN, *WITHOUT_PROOF}]
    for role in ("member", "administrator", "head"):
        browser = Client()
        browser.handler = cast.client(role).handler
        browser.force_login(cast.users[role])  # signed in, and nobody knows when and how
        got |= {(role, route.name): browser.post(address_of(route)).status_code for route in asked}
    assert {pair: status for pair, status in got.items() if status != 401} == {}
    after = state_of_the_database()
    assert {name for name in after if after[name] != before[name]} == {"accounts_signincode", "outbox_outgoingemail"}


# --- GET changes nothing ------------------------------------------------------------------------
# What a visit may leave behind, and why.
FREE = {
    "django_session": "the visit itself",
    "portal_cache": "counts tries at the door",
    "usersessions_usersession": "the visit itself, for the person's own list of where they are signed in",
}
FREE_COLUMNS = {"accounts_user": {"last_login"}}
# Where the reading of a page leaves more behind: route → (table, reason).
LEAVES_BEHIND = {
    "account_reset_password_from_key": (
        "account_emailaddress",
        "allauth copies the user's own address into its list",
    ),
}


def state_of_the_database() -> dict[str, str]:
    """A checksum over all rows of each table."""
    sums = {}
    with connection.cursor() as cursor:
        for table in sorted(set(connection.introspection.table_names(cursor)) - set(FREE)):
            columns = [each.name for each in connection.introspection.get_table_description(cursor, table)]
            kept = ", ".join(f'"{name}"' for name in columns if name not in FREE_COLUMNS.get(table, ()))
            cursor.execute(f'SELECT {kept} FROM "{table}"')
            rows = sorted(
                repr([bytes(v) if isinstance(v, memoryview) else v for v in row]) for row in cursor.fetchall()
            )
            sums[table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return sums


def readable_by_stage() -> dict[str, list[Row]]:
    """The lines of the matrix that read, by the stage that they meet."""
    found: dict[str, list[Row]] = defaultdict(list)
    for line in MATRIX:
        if line.route not in LEAVES_BEHIND:
            found[line.stage].append(line)
    return found


STAGES = readable_by_stage()


@pytest.mark.parametrize("stage", STAGES)
def test_reading_changes_nothing_whoever_reads(stage: str, cast: Cast, request: pytest.FixtureRequest) -> None:
    thing = request.getfixturevalue(stage)
    before = state_of_the_database()
    changed: dict[str, Any] = {}
    for role in ROLES:
        with undone():
            browser = cast.client(role)
            for line in STAGES[stage]:
                address = reverse(line.route, kwargs=line.at(thing))
                browser.get(address)
                if not line.route.startswith("admin:"):
                    browser.head(address)
                if role == "anonymous" or "account_logout" in line.route:
                    browser = cast.client(role)
            after = state_of_the_database()
        if after != before:
            changed[role] = [table for table in after if after[table] != before[table]]
    assert changed == {}


@pytest.mark.parametrize("line", [line for line in MATRIX if line.route in LEAVES_BEHIND], ids=str)
def test_an_exception_leaves_no_more_behind_than_it_says(line: Row, cast: Cast) -> None:
    table, _reason = LEAVES_BEHIND[line.route]
    before = state_of_the_database()
    cast.client("member").get(reverse(line.route, kwargs=line.at(cast)))
    after = state_of_the_database()
    assert [name for name in after if after[name] != before[name]] in ([], [table])
    assert set(EmailAddress.objects.values_list("email", "user__email")) <= {
        (user.email, user.email) for user in cast.users.values() if user
    }


def test_a_change_is_seen(cast: Cast) -> None:
    before = state_of_the_database()
    cast.client("member").post(reverse("areas:add"), {"name": "Harbour"})
    after = state_of_the_database()
    assert [table for table in after if after[table] != before[table]] == ["stakeholders_area"]


# --- the methods that a route takes -------------------------------------------------------------
def methods_by_route() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for line in MATRIX:
        found[line.route].add(line.method)
    return found


METHODS = methods_by_route()
EVERY_METHOD = {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"}


@pytest.mark.parametrize("stage", STAGES)
def test_a_route_takes_no_method_beside_those_of_the_matrix(
    stage: str, cast: Cast, request: pytest.FixtureRequest
) -> None:
    thing, browser = request.getfixturevalue(stage), cast.client("member")
    taken = {}
    for line in STAGES[stage]:
        if not line.route.startswith(("admin:", "account_")):
            address = reverse(line.route, kwargs=line.at(thing))
            for method in EVERY_METHOD - METHODS[line.route]:
                taken[line.route, method] = browser.generic(method, address).status_code
    assert {pair: status for pair, status in taken.items() if status not in {405, 403, 404}} == {}
