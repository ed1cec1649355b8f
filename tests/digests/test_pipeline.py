"""From an event to a frozen letter: each step once, however often and by however many it is run."""

from datetime import timedelta

import pytest

from pmo_portal.celery import app
from pmo_portal.journal.actions import record
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.digests import actions, tasks
from stakeholders.digests.models import Delivery, Expanded, Owed
from stakeholders.people.models import Role
from tests.digests.conftest import MONDAY, STARTED, TODAY, at

NEXT_MONDAY = at(MONDAY + timedelta(days=7), 9, 1)


def owed(person):
    return set(Owed.objects.filter(person=person).values_list("event__kind", flat=True))


# --- expand -------------------------------------------------------------------------------------
def test_an_event_is_owed_to_those_with_a_role_on_its_day(house):
    head, sponsor = house.person("Ada", "head"), house.person("Samuel")
    stranger = house.person("Otto", area=house.harbour)
    house.agreed(house.revision())
    actions.expand(NEXT_MONDAY)
    assert (owed(head), owed(sponsor), owed(stranger)) == ({"agreement_in_force"}, {"agreement_in_force"}, set())


def test_everybody_with_a_role_is_owed_the_mandate(house):
    people = [house.person("Ada", "head"), house.person("Sven", "senior", house.harbour)]
    gone = house.person("Gwen")
    Role.objects.filter(person=gone).update(ends_on=STARTED)
    house.publishes()
    actions.expand(NEXT_MONDAY)
    assert [owed(person) for person in [*people, gone]] == [{"mandate_published"}, {"mandate_published"}, set()]


@pytest.mark.parametrize("kind", ["agreement_shared", "agreement_proposed", "agreement_declined"])
def test_what_two_sides_still_talk_about_is_owed_to_the_head_and_the_deputy_only(house, kind):
    head, deputy = house.person("Ada", "head"), house.person("Dora", "deputy")
    others = [house.person("Samuel"), house.person("Carl", "customer"), house.person("Alma", "assistant")]
    house.agreed(house.revision(state="proposed"), kind)
    actions.expand(NEXT_MONDAY)
    assert (owed(head), owed(deputy)) == ({kind}, {kind})
    assert [owed(person) for person in others] == [set(), set(), set()]


def test_an_office_s_event_and_an_unknown_kind_are_owed_to_nobody_and_done_with(house):
    house.person("Ada", "head")
    record(kind="mandate_in_review", subject="mandate:1", scope="office:issuer", at=NEXT_MONDAY)
    record(kind="weather_changed", subject="sky:1", scope="everybody", at=NEXT_MONDAY)
    actions.expand(NEXT_MONDAY)
    assert not Owed.objects.exists()
    assert Expanded.objects.count() == 2


def test_the_day_of_an_event_is_the_organisation_s_own(house):
    house.organisation.time_zone = "Pacific/Auckland"
    house.organisation.save()
    early = house.person("Ada", "head")
    Role.objects.filter(person=early).update(ends_on=MONDAY)
    # Monday evening in London is Tuesday in Auckland: the role was over.
    house.agreed(house.revision(), when=at(MONDAY, 20))
    actions.expand(NEXT_MONDAY)
    assert owed(early) == set()


def test_expanding_twice_is_once(house):
    person = house.person("Samuel")
    house.publishes()
    assert [actions.expand(NEXT_MONDAY), actions.expand(NEXT_MONDAY)] == [1, 0]
    assert Owed.objects.filter(person=person).count() == 1


def test_an_event_that_commits_late_is_found_all_the_same(house):
    person = house.person("Samuel")
    house.publishes()
    house.tick()
    house.agreed(house.revision(), when=at(MONDAY - timedelta(days=6)))
    house.tick(NEXT_MONDAY)
    assert "Finance" in house.letter(person).text


# --- plan ---------------------------------------------------------------------------------------
def test_a_slot_is_planned_once_and_only_when_due(house):
    person = house.person("Samuel")
    assert actions.plan(at(MONDAY, 8, 59)) == 1  # last week's: nobody planned it, and it is the newest due
    assert actions.plan(at(MONDAY, 9, 0)) == 1
    assert actions.plan(at(MONDAY, 9, 0)) == 0
    assert Delivery.objects.filter(person=person, due_at=at(MONDAY)).count() == 1


def test_after_an_outage_one_delivery_comes(house):
    person = house.person("Samuel")
    actions.plan(NEXT_MONDAY)
    actions.plan(NEXT_MONDAY + timedelta(minutes=1))
    assert Delivery.objects.filter(person=person).count() == 1


def test_nothing_is_planned_from_before_the_choice(house):
    house.person("Samuel", since=at(MONDAY, 9, 1))
    assert actions.plan(at(MONDAY, 10)) == 0


def test_people_with_the_same_rhythm_are_planned_in_the_same_number_of_queries(house, django_assert_num_queries):
    house.person("Samuel")
    with django_assert_num_queries(3):
        actions.plan(at(MONDAY, 9, 1))
    house.person("Sylvia")
    house.person("Stefan")
    with django_assert_num_queries(3):
        assert actions.plan(at(MONDAY, 9, 1)) == 2


def test_a_zone_that_is_gone_stops_nobody_else(house):
    house.person("Samuel", zone="Atlantis/Capital")
    house.person("Sylvia")
    assert actions.plan(at(MONDAY, 9, 1)) == 1


# --- render -------------------------------------------------------------------------------------
def test_a_due_delivery_becomes_one_frozen_letter(house):
    person = house.person("Samuel")
    house.publishes()
    house.tick()
    delivery = house.delivery(person)
    assert delivery.state == Delivery.State.RENDERED
    assert delivery.email.to == "samuel@westmark.example"
    assert delivery.email.kind == OutgoingEmail.Kind.DIGEST
    assert "Helen Marsh published the mandate of the Project Office" in " ".join(delivery.email.text.split())


def test_ticking_again_writes_nothing_again(house):
    house.person("Samuel")
    house.publishes()
    for _time in range(3):
        house.tick()
    assert OutgoingEmail.objects.count() == 1


def test_the_steps_may_run_in_any_order_and_be_cut_off_between(house):
    person = house.person("Samuel")
    actions.plan(at(MONDAY, 9, 1))
    house.publishes()
    actions.expand(at(MONDAY, 9, 1))
    house.tick(at(MONDAY, 9, 2))
    assert house.delivery(person).state == Delivery.State.RENDERED


def test_a_letter_that_cannot_be_written_takes_its_claims_back_and_holds_up_no_other(house, monkeypatch):
    broken, fine = house.person("Samuel"), house.person("Sylvia")
    house.publishes()
    write = actions.notices.digest

    def fail(delivery, **more):
        if delivery.person == broken:
            raise ValueError("no ink")
        return write(delivery, **more)

    monkeypatch.setattr(actions.notices, "digest", fail)
    house.tick()
    assert house.delivery(fine).state == Delivery.State.RENDERED
    assert house.delivery(broken).state == Delivery.State.PLANNED
    assert Owed.objects.get(person=broken).delivery is None
    monkeypatch.undo()
    house.tick()
    assert "mandate" in house.letter(broken).text


def test_nothing_new_is_nothing_sent_and_the_reason_is_kept(house):
    person = house.person("Samuel")
    house.publishes()
    house.tick()
    house.tick(NEXT_MONDAY)
    delivery = house.delivery(person)
    assert (delivery.state, delivery.reason) == (Delivery.State.SKIPPED, Delivery.Reason.EMPTY)
    assert OutgoingEmail.objects.count() == 1


def test_what_waits_is_news_once_and_then_only_in_company(house):
    head = house.person("Ada", "head")
    house.revision(state="proposed")
    house.tick()
    assert house.letter(head).subject == "1 agreement waits for you"
    house.tick(NEXT_MONDAY)
    assert house.delivery(head).reason == Delivery.Reason.EMPTY
    house.publishes(when=NEXT_MONDAY)
    house.tick(NEXT_MONDAY + timedelta(days=7))
    assert house.letter(head).subject == "1 agreement waits for you · Mandate published"


def test_what_comes_near_is_news_once(house):
    person = house.person("Samuel")
    house.revision(period_to=TODAY + timedelta(days=30))
    house.tick()
    assert "Finance agreement ends on" in house.letter(person).subject
    house.tick(NEXT_MONDAY)
    assert house.delivery(person).reason == Delivery.Reason.EMPTY


# --- the reasons why nothing is written ---------------------------------------------------------
def test_who_left_between_planning_and_writing_gets_nothing_and_loses_nothing(house):
    person = house.person("Samuel")
    house.publishes()
    actions.plan(at(MONDAY, 9, 1))
    person.digest_preference.rhythm = "off"
    person.digest_preference.save()
    house.tick()
    assert house.delivery(person).reason == Delivery.Reason.LEFT
    assert Owed.objects.get(person=person).delivery is None


def test_who_was_never_invited_is_not_written_to(house):
    person = house.person("Samuel")
    person.user = None
    person.save()
    house.publishes()
    house.tick()
    assert house.delivery(person).reason == Delivery.Reason.NO_WAY_IN


def test_who_may_no_longer_come_in_is_not_written_to(house):
    person = house.person("Samuel")
    person.user.is_active = False
    person.user.save()
    house.publishes()
    house.tick()
    assert house.delivery(person).reason == Delivery.Reason.NO_WAY_IN


def test_without_an_address_the_reason_says_so(house):
    person = house.person("Samuel")
    person.user, person.email = None, ""
    person.save()
    house.tick()
    assert house.delivery(person).reason == Delivery.Reason.NO_ADDRESS


def test_without_a_role_nothing_is_told(house):
    person = house.person("Samuel")
    house.publishes()
    Role.objects.filter(person=person).update(ends_on=MONDAY - timedelta(days=1))
    house.tick()
    assert house.delivery(person).reason == Delivery.Reason.NO_ROLE


def test_the_clock_knocks_at_all_three_steps(house, monkeypatch):
    person = house.person("Samuel")
    house.publishes()
    monkeypatch.setattr(tasks.timezone, "now", lambda: at(MONDAY, 9, 1))
    tasks.tick()
    assert house.delivery(person).state == Delivery.State.RENDERED
    assert "digests.tick" in app.conf.beat_schedule
    assert tasks.tick.name == "digests.tick"
