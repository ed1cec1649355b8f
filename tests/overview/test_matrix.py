"""Clauses × areas: which area leans on which clause, which clause serves nobody, and who is served by nothing."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mandate.models import Clause, MandateVersion
from pmo_portal.common.models import one_reading
from stakeholders.agreements import actions as agreements
from stakeholders.agreements.models import Row
from stakeholders.areas.models import Area
from stakeholders.overview import reading
from stakeholders.understanding.actions import say_meaning
from stakeholders.understanding.models import Meaning
from tests.conftest import person_with, propose, write_agreement
from tests.versions import add, drop, publish_next

pytestmark = pytest.mark.django_db
PAGE = "/mandate/areas/"


def table(**wanted):
    return reading.matrix(MandateVersion.objects.live().prefetch_related("clauses").get(), **wanted)


def rows(found):
    return {row["number"]: row for group in found["groups"] for row in group["rows"]}


def cells(found, number):
    names = [column["name"] for column in found["columns"]]
    return dict(zip(names, rows(found)[number]["cells"], strict=True))


def agree(area, live, lead):
    """An agreement in force, on the first clause."""
    head = person_with(area, "head", f"{area.slug}@x.example")
    draft = propose(write_agreement(area, live, lead), lead)
    agreements.countersign(draft, by=head.user, content_hash=draft.content_hash)
    return draft


# --- who leans on what --------------------------------------------------------------------------
def test_an_agreement_in_force_leans_on_the_clauses_of_its_rows(live, in_force, other_area):
    found = table()
    cell = cells(found, "1.1")["Networks"]
    assert (cell["agreement"], cell["rows"]) == (in_force.agreement.get_absolute_url(), "In the agreement")
    assert rows(found)["1.1"]["total"] == "1 area"
    assert [column["total"] for column in found["columns"]] == ["1 clause"]


def test_two_rows_on_one_clause_are_one_area_and_one_clause(live, draft_agreement, lead, head):
    more = Row(
        revision=draft_agreement, clause=live.clauses.first(), you_need="More", we_commit="A list",
        you_will_notice="Calm",
    )  # fmt: skip
    agreements.save_draft(more, by=lead)
    propose(draft_agreement, lead)
    agreements.countersign(draft_agreement, by=head.user, content_hash=draft_agreement.content_hash)
    found = table()
    assert cells(found, "1.1")["Networks"]["rows"] == "In the agreement, 2 rows"
    assert (rows(found)["1.1"]["total"], found["columns"][0]["total"]) == ("1 area", "1 clause")


@pytest.mark.parametrize("stage", ["draft_agreement", "proposed"])
def test_what_only_one_side_wants_is_not_leant_on(stage, live, request):
    request.getfixturevalue(stage)
    assert table()["columns"] == []


def test_an_agreement_whose_period_is_over_leans_on_nothing(live, in_force, monkeypatch):
    later = timezone.localdate() + timedelta(days=400)
    monkeypatch.setattr("stakeholders.agreements.models.today", lambda: later)
    assert (table()["columns"], table()["unserved"]["count"]) == ([], 1)


def test_an_agreement_signed_on_an_older_version_leans_on_the_same_clause_under_its_new_number(
    in_force, member, issuer
):  # fmt: skip
    publish_next(member, issuer, add)
    found = table()
    assert rows(found)["1.1"]["serves_nobody"]
    assert cells(found, "1.2")["Networks"]["agreement"]


# --- what it tells ------------------------------------------------------------------------------
def test_it_begins_with_what_it_finds(live, in_force, other_area, as_user, lead):
    page = as_user(lead).get(PAGE).content.decode()
    assert "Every clause serves an area. 1 of 2 areas is served by nothing." in page


def test_a_clause_that_no_area_leans_on_serves_nobody(in_force, member, issuer, as_user, lead):
    publish_next(member, issuer, add)
    page = as_user(lead).get(PAGE).content.decode()
    assert "Clause 1.1 serves nobody. Every area is served." in page
    assert "Nobody</span>" in page


def test_with_all_served_it_says_so(live, in_force):
    assert table()["finding"] == "Every clause serves an area, and every area is served."


def test_before_any_agreement_is_in_force_it_says_so(live, area):
    assert table()["finding"].startswith("No agreement in force stands on a clause yet")


def test_of_what_the_pmo_does_not_do_nobody_is_missing(live, in_force):
    row = rows(table())["3.1"]
    assert (row["serves_nobody"], row["total"]) == (False, "Others do it")


def test_an_area_is_served_by_nothing_without_an_agreement_or_with_one_on_no_clause_of_today(
    in_force, other_area, member, issuer
):  # fmt: skip
    publish_next(member, issuer, drop)
    assert [(line["name"], line["why"]) for line in table()["unserved"]["lines"]] == [
        ("Billing", "No agreement in force"),
        ("Networks", "Its agreement stands on no clause of today"),
    ]
    assert [line["area"] for line in table()["lost"]["lines"]] == ["Networks"]


def test_an_area_that_has_ended_is_in_no_count(live, in_force, other_area):
    Area.objects.filter(pk=other_area.pk).update(ends_on=timezone.localdate() - timedelta(days=1))
    assert table()["unserved"]["count"] == 0


# --- meanings in it -----------------------------------------------------------------------------
def test_an_area_with_a_meaning_alone_has_its_column(live, other_area, member):
    clause = live.clauses.get(kind=Clause.Kind.DOES_NOT)
    say_meaning(Meaning(area=other_area, clause_key=clause.key, text="Ask Ada."), by=member)
    found = table()
    assert cells(found, "3.1")["Billing"]["meaning"] == "Ask Ada."
    assert (rows(found)["3.1"]["meant"], found["columns"][0]["total"]) == ("1 meaning", "none")


def test_every_cell_leads_to_writing_the_meaning_and_back_to_this_page_of_the_table(
    live, in_force, area, as_user, lead
):  # fmt: skip
    browser = as_user(lead)
    clause = live.clauses.first()
    address = f"{PAGE}networks/{clause.key}/?q=net"
    assert f'href="{address}"' in browser.get(f"{PAGE}?q=net&nonsense=1").content.decode()
    assert browser.post(address, {"text": "By the plan."})["Location"] == f"{PAGE}?q=net"


@pytest.mark.parametrize("query", ["?page=0", "?page=x", "?page=999", "?q=" + "x" * 500, "?q=%00"])
def test_a_page_that_makes_no_sense_is_the_nearest_one(query, live, in_force, as_user, lead):
    assert as_user(lead).get(PAGE + query).status_code == 200


def test_the_first_meaning_of_any_area_can_be_written_by_looking_for_its_name(live, other_area, as_user, lead):
    assert "Billing</a></th>" not in as_user(lead).get(PAGE).content.decode()
    assert "Billing</a></th>" in as_user(lead).get(f"{PAGE}?q=bil").content.decode()
    assert "No area has this in its name." in as_user(lead).get(f"{PAGE}?q=zzz").content.decode()


# --- many areas ---------------------------------------------------------------------------------
def many(number, live, member):
    """So many areas with a meaning each."""
    today, key = timezone.localdate(), live.clauses.first().key
    made = Area.objects.bulk_create(
        Area(name=f"Quay {n:04}", slug=f"quay-{n}", starts_on=today) for n in range(number)
    )
    Meaning.objects.bulk_create(
        Meaning(area=area, clause_key=key, text=f"At {area}.", version=live, written_by=member, at=timezone.now())
        for area in made
    )
    return made


def test_many_areas_come_a_few_columns_at_a_time_and_totals_count_them_all(live, member, as_user, lead):
    many(15, live, member)
    first, last = table(), table(page="3")
    assert [len(found["columns"]) for found in (first, last)] == [6, 3]
    assert {rows(found)["1.1"]["meant"] for found in (first, last)} == {"15 meanings"}
    assert first["unserved"]["count"] == 15
    assert 'rel="next"' in as_user(lead).get(PAGE).content.decode()


def test_areas_that_neither_lean_nor_mean_take_no_column(live, in_force, other_area):
    assert [column["name"] for column in table()["columns"]] == ["Networks"]


def test_more_areas_and_clauses_ask_no_more_of_the_database(live, in_force, member, issuer, lead):
    def asked():
        with one_reading(), CaptureQueriesContext(connection) as questions:
            table()
        return len(questions)

    many(1, live, member)
    publish_next(member, issuer, add)
    one = asked()
    for number in range(2):
        area = Area.objects.create(name=f"Dock {number}", slug=f"dock-{number}", starts_on=timezone.localdate())
        agree(area, MandateVersion.objects.live().get(), lead)
        publish_next(member, issuer, add)
    assert asked() == one
    assert one < 25
