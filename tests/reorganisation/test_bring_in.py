"""Bringing in: what is new, what is kept, what a later file changes, and what nobody undoes."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from django.utils import timezone

from pmo_portal.accounts.models import User
from pmo_portal.audit.models import Entry
from pmo_portal.common.errors import RuleBroken, Stale
from pmo_portal.common.models import Organisation
from stakeholders.areas.models import Area
from stakeholders.people.models import Person, Role
from stakeholders.reorganisation import actions, reading
from stakeholders.reorganisation.actions import imported
from tests.reorganisation.made_up import HARBOUR, LATER, ON, changed, planned, without

pytestmark = pytest.mark.django_db
BEFORE = LATER - timedelta(days=1)


def bring_in(rows=HARBOUR, on=ON, pmo="9"):
    plan = planned(rows, on, pmo)
    actions.bring_in(plan, by=None, now=timezone.now())
    return plan


def roles(reference):
    found = Role.objects.filter(person__post_reference=reference).order_by("starts_on", "pk")
    return [(role.kind, role.area.name, role.starts_on, role.ends_on) for role in found]


def post(reference):
    return Person.objects.get(post_reference=reference)


def everything():
    """All that stands, in a form that can be compared."""
    return [list(model.objects.order_by("pk").values()) for model in (Area, Person, Role, Entry)]


def notes(plan):
    return " ".join(map(str, plan.notes))


# The first file


def test_units_become_areas_in_a_tree_from_the_day_of_the_file():
    bring_in()
    found = {area.name: area.parent and area.parent.name for area in Area.objects.all()}
    assert found == {"Harbour office": None, "Quays": "Harbour office", "Works": "Harbour office", "Divers": "Works"}
    assert set(Area.objects.values_list("starts_on", "ends_on")) == {(ON, None)}


def test_posts_become_people_known_by_their_post_with_one_role_each():
    bring_in()
    assert (str(post("3")), post("3").name, post("3").email) == ("Crane manager", "", "")
    assert roles("2") == [("head", "Quays", ON, None)]
    assert roles("3") == [("senior", "Quays", ON, None)]
    assert Role.objects.count() == Person.objects.count() == 7


def test_the_pmo_is_the_post_given_and_the_issuer_the_one_it_reports_to():
    bring_in()
    assert dict(Person.objects.exclude(office="").values_list("post_reference", "office")) == {
        "9": "lead",
        "4": "issuer",
    }
    assert roles("4") == [("head", "Works", ON, None)]


def test_two_units_with_the_same_address_both_get_one():
    bring_in([*HARBOUR, ("7", "Envoy", "Quays!", "1"), ("8", "Guide", "الميناء", "1")])
    assert set(Area.objects.values_list("slug", flat=True)) >= {"quays", "quays-2", "area"}


def test_one_audit_entry_tells_the_day_and_what_is_new():
    bring_in()
    (entry,) = Entry.objects.all()
    assert (entry.verb, entry.subject, entry.by, entry.via) == (*reading.IMPORTED, None, "portal")
    assert entry.details["on"] == "2020-03-31"
    assert (len(entry.details["areas"]), entry.details["people"], entry.details["pmo"]) == (4, 7, "9")


# Again


def test_the_same_file_again_writes_nothing_at_all():
    bring_in()
    before = everything()
    plan = bring_in()
    assert (plan.new_units, plan.new_posts, len(plan.areas), len(plan.people)) == ([], [], 4, 7)
    assert not plan.has_changes
    assert everything() == before


def test_the_same_rows_in_another_order_are_the_same_plan_before_and_after():
    shuffled = random.Random(7).sample(HARBOUR, len(HARBOUR))
    assert planned() == planned(shuffled)
    bring_in()
    assert planned() == planned(shuffled)
    assert not planned(shuffled).has_changes


def test_a_name_an_e_mail_and_a_user_given_meanwhile_are_kept():
    bring_in()
    user = User.objects.create_user("jo@harbour.example")
    Person.objects.filter(post_reference="2").update(name="Jo Quay", email="jo@harbour.example", user=user)
    before = everything()
    bring_in()
    assert everything() == before


def test_roles_given_by_hand_are_kept_and_add_nothing():
    bring_in()
    works = Area.objects.get(name="Works")
    Role.objects.create(person=post("2"), area=works, kind="sponsor", starts_on=ON)
    Role.objects.create(person=post("2"), area=works, kind="senior", starts_on=LATER)
    before = everything()
    bring_in()
    assert everything() == before


def test_a_role_that_was_ended_meanwhile_is_not_given_again_by_the_same_file():
    bring_in()
    Role.objects.filter(person=post("3")).update(ends_on=LATER)
    before = everything()
    bring_in()
    assert everything() == before


def test_an_area_that_stands_already_is_kept_whatever_its_capitals():
    stood = Area.objects.create(name="QUAYS", slug="q", starts_on=date(2000, 1, 1))
    plan = bring_in()
    assert [unit.name for unit in plan.new_units] == ["Harbour office", "Works", "Divers"]
    stood.refresh_from_db()
    assert (stood.name, stood.parent) == ("QUAYS", None)
    assert "“QUAYS” stays where it is in the tree" in notes(plan)
    assert roles("2") == [("head", "QUAYS", ON, None)]


# A later file


def test_a_new_row_is_added_and_the_rest_kept():
    bring_in()
    plan = bring_in([*HARBOUR, ("7", "Pilot", "Quays", "2")], LATER)
    assert ([new.reference for new in plan.new_posts], len(plan.people), len(plan.areas)) == (["7"], 7, 4)
    assert roles("7") == [("senior", "Quays", LATER, None)]


def test_a_post_in_another_unit_ends_its_role_the_day_before_and_begins_a_new_one():
    bring_in()
    bring_in(changed("3", unit="Works", manager="4"), LATER)
    assert roles("3") == [("senior", "Quays", ON, BEFORE), ("senior", "Works", LATER, None)]


def test_a_new_head_takes_over_and_the_former_one_stays_as_senior_staff():
    bring_in()
    rows = [("3", "Crane manager", "Quays", "1"), ("2", "Director of quays", "Quays", "3"), *without("2", "3")]
    bring_in(rows, LATER)
    assert roles("2") == [("head", "Quays", ON, BEFORE), ("senior", "Quays", LATER, None)]
    assert roles("3") == [("senior", "Quays", ON, BEFORE), ("head", "Quays", LATER, None)]


def test_the_headship_of_a_post_that_is_gone_ends_when_another_heads_its_area():
    bring_in()
    plan = bring_in([("3", "Crane manager", "Quays", "1"), *without("2", "3")], LATER)
    assert roles("2") == [("head", "Quays", ON, BEFORE)]
    assert "Post 2 (Director of quays) is not in the file" in notes(plan)


def test_a_unit_that_is_gone_is_named_and_left_alone():
    bring_in()
    plan = bring_in(without("6"), LATER)
    assert roles("6") == [("head", "Divers", ON, None)]
    assert Area.objects.get(name="Divers").ends_on is None
    assert "The area “Divers” is not in the file" in notes(plan)


def test_a_unit_under_another_one_is_named_and_stays():
    bring_in()
    plan = bring_in(changed("6", manager="2"), LATER)
    assert Area.objects.get(name="Divers").parent.name == "Works"
    assert "“Divers” stays where it is in the tree; the file puts it under “Quays”" in notes(plan)


def test_a_post_takes_its_new_title_and_keeps_its_name():
    bring_in()
    Person.objects.filter(post_reference="3").update(name="Kim Crane")
    bring_in(changed("3", title="Lifting manager"), LATER)
    assert (post("3").name, post("3").post_title) == ("Kim Crane", "Lifting manager")
    assert Entry.objects.last().details["titles_before"] == {post("3").key: "Crane manager"}


def test_a_title_mended_by_hand_is_kept_by_the_same_file():
    bring_in()
    Person.objects.filter(post_reference="3").update(post_title="Manager of cranes")
    before = everything()
    assert "Post 3 stays “Manager of cranes”" in notes(bring_in())
    assert everything() == before


def test_another_pmo_moves_the_offices_of_posts_and_leaves_one_given_by_hand():
    bring_in()
    Person.objects.create(name="Ada Member", office="member")
    Person.objects.create(name="Lou Lead", office="lead")
    plan = bring_in(on=LATER, pmo="3")
    by_hand = Person.objects.filter(post_reference="").order_by("name")
    assert [(person.name, person.office) for person in by_hand] == [("Ada Member", "member"), ("Lou Lead", "lead")]
    assert post("9").office == post("4").office == ""
    assert (post("3").office, post("2").office) == ("lead", "issuer")
    assert "Lou Lead was made “PMO lead” by hand" in notes(plan)


def test_whoever_comes_in_already_keeps_the_appointment_and_is_named():
    bring_in()
    Person.objects.filter(post_reference="4").update(user=User.objects.create_user("w@harbour.example"))
    assert "Director of works comes in already" in notes(bring_in(on=LATER, pmo="3"))


def test_a_corrected_file_of_the_same_day_leaves_no_role_that_never_held():
    bring_in()
    bring_in(changed("3", unit="Works", manager="4"))
    assert roles("3") == [("senior", "Works", ON, None)]
    assert Entry.objects.last().details["ended"][0]["ends_on"] is None


def test_a_later_file_that_says_the_same_is_noted_once_as_the_latest_day():
    bring_in()
    for _again in range(2):
        bring_in(on=LATER)
    assert [entry.details["on"] for entry in Entry.objects.all()] == ["2020-03-31", "2020-09-30"]


def test_a_file_of_an_earlier_day_cannot_follow():
    bring_in(on=LATER)
    (problem,) = planned(on=ON).problems
    assert "cannot follow" in str(problem)


# What was done by hand stands


def test_a_head_given_by_hand_stays_and_the_post_comes_as_senior_staff():
    quays = Area.objects.create(name="Quays", slug="quays", starts_on=ON)
    hand = Role.objects.create(person=Person.objects.create(name="Jo Hand"), area=quays, kind="head", starts_on=ON)
    for on in (ON, ON, LATER):
        plan = bring_in(on=on)
        assert "“Quays” is headed by Jo Hand" in notes(plan)
    hand.refresh_from_db()
    assert hand.ends_on is None
    assert roles("2") == [("senior", "Quays", ON, None)]


def test_a_role_that_begins_later_than_the_file_is_not_touched():
    bring_in()
    Role.objects.filter(person=post("3")).update(ends_on=date(2020, 4, 30))
    Role.objects.create(
        person=post("3"), area=Area.objects.get(name="Works"), kind="senior", starts_on=date(2021, 1, 1)
    )
    before = roles("3")
    plan = bring_in(on=LATER)
    assert roles("3") == before
    assert "post 3 gets no role" in notes(plan)


def test_a_head_who_begins_later_than_the_file_stays():
    bring_in()
    quays = Area.objects.get(name="Quays")
    Role.objects.filter(person=post("2")).update(ends_on=date(2020, 4, 30))
    Role.objects.filter(person=post("3")).update(ends_on=date(2020, 4, 30))
    Role.objects.create(person=post("5"), area=quays, kind="head", starts_on=date(2021, 1, 1))
    bring_in(on=LATER)
    assert Role.objects.filter(area=quays, kind="head", ends_on=None).get().person == post("5")
    assert roles("2")[-1] == ("senior", "Quays", LATER, None)


# All or nothing


@pytest.mark.parametrize(
    ("pmo", "words"), [("77", "no such post"), ("", "no such post"), ("1", "reports to nobody"), (" 9 ", None)]
)
def test_the_pmo_must_be_a_post_that_reports_to_somebody(pmo, words):
    told = " ".join(map(str, planned(pmo=pmo).problems))
    assert (words in told) if words else told == ""


def test_a_plan_with_problems_is_refused_with_their_list():
    with pytest.raises(RuleBroken) as refusal:
        bring_in(changed("3", title=""))
    assert "Line 4" in str(refusal.value.missing[0])
    assert not Area.objects.exists()


def test_nothing_is_left_when_it_stops_half_way(monkeypatch):
    def stop(**details):
        raise RuntimeError

    monkeypatch.setattr(imported, "note", stop)
    with pytest.raises(RuntimeError):
        bring_in()
    assert everything() == [[], [], [], []]


def test_of_two_at_once_the_second_is_told_and_nothing_is_doubled():
    plan = planned()
    actions.bring_in(plan, by=None, now=timezone.now())
    before = everything()
    with pytest.raises(Stale, match="run it again"):
        actions.bring_in(plan, by=None, now=timezone.now())
    assert everything() == before


def test_a_role_that_changed_since_the_plan_was_made_stops_it():
    bring_in()
    plan = planned(changed("3", unit="Works", manager="4"), LATER)
    Role.objects.filter(person=post("3")).update(ends_on=date(2020, 5, 1))
    before = everything()
    with pytest.raises(Stale):
        actions.bring_in(plan, by=None, now=timezone.now())
    assert everything() == before


def test_the_example_takes_no_organisation():
    Organisation.objects.update(is_example=True)
    with pytest.raises(RuleBroken, match="make ours"):
        bring_in()
    assert not Area.objects.exists()


def test_a_hundred_more_posts_cost_a_handful_of_queries(django_assert_max_num_queries):
    many = [*HARBOUR, *((f"n{n}", f"Hand {n}", "Quays", "2") for n in range(100))]
    plan = planned(many)
    with django_assert_max_num_queries(20):
        actions.bring_in(plan, by=None, now=timezone.now())
    with django_assert_max_num_queries(5):
        planned(many)
