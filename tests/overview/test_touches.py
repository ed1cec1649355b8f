"""What a material version will touch is known before it is published; an editorial one touches nothing."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mandate import actions
from mandate.models import Clause
from mandate.reading import compare_versions
from pmo_portal.common.errors import RuleBroken
from pmo_portal.common.models import one_reading
from stakeholders.overview import reading
from stakeholders.overview.reading.meanings import in_order
from stakeholders.overview.reading.touches import _change
from stakeholders.people.models import Role
from stakeholders.understanding.actions import acknowledge, say_meaning
from stakeholders.understanding.models import Meaning
from tests.conftest import person_with, write_mandate
from tests.overview.test_matrix import agree
from tests.versions import add, drop, next_in_review, publish_next, reword

pytestmark = pytest.mark.django_db
PAGE = "/mandate/versions/{}/publish/"


def read(version, *people):
    for person in people:
        acknowledge(version, person=person, by=person.user, content_hash=version.content_hash)


def lines(told):
    return [(line["area"], line["clauses"]) for line in told["lines"]]


def before_publishing(member, issuer, change=None, **more):
    return reading.touches(next_in_review(member, change, **more), issuer)


# --- a note on what changed ---------------------------------------------------------------------
def test_a_material_version_cannot_go_to_review_without_a_note_in_the_reader_s_words(live, member):
    draft = write_mandate(member)
    draft.change_note = ""
    actions.save_part(draft, by=member)
    with pytest.raises(RuleBroken) as refused:
        actions.seal(draft, by=member)
    assert [gap.part for gap in refused.value.missing] == ["change"]


def test_an_editorial_version_needs_no_note(live, member):
    draft = write_mandate(member)
    draft.change_note, draft.is_material = "", False
    actions.save_part(draft, by=member)
    assert actions.seal(draft, by=member).is_sealed


def test_the_first_version_needs_no_note(member):
    draft = write_mandate(member)
    draft.change_note = ""
    actions.save_part(draft, by=member)
    assert actions.seal(draft, by=member).is_sealed


# --- nothing ------------------------------------------------------------------------------------
def test_an_editorial_version_touches_nothing_and_the_page_says_so(in_force, member, issuer, as_user):
    version = next_in_review(member, reword, material=False)
    assert reading.touches(version, issuer) == {"is_editorial": True, "is_first": False}
    page = as_user(issuer).get(PAGE.format(2)).content.decode()
    assert "Nothing: the change is one of words." in page
    assert "Asked to read again" not in page


def test_the_first_version_touches_nothing_yet(member, issuer, as_user):
    next_in_review(member)
    assert "Nothing yet: nobody has read or signed anything" in as_user(issuer).get(PAGE.format(1)).content.decode()


# --- who reads again ----------------------------------------------------------------------------
def test_who_said_that_they_read_it_is_asked_once_more_by_role(live, member, issuer, head, sponsor, area):
    read(live, head, sponsor, person_with(area, "sponsor", "s2@x.example"))
    person_with(area, "customer", "never-read@x.example")
    people = before_publishing(member, issuer)["people"]
    assert people == {"count": 3, "roles": ["Head: 1", "Sponsor: 2"]}


def test_two_roles_are_one_person(live, member, issuer, head, other_area):
    Role.objects.create(person=head, area=other_area, kind="head", starts_on=timezone.localdate())
    Role.objects.create(person=head, area=other_area, kind="sponsor", starts_on=timezone.localdate())
    read(live, head)
    assert before_publishing(member, issuer)["people"] == {"count": 1, "roles": ["Head: 1", "Sponsor: 1"]}


def test_who_left_or_was_shut_out_is_asked_nothing(live, member, issuer, head, sponsor):
    read(live, head, sponsor)
    Role.objects.filter(person=head).update(ends_on=timezone.localdate() - timedelta(days=1))
    sponsor.user.is_active = False
    sponsor.user.save()
    assert before_publishing(member, issuer)["people"]["count"] == 0


def test_a_word_given_for_the_version_before_an_editorial_one_still_counts(live, member, issuer, head):
    read(live, head)
    publish_next(member, issuer, material=False)
    assert before_publishing(member, issuer)["people"]["count"] == 1


def test_a_word_given_before_the_last_material_version_counts_no_more(live, member, issuer, head):
    read(live, head)
    publish_next(member, issuer)
    assert before_publishing(member, issuer)["people"]["count"] == 0


# --- agreements ---------------------------------------------------------------------------------
def test_an_agreement_whose_clause_changes_is_told_with_the_number_that_people_know(in_force, member, issuer):
    def change(draft):
        reword(draft)
        add(draft)

    touched = before_publishing(member, issuer, change)
    assert lines(touched["agreements"]) == [("Networks", "1.1")]
    assert (touched["reworded"], touched["gone"], touched["new"]) == (["1.1"], [], ["1.1"])


def test_another_number_alone_is_no_change(in_force, member, issuer):
    touched = before_publishing(member, issuer, add)
    assert (touched["reworded"], touched["agreements"]["count"]) == ([], 0)


def test_a_clause_that_goes_is_said_to_go(in_force, member, issuer):
    touched = before_publishing(member, issuer, drop)
    assert touched["gone"] == ["1.1"]
    assert lines(touched["agreements"]) == [("Networks", "1.1, which goes")]
    assert touched["without"]["count"] == 0


@pytest.mark.parametrize("change", [reword, drop, add])
def test_what_changes_is_what_the_comparison_of_both_versions_marks(change, live, member):
    after = next_in_review(member, change)
    keys = _change(live, after).keys
    assert keys == compare_versions(live, after).changed_clauses()


def test_numbers_stand_in_the_order_of_the_page():
    assert sorted(["1.10", "2.1", "1.9"], key=in_order) == ["1.9", "1.10", "2.1"]


@pytest.mark.parametrize("stage", ["draft_agreement", "proposed"])
def test_what_is_not_in_force_is_not_touched(stage, member, issuer, request):
    request.getfixturevalue(stage)
    assert before_publishing(member, issuer, reword)["agreements"]["count"] == 0


def test_the_issuer_reads_the_area_s_name_and_gets_no_door_that_is_shut(in_force, member, issuer, lead):
    version = next_in_review(member, reword)
    [for_issuer] = reading.touches(version, issuer)["agreements"]["lines"]
    [for_lead] = reading.touches(version, lead)["agreements"]["lines"]
    assert (for_issuer["area"], for_issuer["url"]) == ("Networks", "")
    assert for_lead["url"] == in_force.agreement.get_absolute_url()


def test_an_issuer_who_heads_the_area_too_is_led_there(in_force, member, issuer, head):
    Role.objects.filter(person=head).update(ends_on=timezone.localdate() - timedelta(days=1))
    head.user, own = issuer, head.user
    head.save()
    Role.objects.create(person=head, area=in_force.agreement.area, kind="head", starts_on=timezone.localdate())
    [line] = before_publishing(member, issuer, reword)["agreements"]["lines"]
    assert (line["url"], own == issuer) == (in_force.agreement.get_absolute_url(), False)


# --- meanings -----------------------------------------------------------------------------------
def test_meanings_of_a_changed_clause_are_told_and_areas_that_may_need_one(
    in_force, live, other_area, area, member, issuer
):  # fmt: skip
    clause = live.clauses.get(kind=Clause.Kind.DOES)
    say_meaning(Meaning(area=other_area, clause_key=clause.key, text="By the plan."), by=member)
    touched = before_publishing(member, issuer, reword)
    assert lines(touched["meanings"]) == [("Billing", "1.1")]
    assert lines(touched["without"]) == [("Networks", "1.1")]


def test_an_area_with_a_meaning_needs_none(in_force, live, area, member, issuer):
    clause = live.clauses.get(kind=Clause.Kind.DOES)
    say_meaning(Meaning(area=area, clause_key=clause.key, text="By the plan."), by=member)
    assert before_publishing(member, issuer, reword)["without"]["count"] == 0


# --- on the page --------------------------------------------------------------------------------
def test_the_page_before_publishing_tells_all_of_it_and_not_a_word_of_a_meaning(
    in_force, live, other_area, member, issuer, head, as_user
):  # fmt: skip
    clause = live.clauses.get(kind=Clause.Kind.DOES)
    say_meaning(Meaning(area=other_area, clause_key=clause.key, text="Quince."), by=member)
    next_in_review(member, reword)
    page = as_user(issuer).get(PAGE.format(2)).content.decode()
    told = page[page.index("What it touches") : page.index("will be told")]
    for words in ("Clause 1.1 reads differently.", "One person who had read it", "Networks", "Billing"):
        assert words in told
    assert "Quince." not in page


def test_more_readers_and_agreements_ask_no_more_of_the_database(live, in_force, other_area, member, issuer, lead):
    version = next_in_review(member, reword)

    def asked():
        with one_reading(), CaptureQueriesContext(connection) as questions:
            reading.touches(version, issuer)
        return len(questions)

    one = asked()
    agree(other_area, live, lead)
    read(live, *(person_with(other_area, "customer", f"c{n}@x.example") for n in range(3)))
    assert reading.touches(version, issuer)["agreements"]["count"] == 2
    assert asked() == one
