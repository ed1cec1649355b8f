"""Words to start from: ticked, added once, and never mistaken for finished."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mandate import actions
from mandate.models import Clause, MandateVersion, Service
from mandate.words import CLAUSES, SERVICES, WORDS
from pmo_portal.common.errors import NotAllowed, RuleBroken, Stale
from tests.conftest import write_mandate

pytestmark = pytest.mark.django_db
CLAUSE_WORDS = "/mandate/draft/clauses/words/"
SERVICE_WORDS = "/mandate/draft/services/words/"


@pytest.fixture
def draft(member):
    return actions.start_draft(by=member)


# --- the texts ----------------------------------------------------------------------------------
def test_there_are_eighteen_clauses_of_every_kind_and_ten_services():
    assert (len(CLAUSES), len(SERVICES)) == (18, 10)
    kinds = [words.kind for words in CLAUSES]
    assert {kind: kinds.count(kind) >= 5 for kind in Clause.Kind} == dict.fromkeys(Clause.Kind, True)


@pytest.mark.parametrize("part", WORDS)
def test_every_text_fits_its_row_and_none_stands_twice(part, draft):
    rows = [words.row() for words in WORDS[part]]
    for row in rows:
        row.version = draft
        row.full_clean()
    assert len({row.same_words for row in rows}) == len(rows)
    assert len({words.key for words in WORDS[part]}) == len(rows)


def test_a_shared_clause_says_both_parts_and_every_clause_has_an_example():
    assert all(words.example for words in CLAUSES)
    assert all(words.our_part and words.your_part for words in CLAUSES if words.kind == Clause.Kind.SHARED)


def test_whoever_does_it_instead_is_never_taken_for_granted():
    rows = [words.row() for words in CLAUSES if words.kind == Clause.Kind.DOES_NOT]
    assert all(row.lacks() for row in rows)
    assert all(words.row().lacks() for words in SERVICES)


# --- adding -------------------------------------------------------------------------------------
def test_what_is_ticked_comes_into_the_draft_and_nothing_else(as_user, member, draft):
    answer = as_user(member).post(CLAUSE_WORDS, {"words": ["one-list", "not-buy"]}, follow=True)
    assert answer.redirect_chain == [("/mandate/draft/clauses/", 302)]
    assert "2 added. Make them yours." in answer.content.decode()
    assert set(draft.clauses.values_list("kind", flat=True)) == {"does", "does_not"}
    assert draft.clauses.count() == 2


def test_services_come_with_all_their_fields(as_user, member, draft):
    as_user(member).post(SERVICE_WORDS, {"words": ["calendar"]})
    service = draft.services.get()
    assert all(service.content().values())


def test_nothing_is_ticked_beforehand(as_user, member, draft):
    page = as_user(member).get(CLAUSE_WORDS).content.decode()
    assert page.count('type="checkbox"') == 18
    assert " checked" not in page


def test_what_stands_already_is_shown_as_such_and_passed_over(as_user, member, draft):
    actions.save_part(Clause(version=draft, kind="does", text=f"  {str(CLAUSES[0].text).upper()} "), by=member)
    page = as_user(member).get(CLAUSE_WORDS).content.decode()
    assert page.count('type="checkbox"') == 17
    assert page.count("In the draft") == 1
    answer = as_user(member).post(CLAUSE_WORDS, {"words": [CLAUSES[0].key]}, follow=True)
    assert "Nothing was added" in answer.content.decode()
    assert draft.clauses.count() == 1


def test_sending_the_same_ticks_twice_adds_them_once(as_user, member, draft):
    for _time in range(2):
        as_user(member).post(CLAUSE_WORDS, {"words": [words.key for words in CLAUSES]})
    assert draft.clauses.count() == 18


def test_words_come_after_the_rows_that_stand(member, draft):
    for text in ("First.", "Second.", "Third."):
        actions.save_part(Service(version=draft, name=text, what_you_get="Calm"), by=member)
    actions.remove_part(draft.services.first(), by=member)
    actions.add_words(draft, "services", ["looking-back", "calendar"], by=member)
    names = [service.name for service in draft.services.all()]
    assert names == ["Second.", "Third.", str(SERVICES[0].name), str(SERVICES[-1].name)]


def test_whoever_adds_words_is_an_author(member, lead, draft):
    actions.add_words(draft, "clauses", ["one-list"], by=lead)
    draft.refresh_from_db()
    assert set(draft.authors) == {member.pk, lead.pk}


@pytest.mark.parametrize("ticks", [[], ["nothing-like-it"], ["one-list", "nothing-like-it"]])
def test_ticking_nothing_or_something_unknown_is_said_and_adds_nothing(ticks, as_user, member, draft):
    answer = as_user(member).post(CLAUSE_WORDS, {"words": ticks})
    assert answer.status_code == 422
    assert 'href="#id_words_0"' in answer.content.decode()
    assert "<title>Error:" in answer.content.decode().replace("\n", "")
    assert not draft.clauses.exists()


def test_known_ticks_are_kept_when_one_is_unknown(as_user, member, draft):
    page = as_user(member).post(CLAUSE_WORDS, {"words": ["one-list", "nothing-like-it"]}).content.decode()
    assert page.count(" checked") == 1


def test_there_are_no_words_for_objectives_and_none_without_a_draft(as_user, member):
    client = as_user(member)
    assert client.get(CLAUSE_WORDS).status_code == 404
    client.post("/mandate/draft/start/")
    assert client.get("/mandate/draft/objectives/words/").status_code == 404


def test_only_the_pmo_adds_words_and_never_to_a_sealed_version(member, issuer, draft):
    with pytest.raises(NotAllowed):
        actions.add_words(draft, "clauses", ["one-list"], by=issuer)
    sealed = actions.seal(write_mandate(member), by=member)
    with pytest.raises(Stale):
        actions.add_words(sealed, "clauses", ["one-list"], by=member)
    assert MandateVersion.objects.get().clauses.count() == 2


# --- the way there ------------------------------------------------------------------------------
@pytest.mark.parametrize(("part", "address"), [("clauses", CLAUSE_WORDS), ("services", SERVICE_WORDS)])
def test_an_empty_list_offers_the_words_first_and_a_full_one_still(part, address, as_user, member, draft):
    client = as_user(member)
    assert f'class="btn btn-primary" href="{address}"' in client.get(f"/mandate/draft/{part}/").content.decode()
    client.post(address, {"words": [WORDS[part][0].key]})
    assert f'href="{address}"' in client.get(f"/mandate/draft/{part}/").content.decode()


def test_a_page_of_objectives_offers_neither(as_user, member, draft):
    page = as_user(member).get("/mandate/draft/objectives/").content.decode()
    assert "/words/" not in page
    assert "/paste/" not in page


# --- unfinished ---------------------------------------------------------------------------------
def test_review_lists_each_placeholder_that_is_left_with_its_row(as_user, member):
    draft = write_mandate(member)
    actions.save_part(Service(version=draft, name="Advice", what_you_get="It", who="[name]"), by=member)
    actions.save_part(Clause(version=draft, text="Tells [whom] and [whom] by [day]."), by=member)
    with pytest.raises(RuleBroken) as refused:
        actions.seal(draft, by=member)
    assert [str(gap.words) for gap in refused.value.missing] == [
        "“Advice”: put your own words for [name].",
        "“Tells [whom] and [whom] by [day].”: put your own words for [whom].",
        "“Tells [whom] and [whom] by [day].”: put your own words for [day].",
    ]
    page = as_user(member).get("/mandate/draft/").content.decode()
    assert f"/mandate/draft/services/{draft.services.last().pk}/" in page


def test_a_row_in_ones_own_words_is_finished(member):
    draft = write_mandate(member)
    actions.add_words(draft, "services", ["calendar"], by=member)
    service = draft.services.last()
    service.who, service.how_to_ask = "Ada", "Call 12"
    actions.save_part(service, by=member)
    assert actions.seal(draft, by=member).is_sealed


@pytest.mark.parametrize("text", ["Counts [", "Counts ]", "Counts [] things", "Counts ][", "Counts [\n]"])
def test_a_lone_bracket_is_no_placeholder(text):
    assert Clause(text=text).lacks() == []


# --- cost ---------------------------------------------------------------------------------------
def test_adding_all_asks_no_more_than_adding_one(member, draft):
    def questions(keys):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert len(actions.add_words(draft, "clauses", keys, by=member)) == len(keys)
        return len(asked)

    assert questions(["one-list"]) == questions([words.key for words in CLAUSES[1:]])
