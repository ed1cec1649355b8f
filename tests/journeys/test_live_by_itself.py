"""Draft, changes wanted, approved, set for a moment: it goes live by itself to the second, every worker stopped."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection

from tests.journeys.conftest import SIGN_IN, Example, Visit
from tests.journeys.processes import gunicorn, manage, surroundings
from tests.journeys.test_example import come_in
from tests.servers import HOST, free_port

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="the embedded portal is walked in the run on SQLite"),
]
# The page's own form takes minutes; the verb behind it takes a moment that a test can wait for.
SCHEDULE = """
from datetime import timedelta
from django.utils import timezone
from mandate import actions
from mandate.models import MandateVersion
from pmo_portal.accounts.models import User
version = MandateVersion.objects.get(number={number})
issuer = User.objects.get(email="{issuer}")
at = timezone.now() + timedelta(seconds=6)
actions.publish(version, by=issuer, content_hash=version.content_hash, at=at, letter="We tell you earlier.")
print(at.isoformat())
"""


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[tuple[Example, dict[str, str]]]:
    """The example, served by a web server alone: no worker, no clock."""
    port = free_port()
    around = surroundings(
        PORT=port, PORTAL="example", PORTAL_VAR=tmp_path, DJANGO_SETTINGS_MODULE="pmo_portal.settings.local"
    )
    (tmp_path / "example").mkdir()
    manage(around, "migrate", "--verbosity", "0")
    printed = manage(around, "make_example")
    with gunicorn(around, port, tmp_path / "web"):
        yield Example(f"http://{HOST}:{port}", tmp_path / "example" / "mail", SIGN_IN.findall(printed)), around


def test_it_goes_live_by_itself_to_the_second(alone: tuple[Example, dict[str, str]], visit: Visit) -> None:
    example, around = alone
    member, issuer, reader = visit(example.base), visit(example.base), visit(example.base)
    come_in(member, *example.pass_of("PMO member"))
    come_in(issuer, *example.pass_of("Issuer"))
    come_in(reader, *example.pass_of("Sponsor"))

    def send_to_review(note: str) -> str:
        member.go("/mandate/draft/")
        if "Start a draft" in member.text:
            member.press("Start a draft")
        member.follow("What changed")
        member.fill(change_note=note)
        member.press("Save")
        member.press("Send to review")
        return member.page.url.removeprefix(example.base)

    page = send_to_review("We tell you earlier.")
    issuer.go(page)
    issuer.follow("Send it back …")
    issuer.fill(reason="Say by how many weeks.")
    issuer.arrive(issuer.page.locator("main").get_by_role("button", name="Send it back to"))
    member.go("/")
    assert "Say by how many weeks." in member.text

    page = send_to_review("We tell you ten weeks earlier.")
    issuer.go(page)
    issuer.press("Approve these words")
    issuer.follow("Publish …")
    issuer.page.get_by_label("At a day and a time").check()
    issuer.fill(day=f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d}", time="09:30")
    issuer.press("Publish, and send the letter")
    assert "Goes live on" in issuer.text
    assert "(UTC)" in issuer.text
    issuer.press("Schedule it, with the letter")
    assert "Scheduled. It goes live by itself" in issuer.text
    issuer.press("Cancel the publication")
    assert "The version stays approved" in issuer.text

    number = int(page.rstrip("/").rpartition("/")[2])
    said = manage(around, "shell", "-c", SCHEDULE.format(number=number, issuer=example.who("Issuer")))
    at = datetime.fromisoformat(said.split()[-1])
    assert datetime.now(UTC) < at, "the machine was too slow to see it before its moment"
    reader.go("/mandate/")
    assert "ten weeks earlier" not in reader.page.content()
    issuer.go(page)
    assert "The issuer's letter goes out then." in issuer.text
    time.sleep(max(0.0, (at - datetime.now(UTC)).total_seconds()))
    reader.go("/mandate/")
    assert "ten weeks earlier" in reader.page.content()
