"""A head reads version 1, then what changed in version 2, and is asked nothing for better words."""

import pytest
from django.db import connection

from tests.journeys.conftest import Example, Visit
from tests.journeys.test_example import come_in
from tests.journeys.visitor import Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="the embedded portal is walked in the run on SQLite"),
]


def publish(member: Visitor, issuer: Visitor, helps: str, note: str, *, material: bool) -> None:
    """The PMO writes the next version, and the issuer publishes it without a letter."""
    member.go("/mandate/draft/")
    if "Start a draft" in member.text:
        member.press("Start a draft")
    member.go("/mandate/draft/helps/")
    member.fill(helps=helps)
    member.press("Save")
    member.go("/mandate/draft/change/")
    member.fill(change_note=note)
    member.page.locator("[name=is_material]").set_checked(material)
    member.press("Save")
    member.go("/mandate/draft/")
    member.press("Send to review")
    issuer.go(f"{member.page.url.rstrip('/')}/publish/")
    issuer.press("Publish without a letter")


def test_a_reader_sees_exactly_what_changed_and_better_words_ask_nothing(example: Example, visit: Visit) -> None:
    member, issuer, head = visit(example.base), visit(example.base), visit(example.base)
    for visitor, role in ((member, "PMO member"), (issuer, "Issuer"), (head, "Head of Information Technology")):
        come_in(visitor, *example.pass_of(role))
    head.go("/mandate/")
    head.press("I have read version 1")
    assert "You have read this version" in head.text

    publish(member, issuer, "Fewer surprises on every desk.", "We say whom it helps.", material=True)
    head.go("/mandate/")
    strip = head.page.locator("#since").inner_text()
    assert "Changed since you last read" in strip
    assert "Fewer surprises on every desk." in strip
    assert strip.count("changed\n") == 1, "and nothing else"
    head.look_closely()
    head.press("I have read what changed")
    assert "You have read this version" in head.text
    assert not head.page.locator("#since").count()

    publish(member, issuer, "On every desk, fewer surprises.", "Shorter.", material=False)
    head.go("/mandate/")
    assert "means the same in better words: nothing is asked of you" in head.text
    assert not head.page.locator("#since, form[action$='/acknowledge/']").count()

    member.go("/mandate/readers/")
    row = member.page.locator("tr", has_text="Ruth Adler").inner_text()
    assert "Has read it" in row
    assert "Version 2" in row
    member.look_closely()
