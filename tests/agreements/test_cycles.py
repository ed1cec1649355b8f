"""Round and round: no legitimate verb is refused by the post room, whatever letters went before."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mandate import actions as mandate
from mandate.models import Cell
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.agreements import actions
from stakeholders.agreements.models import AgreementRevision
from stakeholders.people import actions as people
from stakeholders.people.models import Person, Role
from tests.agreements.conftest import reword, send
from tests.conftest import person_with, propose, write_mandate

pytestmark = pytest.mark.django_db
State = AgreementRevision.State


def letters(event):
    return OutgoingEmail.objects.filter(event=f"agreements/agreement_{event}")


def counter_of(proposal, head, words):
    return send(reword(proposal.rows.get(), head.user, you_commit=words).revision, head.user)


def test_three_rounds_of_answers_in_one_day_and_then_both_sign(proposed, lead, head):
    for turn in range(3):
        countered = counter_of(proposed, head, f"Words {turn}")
        draft = actions.revise(countered.agreement, by=lead)
        actions.save_draft(draft, by=lead, fields=["aim"])
        proposed = propose(draft, lead)
    assert (letters("countered").count(), letters("proposed").count()) == (3, 4)
    actions.countersign(proposed, by=head.user, content_hash=proposed.content_hash)
    assert AgreementRevision.objects.in_force().count() == 1
    assert set(letters("answered").values_list("turn", flat=True)) == {None}


def test_declined_withdrawn_and_proposed_again_in_one_day(proposed, lead, head):
    for _turn in range(3):
        actions.decline(proposed, by=head.user, content_hash=proposed.content_hash, reason="Not so.")
        proposed = propose(actions.revise(proposed.agreement, by=lead), lead)
        actions.withdraw(proposed, by=lead, reason="A word was wrong.")
        draft = actions.revise(proposed.agreement, by=lead)
        actions.share(draft, by=lead)
        proposed = propose(draft, lead)
    assert letters("declined").count() == 0
    assert (letters("answered").count(), letters("withdrawn").count(), letters("shared").count()) == (3, 3, 3)


def test_the_area_takes_its_words_back_and_puts_them_forward_again(proposed, lead, head):
    countered = counter_of(proposed, head, "First words")
    actions.withdraw(countered, by=head.user, reason="A mistake.")
    again = propose(actions.revise(countered.agreement, by=lead), lead)
    assert counter_of(again, head, "Second words").state == State.PROPOSED


def test_letters_that_used_up_a_revision_hinder_neither_its_signature_nor_the_next(proposed, lead, head):
    later = timezone.now() + timedelta(days=4)
    actions.remind(proposed, by=lead, now=later)
    actions.decline(proposed, by=head.user, content_hash=proposed.content_hash, reason="Not so.")
    again = propose(actions.revise(proposed.agreement, by=lead), lead)
    assert list(letters("proposed").filter(about=again.key).values_list("turn", flat=True)) == [1]


def test_a_deputy_who_came_later_is_reminded_although_the_head_had_both(proposed, lead, head, area):
    actions.remind(proposed, by=lead, now=timezone.now() + timedelta(days=4))
    person_with(area, Role.Kind.DEPUTY, "deputy@fairhaven.example")
    assert actions.remind(proposed, by=lead, now=timezone.now() + timedelta(days=5)) == ["Deputy"]


@pytest.mark.parametrize("state", ["failed", "retry_wait", "uncertain", "sending"])
def test_letters_in_trouble_hinder_no_verb(state, proposed, lead, head):
    OutgoingEmail.objects.update(state=state, lease_until=timezone.now() if state == "sending" else None)
    countered = counter_of(proposed, head, "Words")
    actions.countersign(countered, by=lead, content_hash=countered.content_hash)
    OutgoingEmail.objects.update(state=state)
    assert propose(actions.revise(countered.agreement, by=lead), lead).state == State.PROPOSED


def test_a_second_letter_that_failed_leaves_room_for_another(proposed, lead, head):
    now = timezone.now()
    actions.remind(proposed, by=lead, now=now + timedelta(days=4))
    letters("proposed").filter(turn=2).update(state="failed")
    actions.remind(proposed, by=lead, now=now + timedelta(days=5))
    assert sorted(letters("proposed").exclude(state="failed").values_list("turn", flat=True)) == [1, 2]


def test_both_sides_of_the_mandate_go_round_in_one_day(member, issuer, lead):
    version = mandate.seal(write_mandate(member), by=member)
    for turn in range(3):
        made = mandate.suggest(version, by=issuer, words={Cell("", "", "purpose"): f"Purpose {turn}."})
        version = mandate.answer(version, by=member, accept=[each.pk for each in made])
        mandate.send_back(version, by=issuer, content_hash=version.content_hash, reason="Shorter.")
        version = mandate.seal(mandate.start_draft(by=member), by=member)
    mandate.issue(version, by=issuer, content_hash=version.content_hash, letter="Why.")
    following = mandate.seal(write_mandate(member), by=member)
    mandate.issue(following, by=issuer, content_hash=following.content_hash, letter="Why again.")


def test_an_address_that_was_mended_is_invited_anew_and_later_for_another_role(lead, area):
    person = people.keep(Person(name="Ivo", email="ivo@x.example"), by=lead)
    now = timezone.now()
    for day in (0, 4):
        people.invite(person, by=lead, now=now + timedelta(days=day))
        OutgoingEmail.objects.filter(to="ivo@x.example").update(state="failed")
    person.email = "ivo@y.example"
    people.keep(person, by=lead)
    for day in (5, 9):
        people.invite(person, by=lead, now=now + timedelta(days=day))
    assert OutgoingEmail.objects.filter(to="ivo@y.example").count() == 2
