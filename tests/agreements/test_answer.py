"""The area answers a proposal with words of its own: nothing is in force before the PMO has signed them too."""

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from pmo_portal.accounts.actions import appoint
from pmo_portal.common.errors import NotAllowed, Overtaken, RuleBroken, Stale
from pmo_portal.common.models import fingerprint_of
from pmo_portal.journal.models import Event
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.agreements import actions
from stakeholders.agreements.models import AgreementRevision, Promise, Row, Side, Signature
from stakeholders.needs.models import Need
from stakeholders.people.models import Role
from tests.agreements.conftest import hash_of, reword, send
from tests.conftest import person_with, propose, user
from tests.letters import paths_in

State = AgreementRevision.State
pytestmark = pytest.mark.django_db
STRANGERS = ["member", "lead", "issuer", "administrator", "foreign_head", "sponsor"]


def of(request, who):
    person = request.getfixturevalue(who)
    return getattr(person, "user", person)


# --- changing words -------------------------------------------------------------------------------
def test_the_first_change_opens_the_areas_own_revision_word_for_word(proposed, head):
    changed = reword(proposed.rows.get(), head.user, you_commit="One week before")
    answer, before = changed.revision, proposed.rows.get()
    assert (answer.side, answer.answers, answer.state, answer.number) == (Side.AREA, proposed, State.DRAFT, 2)
    assert (answer.aim, answer.period_to, answer.mandate_version) == (
        proposed.aim, proposed.period_to, proposed.mandate_version,
    )  # fmt: skip
    assert (changed.you_commit, changed.came_from, changed.changed_by) == ("One week before", before, head.user)
    assert (changed.we_commit, changed.clause) == (before.we_commit, before.clause)
    assert changed.changes() == ["you_commit"]
    proposed.refresh_from_db()
    assert proposed.state == State.PROPOSED
    assert before.you_commit == "Your own works two weeks before"


def test_a_second_change_goes_into_the_same_revision(answer, proposed, head):
    reword(proposed.rows.get(), head.user, we_commit="A calendar each Monday", due_on=proposed.period_from)
    assert AgreementRevision.objects.unsent().get() == answer
    assert answer.rows.get().changes() == ["we_commit", "you_commit", "due_on"]


def test_words_changed_to_what_they_were_are_no_change(proposed, head):
    reword(proposed.rows.get(), head.user, you_commit="Your own works two weeks before")
    assert not AgreementRevision.objects.unsent().exists()


@pytest.mark.parametrize("who", STRANGERS)
def test_nobody_but_the_areas_head_changes_words(who, proposed, request):
    with pytest.raises(NotAllowed):
        reword(proposed.rows.get(), of(request, who), you_commit="Nothing")
    assert not AgreementRevision.objects.unsent().exists()


def test_a_pmo_member_does_not_even_as_the_areas_head(proposed, head):
    appoint(head.user, "member", by=None)
    with pytest.raises(NotAllowed):
        reword(proposed.rows.get(), head.user, you_commit="Nothing")


def test_only_what_a_row_says_can_be_changed(proposed, head):
    with pytest.raises(NotAllowed):
        reword(proposed.rows.get(), head.user, clause=None)


def test_what_waits_no_more_takes_no_changes(in_force, head):
    with pytest.raises(Stale):
        reword(in_force.rows.get(), head.user, you_commit="Nothing")


def test_what_was_sent_takes_no_changes(countered, head):
    with pytest.raises(Stale):
        reword(countered.rows.get(), head.user, you_commit="Nothing")


def test_head_and_deputy_who_change_the_same_row_lose_nothing(proposed, area, head):
    deputy = person_with(area, Role.Kind.DEPUTY, "deputy@fairhaven.example")
    seen = fingerprint_of(proposed.rows.get(), ["you_commit"])
    reword(proposed.rows.get(), head.user, seen=seen, you_commit="One week before")
    with pytest.raises(Overtaken):
        reword(proposed.rows.get(), deputy.user, seen=seen, you_commit="One day before")
    assert AgreementRevision.objects.unsent().get().rows.get().you_commit == "One week before"


def test_a_row_reads_again_as_proposed_and_the_answer_is_gone_with_its_last_change(answer, proposed, head):
    row, target = proposed.rows.get(), answer.rows.get()
    with pytest.raises(Stale):
        actions.take_back(row, by=head.user, seen="what somebody else saw")
    actions.take_back(row, by=head.user, seen=fingerprint_of(target, list(Row.SAYS)))
    assert not AgreementRevision.objects.unsent().exists()
    with pytest.raises(Stale):
        actions.take_back(row, by=head.user, seen=fingerprint_of(target, list(Row.SAYS)))


def test_all_changes_are_taken_back_as_they_were_on_the_page(answer, proposed, head, lead):
    with pytest.raises(NotAllowed):
        actions.take_all_back(answer, by=lead, content_hash=hash_of(answer))
    with pytest.raises(Stale):
        actions.take_all_back(answer, by=head.user, content_hash="0" * 64)
    actions.take_all_back(answer, by=head.user, content_hash=hash_of(answer))
    assert list(AgreementRevision.objects.all()) == [proposed]
    with pytest.raises(Stale):
        actions.take_all_back(answer, by=head.user, content_hash="0" * 64)


def test_a_proposal_is_not_taken_back_by_that(proposed, head):
    with pytest.raises(Stale):
        actions.take_all_back(proposed, by=head.user, content_hash=proposed.content_hash)


# --- signing one's own words ----------------------------------------------------------------------
def test_signing_ones_own_words_answers_the_proposal_and_nothing_is_in_force(countered, proposed, head):
    proposed.refresh_from_db()
    assert (proposed.state, proposed.closed_by) == (State.COUNTERED, head.user)
    assert proposed.closed_at == countered.sealed_at
    assert (countered.state, countered.side) == (State.PROPOSED, Side.AREA)
    assert [s.side for s in countered.signatures.all()] == [Side.AREA]
    assert not AgreementRevision.objects.in_force().exists()
    assert not Promise.objects.exists()


def test_it_confirms_the_needs_and_the_mandate_as_read(proposed, head, area, live):
    reworded = reword(proposed.rows.get(), head.user, you_need="To know of closures a month ahead")
    send(reworded.revision, head.user)
    need = Need.objects.get(area=area, text="To know of closures a month ahead")
    assert need.confirmed_by == head.user
    assert Need.objects.get(area=area, text="To know of closures early").confirmed_by is None
    assert head.acknowledgements.get().version == live


def test_the_lead_is_told_and_the_journal_records_it(countered, lead, head):
    letter = OutgoingEmail.objects.get(event="agreements/agreement_countered")
    assert letter.to == lead.email
    assert paths_in(letter.text) == [f"/agreements/{countered.agreement_id}/"]
    event = Event.objects.get(kind="agreement_countered")
    assert (event.subject, event.facts["by"], event.facts["changes"]) == (countered.key, "Head", 1)


@pytest.mark.parametrize("who", STRANGERS)
def test_nobody_but_the_areas_head_signs_its_words(who, answer, request):
    with pytest.raises(NotAllowed):
        actions.counter(answer, by=of(request, who), content_hash=hash_of(answer))
    assert Signature.objects.count() == 1


def test_other_words_than_on_the_page_are_not_signed(answer, proposed, head):
    shown = hash_of(answer)
    reword(proposed.rows.get(), head.user, you_need="Something else")
    with pytest.raises(Stale):
        actions.counter(answer, by=head.user, content_hash=shown)
    assert Signature.objects.count() == 1


def test_half_written_words_are_kept_and_not_signed(proposed, head):
    answer = reword(proposed.rows.get(), head.user, you_commit="").revision
    with pytest.raises(RuleBroken) as refused:
        actions.counter(answer, by=head.user, content_hash=hash_of(answer))
    assert "what the area commits to" in str(refused.value.missing[0])
    proposed.refresh_from_db()
    assert proposed.state == State.PROPOSED


def test_words_for_nobody_are_not_signed(answer, head, lead):
    lead.appointments.update(ends_on=timezone.localdate() - timedelta(days=1))
    with pytest.raises(RuleBroken) as refused:
        actions.counter(answer, by=head.user, content_hash=hash_of(answer))
    assert "Nobody leads the PMO" in str(refused.value.missing[-1])


def test_ones_own_words_are_signed_once(countered, head):
    with pytest.raises(Stale):
        actions.counter(countered, by=head.user, content_hash=countered.content_hash)


def test_the_proposal_itself_is_not_signed_while_words_of_it_are_being_changed(answer, proposed, area):
    deputy = person_with(area, Role.Kind.DEPUTY, "deputy@fairhaven.example")
    with pytest.raises(Stale, match="changing words"):
        actions.countersign(proposed, by=deputy.user, content_hash=proposed.content_hash)
    assert not AgreementRevision.objects.in_force().exists()


# --- the PMO's turn -------------------------------------------------------------------------------
def test_the_lead_signs_the_same_words_and_they_are_in_force(countered, lead, head):
    actions.countersign(countered, by=lead, content_hash=countered.content_hash)
    assert AgreementRevision.objects.in_force().get() == countered
    assert {s.content_hash for s in countered.signatures.all()} == {countered.content_hash}
    assert {s.side for s in countered.signatures.all()} == {Side.PMO, Side.AREA}
    assert {p.text for p in Promise.objects.all()} == {"A calendar each Friday", "Your own works one week before"}
    assert OutgoingEmail.objects.filter(event="agreements/agreement_answered").get().to == head.email


@pytest.mark.parametrize("who", ["member", "issuer", "administrator", "head", "foreign_head", "sponsor"])
def test_nobody_but_the_lead_signs_for_the_pmo(who, countered, request):
    for verb, words in ((actions.countersign, {}), (actions.decline, {"reason": "No."})):
        with pytest.raises(NotAllowed):
            verb(countered, by=of(request, who), content_hash=countered.content_hash, **words)
    countered.refresh_from_db()
    assert countered.state == State.PROPOSED


def test_the_lead_signs_no_other_hash(countered, lead):
    with pytest.raises(Stale):
        actions.countersign(countered, by=lead, content_hash="0" * 64)


def test_nobody_signs_for_both_sides_not_even_in_another_office(countered, head):
    head.roles.update(ends_on=timezone.localdate() - timedelta(days=1))
    appoint(head.user, "lead", by=None)
    with pytest.raises(NotAllowed, match="nobody signs for both"):
        actions.countersign(countered, by=head.user, content_hash=countered.content_hash)
    with pytest.raises(IntegrityError), transaction.atomic():
        Signature.objects.create(
            revision=countered, side=Side.PMO, by=head.user, name="x", capacity="x",
            content_hash=countered.content_hash, at=timezone.now(),
        )  # fmt: skip


def test_the_lead_says_no_with_a_reason_and_the_head_reads_it(countered, lead, head):
    with pytest.raises(RuleBroken, match="reason"):
        actions.decline(countered, by=lead, content_hash=countered.content_hash, reason=" ")
    actions.decline(countered, by=lead, content_hash=countered.content_hash, reason="One week is too short.")
    countered.refresh_from_db()
    assert (countered.state, countered.closed_by) == (State.DECLINED, lead)
    letter = OutgoingEmail.objects.get(event="agreements/agreement_answered")
    assert letter.to == head.email
    assert "One week is too short." in letter.text
    assert Event.objects.get(kind="counter_declined").facts["reason"] == "One week is too short."


def test_after_a_no_the_pmo_begins_again_with_its_own_words(countered, proposed, lead):
    actions.decline(countered, by=lead, content_hash=countered.content_hash, reason="Too short.")
    draft = actions.revise(countered.agreement, by=lead)
    assert draft.rows.get().you_commit == proposed.rows.get().you_commit
    assert draft.answers is None


def test_the_pmo_answers_with_other_words_which_closes_the_areas(countered, lead, head):
    draft = actions.revise(countered.agreement, by=lead)
    assert (draft.answers, draft.side, draft.number) == (countered, Side.PMO, 3)
    assert draft.rows.get().you_commit == "Your own works one week before"
    countered.refresh_from_db()
    assert countered.state == State.PROPOSED, "it waits until the answer is signed"
    row = draft.rows.get()
    row.you_commit = "Your own works ten days before"
    actions.save_draft(row, by=lead, fields=["you_commit"])
    propose(draft, lead)
    countered.refresh_from_db()
    assert (countered.state, countered.closed_by) == (State.COUNTERED, lead)
    actions.countersign(draft, by=head.user, content_hash=draft.content_hash)
    assert AgreementRevision.objects.in_force().get() == draft


def test_the_area_takes_its_own_words_back_and_only_the_area(countered, lead, head):
    with pytest.raises(NotAllowed):
        actions.withdraw(countered, by=lead, reason="No.")
    actions.withdraw(countered, by=head.user, reason="We looked again.")
    countered.refresh_from_db()
    assert (countered.state, countered.closed_by) == (State.WITHDRAWN, head.user)
    letter = OutgoingEmail.objects.get(event="agreements/agreement_withdrawn")
    assert letter.to == lead.email
    assert "We looked again." in letter.text


def test_the_pmo_does_not_write_in_the_areas_words(answer, lead):
    for verb in (
        lambda: actions.save_draft(answer.rows.get(), by=lead),
        lambda: actions.remove_row(answer.rows.get(), by=lead),
        lambda: actions.add_words(answer, keys=[], by=lead),
        lambda: actions.share(answer, by=lead),
        lambda: actions.propose(answer, by=lead, content_hash=hash_of(answer)),
    ):
        with pytest.raises(NotAllowed):
            verb()


def test_no_second_proposal_while_one_of_the_pmo_waits(proposed, lead):
    with pytest.raises(RuleBroken):
        actions.revise(proposed.agreement, by=lead)
    second = AgreementRevision.objects.create(
        agreement=proposed.agreement, number=2, drafted_by=lead, aim="x", shared_at=timezone.now(),
        period_from=proposed.period_from, period_to=proposed.period_to,
    )  # fmt: skip
    row = proposed.rows.get()
    row.pk, row.revision, row._state.adding = None, second, True
    row.save()
    with pytest.raises(RuleBroken, match="take it back"):
        propose(second, lead)


# --- what is not sent stays its writer's ------------------------------------------------------------
def test_words_of_a_proposal_that_is_taken_back_are_put_aside_and_lost_to_nobody(answer, proposed, lead, head):
    actions.withdraw(proposed, by=lead, reason="A row was wrong.")
    answer.refresh_from_db()
    assert (answer.state, answer.was_never_sent) == (State.WITHDRAWN, True)
    assert answer.rows.get().you_commit == "Your own works one week before"
    assert list(AgreementRevision.untrue()) == []
    with pytest.raises(Stale):
        actions.counter(answer, by=head.user, content_hash=answer.content_hash)
    assert answer not in AgreementRevision.objects.sent()


def test_saying_no_puts_ones_own_changes_aside(answer, proposed, head):
    actions.decline(proposed, by=head.user, content_hash=proposed.content_hash, reason="Not this year.")
    answer.refresh_from_db()
    assert answer.state == State.WITHDRAWN


def test_the_old_one_stays_in_force_while_both_sides_answer_each_other(in_force, lead, head):
    draft = propose(actions.revise(in_force.agreement, by=lead), lead)
    sent = send(reword(draft.rows.get(), head.user, you_commit="Less").revision, head.user)
    assert AgreementRevision.objects.in_force().get() == in_force
    actions.countersign(sent, by=lead, content_hash=sent.content_hash)
    in_force.refresh_from_db()
    assert (in_force.state, in_force.closed_by) == (State.SUPERSEDED, lead)
    assert AgreementRevision.objects.in_force().get() == sent


# --- a shared draft ---------------------------------------------------------------------------------
@pytest.fixture
def shared_draft(draft_agreement, lead):
    actions.share(draft_agreement, by=lead)
    draft_agreement.refresh_from_db()
    return draft_agreement


def test_in_a_shared_draft_the_area_writes_its_own_cells_and_is_named(shared_draft, head):
    row = reword(shared_draft.rows.get(), head.user, you_need="Earlier", you_commit="Less", you_will_notice="Calm")
    assert row.revision == shared_draft
    assert (row.changed_by, bool(row.changed_at)) == (head.user, True)


def test_and_not_the_pmos(shared_draft, head):
    for words in ({"we_commit": "Everything"}, {"due_on": None}):
        with pytest.raises(NotAllowed, match="its own cells"):
            reword(shared_draft.rows.get(), head.user, **words)


def test_nor_a_draft_that_is_not_shared_or_is_sealed(draft_agreement, lead, head):
    row = draft_agreement.rows.get()
    with pytest.raises(Stale):
        reword(row, head.user, you_commit="Less")
    propose(draft_agreement, lead)
    before = fingerprint_of(row, ["you_commit"])
    answered = reword(row, head.user, seen=before, you_commit="Less")
    assert answered.revision != draft_agreement, "on a proposal it becomes an answer"


def test_both_who_write_the_same_cell_of_a_draft_lose_nothing(shared_draft, lead, head):
    row = shared_draft.rows.get()
    seen = fingerprint_of(row, ["you_commit"])
    reword(row, head.user, seen=seen, you_commit="Less")
    row.you_commit = "More"
    with pytest.raises(Overtaken):
        actions.save_draft(row, by=lead, fields=["you_commit"], seen=seen)


def test_a_note_can_be_left_on_a_proposal_and_changes_nothing_that_is_signed(proposed, head, lead):
    row = proposed.rows.get()
    actions.leave_note(row, text="Mondays?", by=head.user)
    assert proposed.rows.get().area_note == "Mondays?"
    assert hash_of(proposed) == proposed.content_hash
    actions.withdraw(proposed, by=lead, reason="Wrong.")
    with pytest.raises(Stale):
        actions.leave_note(row, text="Too late", by=head.user)


# --- the record -------------------------------------------------------------------------------------
def test_whose_words_they_are_is_no_part_of_what_is_signed(proposed):
    assert set(proposed.content()) == {"agreement", "number", "area", "aim", "period", "mandate", "rows"}
    assert set(proposed.rows.get().content()) == {"clause", "cells", "due_on"}


def test_no_sql_turns_words_into_another_sides_or_forgets_what_they_answer(countered, proposed):
    for change in ({"side": Side.PMO}, {"answers": None}, {"aim": "x"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            AgreementRevision.objects.filter(pk=countered.pk).update(**change)
    for change in ({"came_from": None}, {"changed_by": None}, {"you_commit": "x"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Row.objects.filter(revision=countered).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        AgreementRevision.objects.filter(pk=proposed.pk).update(closed_by=None)


def test_the_database_knows_one_draft_a_side_and_one_proposal(answer, countered, lead):
    facts = {
        "agreement": answer.agreement, "drafted_by": lead, "period_from": answer.period_from,
        "period_to": answer.period_to,
    }  # fmt: skip
    AgreementRevision.objects.create(number=7, side=Side.AREA, **facts)
    AgreementRevision.objects.create(number=8, side=Side.PMO, **facts)
    for side in Side:
        with pytest.raises(IntegrityError), transaction.atomic():
            AgreementRevision.objects.create(number=9, side=side, **facts)
    sealed = {"sealed_at": timezone.now(), "content_hash": "0" * 64}
    with pytest.raises(IntegrityError), transaction.atomic():
        AgreementRevision.objects.create(number=9, state=State.PROPOSED, **sealed, **facts)
    with pytest.raises(IntegrityError), transaction.atomic():
        AgreementRevision.objects.create(number=9, state=State.COUNTERED, **sealed, **facts)


# --- two at once --------------------------------------------------------------------------------------
def at_once(*verbs):
    """Run these together; what came of each: "done" or the kind of refusal."""
    barrier, came_of = threading.Barrier(len(verbs)), {}

    def run(number, verb):
        barrier.wait()
        try:
            verb()
            came_of[number] = "done"
        except Exception as refusal:  # noqa: BLE001
            came_of[number] = type(refusal).__name__
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(verbs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [came_of[number] for number in range(len(verbs))]


@pytest.mark.django_db(transaction=True)
def test_the_area_sends_its_words_while_the_pmo_takes_its_proposal_back(answer, proposed, head, lead):
    shown = hash_of(answer)
    came_of = at_once(
        lambda: actions.counter(answer, by=head.user, content_hash=shown),
        lambda: actions.withdraw(proposed, by=lead, reason="A row was wrong."),
    )
    assert sorted(came_of) == ["Stale", "done"]
    proposed.refresh_from_db()
    answer.refresh_from_db()
    sent = came_of[0] == "done"
    assert (proposed.state, answer.state) == (
        (State.COUNTERED, State.PROPOSED) if sent else (State.WITHDRAWN, State.WITHDRAWN)
    )


@pytest.mark.django_db(transaction=True)
def test_head_and_deputy_send_their_sides_words_once(answer, area, head):
    deputy = person_with(area, Role.Kind.DEPUTY, "deputy@fairhaven.example")
    shown = hash_of(answer)
    came_of = at_once(*(
        lambda by=by: actions.counter(answer, by=by, content_hash=shown) for by in (head.user, deputy.user)
    ))  # fmt: skip
    assert sorted(came_of) == ["Stale", "done"]
    assert answer.signatures.count() == 1


@pytest.mark.django_db(transaction=True)
def test_lead_and_deputy_lead_sign_and_decline_once(countered, lead):
    second = user("second@fairhaven.example")
    appoint(second, "lead", by=None, is_deputy=True)
    came_of = at_once(
        lambda: actions.countersign(countered, by=lead, content_hash=countered.content_hash),
        lambda: actions.decline(countered, by=second, content_hash=countered.content_hash, reason="No."),
    )
    assert sorted(came_of) == ["Stale", "done"]
    countered.refresh_from_db()
    assert countered.state == (State.IN_FORCE if came_of[0] == "done" else State.DECLINED)


@pytest.mark.django_db(transaction=True)
def test_two_first_changes_at_once_open_one_answer(proposed, area, head):
    deputy = person_with(area, Role.Kind.DEPUTY, "deputy@fairhaven.example")
    row = proposed.rows.get()
    came_of = at_once(
        lambda: reword(row, head.user, you_commit="Less"),
        lambda: reword(row, deputy.user, you_need="Earlier"),
    )
    assert came_of == ["done", "done"]
    assert AgreementRevision.objects.unsent().get().rows.get().changes() == ["you_need", "you_commit"]
