"""What waits for others: with whom, since when, what was sent, and one thing to do."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mandate import actions as mandate
from mandate.models import Cell
from pmo_portal.common.models import one_reading
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.agreements import actions as agreements
from stakeholders.agreements.models import Promise
from stakeholders.areas.models import Area
from stakeholders.home import waiting
from stakeholders.people import actions as people
from stakeholders.people.models import Person, Role
from tests.conftest import as_shown, person_with, write_agreement, write_mandate

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TODAY = timezone.localdate()


def ago(days):
    return NOW - timedelta(days=days)


@pytest.fixture
def live(member, issuer):
    """A mandate that has been live for longer than anything has waited."""
    version = mandate.seal(write_mandate(member), by=member, now=ago(90))
    mandate.approve(version, by=issuer, content_hash=version.content_hash, now=ago(90))
    mandate.publish(version, by=issuer, content_hash=version.content_hash, now=ago(90))
    return version


def proposed_ago(days, draft, lead):
    agreements.propose(draft, by=lead, content_hash=as_shown(draft), now=ago(days))
    draft.refresh_from_db()


def only(lines):
    [line] = lines
    return line


# --- an agreement -----------------------------------------------------------------------------------
def test_a_proposal_says_with_whom_since_when_and_what_was_sent(draft_agreement, lead, head):
    proposed_ago(9, draft_agreement, lead)
    line = only(waiting.for_others(NOW))
    sent_on = f"{timezone.localtime(ago(9)):%-d %B %Y}"
    assert line.title == "Sign the agreement with Networks"
    assert (line.name, line.name_url) == ("Head", head.get_absolute_url())
    assert (line.ago, line.since) == ("9 days", f"since {sent_on}")
    assert line.sent == "one letter that day"
    assert (line.action.label, line.action.is_post) == ("Remind", True)


def test_the_button_reminds_and_two_letters_later_the_pmo_is_told_to_call(as_user, draft_agreement, lead, head):
    proposed_ago(9, draft_agreement, lead)
    client = as_user(lead)
    client.post(only(waiting.for_others()).action.url)
    line = only(waiting.for_others())
    assert line.sent.startswith("two letters, the last on")
    assert (line.action.label, line.action.is_post) == ("Call Head", False)
    assert line.action.url == head.get_absolute_url()
    page = client.get("/").content.decode()
    assert "Call Head" in page
    assert "two letters, the last on" in page


def test_a_letter_of_yesterday_is_given_its_time(draft_agreement, lead, head):
    proposed_ago(1, draft_agreement, lead)
    action = only(waiting.for_others(NOW)).action
    assert (action.label, action.url) == (
        f"remind again from {timezone.localtime(ago(-2)):%-d %B %Y}",
        "",
    )


def test_without_a_head_the_one_thing_is_to_name_one(draft_agreement, lead, head):
    proposed_ago(9, draft_agreement, lead)
    head.roles.update(ends_on=TODAY - timedelta(days=1))
    line = only(waiting.for_others(NOW))
    assert (line.name, line.action.label, line.action.url) == ("nobody named", "Name the head", "/people/")


def test_a_head_without_a_way_in_is_invited(draft_agreement, lead, head, area):
    agreements.share(draft_agreement, by=lead, now=ago(9))
    head.roles.update(ends_on=TODAY - timedelta(days=1))
    anna = people.keep(Person(name="Anna", email="anna@fairhaven.example"), by=lead)
    people.give_role(anna, area=area, kind=Role.Kind.HEAD, by=lead)
    line = only(waiting.for_others(NOW))
    assert (line.sent, line.action.label) == ("no letter yet", "Invite")
    assert line.action.url == f"/people/{anna.pk}/invite/"


def test_a_deputy_with_a_way_in_is_turned_to_before_a_head_without(draft_agreement, lead, head, area):
    deputy = person_with(area, Role.Kind.DEPUTY, "deputy@fairhaven.example")
    proposed_ago(9, draft_agreement, lead)
    head.user.is_active = False
    head.user.save()
    assert only(waiting.for_others(NOW)).person == deputy


def test_a_letter_that_came_back_is_a_call(draft_agreement, lead, head):
    proposed_ago(9, draft_agreement, lead)
    OutgoingEmail.objects.update(state="failed", reason="550")
    line = only(waiting.for_others(NOW))
    assert (line.sent, line.action.label) == ("the letter came back", "Call Head")


def test_a_draft_waits_until_the_area_has_left_a_note(draft_agreement, lead, head):
    agreements.share(draft_agreement, by=lead, now=ago(4))
    assert only(waiting.for_others(NOW)).title == "Read the draft agreement with Networks"
    agreements.leave_note(draft_agreement.rows.get(), text="Fine.", by=head.user)
    assert waiting.for_others(NOW) == []


def test_a_late_promise_of_an_area_waits_for_its_head_since_its_day(in_force, head):
    Promise.objects.update(due_on=TODAY - timedelta(days=2))
    line = only(waiting.for_others(NOW))
    assert line.title == "Late, Networks: Your own works two weeks before"
    assert (line.name, line.sent, line.action.label) == ("Head", "", "Open the promise")
    assert line.ago == "2 days"


# --- the mandate ------------------------------------------------------------------------------------
def test_a_version_in_review_waits_for_the_issuer_by_name(member, issuer):
    person = Person.objects.create(name="Helen Marsh", email=issuer.email, user=issuer)
    version = mandate.seal(write_mandate(member), by=member, now=ago(5))
    line = only(waiting.for_others(NOW))
    assert line.title == "Approve and publish the mandate, version 1"
    assert (line.name, line.name_url) == ("Helen Marsh", person.get_absolute_url())
    assert (line.action.label, line.action.url) == (
        "Remind",
        f"/mandate/versions/{version.number}/remind/",
    )
    mandate.approve(version, by=issuer, content_hash=version.content_hash)
    assert only(waiting.for_others(NOW)).title == "Publish the mandate, version 1"


def test_while_the_issuer_s_own_words_wait_for_an_answer_nobody_is_told_to_remind_the_issuer(member, issuer):
    version = mandate.seal(write_mandate(member), by=member, now=ago(5))
    mandate.suggest(version, by=issuer, words={Cell("", "", "purpose"): "Other words."})
    assert waiting.for_others(NOW) == []


def test_what_waits_since_today_says_so_once(draft_agreement, lead, head):
    agreements.share(draft_agreement, by=lead)
    line = only(waiting.for_others())
    assert (line.ago, line.since, line.sent) == ("since today", "", "one letter today")


def test_an_issuer_who_was_named_and_never_invited_is_invited(member):
    helen = Person.objects.create(name="Helen", email="helen@fairhaven.example", office="issuer")
    mandate.seal(write_mandate(member), by=member, now=ago(5))
    assert only(waiting.for_others(NOW)).action.url == f"/people/{helen.pk}/invite/"


def test_with_no_issuer_at_all_the_one_thing_is_to_name_one(member):
    mandate.seal(write_mandate(member), by=member, now=ago(5))
    line = only(waiting.for_others(NOW))
    assert (line.name, line.action.label) == ("nobody named", "Name the issuer")


# --- people -----------------------------------------------------------------------------------------
def test_who_was_invited_and_never_came_in_waits_and_is_reminded(member):
    anna = people.keep(Person(name="Anna", email="anna@fairhaven.example"), by=member)
    people.invite(anna, by=member, now=ago(6))
    line = only(waiting.for_others(NOW))
    assert (line.title, line.action.label) == ("Come in to the portal", "Remind")
    anna.user.last_login = NOW
    anna.user.save()
    assert waiting.for_others(NOW) == []


def test_many_who_never_came_in_do_not_flood_the_page(member):
    for number in range(9):
        person = people.keep(Person(name=f"P{number}", email=f"p{number}@fairhaven.example"), by=member)
        people.invite(person, by=member, now=ago(20 - number))
    lines = waiting.for_others(NOW)
    assert len(lines) == 4
    assert (lines[-1].title, lines[-1].action.url) == ("6 more were invited", "/people/?state=invited")


def test_one_who_is_waited_for_already_is_not_listed_a_second_time(draft_agreement, lead, head):
    people.invite(head, by=lead, now=ago(9))
    proposed_ago(5, draft_agreement, lead)
    assert [line.title for line in waiting.for_others(NOW)] == ["Sign the agreement with Networks"]


def test_a_letter_that_bounced_waits_for_the_pmo_itself(as_user, member):
    anna = people.keep(Person(name="Anna", email="anna@fairhaven.example"), by=member)
    people.invite(anna, by=member, now=ago(6))
    OutgoingEmail.objects.update(state="failed", reason="550")
    page = as_user(member).get("/").content.decode()
    assert "Mend the address of Anna" in page
    assert "Nothing waits for anybody else." in page


# --- the page ---------------------------------------------------------------------------------------
def test_the_oldest_stands_first(draft_agreement, lead, head, member, issuer):
    anna = people.keep(Person(name="Anna", email="anna@fairhaven.example"), by=member)
    people.invite(anna, by=member, now=ago(30))
    proposed_ago(9, draft_agreement, lead)
    mandate.seal(write_mandate(member), by=member, now=ago(20))
    names = [line.name for line in waiting.for_others(NOW)]
    assert names == ["Anna", str(issuer), "Head"]


def test_beside_first_steps_nobody_is_told_that_nothing_waits(as_user, lead):
    page = as_user(lead).get("/").content.decode()
    assert "First steps" in page
    assert "Nothing waits" not in page


def test_nothing_waits_is_said_on_both_sides(as_user, lead):
    with patch("stakeholders.home.reading.first_steps", return_value=[]):
        page = as_user(lead).get("/").content.decode()
    assert "Nothing waits on you." in page
    assert "Nothing waits for anybody else." in page


def test_three_of_everything_ask_no_more_of_the_database_than_one(live, lead, member):
    def one_more(number):
        area = Area.objects.create(name=f"A{number}", slug=f"a{number}", starts_on=TODAY - timedelta(days=99))
        person_with(area, Role.Kind.HEAD, f"head{number}@fairhaven.example")
        proposed_ago(9, write_agreement(area, live, lead), lead)
        anna = people.keep(Person(name=f"Anna {number}", email=f"anna{number}@fairhaven.example"), by=member)
        people.invite(anna, by=member, now=ago(6))

    def questions():
        with one_reading(), CaptureQueriesContext(connection) as asked:
            waiting.for_others(NOW)
        return len(asked)

    one_more(1)
    one = questions()
    one_more(2)
    one_more(3)
    assert len(waiting.for_others(NOW)) == 6
    assert questions() == one


def test_a_persons_second_page_says_what_waits_what_was_asked_and_what_was_sent(as_user, draft_agreement, lead, head):
    proposed_ago(9, draft_agreement, lead)
    page = as_user(lead).get(f"/people/{head.pk}/waiting/").content.decode()
    assert "Sign the agreement with Networks" in page
    assert "Asked this month: 0 of 3" in page
    assert "The agreement of Networks waits for your signature" in page
    other = Person.objects.create(name="Other")
    page = as_user(lead).get(f"/people/{other.pk}/waiting/").content.decode()
    assert "Nothing waits for Other." in page
    assert "No letter yet." in page
