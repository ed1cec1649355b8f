"""The attention of others: three things a month, most useful first, each in two letters at most."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmo_portal.common import checks, links
from stakeholders.agreements import actions as agreements
from stakeholders.digests import actions
from stakeholders.digests.models import Asked, Considered, Delivery
from stakeholders.digests.reading import budget
from stakeholders.people.models import Person, Role
from stakeholders.people.reading import Offer
from stakeholders.understanding.models import Acknowledgement
from tests.digests.conftest import MONDAY, TODAY, House, at
from tests.house.conftest import undone

NOW = at(MONDAY, 9, 1)
NEXT_MONDAY = at(MONDAY + timedelta(days=7), 9, 1)
LETTER, PAGE, NOT = Asked.How.LETTER, Asked.How.PAGE, Asked.How.NOT


def offer(key, kind="mandate", letters=0):
    return Offer(kind, key, f"Do {key}", f"Please do {key}.", f"/{key}/", "Do it", letters=letters)


def asked(person, **only):
    return list(Asked.objects.filter(person=person, **only).exclude(how=NOT).values_list("key", flat=True))


@pytest.fixture
def ada(house):
    return house.person("Ada", "head")


# --- the one function -------------------------------------------------------------------------------
def test_three_are_asked_most_useful_first_and_the_rest_lapses(house, ada):
    offers = [offer("m"), offer("due", "due"), offer("draft", "draft"), offer("late", "late")]
    told = actions.ask(ada, offers, how=PAGE, now=NOW)
    assert [each.key for each in told] == ["late", "draft", "due"]
    assert list(Asked.objects.filter(how=NOT).values_list("key", "title")) == [("m", "Do m")]


def test_what_was_asked_this_month_stays_asked_and_nothing_comes_in_its_place(house, ada):
    actions.ask(ada, [offer("a"), offer("b"), offer("c")], how=PAGE, now=NOW)
    assert [each.key for each in actions.ask(ada, [offer("a"), offer("x", "late")], how=PAGE, now=NOW)] == ["a"]
    assert asked(ada) == ["a", "b", "c"]
    assert Asked.objects.get(key="x").how == NOT


def test_a_new_month_of_the_organisations_own_calendar_begins_anew(house, ada):
    house.organisation.time_zone = "Pacific/Auckland"
    house.organisation.save()
    before, after = datetime(2026, 3, 31, 10, 59, tzinfo=UTC), datetime(2026, 3, 31, 11, 1, tzinfo=UTC)
    for when in (before, after):
        actions.ask(ada, [offer(key) for key in "abcd"], how=PAGE, now=when)
    assert Counter(Asked.objects.exclude(how=NOT).values_list("month", flat=True)) == {"2026-03": 3, "2026-04": 3}


def test_one_thing_stands_in_two_letters_and_then_on_the_page_only(house, ada):
    for days, told in ((0, ["a"]), (7, ["a"]), (14, []), (70, [])):
        when = NOW + timedelta(days=days)
        assert [each.key for each in actions.ask(ada, [offer("a")], how=LETTER, now=when)] == told
    assert [each.key for each in actions.ask(ada, [offer("a")], how=PAGE, now=NOW + timedelta(days=70))] == ["a"]
    assert sum(Asked.objects.values_list("letters", flat=True)) == 2


def test_what_its_room_has_written_about_itself_stands_in_no_digest(house, ada):
    assert actions.ask(ada, [offer("a", letters=1)], how=LETTER, now=NOW) == []
    assert asked(ada) == ["a"]


def test_the_same_thing_offered_twice_takes_one_place(house, ada):
    actions.ask(ada, [offer("a", "due"), offer("a", "late"), offer("b"), offer("c")], how=PAGE, now=NOW)
    assert list(Asked.objects.values_list("key", "kind", "place")) == [
        ("a", "late", 1),
        ("b", "mandate", 2),
        ("c", "mandate", 3),
    ]


def test_a_kind_that_the_order_does_not_know_comes_last(house, ada):
    offers = [offer("new", "pulse"), offer("m"), offer("due", "due"), offer("late", "late")]
    assert [each.key for each in actions.ask(ada, offers, how=PAGE, now=NOW)] == ["late", "due", "m"]


def test_the_database_takes_no_fourth(house, ada):
    facts = {"person": ada, "month": "2026-11", "at": NOW, "kind": "late", "title": "x"}
    for place in (1, 2, 3):
        Asked.objects.create(**facts, key=f"k{place}", how=PAGE, place=place)
    for wrong in (
        {"how": PAGE, "place": 4}, {"how": PAGE, "place": 0}, {"how": PAGE, "place": None}, {"how": PAGE, "place": 3},
        {"how": NOT, "place": 1}, {"how": NOT, "letters": 3},
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            Asked.objects.create(**facts, key="other", **wrong)


KEYS = st.sampled_from("abcdefg")
OFFERS = st.lists(
    st.builds(offer, KEYS, st.sampled_from([*budget.ORDER, "pulse"]), st.sampled_from([0, 0, 1])), max_size=7
)
STEPS = st.lists(st.tuples(OFFERS, st.integers(0, 45), st.sampled_from([LETTER, PAGE])), max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_is_offered_and_whenever_the_budget_holds(house, steps):
    with undone():
        person = Person.objects.create(name="Anna")
        letters: Counter[str] = Counter()
        now = NOW
        for offers, days, how in steps:
            now += timedelta(days=days)
            before = set(asked(person, month=f"{now.astimezone(house.organisation_zone()):%Y-%m}"))
            told = actions.ask(person, offers, how=how, now=now)
            if how == LETTER:
                letters.update(each.key for each in told)
            this_month = asked(person, month=f"{now.astimezone(house.organisation_zone()):%Y-%m}")
            new = [each for each in {o.key: o for o in offers}.values() if each.key in set(this_month) - before]
            best = {o.key: min(budget.usefulness(x) for x in offers if x.key == o.key) for o in offers}
            left = [best[o.key] for o in offers if o.key not in this_month]
            assert len(this_month) <= 3
            assert not new or not left or max(best[each.key] for each in new) <= min(left)
            assert [budget.usefulness(each) for each in told] == sorted(budget.usefulness(each) for each in told)
        assert all(count <= 2 for count in letters.values())
        assert set(asked(person)) >= set(letters)


# --- by the clock, on the page, in the letter -------------------------------------------------------
def open_things(house, ada):
    """A late promise, a shared draft, a promise due soon, and an unread mandate: four for three places."""
    house.publishes()
    house.promise(house.revision(), "Answers in five days", TODAY - timedelta(days=3), "area")
    house.revision(house.harbour, state="shared")
    Role.objects.create(person=ada, area=house.harbour, kind="head", starts_on=MONDAY - timedelta(days=70))
    quays = house.area("Quays")
    Role.objects.create(person=ada, area=quays, kind="deputy", starts_on=MONDAY - timedelta(days=70))
    house.promise(house.revision(quays), "Figures", TODAY + timedelta(days=9), "area")


def test_the_rooms_offer_what_is_open_and_no_more(house, ada):
    open_things(house, ada)
    kinds = [each.kind for each in budget.offers_for(ada, TODAY)]
    assert sorted(kinds) == ["draft", "due", "late", "mandate"]
    for stranger in (house.person("Samuel"), house.person("Alma", "assistant")):
        assert [each.kind for each in budget.offers_for(stranger, TODAY)] == ["mandate"]


def test_a_note_an_acknowledgement_and_a_kept_promise_end_the_asking(house, ada):
    open_things(house, ada)
    for each in budget.offers_for(ada, TODAY):
        if each.kind == "draft":
            house.revision_of(each.key).rows.update(area_note="Fine.")
        if each.kind == "mandate":
            version_pk = int(each.key.partition(":")[2])
            Acknowledgement.objects.create(person=ada, version_id=version_pk, how="page", at=NOW)
    assert sorted(each.kind for each in budget.offers_for(ada, TODAY)) == ["due", "late"]


def test_the_pmo_and_the_issuer_are_not_asked_to_read_their_own_mandate(house):
    house.publishes()
    for user in (house.member, house.issuer):
        person = Person.objects.create(name=str(user), email=user.email, user=user)
        area = house.area(f"Area of {user}")
        Role.objects.create(person=person, area=area, kind="head", starts_on=MONDAY - timedelta(days=70))
        assert "mandate" not in {each.kind for each in budget.offers_for(person, TODAY)}


def test_the_clock_decides_once_an_hour_and_reading_the_page_decides_nothing(house, ada):
    open_things(house, ada)
    client = house.client(ada.user)
    assert "Asked of you" not in client.get("/me/").content.decode()
    assert not Asked.objects.exists()
    actions.consider(NOW)
    assert actions.consider(NOW) == 0
    page = client.get("/me/").content.decode()
    assert page.count("Asked of you") == 3
    assert "Read the mandate of" not in page
    assert Considered.objects.get(person=ada).at == NOW
    assert actions.consider(NOW + timedelta(minutes=59)) == 0
    assert actions.consider(NOW + timedelta(minutes=60)) == 1


def test_the_letter_asks_within_the_budget_and_tells_nothing_twice(house, ada):
    open_things(house, ada)
    house.tick()
    text = " ".join(house.letter(ada).text.split())
    needs = text.partition("NEEDS YOU")[2].partition("CHANGED")[0]
    assert needs.index("Answers in five days") < needs.index("shares a draft") < needs.index("Figures")
    assert text.count("Answers in five days") == text.count("Figures") == 1
    assert "say that you have read it" not in text
    assert set(Asked.objects.exclude(how=NOT).values_list("how", "letters")) == {(LETTER, 1)}


def test_what_is_asked_leads_its_own_reader_through_the_door_once(house, ada):
    house.promise(house.revision(), "Answers in five days", TODAY - timedelta(days=3), "area")
    house.tick()
    [link] = re.findall(r"Say how it stands:\s+(\S+)", house.letter(ada).text)
    assert link.startswith("http://testserver/in/")
    assert link.count("http") == 1


def test_a_signature_is_outside_the_budget_and_comes_first(house, ada):
    open_things(house, ada)
    dock = house.area("Dock")
    Role.objects.create(person=ada, area=dock, kind="head", starts_on=MONDAY - timedelta(days=70))
    house.revision(dock, state="proposed")
    actions.ask(ada, [offer(key, "late") for key in "abc"], how=PAGE, now=NOW)
    house.tick()
    text = " ".join(house.letter(ada).text.split())
    assert "The agreement with Dock waits for your signature" in text
    assert "shares a draft" not in text.partition("CHANGED")[0]
    assert "Read the agreement and sign it" in house.client(ada.user).get("/me/").content.decode()


def test_what_stands_in_two_letters_stands_in_no_third(house, ada):
    house.promise(house.revision(), "Answers in five days", TODAY - timedelta(days=3), "area")
    for week in range(4):
        house.publishes(week + 1, f"Change {week}", when=at(MONDAY + timedelta(days=7 * week - 3)))
        house.tick(at(MONDAY + timedelta(days=7 * week), 9, 1))
    letters = [d.email.text for d in Delivery.objects.filter(person=ada).exclude(email=None).order_by("due_at")]
    asking = ["You promised for Finance" in " ".join(text.split()) for text in letters]
    assert asking == [True, True, False, False]


def test_a_letter_with_nothing_new_is_not_sent_and_asks_nothing(house, ada):
    house.publishes()
    house.tick()
    house.tick(NEXT_MONDAY)
    assert house.delivery(ada).reason == Delivery.Reason.EMPTY
    assert not Asked.objects.filter(letters__gt=0).exists()


def test_who_was_not_told_of_the_mandate_is_asked_to_read_it(house):
    house.publishes()
    actions.expand(NOW)
    late_comer = house.person("Nora")
    house.tick()
    text = " ".join(house.letter(late_comer).text.split())
    assert "say that you have read it" in text
    assert house.letter(late_comer).subject == "1 thing waits for you"


def test_a_draft_that_was_shared_by_letter_is_not_asked_for_in_the_digest(house, ada):
    revision = house.revision(state="draft")
    agreements.share(revision, by=house.member, now=NOW - timedelta(days=2))
    house.tick()
    text = " ".join(house.letter(ada).text.split())
    assert "NEEDS YOU" not in text
    assert "shared a draft of the agreement with Finance" in text
    assert [each.letters for each in budget.offers_for(ada, TODAY)] == [1]


def test_the_pmo_sees_what_was_asked_and_what_was_not(house, ada):
    open_things(house, ada)
    actions.consider(at(TODAY, 8))
    page = house.client(house.member).get(f"/people/{ada.pk}/waiting/").content.decode()
    if f"{TODAY:%Y-%m}" == budget.month_of(at(TODAY, 8), house.organisation):
        assert "Asked this month: 3 of 3" in page
    assert "Read the mandate of the Project Office" in page
    assert "Not asked" in page


def test_considering_three_people_costs_each_the_same(house, django_assert_max_num_queries):
    for name in ("Ada", "Bea", "Cas"):
        house.person(name, "head", house.area(name))
    with django_assert_max_num_queries(3 * 21 + 2):
        actions.consider(NOW)
    with django_assert_max_num_queries(3):
        actions.consider(NOW)


# --- two tickers at once ----------------------------------------------------------------------------
@pytest.fixture
def ledger(transactional_db, monkeypatch):
    monkeypatch.setattr(links.bell, "knock", lambda *task: True)
    yield House()
    checks.lift_seals()


def all_at_once(count, what):
    start = Barrier(count)

    def run(number):
        try:
            start.wait()
            return what(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_four_tickers_with_other_offers_each_never_make_a_fourth(ledger):
    person = ledger.person("Ada", "head")

    def ask(number):
        offers = [offer(f"{number}{key}", "late") for key in "abc"]
        return actions.ask(person, offers, how=LETTER if number % 2 else PAGE, now=NOW)

    told = [each.key for many in all_at_once(4, ask) for each in many]
    assert len(set(told)) == 3
    assert sorted(told) == sorted(asked(person))
    assert Asked.objects.filter(how=NOT).count() == 9


def test_four_tickers_consider_each_person_once(ledger):
    person = ledger.person("Ada", "head")
    ledger.publishes()
    counts = all_at_once(4, lambda _number: actions.consider(NOW))
    assert sum(counts) == 1
    assert Asked.objects.filter(person=person).count() == 1
