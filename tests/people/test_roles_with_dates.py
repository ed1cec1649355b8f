"""Roles with dates: given up front, holding from the first day to the last, and giving nothing outside them."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from pmo_portal.common.errors import NotAllowed, RuleBroken
from stakeholders.agreements import actions as agreements
from stakeholders.agreements.access import visible_revisions
from stakeholders.people import actions, reading
from stakeholders.people.access import answering_role, has_role, visible_areas
from stakeholders.people.models import Person, Role
from tests.conftest import user

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


def day(days):
    return TODAY + timedelta(days=days)


@pytest.fixture
def dora(db):
    return Person.objects.create(name="Dora", email="dora@fairhaven.example", user=user("dora@fairhaven.example"))


@pytest.mark.parametrize("kind", ["deputy", "assistant"])
def test_a_role_is_given_with_both_its_dates(as_user, member, area, dora, kind):
    form = {"role-kind": kind, "role-area": area.pk, "role-starts_on": day(2), "role-ends_on": day(20)}
    as_user(member).post(f"/people/{dora.pk}/roles/", form)
    role = dora.roles.get()
    assert (role.kind, role.starts_on, role.ends_on) == (kind, day(2), day(20))


@pytest.mark.parametrize(
    ("first", "last", "words"), [(5, 4, "cannot end before it begins"), (-9, -1, "would be over already")]
)
def test_dates_in_the_wrong_order_or_past_are_refused(as_user, member, area, dora, first, last, words):
    with pytest.raises(RuleBroken, match=words):
        actions.give_role(dora, area=area, kind="assistant", by=member, starts_on=day(first), ends_on=day(last))
    form = {"role-kind": "deputy", "role-area": area.pk, "role-starts_on": day(first), "role-ends_on": day(last)}
    assert words in as_user(member).post(f"/people/{dora.pk}/roles/", form, follow=True).content.decode()
    assert not dora.roles.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        Role.objects.create(person=dora, area=area, kind="deputy", starts_on=day(5), ends_on=day(4))


@pytest.mark.parametrize(("first", "last", "holds"), [(1, 9, False), (-9, -1, False), (-9, 0, True), (0, 0, True)])
def test_a_role_gives_something_within_its_dates_only(area, dora, first, last, holds):
    Role.objects.create(person=dora, area=area, kind="deputy", starts_on=day(first), ends_on=day(last))
    assert (answering_role(dora.user, area) is not None) == holds
    assert visible_areas(dora.user).exists() == holds
    assert has_role(dora.user) == holds


def test_one_role_of_a_kind_at_a_time_and_again_afterwards(member, area, dora):
    give = {"area": area, "kind": "deputy", "by": member}
    actions.give_role(dora, **give, starts_on=day(0), ends_on=day(10))
    for first, last in ((5, 20), (0, None), (-5, 3), (2, 3)):
        with pytest.raises(RuleBroken, match="already"):
            actions.give_role(dora, **give, starts_on=day(first), ends_on=day(last) if last else None)
    actions.give_role(dora, **give, starts_on=day(11), ends_on=day(20))
    assert dora.roles.count() == 2


def test_a_head_for_a_time_goes_before_the_planned_one_comes(member, area, dora):
    planned, early = Person.objects.create(name="Planned"), Person.objects.create(name="Early")
    actions.give_role(planned, area=area, kind="head", by=member, starts_on=day(10))
    actions.give_role(dora, area=area, kind="head", by=member, ends_on=day(9))
    with pytest.raises(RuleBroken, match="head from"):
        actions.give_role(early, area=area, kind="head", by=member, starts_on=day(5), ends_on=day(10))
    heads = Role.objects.filter(area=area, kind="head").order_by("starts_on")
    assert [(role.person, role.ends_on) for role in heads] == [(dora, day(9)), (planned, None)]


def test_the_persons_page_shows_roles_now_to_come_and_past(as_user, member, area, other_area, dora):
    Role.objects.create(person=dora, area=area, kind="deputy", starts_on=day(-5), ends_on=day(5))
    Role.objects.create(person=dora, area=area, kind="assistant", starts_on=day(3), ends_on=day(9))
    Role.objects.create(person=dora, area=other_area, kind="sponsor", starts_on=day(-50), ends_on=day(-5))
    parts = reading.roles_by_time(dora)
    assert [(part["title"], [each["role"].kind for each in part["roles"]]) for part in parts] == [
        ("Now", ["deputy"]), ("To come", ["assistant"]), ("Past", ["sponsor"]),
    ]  # fmt: skip
    page = as_user(member).get(dora.get_absolute_url()).content.decode()
    assert page.index("End today") < page.index("Take back")


def test_a_role_with_a_last_day_can_end_sooner_and_one_to_come_be_taken_back(as_user, member, area, dora):
    now = Role.objects.create(person=dora, area=area, kind="deputy", starts_on=day(-5), ends_on=day(5))
    later = Role.objects.create(person=dora, area=area, kind="assistant", starts_on=day(3), ends_on=day(9))
    client = as_user(member)
    for role in (now, later):
        client.post(f"/people/roles/{role.pk}/end/")
    assert [(role.kind, role.ends_on) for role in dora.roles.all()] == [("deputy", TODAY)]


# --- the assistant --------------------------------------------------------------------------------
def test_an_assistant_within_the_dates_sees_the_area_and_what_is_signed_and_signs_nothing(
    as_user, area, dora, proposed, head
):
    Role.objects.create(person=dora, area=area, kind="assistant", starts_on=day(-1), ends_on=day(9))
    client = as_user(dora)
    assert client.get(area.get_absolute_url()).status_code == 200
    address = proposed.agreement.get_absolute_url()
    assert client.get(address).status_code == 404
    sign = {"content_hash": proposed.content_hash}
    for refused in (
        lambda: agreements.countersign(proposed, by=dora.user, **sign),
        lambda: agreements.decline(proposed, by=dora.user, reason="No.", **sign),
    ):
        with pytest.raises(NotAllowed):
            refused()
    agreements.countersign(proposed, by=head.user, **sign)
    assert client.get(address).status_code == 200
    assert "Read and sign" not in client.get(area.get_absolute_url()).content.decode()


@pytest.mark.parametrize(("first", "last"), [(1, 9), (-9, -1)])
def test_an_assistant_outside_the_dates_sees_nothing(as_user, area, dora, in_force, first, last):
    Role.objects.create(person=dora, area=area, kind="assistant", starts_on=day(first), ends_on=day(last))
    assert as_user(dora).get(area.get_absolute_url()).status_code == 404
    assert not visible_revisions(dora.user).exists()
