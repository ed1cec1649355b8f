"""The moment on the publish page: typed by the viewer's clock, seen by all that count before it is set."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from mandate import actions
from mandate.models import Approval, MandateVersion, Publication
from mandate.reading import named_moments
from pmo_portal.accounts.actions import appoint
from pmo_portal.common.forms import moment_typed
from tests.conftest import user, write_mandate

pytestmark = pytest.mark.django_db
PAGE = "/mandate/versions/{}/publish/"
SEEN = re.compile(r'name="seen" value="([^"]+)"')
NEXT_WEEK = timezone.localdate() + timedelta(days=7)


@pytest.fixture
def in_review(member, issuer, head):
    issuer.name, issuer.time_zone = "Helen Marsh", "America/New_York"
    issuer.save()
    return actions.seal(write_mandate(member), by=member)


@pytest.fixture
def press(as_user, issuer):
    """What the page answers the issuer, or somebody else."""

    def post(version, who=issuer, **form):
        filled = {"hash": version.content_hash, "what": "quiet", **form}
        return as_user(who).post(PAGE.format(version.number), filled)

    return post


def at(day=NEXT_WEEK, time="09:30", **more):
    return {"when": "at", "day": day, "time": time, **more}


def moment(day=NEXT_WEEK, hour=9, minute=30, zone="America/New_York"):
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone))


def words(answer):
    return " ".join(answer.content.decode().split())


# --- the moment -------------------------------------------------------------------------------------
def test_nothing_is_scheduled_before_the_moment_was_seen_by_all_clocks(in_review, press):
    answer = press(in_review, **at())
    assert answer.status_code == 200
    assert not Approval.objects.exists()
    page = words(answer)
    assert f"Goes live on {NEXT_WEEK.day} {NEXT_WEEK:%B %Y}, 09:30 (America/New York)" in page
    assert moment().astimezone(ZoneInfo("UTC")).strftime("%H:%M (UTC)") in page
    assert "Schedule it without a letter" in page
    assert press(in_review, **at(seen=SEEN.search(page)[1]))["Location"] == "/mandate/versions/1/"
    assert Publication.objects.get().publish_at == moment()


def test_another_moment_than_the_one_seen_is_shown_first(in_review, press):
    seen = SEEN.search(words(press(in_review, **at())))[1]
    assert press(in_review, **at(time="10:30", seen=seen)).status_code == 200
    assert not Publication.objects.exists()


def test_a_deputy_sees_the_issuer_s_clock_too_and_the_record_names_both(in_review, press):
    deputy = user("jo@fairhaven.example")
    deputy.name, deputy.time_zone = "Jo Lim", "Asia/Tokyo"
    deputy.save()
    appoint(deputy, "issuer", by=None, is_deputy=True)
    page = words(press(in_review, who=deputy, **at(time="12:00")))
    for clock in ("12:00 (Asia/Tokyo)", "22:00 (America/New York)", "03:00 (UTC)"):
        assert clock in page
    assert "Jo Lim for Helen Marsh" in page
    answer = press(in_review, who=deputy, **at(time="12:00", seen=SEEN.search(page)[1]))
    assert answer.status_code == 302
    assert Publication.objects.get().signed == "Jo Lim for Helen Marsh, Issuer"


def test_clocks_that_agree_are_named_once(issuer):
    issuer.time_zone = "Europe/Dublin"
    with timezone.override("Europe/London"):
        assert len(named_moments(moment(zone="UTC"), issuer)) == 2
    with timezone.override("UTC"):
        assert len(named_moments(moment(zone="UTC"), None)) in {1, 2}


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"day": "", "time": ""}, "Choose the day."),
        ({"time": "noon"}, "Enter a valid time."),
        ({"day": timezone.localdate() - timedelta(days=2)}, "This moment has passed"),
        ({"day": timezone.localdate() + timedelta(days=800)}, "more than a year ahead"),
    ],
)
def test_a_moment_that_is_none_is_told_at_its_field(in_review, press, form, said):
    answer = press(in_review, **at(**form))
    assert answer.status_code == 422
    assert said in words(answer)
    assert not Approval.objects.exists()


def typed_in_words(words):
    day, time = words.split()
    return moment_typed(date.fromisoformat(day), datetime.strptime(time, "%H:%M").time())  # noqa: DTZ007


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("2026-03-29 01:30", "there is no 01:30: choose 02:30"),
        ("2026-10-25 01:30", "01:30 comes twice"),
    ],
)
def test_a_time_that_the_clocks_skip_or_show_twice_is_told_in_words(typed, said):
    with timezone.override("Europe/London"), pytest.raises(ValidationError, match=said):
        typed_in_words(typed)


def test_the_hours_beside_a_change_of_the_clocks_are_what_they_say():
    with timezone.override("Europe/London"):
        typed = ["2026-03-29 00:59", "2026-03-29 02:00", "2026-10-25 02:00"]
        moments = [typed_in_words(each).astimezone(ZoneInfo("UTC")) for each in typed]
    assert [f"{each:%H:%M}" for each in moments] == ["00:59", "01:00", "02:00"]


def test_choosing_another_moment_leads_back_to_the_choice(in_review, press):
    page = words(press(in_review, **at(what="change")))
    assert 'name="seen"' not in page
    assert f'value="{NEXT_WEEK}"' in page


# --- another version that waits ----------------------------------------------------------------------
@pytest.fixture
def beside(in_review, member, issuer):
    """Version 1 waits for next week at noon, version 2 is in review."""
    actions.issue(in_review, by=issuer, content_hash=in_review.content_hash, at=moment(hour=12, minute=0))
    return actions.seal(write_mandate(member), by=member)


def test_the_page_asks_what_becomes_of_it_and_shows_its_moment(beside, press, as_user, issuer):
    page = words(as_user(issuer).get(PAGE.format(2)))
    assert f"Version 1 goes live on {NEXT_WEEK.day} {NEXT_WEEK:%B %Y}, 12:00 (America/New York)" in page
    answer = press(beside)
    assert answer.status_code == 422
    assert "Say what becomes of the version that waits" in words(answer)


def test_it_stays_where_the_newer_comes_later_and_both_moments_are_shown(beside, press):
    page = words(press(beside, **at(time="13:00", others="keep")))
    assert "12:00 (America/New York)" in page
    assert "13:00 (America/New York)" in page
    assert "Both can be" in page
    press(beside, **at(time="13:00", others="keep", seen=SEEN.search(page)[1]))
    assert Publication.objects.scheduled(timezone.now()).count() == 2


def test_it_is_cancelled_where_that_is_chosen(beside, press):
    assert press(beside, others="cancel").status_code == 302
    assert MandateVersion.objects.live().get() == beside
    assert not Publication.objects.scheduled(timezone.now()).exists()


def test_it_cannot_stay_where_older_words_would_follow_newer_ones(beside, press):
    answer = press(beside, others="keep")
    assert answer.status_code == 422
    assert "Version 1 cannot stay" in words(answer)
    assert not MandateVersion.objects.live().exists()


# --- the pages after ---------------------------------------------------------------------------------
def test_it_turns_at_the_second_for_readers_with_nothing_running(in_review, issuer, as_user, head, monkeypatch):
    made = actions.issue(in_review, by=issuer, content_hash=in_review.content_hash, at=moment())
    reader = as_user(head)
    real = timezone.now

    def page_at(when):
        with monkeypatch.context() as clock:
            clock.setattr(timezone, "now", lambda: when)
            return words(reader.get("/mandate/"))

    before, after = page_at(made.publish_at - timedelta(seconds=1)), page_at(made.publish_at)
    assert "Words for purpose." not in before
    assert "Words for purpose." in after
    assert timezone.now is real


@pytest.mark.parametrize("what", ["scheduled", "cancelled", "taken back"])
def test_readers_learn_nothing_of_what_is_not_live(what, in_review, issuer, as_user, head):
    facts = {"by": issuer, "content_hash": in_review.content_hash}
    made = actions.issue(in_review, at=moment(), letter="Wait for it.", **facts)
    if what == "cancelled":
        actions.cancel(made, by=issuer)
    if what == "taken back":
        actions.revoke(in_review, by=issuer, reason="A secret reason.")
    for address in ("/", "/mandate/", "/me/"):
        page = words(as_user(head).get(address, follow=True))
        assert not any(secret in page for secret in ("Words for", "Wait for it.", "secret reason"))
    assert as_user(head).get("/mandate/versions/1/").status_code == 403


def test_after_a_withdrawal_the_reader_s_page_says_since_when_by_whom_and_why(live, issuer, as_user, head):
    actions.withdraw(live, by=issuer, reason="It promised <b>too</b> much.")
    page = words(as_user(head).get("/mandate/"))
    assert "No mandate holds since" in page
    assert "Issuer withdrew version 1 on" in page
    assert "It promised &lt;b&gt;too&lt;/b&gt; much." in page
    assert "When the issuer publishes a version again" in page


def test_who_may_not_read_the_mandate_does_not_read_why_it_was_withdrawn(live, issuer, as_user, client):
    actions.withdraw(live, by=issuer, reason="It promised too much.")
    assert client.get("/mandate/").status_code == 302
    answer = as_user(user("stranger@elsewhere.example")).get("/mandate/")
    assert answer.status_code == 403
    assert "promised" not in words(answer)


@pytest.mark.parametrize("what", ["sent back", "taken back", "withdrawn"])
def test_the_pmo_s_first_page_asks_for_the_next_version_with_the_reason(what, member, issuer, as_user):
    version = actions.seal(write_mandate(member), by=member)
    facts = {"by": issuer, "content_hash": version.content_hash}
    if what == "sent back":
        actions.send_back(version, reason="Half of it.", **facts)
    else:
        actions.approve(version, **facts)
    if what == "taken back":
        actions.revoke(version, by=issuer, reason="Half of it.")
    if what == "withdrawn":
        actions.publish(version, **facts)
        actions.withdraw(version, by=issuer, reason="Half of it.")
    page = words(as_user(member).get("/"))
    assert "Write the next version" in page
    assert "Half of it." in page
    assert "Half of it." in words(as_user(member).get("/mandate/draft/"))
    actions.start_draft(by=member)
    assert "Half of it." in words(as_user(member).get("/mandate/draft/"))
    assert "Write the next version" not in words(as_user(member).get("/"))


def test_who_could_not_be_told_is_said_to_the_pmo_until_it_is_mended(live, member, as_user):
    publication = live.publications.get()
    actions.note_untold(publication, now=timezone.now(), letters=3)
    for address in ("/", "/mandate/versions/1/"):
        assert "3 letters could not be written" in words(as_user(member).get(address))
    actions.mend([publication], now=timezone.now())
    for address in ("/", "/mandate/versions/1/"):
        assert "could not be written" not in words(as_user(member).get(address))
