"""Two of the PMO write the same words of a draft: saved by itself, rested, both seen; without scripts too."""

import re

import pytest
from django.db import connection
from playwright.sync_api import expect

from tests.journeys.conftest import Example, Visit
from tests.journeys.test_example import come_in
from tests.journeys.visitor import Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="the embedded portal is walked in the run on SQLite"),
]
PURPOSE = "/mandate/draft/purpose/"


@pytest.fixture
def two(example: Example, visit: Visit, script: bool) -> tuple[Visitor, Visitor]:
    """A member and the lead, at the purpose of one draft."""
    member, lead = (visit(example.base, java_script_enabled=script) for _ in "ab")
    come_in(member, *example.pass_of("PMO member"))
    come_in(lead, *example.pass_of("PMO lead"))
    member.go("/mandate/draft/")
    if "Start a draft" in member.text:
        member.press("Start a draft")
    for each in (member, lead):
        each.go(PURPOSE)
    return member, lead


def words_of(visitor: Visitor) -> str:
    visitor.go(PURPOSE)
    return visitor.page.locator("[name=purpose]").input_value()


@pytest.mark.parametrize("script", [False])
def test_without_scripts_the_later_one_chooses_and_loses_nothing(two: tuple[Visitor, Visitor]) -> None:
    member, lead = two
    member.fill(purpose="We keep one list of all projects.")
    member.press("Save")
    lead.fill(purpose="We keep two lists of all projects.")
    lead.expect_refusal(409)
    lead.press("Save")
    assert lead.heading == "Somebody else has saved this meanwhile"
    assert "one list" in lead.text
    lead.press("Use mine")
    assert words_of(lead) == "We keep two lists of all projects."
    lead.page.get_by_text("Both wordings, where two of you wrote the same").click()
    assert "We keep one list of all projects." in lead.text


@pytest.mark.parametrize("script", [True])
def test_with_scripts_words_save_themselves_and_rest_when_they_meet(two: tuple[Visitor, Visitor]) -> None:
    member, lead = two
    member.page.locator("[name=purpose]").press_sequentially(" Every Friday.", delay=20)
    expect(member.page.locator("[data-autosave-said]")).to_have_text(re.compile(r"Saved at \d\d:\d\d\."))
    lead.expect_refusal(409, of_script=True)
    lead.page.locator("[name=purpose]").press_sequentially(" Every Monday.", delay=20)
    expect(lead.page.locator("[data-autosave-said]")).to_contain_text("nothing more is saved by itself")
    lead.look_closely()

    lead.expect_refusal(409)
    lead.press("Show both wordings")
    assert "Friday" in lead.text
    lead.page.get_by_text("Make one of both, by hand").click()
    lead.page.locator("[name=purpose]").last.fill("Every Friday, and every Monday.")
    lead.press("Save this")
    assert words_of(lead) == "Every Friday, and every Monday."

    # A new row is made once, and goes on at its own address; leaving it asks nothing.
    member.go("/mandate/draft/measures/add/")
    member.page.locator("[name=text]").press_sequentially("Answers that come too late", delay=20)
    expect(member.page.locator("[data-autosave-said]")).to_contain_text("Saved at")
    with member.page.expect_response(re.compile(r"/measures/\d+/$")):
        member.page.locator("[name=target]").press_sequentially("None", delay=20)
    assert re.search(r"/measures/\d+/$", member.page.url)
    member.go("/mandate/draft/measures/")
    assert member.page.get_by_role("link", name="Answers that come too late").count() == 1
