"""What waits where several rooms meet: whose turn it is, told once, to those who can do it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mandate import actions as mandate
from mandate.models import Cell
from pmo_portal.accounts.access import is_issuer
from pmo_portal.accounts.actions import appoint
from pmo_portal.accounts.models import User
from pmo_portal.common.errors import RuleBroken
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.agreements import actions as agreements
from stakeholders.agreements import reading as agreements_reading
from stakeholders.agreements.models import AgreementRevision
from stakeholders.home import reading, waiting
from stakeholders.people import actions as people
from stakeholders.people.models import Person, Role
from tests.agreements.conftest import reword, send
from tests.conftest import person_with, propose, write_mandate

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
PURPOSE = Cell("", "", "purpose")


def titles(tasks):
    return [task.title for task in tasks]


# --- a shared draft in which the area changed words -------------------------------------------------
@pytest.fixture
def changed(draft_agreement, lead, head):
    agreements.share(draft_agreement, by=lead)
    return reword(draft_agreement.rows.get(), head.user, you_commit="One week before").revision


def test_an_area_that_changed_words_of_a_draft_is_not_waited_for(changed):
    assert waiting.for_others() == []


def test_and_is_not_asked_to_read_it_again(changed, head):
    assert agreements_reading.open_for(head, TODAY) == []


def test_the_pmo_is_told_how_many_rows_the_area_changed(changed, lead):
    [task] = [task for task in reading.pmo_home(lead)["mine"] if "Networks" in task.title]
    assert "The area changed 1 row" in task.hint


def test_also_before_any_mandate_is_live(area, head, lead, member):
    version = write_mandate(member)
    draft = agreements.start(area, by=lead, period_from=TODAY, period_to=TODAY + timedelta(days=99))
    agreements.add_words(draft, keys=["budget"], by=lead)
    agreements.share(draft, by=lead)
    assert not [task for task in reading.pmo_home(lead)["mine"] if "Networks" in task.title]
    reword(draft.rows.get(), head.user, you_commit="Something of ours")
    assert [task for task in reading.pmo_home(lead)["mine"] if "Networks" in task.title], version


# --- words of the issuer ----------------------------------------------------------------------------
@pytest.fixture
def suggested(member, lead, issuer):
    version = mandate.seal(write_mandate(member), by=member)
    mandate.suggest(version, by=issuer, words={PURPOSE: "Other words."})
    return version


def test_while_other_words_wait_for_the_pmo_nobody_reminds_the_issuer(suggested, member):
    assert waiting.for_others() == []
    assert any("other words" in title for title in titles(reading.pmo_home(member)["mine"]))
    with pytest.raises(RuleBroken, match="other words"):
        mandate.remind(suggested, by=member, now=timezone.now() + timedelta(days=4))


def test_the_issuer_reads_that_the_words_wait_for_the_pmo_and_can_still_decide(suggested, issuer):
    [task] = reading.issuer_tasks(issuer)
    assert task.status["word"] == "Waits on the PMO"
    assert task.url.endswith(f"/{suggested.number}/")


def test_they_wait_again_once_the_words_are_declined(suggested, member, issuer):
    mandate.answer(suggested, by=member, decline={suggested.suggestions.get().pk: "Not so."})
    assert titles(waiting.for_others()) == ["Approve and publish the mandate, version 1"]
    assert reading.issuer_tasks(issuer)[0].status["word"] == "Waits on you"


# --- the issuer who is somebody already ---------------------------------------------------------------
def came_in(person):
    User.objects.filter(pk=person.user_id).update(last_login=timezone.now())
    return Person.objects.get(pk=person.pk)


def test_a_head_who_came_in_already_issues_from_the_day_they_are_named(as_user, lead, head, member):
    came_in(head)
    version = mandate.seal(write_mandate(member), by=member)
    given = {"name": head.name, "email": head.email, "post_title": ""}
    answer = as_user(lead).post("/people/issuer/", given, follow=True)
    assert answer.redirect_chain == [(head.get_absolute_url(), 302)]
    assert "has a way in already" in answer.content.decode()
    assert is_issuer(head.user)
    [line] = waiting.for_others()
    assert (line.name, line.action.label) == ("Head", "Remind")
    mandate.remind(version, by=member)
    assert OutgoingEmail.objects.get(event="mandate/mandate_in_review").to == head.email


def test_one_who_was_invited_yesterday_for_an_area_needs_no_second_letter_to_issue(lead, area):
    person = people.keep(Person(name="Ivo", email="ivo@x.example"), by=lead)
    people.give_role(person, area=area, kind=Role.Kind.HEAD, by=lead)
    people.invite(person, by=lead)
    people.name_issuer(name="Ivo", email="ivo@x.example", post_title="", by=lead)
    assert is_issuer(User.objects.get(email="ivo@x.example"))


def test_a_member_is_not_sent_to_a_page_that_only_the_lead_may_open(member, lead):
    mandate.seal(write_mandate(member), by=member)
    [for_lead], [for_member] = (reading.pmo_home(who)["others"] for who in (lead, member))
    assert for_lead.action.url == "/people/issuer/"
    assert (for_member.action.url, for_member.action.label) == ("", "The PMO lead names the issuer")


# --- who is asked -------------------------------------------------------------------------------------
def test_a_head_who_works_for_the_pmo_is_asked_for_no_signature(draft_agreement, lead, head, area):
    deputy = person_with(area, Role.Kind.DEPUTY, "deputy@fairhaven.example")
    appoint(head.user, "member", by=None)
    propose(draft_agreement, lead)
    assert [each.to for each in OutgoingEmail.objects.filter(event="agreements/agreement_proposed")] == [deputy.email]
    [line] = waiting.for_others()
    assert line.name == "Deputy"


def test_who_leads_the_pmo_twice_gets_one_letter(proposed, head, lead):
    appoint(lead, "lead", by=None, is_deputy=True)
    agreements.decline(proposed, by=head.user, content_hash=proposed.content_hash, reason="Not now.")
    assert OutgoingEmail.objects.filter(event="agreements/agreement_answered").count() == 1


def test_other_words_reach_who_leads_twice_once(suggested, lead, issuer, member):
    appoint(lead, "lead", by=None, is_deputy=True)
    mandate.take_back(suggested.suggestions.get(), by=issuer)
    before = OutgoingEmail.objects.filter(event="mandate/words_suggested").count()
    mandate.suggest(suggested, by=issuer, words={PURPOSE: "Yet other words."})
    assert OutgoingEmail.objects.filter(event="mandate/words_suggested").count() == before + 1


# --- told once ----------------------------------------------------------------------------------------
def test_an_answer_that_is_being_written_is_one_task_and_not_two(proposed, head, lead):
    answer = reword(proposed.rows.get(), head.user, you_commit="One week before").revision
    send(answer, head.user)
    assert len([task for task in reading.pmo_home(lead)["mine"] if "Networks" in task.title]) == 1
    agreements.revise(answer.agreement, by=lead)
    [task] = [task for task in reading.pmo_home(lead)["mine"] if "Networks" in task.title]
    assert "answer" in task.title.lower()


# --- a period that has passed --------------------------------------------------------------------------
def overdue(revision, lead):
    """A proposal of a short period, as it stands once that is over."""
    revision.period_from, revision.period_to = TODAY - timedelta(days=9), TODAY
    agreements.save_draft(revision, by=lead, fields=["period_from", "period_to"])
    return propose(revision, lead)


@pytest.fixture
def tomorrow(monkeypatch):
    def begin():
        for room in ("models", "actions.signing"):
            monkeypatch.setattr(f"stakeholders.agreements.{room}.today", lambda: TODAY + timedelta(days=1))

    return begin


def test_nobody_signs_for_a_period_that_is_over(draft_agreement, lead, head, tomorrow):
    proposal = overdue(draft_agreement, lead)
    tomorrow()
    with pytest.raises(RuleBroken, match="period of this is over"):
        agreements.countersign(proposal, by=head.user, content_hash=proposal.content_hash)
    assert not AgreementRevision.objects.in_state("in_force").exists()
    agreements.decline(proposal, by=head.user, content_hash=proposal.content_hash, reason="Its time is over.")


def test_an_area_is_told_who_can_give_a_new_period(draft_agreement, lead, head, tomorrow):
    proposal = overdue(draft_agreement, lead)
    answer = reword(proposal.rows.get(), head.user, you_commit="One week before").revision
    tomorrow()
    with pytest.raises(RuleBroken) as refused:
        send(answer, head.user)
    assert [str(each) for each in refused.value.missing] == [
        "Its period is over: say no to the proposal, and the PMO can come back with a new one."
    ]
