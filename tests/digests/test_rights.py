"""Owed by the roles then, told under the rights now."""

from datetime import timedelta

from pmo_portal.accounts.models import Appointment
from pmo_portal.common.models import Organisation
from pmo_portal.journal.actions import record
from stakeholders.digests.models import Delivery, Owed
from stakeholders.people.models import Role
from tests.digests.conftest import MONDAY, STARTED, TODAY, at
from tests.letters import paths_in

NEXT_MONDAY = at(MONDAY + timedelta(days=7), 9, 1)
LeftOut = Owed.LeftOut


def end_role(person, area, day):
    Role.objects.filter(person=person, area=area).update(ends_on=day)


def test_who_left_an_area_gets_nothing_of_it(house):
    person = house.person("Samuel")
    Role.objects.create(person=person, area=house.harbour, kind="sponsor", starts_on=STARTED)
    house.agreed(house.revision(), when=at(MONDAY - timedelta(days=5)), signed_by=["Ada"])
    end_role(person, house.finance, MONDAY - timedelta(days=4))
    house.tick()
    delivery = house.delivery(person)
    assert delivery.reason == Delivery.Reason.EMPTY
    assert Owed.objects.get(person=person).left_out == LeftOut.NO_RIGHT


def test_what_was_left_out_is_not_told_later_either(house):
    person = house.person("Samuel")
    Role.objects.create(person=person, area=house.harbour, kind="sponsor", starts_on=STARTED)
    house.agreed(house.revision())
    end_role(person, house.finance, MONDAY - timedelta(days=1))
    house.tick()
    Role.objects.filter(person=person).update(ends_on=None)
    house.tick(NEXT_MONDAY)
    assert house.delivery(person).reason == Delivery.Reason.EMPTY


def test_a_new_head_does_not_inherit_the_past(house):
    old = house.person("Ada", "head")
    house.agreed(house.revision(), when=at(MONDAY - timedelta(days=5)))
    end_role(old, house.finance, MONDAY - timedelta(days=4))
    new = house.person("Nora", "head")
    Role.objects.filter(person=new).update(starts_on=MONDAY - timedelta(days=3))
    house.tick()
    assert not Owed.objects.filter(person=new).exists()
    assert house.delivery(new).reason == Delivery.Reason.EMPTY


def test_a_new_head_is_asked_what_waits_today_all_the_same(house):
    new = house.person("Nora", "head")
    Role.objects.filter(person=new).update(starts_on=MONDAY)
    house.revision(state="proposed")
    house.tick()
    assert "waits for your signature" in house.letter(new).text


def test_a_head_who_became_a_customer_is_not_told_what_was_only_shared(house):
    person = house.person("Ada", "head")
    house.agreed(house.revision(state="shared"), "agreement_shared")
    Role.objects.filter(person=person).update(kind="customer")
    house.tick()
    assert house.delivery(person).reason == Delivery.Reason.EMPTY


def test_senior_staff_hear_of_the_mandate_and_not_of_agreements(house):
    person = house.person("Sven", "senior")
    house.publishes()
    house.agreed(house.revision())
    house.tick()
    text = house.letter(person).text
    assert "mandate" in text
    assert "in force" not in text


def test_the_mandate_is_told_to_those_who_may_read_it_only(house):
    Organisation.objects.update(mandate_readers=Organisation.Readers.CLOSED)
    person = house.person("Samuel")
    house.publishes()
    house.tick()
    assert "mandate" in house.letter(person).text


def test_other_areas_are_not_even_counted(house):
    person = house.person("Samuel")
    other = house.revision(house.harbour, period_to=TODAY + timedelta(days=9))
    house.agreed(other)
    house.promise(other, "Harbour only", MONDAY - timedelta(days=5))
    house.publishes()
    house.tick()
    letter = house.letter(person)
    assert "Harbour" not in letter.text + letter.html + letter.subject


def test_links_lead_only_where_the_reader_may_go(house):
    head, senior = house.person("Ada", "head"), house.person("Sven", "senior")
    revision = house.revision()
    house.agreed(revision)
    house.publishes()
    house.tick()
    page = f"/agreements/{revision.agreement_id}/"
    assert page in paths_in(house.letter(head).text)
    assert page not in paths_in(house.letter(senior).text)


def test_an_event_whose_subject_is_gone_is_dropped_quietly(house):
    person = house.person("Samuel")
    house.publishes()
    event = record(
        kind="promise_kept", subject="promise:99", scope=house.finance.scope, at=at(MONDAY - timedelta(days=1)),
        area="Finance", side="pmo", text="Gone",
    )  # fmt: skip
    house.tick()
    assert Owed.objects.get(person=person, event=event).left_out == LeftOut.GONE
    assert "Gone" not in house.letter(person).text


def test_a_pmo_member_who_heads_an_area_is_not_asked_to_sign_for_it(house):
    head = house.person("Ada", "head")
    Appointment.objects.create(user=head.user, office="member", starts_on=STARTED)
    house.revision(state="proposed")
    house.tick()
    assert house.delivery(head).reason == Delivery.Reason.EMPTY


def test_an_assistant_is_asked_nothing(house):
    assistant = house.person("Alma", "assistant")
    house.revision(state="proposed")
    house.tick()
    assert house.delivery(assistant).reason == Delivery.Reason.EMPTY
