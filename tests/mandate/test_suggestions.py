"""The issuer suggests other words in place; the PMO answers; what is accepted comes back as that change alone."""

import threading

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from mandate import actions, reading
from mandate.models import Approval, Cell, Clause, MandateVersion, SentBack, Service, Suggestion
from pmo_portal.accounts.actions import appoint
from pmo_portal.accounts.models import Appointment
from pmo_portal.audit.models import Entry
from pmo_portal.common.errors import NotAllowed, RuleBroken, Stale
from pmo_portal.outbox.models import OutgoingEmail
from tests.conftest import publish_mandate, user, write_mandate
from tests.letters import paths_in

pytestmark = pytest.mark.django_db
PURPOSE, HELPS = Cell("", "", "purpose"), Cell("", "", "helps")


@pytest.fixture
def in_review(member, lead, issuer):
    return actions.seal(write_mandate(member), by=member)


def clause_cell(version, field="text", kind="does"):
    return Cell("clauses", version.clauses.get(kind=kind).key, field)


def suggest(version, issuer, words="Other words.", cell=PURPOSE, **more):
    return actions.suggest(version, by=issuer, words={cell: words}, **more)[0]


def letters(event):
    return OutgoingEmail.objects.filter(event=f"mandate/{event}")


# --- suggesting ---------------------------------------------------------------------------------
def test_a_suggestion_keeps_both_wordings_who_when_and_why(in_review, issuer):
    made = suggest(in_review, issuer, reason="Too long.")
    assert (made.before, made.words, made.reason) == ("Words for purpose.", "Other words.", "Too long.")
    assert (made.by, made.is_open, made.version) == (issuer, True, in_review)
    assert Entry.objects.filter(verb="suggest", by=issuer).exists()


def test_several_may_be_open_at_once_and_one_letter_tells_the_lead(in_review, issuer, lead):
    suggest(in_review, issuer)
    suggest(in_review, issuer, cell=HELPS)
    suggest(in_review, issuer, cell=clause_cell(in_review))
    assert Suggestion.objects.open().count() == 3
    letter = letters("words_suggested").get()
    assert letter.to == lead.email
    assert f"/mandate/versions/{in_review.number}/" in paths_in(letter.text)


@pytest.mark.parametrize("words", ["Words for purpose.", "  Words for purpose.\r\n"])
def test_no_suggestion_without_a_change(in_review, issuer, words):
    with pytest.raises(RuleBroken, match="at least one word"):
        suggest(in_review, issuer, words)
    assert not Suggestion.objects.exists()


@pytest.mark.parametrize(
    ("cell", "words", "said"),
    [
        (PURPOSE, "", "Write the words"),
        (PURPOSE, "x" * 4001, "At most 4000"),
        (Cell("services", "1", "name"), "x" * 121, "At most 120"),
        (PURPOSE, "Ask [name].", "square brackets"),
    ],
)
def test_words_that_cannot_stand_there_are_refused_at_their_place(in_review, issuer, cell, words, said):
    with pytest.raises(RuleBroken) as refused:
        suggest(in_review, issuer, words, cell)
    assert said in str(refused.value.missing[0])
    assert refused.value.missing[0].at == cell


@pytest.mark.parametrize(
    "cell", [Cell("clauses", "nowhere", "text"), Cell("services", "9", "name"), Cell("", "", "x")]
)
def test_a_place_without_words_takes_no_suggestion(in_review, issuer, cell):
    with pytest.raises(Stale):
        suggest(in_review, issuer, cell=cell)


@pytest.mark.parametrize("who", ["member", "lead", "administrator"])
def test_nobody_but_the_issuer_suggests(who, in_review, issuer, request):
    with pytest.raises(NotAllowed):
        suggest(in_review, request.getfixturevalue(who))
    made = suggest(in_review, issuer)
    with pytest.raises(NotAllowed):
        actions.take_back(made, by=request.getfixturevalue(who))


def test_an_author_who_became_issuer_neither_suggests_nor_sends_back(in_review, member, issuer):
    Appointment.objects.filter(user__in=[member, issuer]).update(ends_on="2020-01-02", starts_on="2020-01-01")
    appoint(member, "issuer", by=None)
    with pytest.raises(NotAllowed, match="wrote in this version"):
        suggest(in_review, member)
    with pytest.raises(NotAllowed, match="wrote in this version"):
        actions.send_back(in_review, by=member, content_hash=in_review.content_hash, reason="No.")


def test_a_deputy_goes_on_where_the_issuer_was(in_review, issuer):
    suggest(in_review, issuer)
    deputy = user("deputy@fairhaven.example")
    appoint(deputy, "issuer", by=None, is_deputy=True)
    assert suggest(in_review, deputy, "Better words.").by == deputy
    assert Suggestion.objects.open().count() == 1


def test_the_issuer_changes_a_suggestion_while_nobody_has_answered(in_review, issuer):
    first = suggest(in_review, issuer)
    second = suggest(in_review, issuer, "Better words.")
    first.refresh_from_db()
    assert (first.outcome, second.outcome) == ("taken_back", "open")
    assert letters("words_suggested").count() == 1


def test_the_old_words_take_a_suggestion_back(in_review, issuer):
    first = suggest(in_review, issuer)
    assert actions.suggest(in_review, by=issuer, words={PURPOSE: "Words for purpose."}) == []
    first.refresh_from_db()
    assert first.outcome == "taken_back"


def test_what_was_taken_back_is_over(in_review, issuer, member):
    made = suggest(in_review, issuer)
    actions.take_back(made, by=issuer)
    with pytest.raises(Stale):
        actions.take_back(made, by=issuer)
    with pytest.raises(Stale, match="meanwhile"):
        actions.answer(in_review, by=member, accept=[made.pk])


def test_after_approval_publication_or_a_newer_version_there_is_nothing_to_suggest(in_review, issuer, member):
    actions.approve(in_review, by=issuer, content_hash=in_review.content_hash)
    with pytest.raises(RuleBroken, match="approved already"):
        suggest(in_review, issuer)
    actions.publish(in_review, by=issuer, content_hash=in_review.content_hash)
    with pytest.raises(RuleBroken, match="published already"):
        suggest(in_review, issuer)
    second = actions.seal(write_mandate(member), by=member)
    actions.seal(write_mandate(member), by=member)
    with pytest.raises(RuleBroken, match="newer version"):
        suggest(second, issuer)
    with pytest.raises(RuleBroken, match="being written"):
        suggest(write_mandate(member), issuer)


# --- answering ----------------------------------------------------------------------------------
def test_what_is_accepted_makes_one_next_version_with_exactly_those_changes(in_review, issuer, member):
    key = clause_cell(in_review)
    kept = [suggest(in_review, issuer), suggest(in_review, issuer, "Keeps one list.", key)]
    version = actions.answer(in_review, by=member, accept=[each.pk for each in kept])
    version = MandateVersion.objects.with_parts().get(pk=version.pk)
    assert (version.number, version.is_sealed, version.sealed_by) == (2, True, member)
    old, new = in_review.cells(), version.cells()
    assert {cell for cell in new if old[cell] != new[cell]} == {PURPOSE, key}
    assert (new[PURPOSE], new[key]) == ("Other words.", "Keeps one list.")
    assert [c.number for c in version.clauses.all()] == [c.number for c in in_review.clauses.all()]
    assert version.change_note == in_review.change_note
    assert version.fingerprint() == version.content_hash != in_review.content_hash


def test_before_anything_was_published_other_words_need_no_note_on_what_changed(member, lead, issuer):
    draft = write_mandate(member)
    draft.change_note = ""
    actions.save_part(draft, by=member)
    first = actions.seal(draft, by=member)
    version = actions.answer(first, by=lead, accept=[suggest(first, issuer).pk])
    assert (version.number, version.is_sealed, version.change_note) == (2, True, "")
    assert reading.letter_to_start_from(version).startswith("Words for why_before.")


def test_the_issuer_reads_that_change_alone_and_approves(in_review, issuer, member):
    made = suggest(in_review, issuer, "Words for good.")
    version = actions.answer(in_review, by=member, accept=[made.pk])
    changes = reading.changes_since(MandateVersion.objects.with_parts().get(pk=version.pk))
    assert changes["alone"]
    assert [line["name"] for line in changes["lines"]] == ["Purpose"]
    assert [(p.text, p.kind) for p in changes["lines"][0]["pieces"]][1:3] == [("purpose", "gone"), ("good", "new")]
    assert "Words for good." in letters("mandate_in_review").latest("pk").text
    actions.approve(version, by=issuer, content_hash=version.content_hash)


def test_who_accepts_is_an_author_and_who_suggested_is_not(in_review, issuer, lead):
    version = actions.answer(in_review, by=lead, accept=[suggest(in_review, issuer).pk])
    assert lead.pk in version.authors
    assert issuer.pk not in version.authors


def test_the_version_before_is_decided_no_more(in_review, issuer, member):
    actions.answer(in_review, by=member, accept=[suggest(in_review, issuer).pk])
    with pytest.raises(RuleBroken, match="newer version"):
        actions.approve(in_review, by=issuer, content_hash=in_review.content_hash)
    assert MandateVersion.objects.waiting().number == 2


def test_declining_needs_a_reason_that_the_issuer_reads(in_review, issuer, member):
    made = suggest(in_review, issuer)
    with pytest.raises(RuleBroken) as refused:
        actions.answer(in_review, by=member, decline={made.pk: "  "})
    assert refused.value.missing[0].at == made.pk
    assert actions.answer(in_review, by=member, decline={made.pk: "The board asked for these."}) is None
    letter = letters("suggestions_answered").get()
    assert (letter.to, "The board asked for these." in letter.text) == (issuer.email, True)
    assert MandateVersion.objects.waiting() == in_review


def test_what_is_left_goes_along_with_the_next_version(in_review, issuer, member):
    accepted, left = suggest(in_review, issuer), suggest(in_review, issuer, cell=HELPS, reason="Clearer.")
    version = actions.answer(in_review, by=member, accept=[accepted.pk])
    left.refresh_from_db()
    carried = version.suggestions.open().get()
    assert (left.outcome, left.led_to) == ("carried", version)
    assert (carried.words, carried.reason, carried.by, carried.at) == (left.words, "Clearer.", issuer, left.at)


def test_a_draft_that_was_begun_meanwhile_takes_the_accepted_words_and_loses_nothing(in_review, issuer, member, lead):
    made = suggest(in_review, issuer)
    draft = actions.start_draft(by=lead)
    draft.helps = "The lead's own words."
    actions.save_part(draft, by=lead)
    assert actions.answer(in_review, by=member, accept=[made.pk]) == draft
    draft.refresh_from_db()
    assert (draft.purpose, draft.helps, draft.is_sealed) == ("Other words.", "The lead's own words.", False)
    assert set(draft.authors) == {lead.pk, member.pk}
    assert "is being written already" in " ".join(letters("suggestions_answered").get().text.split())
    assert reading.suggestions_on(in_review)["coming"]


def test_where_that_draft_says_something_else_nothing_is_overwritten(in_review, issuer, member, lead):
    made, other = suggest(in_review, issuer), suggest(in_review, issuer, cell=HELPS)
    draft = actions.start_draft(by=lead)
    draft.purpose = "The lead's own words."
    actions.save_part(draft, by=lead)
    with pytest.raises(RuleBroken, match="says something else") as refused:
        actions.answer(in_review, by=member, accept=[made.pk, other.pk])
    assert [wrong.at for wrong in refused.value.missing] == [made.pk]
    draft.refresh_from_db()
    assert (draft.purpose, draft.helps) == ("The lead's own words.", "Words for helps.")
    assert Suggestion.objects.open().count() == 2
    draft.purpose = made.words
    actions.save_part(draft, by=lead)
    actions.answer(in_review, by=member, accept=[made.pk])


def test_a_service_that_moved_in_that_draft_is_known_by_its_words(in_review, issuer, member):
    made = suggest(in_review, issuer, "Calendars", Cell("services", "1", "name"))
    draft = actions.start_draft(by=member)
    new = Service(version=draft, name="Board", what_you_get="One page")
    actions.save_part(new, by=member)
    actions.move_part(new, up=True, by=member)
    actions.answer(in_review, by=member, accept=[made.pk])
    assert [service.name for service in draft.services.all()] == ["Board", "Calendars"]


def test_sealing_a_draft_takes_open_suggestions_along_where_the_words_still_stand(in_review, issuer, member):
    stands, gone = suggest(in_review, issuer), suggest(in_review, issuer, cell=HELPS)
    draft = actions.start_draft(by=member)
    draft.helps = "Quite other words."
    actions.save_part(draft, by=member)
    draft.change_note = "More."
    actions.save_part(draft, by=member)
    version = actions.seal(draft, by=member)
    for each in (stands, gone):
        each.refresh_from_db()
    assert (stands.outcome, gone.outcome) == ("carried", "declined")
    assert "says something else here" in gone.answer
    assert version.suggestions.open().get().cell == PURPOSE


@pytest.mark.parametrize("who", ["issuer", "administrator"])
def test_only_the_pmo_answers(who, in_review, issuer, request):
    made = suggest(in_review, issuer)
    with pytest.raises(NotAllowed):
        actions.answer(in_review, by=request.getfixturevalue(who), accept=[made.pk])


def test_an_answer_needs_a_choice_and_suggestions_of_this_very_version(in_review, issuer, member):
    made = suggest(in_review, issuer)
    with pytest.raises(RuleBroken, match="Choose an answer"):
        actions.answer(in_review, by=member)
    version = actions.answer(in_review, by=member, accept=[made.pk])
    with pytest.raises(Stale):
        actions.answer(in_review, by=member, accept=[made.pk])
    with pytest.raises(Stale):
        actions.answer(version, by=member, accept=[made.pk])


def test_approving_takes_open_suggestions_back(in_review, issuer, member):
    made = suggest(in_review, issuer)
    actions.approve(in_review, by=issuer, content_hash=in_review.content_hash)
    made.refresh_from_db()
    assert made.outcome == "taken_back"
    with pytest.raises(Stale):
        actions.answer(in_review, by=member, accept=[made.pk])


# --- sending back -------------------------------------------------------------------------------
def test_sent_back_with_a_reason_the_pmo_writes_the_next_from_it(in_review, issuer, member, lead):
    actions.send_back(in_review, by=issuer, content_hash=in_review.content_hash, reason="Say less.")
    letter = letters("mandate_sent_back").get()
    assert (letter.to, "Say less." in letter.text) == (lead.email, True)
    version = MandateVersion.objects.with_parts().get(pk=in_review.pk)
    assert reading.state_of(version, None) == MandateVersion.State.SENT_BACK
    assert MandateVersion.objects.waiting() is None
    with pytest.raises(RuleBroken, match="sent back"):
        actions.approve(in_review, by=issuer, content_hash=in_review.content_hash)
    assert actions.start_draft(by=member).purpose == in_review.purpose


def test_sending_back_needs_a_reason_the_hash_and_something_to_decide(in_review, issuer):
    content_hash = in_review.content_hash
    with pytest.raises(RuleBroken, match="what has to be different"):
        actions.send_back(in_review, by=issuer, content_hash=content_hash, reason=" ")
    with pytest.raises(Stale):
        actions.send_back(in_review, by=issuer, content_hash="f" * 64, reason="No.")
    actions.approve(in_review, by=issuer, content_hash=content_hash)
    with pytest.raises(RuleBroken, match="approved already"):
        actions.send_back(in_review, by=issuer, content_hash=content_hash, reason="No.")
    assert not SentBack.objects.exists()


# --- publishing in one decision ------------------------------------------------------------------
def test_one_decision_approves_and_publishes_with_the_letter_kept(in_review, issuer):
    publication = actions.issue(in_review, by=issuer, content_hash=in_review.content_hash, letter=" We asked.\r\n")
    assert publication.message == "We asked."
    assert MandateVersion.objects.live().get() == in_review
    with pytest.raises(DatabaseError), transaction.atomic():
        type(publication).objects.update(message="Something else")


def test_a_letter_that_is_too_long_publishes_nothing_and_approves_nothing(in_review, issuer):
    with pytest.raises(RuleBroken, match="too long"):
        actions.issue(in_review, by=issuer, content_hash=in_review.content_hash, letter="x" * 1201)
    assert not Approval.objects.exists()


@pytest.mark.parametrize("who", ["member", "lead", "administrator"])
def test_nobody_else_publishes_in_one_decision(who, in_review, request):
    with pytest.raises(NotAllowed):
        actions.issue(in_review, by=request.getfixturevalue(who), content_hash=in_review.content_hash)
    assert not Approval.objects.exists()


# --- the rows -----------------------------------------------------------------------------------
def test_one_open_suggestion_a_cell_and_a_reason_for_no_in_the_database_too(in_review, issuer):
    made = suggest(in_review, issuer)
    facts = {"version": in_review, "field": "purpose", "before": "a", "words": "b", "by": issuer, "at": made.at}
    with pytest.raises(IntegrityError), transaction.atomic():
        Suggestion.objects.create(**facts)
    with pytest.raises(IntegrityError), transaction.atomic():
        Suggestion.objects.create(**{**facts, "field": "helps", "words": "a"})
    with pytest.raises(IntegrityError), transaction.atomic():
        Suggestion.objects.filter(pk=made.pk).update(
            outcome="declined", answered_by=issuer, answered_at=timezone.now()
        )
    with pytest.raises(DatabaseError), transaction.atomic():
        Suggestion.objects.filter(pk=made.pk).update(words="Quite other words")


def together(*verbs):
    """Run them at the same moment; the refusals that they met."""
    barrier, refusals = threading.Barrier(len(verbs)), []

    def run(verb):
        barrier.wait()
        try:
            verb()
        except (RuleBroken, Stale) as refusal:
            refusals.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(verb,)) for verb in verbs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refusals


@pytest.mark.django_db(transaction=True)
def test_two_who_accept_at_once_make_one_next_version(in_review, issuer, member, lead):
    made = suggest(in_review, issuer)
    refusals = together(*(lambda by=by: actions.answer(in_review, by=by, accept=[made.pk]) for by in (member, lead)))
    assert len(refusals) == 1
    assert MandateVersion.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_approving_and_accepting_at_once_one_wins(in_review, issuer, member):
    made, content_hash = suggest(in_review, issuer), in_review.content_hash
    refusals = together(
        lambda: actions.answer(in_review, by=member, accept=[made.pk]),
        lambda: actions.approve(in_review, by=issuer, content_hash=content_hash),
    )
    assert len(refusals) == 1
    assert Approval.objects.exists() is not MandateVersion.objects.filter(number=2).exists()


@pytest.mark.django_db(transaction=True)
def test_taking_back_and_accepting_at_once_one_wins(in_review, issuer, member):
    made = suggest(in_review, issuer)
    refusals = together(
        lambda: actions.answer(in_review, by=member, accept=[made.pk]),
        lambda: actions.take_back(made, by=issuer),
    )
    assert len(refusals) == 1


# --- the letter to start from ------------------------------------------------------------------
def test_the_letter_starts_from_why_and_from_what_changed(in_review, issuer, member):
    assert reading.letter_to_start_from(in_review).startswith("Words for why_before. Words for why_asked_by.")
    actions.issue(in_review, by=issuer, content_hash=in_review.content_hash)
    second = publish_mandate(member, issuer)
    assert reading.letter_to_start_from(second).startswith("Words for change_note.")


def test_the_rows_of_a_clause_that_hold_words_are_its_cells(in_review):
    fields = {cell.field for cell in in_review.cells() if cell.part == "clauses" and cell.row == Clause.objects.get(
        version=in_review, kind="does_not").key}  # fmt: skip
    assert fields == {"text", "who_instead", "how_to_reach", "example"}
