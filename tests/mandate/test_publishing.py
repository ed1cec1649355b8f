"""When a version holds: now or at a moment, until another does or it is taken back; who says so, what is refused."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mandate import actions
from mandate.models import Approval, Cancellation, MandateVersion, Publication, Revocation, Withdrawal
from mandate.reading import fate, state_of, taken_back
from pmo_portal.accounts.actions import appoint
from pmo_portal.accounts.models import Appointment
from pmo_portal.audit.models import Entry
from pmo_portal.common.errors import NotAllowed, RuleBroken, Stale
from pmo_portal.journal.models import Event
from pmo_portal.outbox.models import OutgoingEmail
from tests.conftest import publish_mandate, user, write_mandate
from tests.letters import paths_in

pytestmark = pytest.mark.django_db
State = MandateVersion.State
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.fixture
def in_review(member):
    return actions.seal(write_mandate(member), by=member)


@pytest.fixture
def approved(in_review, issuer):
    actions.approve(in_review, by=issuer, content_hash=in_review.content_hash)
    return fresh(in_review)


@pytest.fixture
def deputy(issuer):
    issuer.name = "Helen Marsh"
    issuer.save()
    made = user("jo@fairhaven.example")
    made.name = "Jo Lim"
    made.save()
    appoint(made, "issuer", by=None, is_deputy=True)
    return made


def fresh(version):
    return MandateVersion.objects.with_parts().get(pk=version.pk)


def at(hours):
    return timezone.now() + timedelta(hours=hours)


def schedule(version, by, hours, **more):
    return actions.issue(version, by=by, content_hash=version.content_hash, at=at(hours), **more)


def next_one(member):
    return actions.seal(write_mandate(member), by=member)


def live_at(moment):
    return MandateVersion.objects.live(moment).first()


def state(version):
    return state_of(fresh(version), MandateVersion.objects.live().first())


def letters(event):
    return list(OutgoingEmail.objects.filter(event=f"mandate/{event}").order_by("to"))


# --- at a moment to come ----------------------------------------------------------------------------
def test_it_holds_from_the_very_second_without_anybody_doing_anything(in_review, issuer):
    made = schedule(in_review, issuer, 1)
    assert live_at(made.publish_at - SECOND) is None
    assert live_at(made.publish_at) == in_review
    assert state(in_review) == State.SCHEDULED
    assert not Event.objects.filter(kind="mandate_published").exists()


def test_the_one_that_holds_stays_until_that_second(live, member, issuer):
    second = next_one(member)
    made = schedule(second, issuer, 1)
    assert live_at(made.publish_at - SECOND) == live
    assert live_at(made.publish_at) == second


@pytest.mark.parametrize(("hours", "words"), [(-1, "has passed"), (24 * 400, "more than a year")])
def test_a_moment_that_cannot_be_meant_is_refused(in_review, issuer, hours, words):
    with pytest.raises(RuleBroken, match=words):
        schedule(in_review, issuer, hours)
    assert not Approval.objects.exists(), "nothing is half done"


def test_a_letter_is_kept_for_its_moment(in_review, issuer):
    with pytest.raises(RuleBroken, match="too long"):
        schedule(in_review, issuer, 1, letter="x" * 1300)
    assert schedule(in_review, issuer, 1, letter="We asked.").message == "We asked."


def test_scheduled_it_waits_for_nobody_and_is_published_no_second_time(in_review, issuer):
    schedule(in_review, issuer, 1)
    assert MandateVersion.objects.waiting() is None
    with pytest.raises(RuleBroken, match="Issuer has published this version already"):
        actions.publish(in_review, by=issuer, content_hash=in_review.content_hash)
    with pytest.raises(RuleBroken, match="waits for its moment"):
        actions.send_back(in_review, by=issuer, content_hash=in_review.content_hash, reason="No.")


def test_it_is_proclaimed_once_at_its_moment_with_that_moment(in_review, issuer):
    made = schedule(in_review, issuer, 1)
    assert not actions.proclaim_one(made, made.publish_at - SECOND)
    assert actions.proclaim_one(made, made.publish_at + HOUR)
    assert not actions.proclaim_one(made, made.publish_at + HOUR)
    event = Event.objects.get(kind="mandate_published")
    assert (event.at, event.facts["first"]) == (made.publish_at, True)


# --- another that is scheduled ----------------------------------------------------------------------
def test_publishing_beside_another_asks_what_becomes_of_it(in_review, member, issuer):
    schedule(in_review, issuer, 1)
    with pytest.raises(RuleBroken, match="Version 1 goes live on .* already: say whether it stays"):
        schedule(next_one(member), issuer, 2)
    assert Publication.objects.count() == 1


def test_both_stay_when_the_newer_one_comes_later(in_review, member, issuer):
    first, second = schedule(in_review, issuer, 1), schedule(next_one(member), issuer, 2, others="keep")
    assert live_at(first.publish_at) == in_review
    assert live_at(second.publish_at) == second.version


@pytest.mark.parametrize("hours", [0.5, 1])
def test_older_words_never_take_the_place_of_newer_ones(in_review, member, issuer, hours):
    first = schedule(in_review, issuer, 1)
    second = next_one(member)
    moment = first.publish_at if hours == 1 else at(hours)
    with pytest.raises(RuleBroken, match="Version 1 cannot stay"):
        actions.issue(second, by=issuer, content_hash=second.content_hash, at=moment, others="keep")
    actions.issue(second, by=issuer, content_hash=second.content_hash, at=moment, others="cancel")
    assert live_at(at(5)) == second


def test_an_older_one_goes_first_or_the_newer_one_is_cancelled(approved, member, issuer):
    later = schedule(next_one(member), issuer, 3)
    with pytest.raises(RuleBroken, match="Version 2 cannot stay"):
        actions.publish(approved, by=issuer, content_hash=approved.content_hash, at=at(4), others="keep")
    actions.publish(approved, by=issuer, content_hash=approved.content_hash, others="keep")
    assert live_at(timezone.now()) == approved
    assert live_at(later.publish_at) == later.version


def test_what_is_cancelled_by_that_stays_approved_and_is_told(in_review, member, issuer, lead):
    schedule(in_review, issuer, 1)
    schedule(next_one(member), issuer, 2, others="cancel")
    assert live_at(at(1.5)) is None
    assert fresh(in_review).approval
    assert [letter.to for letter in letters("publication_cancelled")] == [lead.email]


# --- cancelling -------------------------------------------------------------------------------------
def test_cancelled_it_never_happens_stays_approved_and_can_be_published(in_review, issuer, lead):
    made = schedule(in_review, issuer, 1)
    actions.cancel(made, by=issuer)
    assert live_at(at(2)) is None
    assert state(in_review) == State.APPROVED
    assert MandateVersion.objects.waiting() == in_review
    [letter] = letters("publication_cancelled")
    assert (letter.to, paths_in(letter.text)) == (lead.email, ["/mandate/versions/1/"])
    actions.publish(in_review, by=issuer, content_hash=in_review.content_hash)
    assert live_at(timezone.now()) == in_review


def test_cancelling_twice_is_once_and_another_hears_who_did_it(in_review, issuer, deputy, lead):
    made = schedule(in_review, issuer, 1)
    assert actions.cancel(made, by=issuer) == actions.cancel(made, by=issuer)
    with pytest.raises(RuleBroken, match="Helen Marsh has cancelled it already"):
        actions.cancel(made, by=deputy)
    assert Cancellation.objects.count() == 1
    assert {letter.to for letter in letters("publication_cancelled")} == {lead.email, deputy.email}


def test_once_its_moment_has_come_it_is_not_cancelled_but_withdrawn(in_review, issuer):
    made = schedule(in_review, issuer, 1)
    with pytest.raises(RuleBroken, match="moment has come"):
        actions.cancel(made, by=issuer, now=made.publish_at)
    assert not actions.cancel(made, by=issuer, now=made.publish_at - SECOND).publication.is_due(at(9))


def test_what_fell_with_its_approval_is_not_cancelled(in_review, issuer):
    made = schedule(in_review, issuer, 1)
    actions.revoke(in_review, by=issuer, reason="Not yet.")
    with pytest.raises(RuleBroken, match="approval was taken back"):
        actions.cancel(made, by=issuer)


def test_a_publication_that_was_cancelled_while_the_clock_looked_is_not_proclaimed(in_review, issuer):
    made = schedule(in_review, issuer, 1)
    actions.cancel(made, by=issuer)
    assert not actions.proclaim_one(made, at(2))
    assert not Event.objects.filter(kind="mandate_published").exists()


# --- taking an approval back ------------------------------------------------------------------------
def test_without_its_approval_it_does_not_go_live_and_people_are_told(in_review, issuer, lead, deputy):
    made = schedule(in_review, issuer, 1)
    actions.revoke(in_review, by=issuer, reason="The budget is not decided.")
    assert live_at(made.publish_at) is None
    assert state(in_review) == State.REVOKED
    assert {letter.to for letter in letters("approval_taken_back")} == {lead.email, deputy.email}
    letter = letters("approval_taken_back")[0]
    assert "The budget is not decided." in letter.text
    assert len(letter.subject) <= 50


def test_nothing_more_is_decided_on_it_and_the_next_begins_with_its_words(in_review, member, issuer):
    actions.approve(in_review, by=issuer, content_hash=in_review.content_hash)
    actions.revoke(in_review, by=issuer, reason="Not yet.")
    known = {"by": issuer, "content_hash": in_review.content_hash}
    for verb in (actions.approve, actions.publish, actions.issue):
        with pytest.raises(RuleBroken, match="taken back"):
            verb(in_review, **known)
    assert MandateVersion.objects.waiting() is None
    assert actions.start_draft(by=member).purpose == in_review.purpose


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 5000])
def test_taking_back_and_withdrawing_need_a_reason(live, member, issuer, reason):
    second = next_one(member)
    actions.approve(second, by=issuer, content_hash=second.content_hash)
    with pytest.raises(RuleBroken):
        actions.revoke(second, by=issuer, reason=reason)
    with pytest.raises(RuleBroken):
        actions.withdraw(live, by=issuer, reason=reason)


def test_there_must_be_an_approval_and_it_is_taken_back_once(in_review, issuer, deputy):
    with pytest.raises(RuleBroken, match="no approval"):
        actions.revoke(in_review, by=issuer, reason="No.")
    actions.approve(in_review, by=issuer, content_hash=in_review.content_hash)
    actions.revoke(in_review, by=deputy, reason="No.")
    with pytest.raises(RuleBroken, match="Jo Lim for Helen Marsh has taken the approval back already"):
        actions.revoke(in_review, by=issuer, reason="No.")


def test_what_has_gone_live_is_withdrawn_and_what_was_overtaken_is_left(live, member, issuer):
    with pytest.raises(RuleBroken, match="withdraw the version"):
        actions.revoke(live, by=issuer, reason="No.")
    passed_over = next_one(member)
    actions.approve(passed_over, by=issuer, content_hash=passed_over.content_hash)
    publish_mandate(member, issuer)
    with pytest.raises(RuleBroken, match="newer version"):
        actions.revoke(passed_over, by=issuer, reason="No.")


def test_between_scheduling_and_its_moment_it_can_be_taken_back_to_the_last_second(in_review, issuer):
    made = schedule(in_review, issuer, 1)
    with pytest.raises(RuleBroken, match="gone live"):
        actions.revoke(in_review, by=issuer, reason="No.", now=made.publish_at)
    assert actions.revoke(in_review, by=issuer, reason="No.", now=made.publish_at - SECOND)


# --- withdrawing ------------------------------------------------------------------------------------
def test_withdrawn_none_holds_and_the_readers_are_told_why(live, issuer, lead):
    actions.withdraw(live, by=issuer, reason="It promised too much.")
    assert live_at(timezone.now()) is None
    assert state(live) == State.WITHDRAWN
    assert taken_back()["reason"] == "It promised too much."
    assert [letter.to for letter in letters("mandate_withdrawn")] == [lead.email]
    assert MandateVersion.objects.waiting() is None, "nobody is asked to publish it again"


def test_the_version_before_does_not_come_back_by_itself(live, member, issuer):
    second = publish_mandate(member, issuer)
    actions.withdraw(second, by=issuer, reason="No.")
    assert live_at(timezone.now()) is None
    with pytest.raises(RuleBroken, match="newer version"):
        actions.publish(live, by=issuer, content_hash=live.content_hash)


def test_it_can_be_published_again_at_once_or_at_a_moment(live, issuer):
    actions.withdraw(live, by=issuer, reason="No.")
    made = schedule(live, issuer, 1)
    assert state(live) == State.SCHEDULED
    assert taken_back() is not None
    actions.cancel(made, by=issuer)
    actions.publish(live, by=issuer, content_hash=live.content_hash)
    assert live_at(timezone.now()) == live
    assert taken_back() is None
    assert state(live) == State.LIVE


def test_only_what_holds_is_withdrawn_and_once(live, member, issuer, deputy):
    second = publish_mandate(member, issuer)
    with pytest.raises(Stale):
        actions.withdraw(live, by=issuer, reason="No.")
    actions.withdraw(second, by=issuer, reason="No.")
    with pytest.raises(Stale):
        actions.withdraw(second, by=deputy, reason="No.")
    assert Withdrawal.objects.count() == 1


def test_a_scheduled_one_still_comes_after_a_withdrawal(live, member, issuer):
    made = schedule(next_one(member), issuer, 1)
    actions.withdraw(live, by=issuer, reason="No.")
    assert live_at(made.publish_at - SECOND) is None
    assert live_at(made.publish_at) == made.version


# --- who may ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["member", "lead", "administrator", "head"])
def test_nobody_but_the_issuer_takes_anything_back(who, live, member, issuer, request):
    person = request.getfixturevalue(who)
    by = getattr(person, "user", person)
    made = schedule(next_one(member), issuer, 1)
    with pytest.raises(NotAllowed):
        actions.cancel(made, by=by)
    with pytest.raises(NotAllowed):
        actions.revoke(made.version, by=by, reason="No.")
    with pytest.raises(NotAllowed):
        actions.withdraw(live, by=by, reason="No.")
    assert not (Cancellation.objects.exists() or Revocation.objects.exists() or Withdrawal.objects.exists())


def test_who_wrote_it_does_not_decide_on_its_approval_but_may_stop_it(live, member, issuer):
    made = schedule(next_one(member), issuer, 1)
    Appointment.objects.filter(user__in=[member, issuer]).update(ends_on=timezone.localdate() - timedelta(days=1))
    appoint(member, "issuer", by=None)
    with pytest.raises(NotAllowed):
        actions.revoke(made.version, by=member, reason="No.")
    assert actions.cancel(made, by=member)
    assert actions.withdraw(live, by=member, reason="No.")


def test_approving_what_another_has_approved_says_who_did(in_review, issuer, deputy):
    actions.approve(in_review, by=issuer, content_hash=in_review.content_hash)
    with pytest.raises(RuleBroken, match="Helen Marsh has approved this version already"):
        actions.approve(in_review, by=deputy, content_hash=in_review.content_hash)
    assert actions.issue(in_review, by=deputy, content_hash=in_review.content_hash).by == deputy


# --- a deputy ---------------------------------------------------------------------------------------
def test_a_deputy_s_decision_names_both_in_the_row_the_journal_and_the_audit(in_review, deputy, issuer):
    made = actions.issue(in_review, by=deputy, content_hash=in_review.content_hash)
    assert (made.by, made.acting_for, made.capacity) == (deputy, issuer, "Issuer (deputy)")
    assert made.signed == "Jo Lim for Helen Marsh, Issuer"
    assert Event.objects.get(kind="mandate_published").facts["issuer"] == "Jo Lim for Helen Marsh"
    assert Entry.objects.get(verb="publish").details["acting_for"] == issuer.pk
    assert [line["who"] for line in fate(fresh(in_review), in_review)["decided"]] == [made.signed] * 2


def test_the_issuer_acts_for_nobody_and_a_deputy_without_one_says_so(in_review, deputy, issuer):
    assert actions.approve(in_review, by=issuer, content_hash=in_review.content_hash).signed == "Helen Marsh, Issuer"
    Appointment.objects.filter(user=issuer).update(ends_on=timezone.localdate() - timedelta(days=1))
    made = actions.publish(in_review, by=deputy, content_hash=in_review.content_hash)
    assert (made.acting_for, made.signed) == (None, "Jo Lim, Issuer (deputy)")


def test_the_letters_of_a_deputy_name_both_and_answers_go_to_the_deputy(live, deputy, lead):
    actions.withdraw(live, by=deputy, reason="No.")
    letter = next(each for each in letters("mandate_withdrawn") if each.to == lead.email)
    assert "Jo Lim for Helen Marsh has withdrawn version 1" in " ".join(letter.text.split())
    raw = bytes(letter.raw).decode()
    assert "Jo Lim for Helen Marsh" in raw
    assert "Reply-To: jo@fairhaven.example" in raw


@pytest.mark.parametrize("event", ["approval_taken_back", "publication_cancelled", "mandate_withdrawn"])
def test_subjects_are_short_and_texts_narrow(event, live, member, issuer, lead):
    second = next_one(member)
    made = schedule(second, issuer, 1)
    actions.cancel(made, by=issuer)
    actions.revoke(second, by=issuer, reason="The budget of next year is not decided yet.")
    actions.withdraw(live, by=issuer, reason="It promised too much.")
    [letter] = letters(event)
    assert len(letter.subject) <= 50
    assert max(len(line) for line in letter.text.splitlines() if "://" not in line) <= 72
