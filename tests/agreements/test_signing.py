"""Two sides, one text: proposing, countersigning, refusing."""

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from mandate import actions as mandate_actions
from mandate.models import Clause
from pmo_portal.accounts.actions import appoint
from pmo_portal.accounts.models import Appointment
from pmo_portal.common.errors import NotAllowed, RuleBroken, Stale
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.agreements import actions
from stakeholders.agreements.models import AgreementRevision, Promise, Row, Signature
from stakeholders.needs.models import Need
from stakeholders.people.models import Role
from tests.conftest import (
    as_shown,
    person_with,
    propose,
    publish_mandate,
    user,
    write_agreement,
    write_mandate,
)

State = AgreementRevision.State
pytestmark = pytest.mark.django_db


def test_both_signatures_carry_the_same_hash_and_it_is_in_force(in_force, area):
    signatures = Signature.objects.filter(revision=in_force)
    assert {s.side for s in signatures} == {"pmo", "area"}
    assert {s.content_hash for s in signatures} == {in_force.content_hash}
    assert AgreementRevision.objects.in_force().get() == in_force


def test_countersigning_confirms_the_needs_and_the_mandate_as_read(in_force, head, live, area):
    need = Need.objects.get(area=area)
    assert need.text == "To know of closures early"
    assert need.confirmed_by == head.user
    assert head.acknowledgements.get().version == live


def test_promises_are_made_from_both_commit_cells(in_force):
    promises = {(p.side, p.text, p.due_on) for p in Promise.objects.all()}
    assert promises == {
        ("pmo", "A calendar each Friday", in_force.period_to),
        ("area", "Your own works two weeks before", in_force.period_to),
    }


def test_the_head_and_the_lead_are_written_to(in_force, head, lead):
    to = set(OutgoingEmail.objects.filter(event__startswith="agreements/").values_list("event", "to"))
    assert to == {("agreements/agreement_proposed", head.email), ("agreements/agreement_answered", lead.email)}


@pytest.mark.parametrize("who", ["member", "lead", "issuer", "administrator", "foreign_head", "sponsor"])
def test_nobody_but_the_areas_head_countersigns(who, proposed, request):
    person = request.getfixturevalue(who)
    by = getattr(person, "user", person)
    with pytest.raises(NotAllowed):
        actions.countersign(proposed, by=by, content_hash=proposed.content_hash)
    proposed.refresh_from_db()
    assert proposed.state == State.PROPOSED


def test_a_pmo_member_never_signs_for_the_area_even_as_its_head(proposed, head):
    appoint(head.user, "member", by=None)
    with pytest.raises(NotAllowed):
        actions.countersign(proposed, by=head.user, content_hash=proposed.content_hash)


def test_a_deputy_signs_in_the_dates_with_both_names_in_the_record(proposed, area, head):
    deputy = person_with(area, Role.Kind.DEPUTY, "deputy@fairhaven.example")
    signature = actions.countersign(proposed, by=deputy.user, content_hash=proposed.content_hash)
    assert signature.name == "Deputy"
    assert signature.capacity == "Deputy head of Networks, for Head"


def test_a_head_whose_role_has_ended_does_not_sign(proposed, head):
    head.roles.update(ends_on=timezone.localdate() - timedelta(days=1))
    with pytest.raises(NotAllowed):
        actions.countersign(proposed, by=head.user, content_hash=proposed.content_hash)


def test_another_hash_signs_nothing(proposed, head):
    with pytest.raises(Stale):
        actions.countersign(proposed, by=head.user, content_hash="0" * 64)
    assert proposed.signatures.count() == 1


def test_signing_twice_is_once(in_force, head):
    with pytest.raises(Stale):
        actions.countersign(in_force, by=head.user, content_hash=in_force.content_hash)
    assert in_force.signatures.count() == 2


def test_only_the_lead_or_the_deputy_proposes(draft_agreement, member):
    with pytest.raises(NotAllowed):
        propose(draft_agreement, member)
    deputy = user("second@fairhaven.example")
    appoint(deputy, Appointment.Office.LEAD, by=None, is_deputy=True)
    assert propose(draft_agreement, deputy).signatures.get(side="pmo").capacity == "PMO lead (deputy)"


def test_proposing_needs_the_live_mandate(area, member, lead, head, issuer):
    from mandate.actions import start_draft

    draft = write_agreement(area, start_draft(by=member), lead)
    with pytest.raises(RuleBroken) as refused:
        propose(draft, lead)
    assert "No mandate is live" in str(refused.value.missing[0])


def test_proposing_lists_what_is_missing(draft_agreement, lead):
    Row.objects.filter(revision=draft_agreement).update(clause=None, you_commit="")
    with pytest.raises(RuleBroken) as refused:
        propose(draft_agreement, lead)
    words = " ".join(str(each) for each in refused.value.missing)
    assert "choose the clause" in words
    assert "what the area commits to" in words
    draft_agreement.refresh_from_db()
    assert draft_agreement.state == State.DRAFT


def test_proposing_needs_somebody_who_could_sign(draft_agreement, lead, head):
    head.roles.update(ends_on=timezone.localdate() - timedelta(days=1))
    with pytest.raises(RuleBroken) as refused:
        propose(draft_agreement, lead)
    assert "Nobody could sign for the area" in str(refused.value.missing[-1])


def test_a_row_stands_on_its_clause_as_the_live_mandate_has_it(draft_agreement, lead, member, issuer):
    key = draft_agreement.rows.get().clause.key
    second = publish_mandate(member, issuer)
    propose(draft_agreement, lead)
    assert draft_agreement.rows.get().clause == second.clauses.get(key=key)


def test_a_proposal_cannot_be_changed(proposed, lead):
    with pytest.raises(Stale):
        actions.save_draft(proposed.rows.get(), by=lead)
    with pytest.raises(DatabaseError), transaction.atomic():
        proposed.rows.update(we_commit="Nothing")
    with pytest.raises(DatabaseError), transaction.atomic():
        AgreementRevision.objects.filter(pk=proposed.pk).update(aim="Another")
    with pytest.raises(DatabaseError), transaction.atomic():
        Signature.objects.filter(revision=proposed).update(name="Somebody else")


def test_declining_needs_a_reason_and_leaves_the_old_one_in_force(in_force, lead, head):
    draft = actions.revise(in_force.agreement, by=lead)
    propose(draft, lead)
    with pytest.raises(RuleBroken, match="reason"):
        actions.decline(draft, by=head.user, content_hash=draft.content_hash, reason=" ")
    actions.decline(draft, by=head.user, content_hash=draft.content_hash, reason="Too much of us.")
    assert AgreementRevision.objects.in_force().get() == in_force


def test_a_new_revision_replaces_the_old_one_only_when_both_have_signed(in_force, lead, head):
    draft = actions.revise(in_force.agreement, by=lead)
    assert AgreementRevision.objects.in_force().get() == in_force
    propose(draft, lead)
    assert AgreementRevision.objects.in_force().get() == in_force
    actions.countersign(draft, by=head.user, content_hash=draft.content_hash)
    in_force.refresh_from_db()
    assert in_force.state == State.SUPERSEDED
    assert AgreementRevision.objects.in_force().get() == draft


def test_only_the_lead_withdraws(proposed, member, lead):
    with pytest.raises(NotAllowed):
        actions.withdraw(proposed, by=member, reason="Oops")
    actions.withdraw(proposed, by=lead, reason="A row was wrong.")
    proposed.refresh_from_db()
    assert proposed.state == State.WITHDRAWN


def test_nothing_continues_silently_after_its_period(in_force):
    after = in_force.period_to + timedelta(days=1)
    assert AgreementRevision.objects.in_force(in_force.period_to).exists()
    assert not AgreementRevision.objects.in_force(after).exists()


def test_one_agreement_an_area(draft_agreement, area, lead):
    with pytest.raises(RuleBroken, match="already"):
        actions.start(area, by=lead, period_from=timezone.localdate(), period_to=timezone.localdate())


@pytest.mark.django_db(transaction=True)
def test_two_who_sign_at_once_sign_once(proposed, head, area):
    deputy = person_with(area, Role.Kind.DEPUTY, "deputy@fairhaven.example")
    outcomes = []
    barrier = threading.Barrier(2)

    def sign(by):
        barrier.wait()
        try:
            actions.countersign(proposed, by=by, content_hash=proposed.content_hash)
            outcomes.append("signed")
        except Stale:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=sign, args=(who.user,)) for who in (head, deputy)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "signed"]
    assert proposed.signatures.filter(side="area").count() == 1
    assert Promise.objects.count() == 2


def test_the_lead_signs_only_the_words_that_were_on_the_page(draft_agreement, lead, member):
    shown = as_shown(draft_agreement)
    row = draft_agreement.rows.get()
    row.you_commit = "Twice as much"
    actions.save_draft(row, by=member)
    with pytest.raises(Stale):
        actions.propose(draft_agreement, by=lead, content_hash=shown)
    assert not Signature.objects.exists()


def test_a_clause_reworded_since_the_page_was_opened_is_not_signed(draft_agreement, lead, member, issuer):
    shown = as_shown(draft_agreement)
    second = write_mandate(member)
    second.clauses.filter(kind="does").update(text="Keeps no list at all.")
    version = mandate_actions.seal(second, by=member)
    mandate_actions.approve(version, by=issuer, content_hash=version.content_hash)
    mandate_actions.publish(version, by=issuer, content_hash=version.content_hash)
    with pytest.raises(Stale):
        actions.propose(draft_agreement, by=lead, content_hash=shown)


def test_a_head_without_a_way_in_cannot_sign_so_nothing_is_proposed(draft_agreement, lead, head):
    head.user.is_active = False
    head.user.save()
    with pytest.raises(RuleBroken):
        propose(draft_agreement, lead)


def test_a_day_after_the_end_of_the_period_is_refused(draft_agreement, lead):
    draft_agreement.rows.update(due_on=draft_agreement.period_to + timedelta(days=1))
    with pytest.raises(RuleBroken) as refused:
        propose(draft_agreement, lead)
    assert "after the end of the period" in str(refused.value.missing[0])


def test_taking_a_proposal_back_tells_the_head_why(proposed, lead, head):
    actions.withdraw(proposed, by=lead, reason="A row was wrong.")
    letter = OutgoingEmail.objects.get(event="agreements/agreement_withdrawn")
    assert letter.to == head.email
    assert "A row was wrong." in letter.text


def test_sharing_tells_only_who_has_a_way_in(draft_agreement, lead, head):
    assert actions.share(draft_agreement, by=lead) == ["Head"]
    assert actions.share(draft_agreement, by=lead) == []


def test_saving_never_takes_back_what_others_did_meanwhile(draft_agreement, lead, head):
    opened = AgreementRevision.objects.get(pk=draft_agreement.pk)
    row = draft_agreement.rows.get()
    actions.share(draft_agreement, by=lead)
    actions.leave_note(row, text="Mondays, please.", by=head.user)
    opened.aim = "Another aim."
    actions.save_draft(opened, by=lead, fields=["aim"])
    row.we_commit = "A calendar each Monday"
    actions.save_draft(row, by=lead, fields=["we_commit"])
    kept = draft_agreement.rows.get()
    draft_agreement.refresh_from_db()
    assert draft_agreement.shared_at
    assert (kept.area_note, kept.we_commit) == ("Mondays, please.", "A calendar each Monday")


@pytest.mark.django_db(transaction=True)
def test_two_who_begin_at_once_begin_one_agreement(area, lead, member):
    outcomes = []
    barrier = threading.Barrier(2)

    def begin(by):
        barrier.wait()
        try:
            actions.start(area, by=by, period_from=timezone.localdate(), period_to=timezone.localdate())
            outcomes.append("begun")
        except RuleBroken:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=begin, args=(who,)) for who in (lead, member)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["begun", "refused"]


def test_an_administrator_signs_for_nobody(proposed, head):
    head.user.is_staff = True
    head.user.save()
    with pytest.raises(NotAllowed):
        actions.countersign(proposed, by=head.user, content_hash=proposed.content_hash)


def test_a_row_does_not_stand_on_what_the_pmo_no_longer_does(draft_agreement, lead, member, issuer):
    second = write_mandate(member)
    clause = second.clauses.get(key=draft_agreement.rows.get().clause.key)
    mandate_actions.save_part(Clause(version=second, kind="does", text="Something else."), by=member)
    clause.kind, clause.who_instead, clause.how_to_reach, clause.example = "does_not", "Others", "Ask", "Please do"
    mandate_actions.save_part(clause, by=member)
    version = mandate_actions.seal(second, by=member)
    mandate_actions.approve(version, by=issuer, content_hash=version.content_hash)
    mandate_actions.publish(version, by=issuer, content_hash=version.content_hash)
    with pytest.raises(RuleBroken) as refused:
        propose(draft_agreement, lead)
    assert "choose the clause" in str(refused.value.missing[0])


@pytest.mark.django_db(transaction=True)
def test_signing_and_moving_a_promise_at_once_both_end(in_force, lead, head):
    draft = actions.revise(in_force.agreement, by=lead)
    propose(draft, lead)
    promise = Promise.objects.filter(side="area").first()
    barrier = threading.Barrier(2)
    failed = []

    def run(verb):
        barrier.wait()
        try:
            verb()
        except Exception as problem:  # noqa: BLE001
            failed.append(problem)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=(each,))
        for each in (
            lambda: actions.countersign(draft, by=head.user, content_hash=draft.content_hash),
            lambda: actions.move_promise(promise, to="in_progress", by=head.user),
        )
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
