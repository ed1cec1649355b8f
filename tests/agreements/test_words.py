"""Rows to start from: ticked into a draft, edited afterwards, and unfinished while a bracket stands in them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from pmo_portal.audit.models import Entry
from pmo_portal.common.errors import NotAllowed, RuleBroken, Stale
from stakeholders.agreements import actions
from stakeholders.agreements.models import Row
from stakeholders.agreements.words import BY_KEY, CELLS, KINDS, WORDS
from tests.conftest import propose

pytestmark = pytest.mark.django_db


@pytest.fixture
def empty(area, lead):
    """A draft without a row."""
    today = timezone.localdate()
    return actions.start(area, by=lead, period_from=today, period_to=today + timedelta(days=300))


def at(draft):
    return reverse("agreements:words", kwargs={"pk": draft.agreement_id})


def page_of(draft):
    return draft.agreement.get_absolute_url()


# The words themselves


def test_there_are_twelve_rows_three_for_each_kind_of_area():
    assert [sum(words.kind == kind for words in WORDS) for kind in KINDS] == [3, 3, 3, 3]
    assert len(WORDS) == len(BY_KEY) == len({str(words.you_need) for words in WORDS}) == 12


@pytest.mark.parametrize("words", WORDS, ids=lambda words: words.key)
def test_each_row_fills_its_four_cells_in_short_sentences(words):
    cells = [str(getattr(words, cell)) for cell in CELLS]
    assert all(cell[0].isupper() and cell.endswith(".") and len(cell) <= 120 for cell in cells)


# Adding them


def test_what_is_ticked_joins_the_draft_with_all_four_cells_and_no_clause(empty, lead):
    actions.add_words(empty, keys=["handover", "budget"], by=lead)
    rows = list(empty.rows.all())
    assert [row.you_need for row in rows] == [str(BY_KEY[key].you_need) for key in ("budget", "handover")]
    assert all(getattr(row, cell) == str(getattr(BY_KEY["budget"], cell)) for row in rows[:1] for cell in CELLS)
    assert {row.clause for row in rows} == {None}
    assert Entry.objects.filter(verb="add_words").get().details["rows"] == ["budget", "handover"]


def test_they_come_behind_the_rows_that_stand(draft_agreement, lead):
    actions.add_words(draft_agreement, keys=["quiet_weeks"], by=lead)
    assert [row.you_need for row in draft_agreement.rows.all()] == [
        "To know of closures early",
        str(BY_KEY["quiet_weeks"].you_need),
    ]
    places = list(draft_agreement.rows.values_list("position", flat=True))
    assert places == sorted(set(places))


def test_a_row_whose_need_stands_already_is_passed_over(empty, lead):
    actions.add_words(empty, keys=["budget"], by=lead)
    Row.objects.filter(revision=empty).update(you_need=str(BY_KEY["budget"].you_need).upper(), we_commit="Ours")
    assert [row.you_need for row in actions.add_words(empty, keys=["budget", "benefits"], by=lead)] == [
        str(BY_KEY["benefits"].you_need)
    ]
    assert actions.add_words(empty, keys=["budget", "benefits"], by=lead) == []
    assert empty.rows.count() == 2


def test_a_key_that_is_none_adds_nothing_at_all(empty, lead):
    with pytest.raises(RuleBroken):
        actions.add_words(empty, keys=["budget", "no such row"], by=lead)
    assert not empty.rows.exists()


def test_only_the_pmo_adds_them_and_only_to_a_draft(draft_agreement, lead, head):
    with pytest.raises(NotAllowed):
        actions.add_words(draft_agreement, keys=["budget"], by=head.user)
    proposed = propose(draft_agreement, lead)
    with pytest.raises(Stale):
        actions.add_words(proposed, keys=["budget"], by=lead)
    assert draft_agreement.rows.count() == 1


def test_the_number_of_questions_does_not_grow_with_the_rows(empty, lead, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        actions.add_words(empty, keys=list(BY_KEY), by=lead)
    assert empty.rows.count() == 12


# What is unfinished


@pytest.mark.parametrize("text", ["Ask [name].", "By [the last day].", "Ask [name] or [name]."])
def test_a_bracket_that_was_not_filled_in_makes_a_row_unfinished(draft_agreement, text):
    row = draft_agreement.rows.get()
    for cell in CELLS:
        written = {**dict.fromkeys(CELLS, "Calm"), cell: text}
        found = Row(revision=draft_agreement, clause=row.clause, **written)
        assert any("fill in [" in str(words) for words in found.lacks()), cell


@pytest.mark.parametrize(
    "text", ["Calm", "In 2026 [1]", "[the list](https://fairhaven.example)", "[]", "a [ b", "[ ]"]
)
def test_other_brackets_are_just_text(draft_agreement, text):
    row = draft_agreement.rows.get()
    row.we_commit = text
    assert row.lacks() == []


def test_an_unfinished_row_cannot_be_proposed_until_it_is_filled_in(draft_agreement, lead):
    row = draft_agreement.rows.get()
    row.we_commit = "We bring it to [name]."
    actions.save_draft(row, by=lead, fields=["we_commit"])
    with pytest.raises(RuleBroken) as refusal:
        propose(draft_agreement, lead)
    assert [str(words) for words in refusal.value.missing] == ["“To know of closures early”: fill in [name]."]
    row.we_commit = "We bring it to Ada."
    actions.save_draft(row, by=lead, fields=["we_commit"])
    assert propose(draft_agreement, lead).state == "proposed"


# The page


def test_a_draft_without_a_row_leads_to_them_first(empty, live, lead, as_user):
    html = as_user(lead).get(page_of(empty)).content.decode()
    assert f'<a class="btn btn-primary" href="{at(empty)}">Rows to start from</a>' in html


def test_a_draft_with_rows_leads_to_them_quietly(draft_agreement, lead, head, as_user):
    html = as_user(lead).get(page_of(draft_agreement)).content.decode()
    assert f'<a href="{at(draft_agreement)}">Rows to start from</a>' in html
    actions.share(draft_agreement, by=lead)
    assert at(draft_agreement) not in as_user(head).get(page_of(draft_agreement)).content.decode()


def test_ticking_two_adds_two_and_says_what_they_still_need(empty, live, lead, as_user):
    client = as_user(lead)
    response = client.post(at(empty), {"rows": ["early_word", "budget"]}, follow=True)
    html = response.content.decode()
    assert "2 rows added" in html
    assert html.count("choose the clause of the mandate") == 2
    assert "fill in [name]" in html
    assert "fill in [number]" in html


def test_ticking_nothing_is_told_and_what_was_ticked_is_kept(empty, lead, as_user):
    client = as_user(lead)
    nothing = client.post(at(empty), {})
    assert nothing.status_code == 422
    html = nothing.content.decode()
    assert 'href="#id_rows_0">Rows to start from: Tick at least one row.' in html
    assert 'id="id_rows_0"' in html
    wrong = client.post(at(empty), {"rows": ["budget", "none"]})
    assert wrong.status_code == 422
    assert 'value="budget" checked' in wrong.content.decode()
    assert not empty.rows.exists()


def test_a_row_that_stands_cannot_be_ticked_again(empty, lead, as_user):
    actions.add_words(empty, keys=["budget"], by=lead)
    html = as_user(lead).get(at(empty)).content.decode()
    assert 'value="budget" disabled' in html
    assert html.count(" disabled>") == 1


def test_the_page_asks_a_fixed_number_of_questions(empty, lead, as_user, django_assert_max_num_queries):
    client = as_user(lead)
    actions.add_words(empty, keys=list(BY_KEY), by=lead)
    client.get("/me/")  # the first page of a session also notes it in the list of sessions
    with django_assert_max_num_queries(16):
        client.get(at(empty))
