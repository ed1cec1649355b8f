"""The issuer on a phone: the letter, the code, one word changed in place, published with a letter of their own."""

import re

import pytest
from django.db import connection

from tests.journeys.conftest import Example, Visit
from tests.journeys.test_example import code_for, come_in, letters
from tests.journeys.visitor import PHONE
from tests.outbox.sink import wait_until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="the embedded portal is walked in the run on SQLite"),
]


def link_in(example: Example, address: str, subject: str) -> str:
    """The way that the newest letter with such a subject leads."""

    def found() -> list[str]:
        mine = [letter for letter in letters(example.mail, address).values() if subject in str(letter["Subject"])]
        return [letter.get_body(("plain",)).get_content() for letter in mine]

    wait_until(found, 60, f"“{subject}” to {address}")
    link = re.search(rf"{example.base}(/\S+)", found()[-1])
    assert link, "no link in the letter"
    return link[1]


@pytest.mark.parametrize("script", [True, False])
def test_the_issuer_changes_a_word_and_publishes_with_a_letter(example: Example, visit: Visit, script: bool) -> None:
    member, address = visit(example.base), example.who("Issuer")
    come_in(member, *example.pass_of("PMO member"))
    member.go("/mandate/draft/")
    if "Start a draft" in member.text:
        member.press("Start a draft")
    member.follow("What changed")
    member.fill(change_note="We tell you earlier what a project takes from you.")
    member.press("Save")
    member.press("Send to review")
    number = int(member.page.url.rstrip("/").rpartition("/")[2])

    issuer = visit(example.base, java_script_enabled=script, **PHONE)
    before = letters(example.mail, address).keys()
    issuer.go(link_in(example, address, f"version {number}, waits"))
    assert issuer.heading == "Is this you?"
    issuer.press("Send me a code")
    issuer.fill(code=code_for(address, example.mail, before))
    issuer.press("Sign in")

    # The heart of it: two taps and one word.
    issuer.follow("Suggest other words Clause 1.2")
    box = issuer.page.locator("[name=text]")
    words = "ten" if "twelve" in box.input_value() else "eight"
    box.fill(re.sub("twelve|ten", words, box.input_value()))
    issuer.press("Send to the Project Office")
    assert "You suggest:" in issuer.text

    assert link_in(example, example.who("PMO lead"), f"words in version {number}")
    member.go(f"/mandate/versions/{number}/")
    member.press("Accept it, and send the next version")

    issuer.go(link_in(example, address, f"version {number + 1}, waits"))
    assert "This alone" in issuer.text
    assert f"{words} weeks ahead" in issuer.text
    if script:
        issuer.look_closely()
    issuer.follow("Approve and publish …")
    if script:
        issuer.look_closely()
    issuer.press("Publish, and send the letter")
    assert f"{words} weeks ahead" in issuer.text

    head = example.who("Head of Finance")
    wait_until(lambda: any("What changes" in str(each["Subject"]) for each in letters(example.mail, head).values()),
               90, "the issuer's letter")  # fmt: skip
