"""A reader without a role follows the mandate by mail, and leaves with one tap."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from pmo_portal.accounts.models import User
from pmo_portal.audit.models import Entry
from pmo_portal.common.errors import NotAllowed, RuleBroken
from pmo_portal.common.links import sign
from pmo_portal.common.models import Organisation, one_reading
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.areas.models import Area
from stakeholders.digests import actions as digests
from stakeholders.overview import reading
from stakeholders.people.models import Person, Role
from stakeholders.understanding import actions
from stakeholders.understanding.access import audience
from stakeholders.understanding.models import Follow
from tests.conftest import user

pytestmark = pytest.mark.django_db
WHY = "We lost a summer to surprises. I asked for one office. You will hear of closures early."


@pytest.fixture
def reader(db):
    """Somebody who came in by the organisation's mail domain."""
    Organisation.objects.update(mail_domains="fairhaven.example")
    return user("rosa@fairhaven.example")


def letters(to):
    return list(OutgoingEmail.objects.filter(event="overview/mandate_published", to=to.email).order_by("pk"))


def tick(minutes=1):
    digests.run(timezone.now() + timedelta(minutes=minutes))


def page(client):
    return client.get("/mandate/").content.decode()


def test_a_reader_without_a_role_follows_on_the_page_and_stops_there(story, reader, as_user):
    story.publish()
    browser = as_user(reader)
    assert "Follow by mail" in page(browser)
    for _time in range(2):
        browser.post("/mandate/follow/", {"what": "follow"})
    assert Follow.objects.open().get().user == reader
    assert "Stop the letters" in page(browser)
    for _time in range(2):
        browser.post("/mandate/follow/", {"what": "stop"})
    assert not Follow.objects.open().exists()
    assert Follow.objects.get().ended_at is not None, "that they once followed stays"
    assert "Follow by mail" in page(browser)
    assert [entry.verb for entry in Entry.objects.filter(subject=f"user:{reader.pk}").order_by("pk")][-2:] == [
        "follow_mandate", "stop_following_mandate",
    ]  # fmt: skip


def test_a_follower_gets_the_issuer_s_letter_with_why_and_how_to_stop(story, reader):
    actions.follow(reader)
    story.publish(letter=WHY)
    tick()
    [letter] = letters(reader)
    assert "you follow it by mail" in " ".join(letter.text.split())
    assert "Stop these letters" in letter.text
    assert "Stop these letters" in letter.html
    raw = bytes(letter.raw).decode()
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in raw
    assert "/digests/leave/" in letter.text


def test_the_letter_of_who_holds_a_role_is_as_ever(story, head):
    story.publish(letter=WHY)
    tick()
    [letter] = letters(head)
    assert "Stop these letters" not in letter.text + letter.html
    assert "List-Unsubscribe" not in bytes(letter.raw).decode()


def test_a_version_without_a_letter_sends_a_follower_none(story, reader):
    actions.follow(reader)
    story.publish()
    tick()
    assert letters(reader) == []


def test_the_issuer_is_shown_that_somebody_follows(story, reader, issuer):
    actions.follow(reader)
    told = reading.who_is_told(audience(but=issuer))
    assert "Follows the mandate: 1" in told["roles"]
    assert {"name": "Rosa", "why": "you follow it by mail"} in told["names"]


def test_who_may_read_no_more_is_written_to_no_more(story, reader):
    actions.follow(reader)
    Organisation.objects.update(mail_domains="elsewhere.example")
    story.publish(letter=WHY)
    tick()
    assert letters(reader) == []


def test_who_leaves_between_planning_and_writing_is_left_out(story, reader):
    actions.follow(reader)
    story.publish(letter=WHY)
    now = timezone.now() + timedelta(minutes=1)
    digests.announce(now)
    actions.stop_following(reader, how="mandate")
    digests.write_announcements(now)
    assert letters(reader) == []


def test_who_may_no_longer_come_in_is_not_written_to(story, reader, issuer):
    actions.follow(reader)
    User.objects.filter(pk=reader.pk).update(is_active=False)
    assert reader not in [each.user for each in audience(but=issuer)]


def test_a_follower_who_is_given_a_role_is_told_once_and_by_the_role(story, reader, area, issuer):
    actions.follow(reader)
    Role.objects.create(person=Person.objects.create(name="Rosa", user=reader), area=area, kind="sponsor")
    [told] = [each for each in audience(but=issuer) if each.user == reader]
    assert not told.only_follows
    assert reading.why_told(told) == f"Sponsor, {Area.objects.get()}"


def test_who_is_told_anyway_does_not_follow(story, as_user, head, member, issuer):
    story.publish()
    for somebody in (head.user, member, issuer):
        browser = as_user(somebody)
        assert "Follow by mail" not in page(browser)
        answer = browser.post("/mandate/follow/", {"what": "follow"}, follow=True)
        assert "You are told of each new version already." in answer.content.decode()
        with pytest.raises(RuleBroken):
            actions.follow(somebody)
    assert not Follow.objects.exists()


def test_who_may_not_read_it_does_not_follow(story, reader, as_user):
    story.publish()
    Organisation.objects.update(mandate_readers="closed")
    assert as_user(reader).post("/mandate/follow/", {"what": "follow"}).status_code == 403
    with pytest.raises(NotAllowed):
        actions.follow(reader)


def test_followers_cost_one_question_however_many_they_are(story, reader, issuer, django_assert_num_queries):
    actions.follow(reader)
    for number in range(3):
        actions.follow(user(f"r{number}@fairhaven.example"))
    with one_reading(), django_assert_num_queries(4):
        assert sum(each.only_follows for each in audience(timezone.localdate(), but=issuer)) == 4


# --- by the link in the letter ------------------------------------------------------------------------
def address(reader, purpose=Follow.LEAVE, road="leave"):
    return f"/digests/{road}/{sign(purpose, reader.pk)}/"


def stranger():
    """A mail program: no session, no cookie, no CSRF token."""
    return Client(enforce_csrf_checks=True)


def test_one_click_leaves_twice_as_well_as_once(story, reader):
    actions.follow(reader)
    for _time in range(2):
        assert stranger().post(address(reader), {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not Follow.objects.open().exists()
    assert Entry.objects.get(verb="stop_following_mandate").details["how"] == "one_click"


def test_opening_the_link_asks_and_changes_nothing(reader):
    actions.follow(reader)
    for sent in ({}, {"choice": ""}, {"choice": "monthly"}, {"List-Unsubscribe": "yes"}):
        for answer in (stranger().get(address(reader)), stranger().post(address(reader), sent)):
            assert answer.status_code == 200
            assert b"checked" not in answer.content
    stranger().post(address(reader), {"choice": "keep"})
    assert Follow.objects.open().exists()


def test_the_page_s_form_stops_them_and_undo_takes_them_up_again(reader):
    actions.follow(reader)
    answer = stranger().post(address(reader), {"choice": "stop"})
    assert b"No more letters" in answer.content
    assert not Follow.objects.open().exists()
    Client().post(address(reader, "mandate-follow-undo", "undo"))
    assert Follow.objects.open().get().user == reader


def test_undo_gives_nobody_letters_who_never_followed_or_may_read_no_more(reader, head):
    Client().post(address(reader, "mandate-follow-undo", "undo"))
    assert not Follow.objects.exists()
    actions.follow(reader)
    actions.stop_following(reader, how="page")
    Organisation.objects.update(mandate_readers="closed")
    Client().post(address(reader, "mandate-follow-undo", "undo"))
    assert not Follow.objects.open().exists()


def test_a_token_of_the_digest_stops_no_letters_of_the_mandate_and_the_other_way_round(reader, head):
    actions.follow(reader)
    for purpose in ("digest-leave", "digest-undo", "mandate-follow-undo", "way-in"):
        stranger().post(address(reader, purpose), {"List-Unsubscribe": "One-Click", "choice": "stop"})
    assert Follow.objects.open().exists()
