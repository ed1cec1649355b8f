"""A version leaves as a file and comes back as a draft: all of it or nothing, and no file makes it fail."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mandate import actions, incoming
from mandate.models import Clause, MandateVersion
from mandate.reading import as_json, document
from pmo_portal.audit.models import Entry
from pmo_portal.common.errors import NotAllowed, RuleBroken, Stale
from pmo_portal.common.models import sha256_of
from tests.conftest import write_mandate

db = pytest.mark.django_db


def whole(version: MandateVersion) -> MandateVersion:
    return MandateVersion.objects.with_parts().get(pk=version.pk)


def said(version: MandateVersion) -> dict[str, Any]:
    """What a version says, without its own number and those of its clauses."""
    content = json.loads(as_json(whole(version)))["content"]
    return {
        **content,
        "number": None,
        "clauses": [{**clause, "number": ""} for clause in content["clauses"]],
    }


@pytest.fixture
def file(live) -> dict[str, Any]:
    return json.loads(as_json(whole(live)))


# --- back as a draft ----------------------------------------------------------------------------
@db
def test_what_was_written_out_comes_back_word_for_word_with_its_keys(file, live, member):
    draft = actions.bring_in(file, by=member)
    assert said(draft) == said(live)
    assert [row.key for row in draft.clauses.all()] == [row.key for row in live.clauses.all()]
    assert not draft.is_sealed and draft.number == live.number + 1 and member.pk in draft.authors
    assert Entry.objects.filter(verb="bring_in_draft", subject=draft.key).exists()


@db
def test_what_came_back_can_go_to_review(file, member):
    assert actions.seal(actions.bring_in(file, by=member), by=member).is_sealed


@db
def test_a_draft_goes_for_it_only_when_somebody_says_so(file, live, member):
    draft = write_mandate(member)
    before = said(draft)
    with pytest.raises(RuleBroken, match="A draft is being written"):
        actions.bring_in(file, by=member)
    with pytest.raises(Stale):
        actions.bring_in(file, by=member, instead_of="another")
    assert said(draft) == before
    replaced = actions.bring_in(file, by=member, instead_of=whole(draft).fingerprint())
    assert replaced.pk == draft.pk and said(draft) == said(live)


@db
def test_a_clause_that_comes_back_is_the_same_row_so_that_an_agreement_goes_on_standing_on_it(file, live, member):
    draft = actions.start_draft(by=member)
    stays, goes = draft.clauses.all()[:2]
    file["content"]["clauses"] = [each for each in file["content"]["clauses"] if each["key"] == stays.key]
    file["content"]["clauses"][0]["text"] = "Other words."
    actions.bring_in(file, by=member, instead_of=whole(draft).fingerprint())
    assert draft.clauses.get().pk == stays.pk
    assert draft.clauses.get().text == "Other words."
    assert not Clause.objects.filter(pk=goes.pk).exists()


@db
def test_only_the_pmo_brings_in(file, issuer):
    with pytest.raises(NotAllowed):
        actions.bring_in(file, by=issuer)


WRONG = [
    (("purpose",), 7, "purpose: this should be words"),
    (("purpose",), "x" * 4001, "purpose: this has 4001 characters"),
    (("why",), ["one"], "why: this should be a list of 3"),
    (("change",), ["note", "yes"], "is_material: this should be true or false"),
    (("days",), {"period_from": "soon"}, "period_from"),
    (("days",), {"period_from": "2027-01-02", "period_to": "2027-01-01"}, "days: the last day is before the first"),
    (("clauses",), {}, "clauses: this should be a list"),
    (("clauses",), [{}] * 201, "clauses: these are 201 rows"),
    (("clauses", 0), "x", "clauses, 1: this should be a row"),
    (("clauses", 0, "kind"), "sometimes", "clauses, 1, kind"),
    (("clauses", 0, "key"), "NO SUCH KEY", "clauses, 1, key: this is no key"),
    (("clauses", 0, "text"), "", "clauses, 1, text"),
    (("services", 0, "name"), "n" * 121, "services, 1, name"),
    (("objectives", 0, "due_on"), "2027-13-01", "objectives, 1, due_on"),
    (("decisions", 0, "answer_days"), "three", "answer_days: this should be a whole number"),
    (("decisions", 0, "answer_days"), True, "answer_days: this should be a whole number"),
    (("decisions", 0, "answer_days"), -1, "decisions, 1, answer_days"),
    (("decisions", 0, "answer_days"), 10**30, "decisions, 1, answer_days"),
]


@db
@pytest.mark.parametrize(("path", "value", "words"), WRONG)
def test_what_is_wrong_is_told_with_its_place_and_nothing_comes_in(path, value, words, file, member):
    place: Any = file["content"]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(RuleBroken) as refusal:
        actions.bring_in(file, by=member)
    assert any(words in str(line) for line in refusal.value.missing), refusal.value.missing
    assert not MandateVersion.objects.drafts().exists()


@db
def test_all_that_is_wrong_is_told_at_once_and_no_endless_list(file):
    file["content"]["services"] = [{"name": 1}] * 100
    assert len(incoming.read(file).problems) == incoming.MOST_TOLD


@db
def test_one_key_for_two_clauses_is_told(file, live):
    for clause in file["content"]["clauses"]:
        clause["key"] = "abc"
    assert any("another clause has this key" in line for line in incoming.read(file).problems)


@db
def test_what_is_not_known_is_left_out_and_told(file, live, member):
    file |= {"colour": "blue"}
    file["content"] |= {"mood": "good"}
    file["content"]["clauses"][0] |= {"weight": 3}
    assert incoming.read(file).unknown == ["colour", "content: mood", "clauses, 1: weight"]
    assert said(actions.bring_in(file, by=member)) == said(live)


@db
def test_a_file_of_the_first_form_lacks_the_later_parts_and_comes_in(file, member):
    for name in ("powers", "decisions", "measures", "message", "reports_to", "days"):
        file["content"].pop(name, None)
    assert actions.bring_in(file, by=member).decisions.count() == 0


@db
def test_a_clause_without_a_key_gets_one(file, member):
    del file["content"]["clauses"][0]["key"]
    assert all(row.key for row in actions.bring_in(file, by=member).clauses.all())


# --- the bytes ----------------------------------------------------------------------------------
BAD = [
    (b"", "not JSON"),
    (b"\xff\xfe", "not a text in UTF-8"),
    (b"{", "line 1"),
    (b"[]", "does not say its format"),
    (b'"mandate"', "does not say its format"),
    (b'{"format": "other/1", "content": {}}', "other/1"),
    (b'{"format": "pmo-portal-mandate/1"}', "no content"),
    (b'{"format": "pmo-portal-mandate/1", "content": {"a": NaN}}', "NaN is no number"),
    (b'{"format": "pmo-portal-mandate/1", "content": {"a": -Infinity}}', "-Infinity is no number"),
    (b'{"format": "x", "format": "y"}', "stands twice"),
    (b'{"format": "pmo-portal-mandate/1", "content": {"purpose": "\\ud800"}}', "not a text in UTF-8"),
    (b'{"a": ' + b"9" * 5000 + b"}", "far too long"),
    (b"[" * 100_000, "too much inside"),
    (b'{"format": "pmo-portal-mandate/1", "content": {"a": ' + b"[" * 20 + b"]" * 20 + b"}}", "too much inside"),
    (b" " * (incoming.MOST_BYTES + 1), "more than 512 KB"),
]


@pytest.mark.parametrize(("raw", "words"), BAD)
def test_what_is_no_mandate_is_told_in_words(raw, words):
    with pytest.raises(RuleBroken, match=words):
        incoming.load(raw)


def test_many_names_are_read_quickly():
    names = ",".join(f'"{number}":1' for number in range(40_000))
    found = incoming.load(f'{{"format": "pmo-portal-mandate/1", "content": {{{names}}}}}'.encode())
    assert len(incoming.read(found).unknown) == incoming.MOST_TOLD


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=10), inside, max_size=3),
    max_leaves=8,
)
NAMES = sorted({*incoming.KNOWN, "key", "kind", "text", "name", "answer_days", "due_on", "period_from"})
row = st.dictionaries(st.sampled_from(NAMES), anything, max_size=4)
content = st.dictionaries(st.sampled_from(NAMES), anything | st.lists(row | anything, max_size=3), max_size=6)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=80) | st.text(max_size=80).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_a_document_or_a_sentence(raw):
    try:
        incoming.load(raw)
    except RuleBroken as refusal:
        assert str(refusal)


@db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=content)
def test_any_content_comes_in_whole_or_not_at_all(content, member):
    raw = json.dumps({"format": "pmo-portal-mandate/1", "content": content}).encode()
    before = MandateVersion.objects.count(), Clause.objects.count()
    try:
        draft = actions.bring_in(incoming.load(raw), by=member)
    except RuleBroken:
        assert (MandateVersion.objects.count(), Clause.objects.count()) == before
    else:
        assert len(said(draft)["clauses"]) == len(content.get("clauses", []))
        for part in MandateVersion.LISTS:
            getattr(draft, part).all().delete()
        draft.delete()


# --- the pages ----------------------------------------------------------------------------------
def send(browser: Any, raw: bytes) -> Any:
    return browser.post(reverse("mandate:incoming"), {"file": SimpleUploadedFile("mandate.json", raw)})


@db
def test_a_file_is_looked_over_and_then_brought_in(file, live, member, as_user):
    browser = as_user(member)
    shown = send(browser, as_json(whole(live)).encode())
    assert shown.status_code == 200 and b"Nothing is kept yet" in shown.content
    assert not MandateVersion.objects.drafts().exists()
    answer = browser.post(reverse("mandate:bring_in"), {"document": json.dumps(file)})
    assert answer.status_code == 302 and said(MandateVersion.objects.drafts().get()) == said(live)


@db
def test_the_page_asks_before_a_draft_goes(file, live, member, as_user):
    draft = write_mandate(member)
    browser, form = as_user(member), {"document": json.dumps(file), "seen": whole(draft).fingerprint()}
    assert b"is being written" in send(browser, as_json(whole(live)).encode()).content
    refused = browser.post(reverse("mandate:bring_in"), form)
    assert refused.status_code == 409 and b"Say that its words may go" in refused.content
    assert browser.post(reverse("mandate:bring_in"), {**form, "replace": "on"}).status_code == 302


@db
def test_the_page_says_what_is_wrong_and_offers_no_way_on(file, member, as_user):
    file["content"]["purpose"] = 7
    shown = send(as_user(member), json.dumps(file).encode()).content.decode()
    assert "purpose: this should be words" in shown and reverse("mandate:bring_in") not in shown


@db
def test_the_page_tells_that_a_file_was_changed(file, member, as_user):
    file["content"]["purpose"] = "Other words."
    assert b"It was changed" in send(as_user(member), json.dumps(file).encode()).content


@db
@pytest.mark.parametrize("raw", [raw for raw, _words in BAD])
def test_no_file_breaks_the_page(raw, member, as_user):
    browser = as_user(member)
    assert send(browser, raw).status_code == 422
    answer = browser.post(reverse("mandate:bring_in"), {"document": raw.decode("latin-1")})
    assert answer.status_code in (302, 413)
    assert not MandateVersion.objects.drafts().exists()


@db
def test_the_document_of_a_draft_tells_its_hash_too(member):
    draft = whole(write_mandate(member))
    assert sha256_of(json.loads(as_json(draft))["content"]) == document(draft)["hash"]
