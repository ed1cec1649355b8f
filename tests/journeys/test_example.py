"""The embedded portal as `make run` starts it: every printed person comes in, and the pages need no script."""

from collections.abc import Set
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.db import connection
from playwright.sync_api import expect

from tests.journeys.conftest import CODE, Example, Visit
from tests.journeys.visitor import PHONE, Visitor
from tests.outbox.sink import wait_until

pytestmark = [
    pytest.mark.browser,
    # It has its own SQLite whatever the suite runs on: once is enough.
    pytest.mark.skipif(connection.vendor != "sqlite", reason="the embedded portal is walked in the run on SQLite"),
]
ROLES = ("PMO member", "PMO lead", "Issuer", "Sponsor")


def come_in(visitor: Visitor, address: str, password: str) -> None:
    visitor.go("/accounts/login/")
    visitor.fill(login=address, password=password)
    visitor.press("Sign in")


def test_every_printed_person_comes_in_and_opens_what_they_are_shown(example: Example, visit: Visit) -> None:
    printed = [role for role, _address, _password in example.sign_ins]
    assert set(ROLES) <= set(printed)
    assert sum(role.startswith("Head of ") for role in printed) >= 2
    for role, address, password in example.sign_ins:
        visitor = visit(example.base)
        come_in(visitor, address, password)
        assert "/accounts/" not in visitor.page.url, role
        doors = visitor.page.get_by_role("navigation", name="Main").first.get_by_role("link").all()
        addresses = [str(door.get_attribute("href")) for door in doors]
        assert len(addresses) >= 3, role
        for door in (*addresses, "/me/"):
            answer = visitor.page.goto(door)
            assert answer is not None
            assert answer.status == 200, (role, door)
            visitor.check_width()
            assert visitor.heading, (role, door)
        visitor.leave()


def letters(folder: Path, address: str) -> dict[Path, EmailMessage]:
    """What the portal has written to somebody; the clock writes to others meanwhile."""
    every = {file: message_from_bytes(file.read_bytes(), policy=policy.default) for file in folder.glob("*.eml")}
    return {file: letter for file, letter in every.items() if letter["To"] == address}


def code_for(address: str, folder: Path, before: Set[Path]) -> str:
    """The digits of the one sign-in code that came since; letters of the clock may come beside it."""

    def codes() -> list[str]:
        new = [letter for file, letter in letters(folder, address).items() if file not in before]
        bodies = [letter.get_body(("plain",)) for letter in new if letter["Subject"] == "Your sign-in code"]
        return [found[1] for body in bodies if body is not None and (found := CODE.search(body.get_content()))]

    wait_until(codes, 60, f"a code to {address}")
    (code,) = codes()
    return code


def test_the_pages_work_without_a_script(example: Example, visit: Visit) -> None:
    member = visit(example.base, java_script_enabled=False)
    address = example.who("PMO member")
    before = letters(example.mail, address).keys()
    member.go("/mandate/draft/")
    member.fill(email=address)
    member.press("Send me a code")
    member.fill(code=code_for(address, example.mail, before))
    member.press("Sign in")
    assert member.page.url.endswith("/mandate/draft/"), "the page that was asked for"

    member.press("Start a draft")
    member.follow("Clauses: does, shared, does not")
    member.follow("The PMO does …")
    member.expect_refusal(422)
    member.press("Save")
    expect(member.page.locator(".error-summary")).to_be_visible()
    member.fill(text="Keeps the list of what ships wait for.")
    member.press("Save")
    assert "Keeps the list of what ships wait for." in member.text

    head = visit(example.base, java_script_enabled=False, **PHONE)
    come_in(head, *example.pass_of("Head of Finance"))
    assert head.page.url.endswith("/areas/finance/")
    head.follow("Read the agreement and sign it")
    head.follow("Read and sign")
    head.press("Sign for Finance")
    assert "in force from now on" in head.text
