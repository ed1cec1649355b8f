"""A head on a phone changes one word and signs; the lead sees what changed, row by row, and decides."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.agreements import actions
from stakeholders.agreements.models import AgreementRevision, Row
from tests.agreements.conftest import hash_of, reword
from tests.conftest import person_with, propose, write_agreement
from tests.house.page import form_on
from tests.letters import paths_in

pytestmark = pytest.mark.django_db
State = AgreementRevision.State


def at(revision, name="agreement", **kwargs):
    return reverse(f"agreements:{name}", kwargs={"pk": revision.agreement_id, **kwargs})


def words_of(page):
    """The page's words alone."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def change(client, revision, **words):
    """Open a row's page of change, and send it with these words."""
    address = at(revision, "change", row_pk=revision.rows.first().pk)
    form = client.get(address).context["form"]
    sent = {**{name: form[name].value() or "" for name in form.fields}, **words}
    return client.post(address, sent, follow=True)


def test_from_the_letter_to_the_signature_it_is_four_taps_and_one_typed_thing_behind_the_door(
    as_user, proposed, head
):
    letter = OutgoingEmail.objects.get(event="agreements/agreement_proposed")
    assert at(proposed) in paths_in(letter.text), "the letter leads to the very page"
    client = as_user(head)
    page = client.get(at(proposed)).content.decode()
    row = proposed.rows.get()
    assert f'href="{at(proposed, "change", row_pk=row.pk)}"' in page  # 1: change words
    answer = change(client, proposed, you_commit="Your own works one week before")  # 2: save
    page = answer.content.decode()
    assert "1 change" in page
    assert "Sign with this change" in page  # 3
    assert f'href="{at(proposed, "sign")}"' in page
    sign = client.get(at(proposed, "sign")).content.decode()
    assert "signs your wording next; until then nothing of it is in force" in sign
    signed = client.post(at(proposed, "sign"), form_on(sign, ""), follow=True)  # 4
    assert "until then nothing of it is in force" in signed.content.decode()
    assert AgreementRevision.objects.get(side="area").state == State.PROPOSED


def test_old_words_are_struck_and_new_ones_marked_also_for_who_hears_the_page(as_user, answer, head):
    page = as_user(head).get(at(answer)).content.decode()
    assert re.search(r"<del><span[^>]*>taken out: </span>two weeks</del>", page)
    assert re.search(r"<ins><span[^>]*>put in: </span>one week</ins>", page)


def test_the_sign_page_restates_each_own_promise_and_leads_to_its_change(as_user, proposed, head):
    page = as_user(head).get(at(proposed, "sign")).content.decode()
    row = proposed.rows.get()
    assert f'href="{at(proposed, "change", row_pk=row.pk)}#id_you_commit"' in page
    assert "I can't keep this" in words_of(page).replace("&#x27;", "'")
    assert "What Networks promises" in page


def test_the_words_of_the_pmo_that_the_area_changed_are_clearly_marked(as_user, proposed, head, lead):
    client = as_user(head)
    page = change(client, proposed, we_commit="A calendar each Monday").content.decode()
    assert "Reworded by Networks; PMO has to agree." in page


def test_a_head_who_reads_a_shared_draft_is_told_what_happens_next(as_user, draft_agreement, lead, head):
    actions.share(draft_agreement, by=lead)
    page = words_of(as_user(head).get(at(draft_agreement)).content.decode())
    assert "What happens next" in page
    assert "Nothing binds anybody before both have signed." in page
    assert "Nothing binds anybody before both" not in words_of(
        as_user(lead).get(at(draft_agreement)).content.decode()
    )


def test_one_row_reads_again_as_the_pmo_proposed_it(as_user, answer, proposed, head):
    client = as_user(head)
    page = client.get(at(proposed)).content.decode()
    address = at(proposed, "take_back", row_pk=proposed.rows.get().pk)
    told = client.post(address, form_on(page, address), follow=True).content.decode()
    assert "reads again as the PMO proposed it" in told
    assert "Waits for your signature" in told
    assert client.post(address, form_on(page, address)).status_code == 409


def test_all_changes_are_taken_back_with_one_button(as_user, answer, proposed, head):
    client = as_user(head)
    page = client.get(at(proposed)).content.decode()
    address = at(proposed, "take_all_back")
    assert client.post(address, {"hash": "0" * 64}).status_code == 409
    assert client.post(address, form_on(page, address)).status_code == 302
    assert not AgreementRevision.objects.unsent().exists()


def test_words_changed_between_reading_and_signing_are_a_409_page(as_user, answer, proposed, area, head):
    client = as_user(head)
    form = form_on(client.get(at(proposed, "sign")).content.decode(), "")
    reword(proposed.rows.get(), head.user, you_need="Something else")
    refused = client.post(at(proposed, "sign"), form)
    assert refused.status_code == 409
    assert "Nothing was signed" in refused.content.decode()


def test_who_opened_the_proposal_before_the_deputy_changed_words_signs_nothing(as_user, proposed, area, head):
    deputy = person_with(area, "deputy", "deputy@fairhaven.example")
    client = as_user(head)
    form = form_on(client.get(at(proposed, "sign")).content.decode(), "")
    reword(proposed.rows.get(), deputy.user, you_commit="Less")
    assert client.post(at(proposed, "sign"), form).status_code == 409
    assert not AgreementRevision.objects.in_force().exists()


def test_head_and_deputy_who_write_the_same_row_see_both_wordings(as_user, proposed, area, head):
    deputy = person_with(area, "deputy", "deputy@fairhaven.example")
    address = at(proposed, "change", row_pk=proposed.rows.get().pk)
    first, second = as_user(head), as_user(deputy)
    form = first.get(address).context["form"]
    words = {name: form[name].value() or "" for name in form.fields}
    assert first.post(address, {**words, "you_commit": "One week"}).status_code == 302
    answer = second.post(address, {**words, "you_commit": "One day"})
    assert answer.status_code == 409
    assert "Theirs, as it stands now" in words_of(answer.content.decode())
    again = answer.context["form"].data["seen"]
    assert second.post(address, {**words, "you_commit": "One day", "seen": again}).status_code == 302
    assert AgreementRevision.objects.unsent().get().rows.get().you_commit == "One day"


def test_a_browsers_own_ends_of_lines_are_no_change(as_user, draft_agreement, head, lead):
    Row.objects.filter(revision=draft_agreement).update(you_commit="One\nTwo")
    proposed = propose(draft_agreement, lead)
    change(as_user(head), proposed, you_commit="One\r\nTwo")
    assert not AgreementRevision.objects.unsent().exists()


def test_half_written_words_cannot_be_signed_and_the_page_says_what_is_missing(as_user, proposed, head):
    client = as_user(head)
    page = change(client, proposed, you_commit="").content.decode()
    assert "Before you can sign it" in page
    assert "Sign with this change" not in page
    assert client.get(at(proposed, "sign")).status_code == 302
    answer = AgreementRevision.objects.unsent().get()
    told = client.post(at(proposed, "sign"), {"hash": hash_of(answer)}, follow=True).content.decode()
    assert "what the area commits to" in told


def test_nobody_of_the_pmo_sees_words_that_were_not_sent(as_user, proposed, head, lead, member):
    reword(proposed.rows.get(), head.user, you_commit="MARKER one")
    actions.leave_note(proposed.rows.get(), text="Mondays?", by=head.user)
    answer = AgreementRevision.objects.unsent().get()
    for who in (lead, member):
        client = as_user(who)
        for address in ("/", "/agreements/", "/areas/", "/areas/networks/", at(answer), at(answer, "sign")):
            page = client.get(address, follow=True).content.decode()
            assert "MARKER" not in page
            assert "not sent yet" not in page
        assert client.get(at(answer, "revision", number=2)).status_code == 404
        assert "Mondays?" in client.get(at(proposed)).content.decode()
    actions.withdraw(proposed, by=lead, reason="Wrong.")
    assert as_user(lead).get(at(answer, "revision", number=2)).status_code == 404
    kept = as_user(head).get(at(answer)).content.decode()
    assert "MARKER" in kept
    assert "Your words are kept here" in kept


def test_the_lead_sees_what_changed_row_by_row_and_signs(as_user, countered, lead, head):
    client = as_user(lead)
    assert "Answer the changes of Networks" in client.get("/").content.decode()
    page = client.get(at(countered)).content.decode()
    assert "two weeks</del>" in page
    for way in ("Read and sign", "Say no", "Write an answer"):
        assert way in page
    sign = client.get(at(countered, "sign")).content.decode()
    assert "What the PMO promises" in sign
    signed = client.post(at(countered, "sign"), form_on(sign, ""), follow=True).content.decode()
    assert "Signed by both, and in force from now on." in signed
    agreement = client.get(at(countered)).content.decode()
    assert "<del>" not in agreement, "what both signed stands as it was signed, without marks"
    assert "Your own works one week before" in agreement
    assert "The agreement was signed by both sides" in as_user(head).get("/areas/networks/").content.decode()


def test_a_member_reads_it_and_does_not_sign(as_user, countered, member):
    client = as_user(member)
    page = client.get(at(countered)).content.decode()
    assert "Read and sign" not in page
    assert "Write an answer" in page
    assert client.get(at(countered, "sign")).status_code == 302
    assert client.post(at(countered, "sign"), {"hash": countered.content_hash}).status_code == 403
    assert client.get(at(countered, "decline")).status_code == 403


def test_the_lead_says_no_and_the_head_reads_why(as_user, countered, lead, head):
    form = {"hash": countered.content_hash, "reason": "One week is too short for us."}
    assert as_user(lead).post(at(countered, "decline"), form).status_code == 302
    assert "One week is too short for us." in as_user(head).get(at(countered)).content.decode()
    assert "One week is too short for us." in as_user(head).get("/areas/networks/").content.decode()


def test_the_lead_answers_and_the_head_sees_what_became_of_the_words(as_user, countered, lead, head, live):
    client = as_user(lead)
    assert client.post(at(countered, "revise")).status_code == 302
    draft = AgreementRevision.objects.get(number=3)
    row = draft.rows.get()
    row.you_commit = "Your own works ten days before"
    actions.save_draft(row, by=lead, fields=["you_commit"])
    actions.save_draft(
        Row(revision=draft, clause=live.clauses.first(), you_need="Calm", we_commit="A list", you_will_notice="It"),
        by=lead,
    )
    draft.aim = "Nobody is ever surprised."
    actions.save_draft(draft, by=lead, fields=["aim"])
    page = client.get(at(countered)).content.decode()
    assert "Read and decide on their words" in page
    assert "surprised" in page
    client.post(at(countered, "propose"), form_on(page, at(countered, "propose")))
    shown = as_user(head).get(at(countered)).content.decode()
    for words in ("one week</del>", "ten days</ins>", "New row", "ever"):
        assert words in shown
    assert "Reworded by PMO; Networks has to agree." in shown
    assert "Nobody is" in words_of(shown)


def test_a_row_that_the_pmo_left_out_is_said(as_user, countered, lead, head, live):
    draft = actions.revise(countered.agreement, by=lead)
    for need in ("Calm", "Quiet"):
        row = Row(
            revision=draft, clause=live.clauses.first(), you_need=need, we_commit="A list", you_commit="x",
            you_will_notice="It",
        )  # fmt: skip
        actions.save_draft(row, by=lead)
    actions.remove_row(draft.rows.get(you_need="To know of closures early"), by=lead)
    page = as_user(lead).get(at(draft)).content.decode()
    assert "Row left out" in page
    assert "<del>To know of closures early</del>" in page


def test_in_a_shared_draft_the_head_changes_own_words_and_the_pmo_sees_who_did(as_user, draft_agreement, head, lead):
    client = as_user(head)
    address = at(draft_agreement, "change", row_pk=draft_agreement.rows.get().pk)
    assert client.get(address).status_code == 404, "not before it is shared"
    actions.share(draft_agreement, by=lead)
    assert "we_commit" not in client.get(address).context["form"].fields
    told = change(client, draft_agreement, you_commit="One week before", we_commit="Everything").content.decode()
    assert "Kept; the PMO sees it." in told
    row = draft_agreement.rows.get()
    assert (row.you_commit, row.we_commit) == ("One week before", "A calendar each Friday")
    assert "Changed by Head on" in as_user(lead).get(at(draft_agreement)).content.decode()


def test_head_and_lead_who_write_the_same_row_of_a_draft_see_both_wordings(as_user, draft_agreement, head, lead):
    actions.share(draft_agreement, by=lead)
    row = draft_agreement.rows.get()
    client, ours = as_user(head), as_user(lead)
    address = at(draft_agreement, "change", row_pk=row.pk)
    form = client.get(address).context["form"]
    words = {name: form[name].value() or "" for name in form.fields}
    row.you_commit = "Nothing at all"
    actions.save_draft(row, by=lead, fields=["you_commit"])
    answer = client.post(address, {**words, "you_commit": "Less"})
    assert answer.status_code == 409
    assert "Nothing at all" in words_of(answer.content.decode())
    assert ours.get(address).status_code == 403


def test_a_note_on_a_proposal_is_seen_by_the_pmo_and_counted(as_user, proposed, head, lead):
    client = as_user(head)
    address = at(proposed, "note", row_pk=proposed.rows.get().pk)
    assert client.post(address, {"note": "Mondays would be better."}).status_code == 302
    assert "Mondays would be better." in as_user(lead).get(at(proposed)).content.decode()
    assert "The area left 1 note." in as_user(lead).get("/").content.decode()


def test_an_answered_proposal_shows_no_way_to_change_it(as_user, in_force, head):
    address = at(in_force, "change", row_pk=in_force.rows.get().pk)
    assert "cannot be changed now" in as_user(head).get(address, follow=True).content.decode()


def test_the_heads_page_says_whose_turn_it_is(as_user, proposed, head, lead):
    client = as_user(head)
    assert "Read the agreement and sign it" in client.get("/areas/networks/").content.decode()
    reword(proposed.rows.get(), head.user, you_commit="Less")
    page = client.get("/areas/networks/").content.decode()
    assert "Sign your changes to the agreement" in page
    assert "Read the agreement and sign it" not in page
    answer = AgreementRevision.objects.unsent().get()
    actions.counter(answer, by=head.user, content_hash=hash_of(answer))
    page = client.get("/areas/networks/").content.decode()
    assert "Sign your changes" not in page
    assert "Head answered the proposal with words of the area&#x27;s own" in page
    assert "Answer the words that the area has signed" in as_user(lead).get("/areas/networks/").content.decode()


def test_the_foreign_head_finds_nothing_at_any_of_these_addresses(as_user, answer, proposed, foreign_head):
    client = as_user(foreign_head)
    row = {"row_pk": proposed.rows.get().pk}
    assert client.get(at(proposed, "change", **row)).status_code == 404
    for name, kwargs in (("change", row), ("take_back", row), ("take_all_back", {}), ("sign", {}), ("note", row)):
        assert client.post(at(proposed, name, **kwargs)).status_code == 404


def test_an_assistant_and_a_sponsor_read_none_of_it(as_user, answer, area, sponsor):
    assistant = person_with(area, "assistant", "assistant@fairhaven.example")
    for who in (assistant, sponsor):
        assert as_user(who).get(at(answer)).status_code == 404
        assert as_user(who).get(at(answer, "revision", number=2)).status_code == 404


def test_three_rows_cost_no_more_questions_than_one(as_user, area, live, lead, head):
    """On every page of an answer: being written, before the signature, sent, and answered in turn."""

    def questions(client, address):
        assert client.get(address).status_code == 200
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        return len(asked)

    def walk(draft):
        """The pages of one agreement, in their order, each with how many it asks."""
        proposed = propose(draft, lead)
        for row in proposed.rows.all():
            reword(row, head.user, you_commit="Other words altogether")
        theirs, ours = as_user(head), as_user(lead)
        counted = [questions(theirs, at(draft)), questions(theirs, at(draft, "sign"))]
        answer = AgreementRevision.objects.unsent().get()
        actions.counter(answer, by=head.user, content_hash=hash_of(answer))
        counted += [questions(who, at(draft)) for who in (theirs, ours)] + [questions(ours, at(draft, "sign"))]
        second = actions.revise(draft.agreement, by=lead)
        counted += [questions(ours, at(draft))]
        propose(second, lead)
        return counted + [questions(theirs, at(draft)), questions(theirs, at(draft, "sign"))]

    one = write_agreement(area, live, lead)
    counts = walk(one)
    actions.decline(
        AgreementRevision.objects.in_state(State.PROPOSED).get(), by=head.user, reason="Once more.",
        content_hash=AgreementRevision.objects.in_state(State.PROPOSED).get().content_hash,
    )  # fmt: skip
    three = actions.revise(one.agreement, by=lead)
    for need in ("Calm", "Quiet"):
        row = Row(
            revision=three, clause=live.clauses.first(), you_need=need, we_commit="A list", you_commit="x",
            you_will_notice="It",
        )  # fmt: skip
        actions.save_draft(row, by=lead)
    assert walk(three) == counts
    assert max(counts) <= 30
