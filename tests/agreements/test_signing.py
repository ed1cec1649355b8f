"""Two sides, one text: proposing, countersigning, refusing."""

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from pmo_portal.accounts.actions import appoint
from pmo_portal.accounts.models import Appointment
from pmo_portal.common.errors import NotAllowed, RuleBroken, Stale
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.agreements import actions
from stakeholders.agreements.models import AgreementRevision, Promise, Row, Signature
from stakeholders.needs.models import Need
from stakeholders.people.models import Role
from tests.conftest import person_with, publish_mandate, user, write_agreement

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
    head.user.__dict__.pop("_appointments", None)
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
        actions.propose(draft_agreement, by=member)
    deputy = user("second@fairhaven.example")
    appoint(deputy, Appointment.Office.LEAD, by=None, is_deputy=True)
    assert actions.propose(draft_agreement, by=deputy).capacity == "PMO lead (deputy)"


def test_proposing_needs_the_live_mandate(area, member, lead, head, issuer):
    from mandate.actions import start_draft

    draft = write_agreement(area, start_draft(by=member), lead)
    with pytest.raises(RuleBroken, match="No mandate is live"):
        actions.propose(draft, by=lead)


def test_proposing_lists_what_is_missing(draft_agreement, lead):
    Row.objects.filter(revision=draft_agreement).update(clause=None, you_commit="")
    with pytest.raises(RuleBroken) as refused:
        actions.propose(draft_agreement, by=lead)
    words = " ".join(str(each) for each in refused.value.missing)
    assert "choose the clause" in words
    assert "what the area commits to" in words
    draft_agreement.refresh_from_db()
    assert draft_agreement.state == State.DRAFT


def test_proposing_needs_somebody_who_could_sign(draft_agreement, lead, head):
    head.roles.update(ends_on=timezone.localdate() - timedelta(days=1))
    with pytest.raises(RuleBroken) as refused:
        actions.propose(draft_agreement, by=lead)
    assert "no head" in str(refused.value.missing[-1])


def test_a_row_stands_on_its_clause_as_the_live_mandate_has_it(draft_agreement, lead, member, issuer):
    key = draft_agreement.rows.get().clause.key
    second = publish_mandate(member, issuer)
    actions.propose(draft_agreement, by=lead)
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
    actions.propose(draft, by=lead)
    draft.refresh_from_db()
    with pytest.raises(RuleBroken, match="reason"):
        actions.decline(draft, by=head.user, content_hash=draft.content_hash, reason=" ")
    actions.decline(draft, by=head.user, content_hash=draft.content_hash, reason="Too much of us.")
    assert AgreementRevision.objects.in_force().get() == in_force


def test_a_new_revision_replaces_the_old_one_only_when_both_have_signed(in_force, lead, head):
    draft = actions.revise(in_force.agreement, by=lead)
    assert AgreementRevision.objects.in_force().get() == in_force
    actions.propose(draft, by=lead)
    draft.refresh_from_db()
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
