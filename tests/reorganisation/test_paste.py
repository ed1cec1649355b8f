"""Areas and heads pasted from a spreadsheet: a preview that keeps nothing, then all of it or none."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmo_portal.accounts.actions import appoint
from pmo_portal.accounts.models import Appointment
from pmo_portal.audit.models import Entry
from pmo_portal.common.errors import NotAllowed, RuleBroken, Stale
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.areas.models import Area
from stakeholders.people.models import Person, Role
from stakeholders.reorganisation import actions, reading
from stakeholders.reorganisation.actions import pasted as verb
from stakeholders.reorganisation.organogram import tidy
from stakeholders.reorganisation.pasted import BYTES_AT_MOST, ROWS_AT_MOST, key, read
from tests.conftest import user

THREE = "Area\tHead\tE-mail\nFinance\tAnna Berg\tAnna@fairhaven.example\nHarbour\tBo Lind\t\nQuays\t\t\n"


def today():
    return timezone.localdate()


def plan_of(text):
    return reading.paste(read(text), on=today())


def bring(text, by):
    return actions.bring_rows_in(text, by=by, seen=plan_of(text).fingerprint())


def problems(text):
    return [str(problem) for problem in plan_of(text).problems]


def rows(text):
    return [(row.area, row.head, row.email) for row in read(text).rows]


def told(text):
    return [str(problem) for problem in read(text).problems]


def everything():
    """All that stands, in a form that can be compared."""
    return [list(model.objects.order_by("pk").values()) for model in (Area, Person, Role, Entry, OutgoingEmail)]


def heads():
    found = Role.objects.on().filter(kind=Role.Kind.HEAD).select_related("area", "person")
    return {role.area.name: (role.person.name, role.person.email) for role in found}


# --- reading ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        "Finance\tAnna Berg\ta@x.example\nHarbour\tBo Lind\tb@x.example",
        "Finance,Anna Berg,a@x.example\r\nHarbour,Bo Lind,b@x.example\r\n",
        "Finance; Anna Berg; a@x.example\rHarbour; Bo Lind; b@x.example",
        '"Finance", "Anna Berg", "A@x.example"\n\n  \n,,\n"Harbour","Bo Lind","b@x.example",,',
        "Area\tHead\tE-mail\nFinance\tAnna Berg\ta@x.example\nHarbour\tBo Lind\tb@x.example",
        "email;DEPARTMENT;Cost centre;Manager\na@x.example;Finance;17;Anna Berg\nb@x.example;Harbour;;Bo Lind",
    ],
)
def test_tabs_commas_and_semicolons_with_a_header_or_without_say_the_same(text):
    assert rows(text) == [("Finance", "Anna Berg", "a@x.example"), ("Harbour", "Bo Lind", "b@x.example")]
    assert told(text) == []


def test_a_comma_inside_quotes_stays_in_its_cell():
    assert rows('"Legal, Risk and ""Audit""","Berg, Anna",a@x.example') == [
        ('Legal, Risk and "Audit"', "Berg, Anna", "a@x.example")
    ]


def test_a_line_of_words_that_are_no_header_is_a_row():
    assert rows("Unit 7\tHead\n")[0] == ("Unit 7", "Head", "")
    assert rows("Area\nFinance") == [("Finance", "", "")]
    assert rows("Finance\nArea") == [("Finance", "", ""), ("Area", "", "")]


@pytest.mark.parametrize("cell", ['=HYPERLINK("http://x.example")', "'0042", "+1", "@SUM(A1)", "-2+3", "<b>bold</b>"])
def test_a_formula_is_just_text(cell):
    assert rows(f"{cell}\tAnna\ta@x.example") == [(cell, "Anna", "a@x.example")]


def test_text_from_right_to_left_and_emoji_are_kept_and_what_steers_a_screen_is_not():
    assert rows("المالية\tדנה 🚢\u202e\td@x.example") == [("المالية", "דנה 🚢", "d@x.example")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "There is no row in it"),
        ("\n \n\t\t\n", "There is no row in it"),
        ("Area\tHead\tE-mail\n", "There is no row in it"),
        ("\tAnna\ta@x.example", "Line 1: no area: “Anna, a@x.example”."),
        ("Finance\tAnna\tanna at x", "Line 1: “anna at x” is not an e-mail address."),
        ("Finance\t\ta@x.example", "Line 1: a@x.example stands without the name of a head."),
        ("Finance\ta@x.example", "Line 1: a@x.example stands where the head's name belongs"),
        ("Finance\tAnna\nfinance\tBo", "Line 2: “finance” stands on line 1 too, with another head or address."),
        ("Finance\tAnna\ta@x.example\nFINANCE\tAnna\tb@x.example", "Line 2: “FINANCE” stands on line 1 too"),
        ("A\tAnna\ta@x.example\nB\tBo\tA@x.example", "Line 2: a@x.example stands on line 1 too, under another name."),
        (f"{'x' * 121}\tAnna", "Line 1: area: 121 characters, and 120 fit"),
        (f"Finance\t{'y' * 121}", "Line 1: head: 121 characters, and 120 fit"),
        ("Finance\tAnna\ta@x.example\tmore", "Line 1: more than three cells"),
        ('Finance\tAnna\n"Harbour\tBo', "Line 2: a quotation mark is opened here and never closed."),
        ('"Blue" team\tBo', "Line 1: the quotation marks do not match"),
        ("Area\n" * (ROWS_AT_MOST + 2), "501 rows, and 500 are read at once"),
        ("🚢" * (BYTES_AT_MOST // 4) + "\n", "This is more than 200 KB"),
    ],
)
def test_each_trouble_is_told_in_plain_words(text, words):
    assert any(words in problem for problem in told(text)), told(text)


def test_the_same_area_twice_with_the_same_head_is_one():
    assert rows("finance\t\t\nFinance\tAnna\t\nFINANCE\tanna\tA@x.example") == [("FINANCE", "Anna", "a@x.example")]


@given(st.text(max_size=400) | st.text(alphabet="ab,;\t\n\r\"'=@ \0\u202e", max_size=200))
def test_no_text_at_all_raises(text):
    found = read(text)
    assert found.rows or found.problems
    assert all(row.area == tidy(row.area) for row in found.rows)


CELL = st.text(st.characters(blacklist_categories=("Cc", "Cs")), max_size=20).map(tidy)
NAME = CELL.filter(lambda cell: cell and not cell.startswith("@") and "@" not in cell)
TABLES = st.lists(
    st.tuples(NAME, NAME, st.integers(0, 9999).map("h{}@x.example".format) | st.just("")),
    min_size=1, max_size=6, unique_by=(lambda row: key(row[0]), lambda row: key(row[1]), lambda row: row[2] or row),
)  # fmt: skip


def written(table, **form):
    out = io.StringIO()
    csv.writer(out, **form).writerows([("Area", "Head", "E-mail"), *table])
    return out.getvalue()


@given(TABLES)
def test_a_table_comes_through_tabs_and_through_quoted_commas_as_it_was(table):
    for form in ({"delimiter": "\t"}, {"quoting": csv.QUOTE_ALL}, {"delimiter": ";", "quoting": csv.QUOTE_ALL}):
        text = written(table, **form)
        assert rows(text) == [tuple(row) for row in table]
        assert told(text) == []


@pytest.mark.django_db
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(table=TABLES, data=st.data())
def test_the_order_of_the_rows_says_nothing_about_what_is_new(area, head, table, data):
    table = [*table, (area.name.upper(), "", ""), (table[0][0].upper(), "", ""), (table[0][0], "", "")]
    shuffled = data.draw(st.permutations(table))
    first, second = (plan_of(written(each, delimiter="\t")) for each in (table, shuffled))
    assert first.fingerprint() == second.fingerprint()
    assert (first.new_areas, first.newcomers) == (second.new_areas, second.newcomers)


# --- against what stands ------------------------------------------------------------------------
@pytest.mark.django_db
class TestBringingIn:
    def test_areas_and_heads_stand_afterwards_and_nobody_is_written_to(self, member):
        plan = bring(THREE, member)
        assert set(Area.objects.values_list("name", "slug")) == {
            ("Finance", "finance"),
            ("Harbour", "harbour"),
            ("Quays", "quays"),
        }
        assert heads() == {"Finance": ("Anna Berg", "anna@fairhaven.example"), "Harbour": ("Bo Lind", "")}
        assert reading.brought(plan).startswith("Brought in: 3 new areas, 2 new people, 2 areas get a head.")
        assert Entry.objects.get(verb="paste_areas").details["areas"] == ["Finance", "Harbour", "Quays"]
        assert not OutgoingEmail.objects.exists()
        assert mail.outbox == []

    def test_run_again_nothing_doubles(self, member):
        bring(THREE, member)
        before = everything()
        again = bring(THREE.upper(), member)
        assert not again.has_changes
        assert everything() == before

    def test_names_and_addresses_are_compared_without_case(self, member, area, head):
        plan = plan_of("NETWORKS\thead\tHEAD@Fairhaven.Example")
        assert (plan.has_changes, plan.problems) == (False, ())
        assert plan.lines[0].area == area
        assert plan.lines[0].head == head

    def test_somebody_known_becomes_the_head_of_another_area(self, member, head, sponsor):
        bring("Harbour\tHead\thead@fairhaven.example\nQuays\tsponsor\t", member)
        assert Person.objects.count() == 2
        assert heads()["Harbour"] == heads()["Networks"] == ("Head", "head@fairhaven.example")
        assert heads()["Quays"] == ("Sponsor", "sponsor@fairhaven.example")

    def test_one_head_of_two_new_areas_is_one_person(self, member):
        bring("A\tAnna\ta@x.example\nB\tAnna\ta@x.example\nC\tAnna\t\nD\tBo\t\nE\tBo", member)
        assert sorted(Person.objects.values_list("name", flat=True)) == ["Anna", "Bo"]
        assert Role.objects.filter(person__name="Anna").count() == 3

    def test_a_name_with_an_at_sign_is_a_name_and_no_address(self, member):
        bring("Quays\tAnna @ the quay", member)
        assert heads() == {"Quays": ("Anna @ the quay", "")}

    def test_an_empty_cell_keeps_the_head_who_stands(self, member, area, head):
        assert not plan_of("Networks").has_changes
        assert bring("Networks\nQuays", member).new_areas == 1
        assert heads() == {"Networks": ("Head", "head@fairhaven.example")}

    def test_another_head_for_an_area_that_has_one_is_a_problem(self, area, head):
        [problem] = problems("Networks\tAnna Berg\t")
        assert "has a head already: Head (head@fairhaven.example)" in problem

    def test_it_is_told_of_the_line_that_names_the_head(self, area, head):
        assert problems("Networks\nQuays\nNetworks\tAnna")[0].startswith("Line 3: “Networks” has a head already")

    def test_a_head_who_begins_later_counts_too(self, area):
        later = Person.objects.create(name="Later")
        Role.objects.create(person=later, area=area, kind="head", starts_on=today() + timedelta(days=9))
        assert "has a head already: Later" in problems("Networks\tAnna")[0]

    def test_a_vacant_area_that_stands_gets_its_head(self, member, area):
        bring("networks\tAnna\ta@x.example", member)
        assert Area.objects.count() == 1
        assert heads() == {"Networks": ("Anna", "a@x.example")}

    def test_a_head_without_an_address_gets_the_one_beside_the_name_once(self, member):
        bring("A\tAnna\nB\tAnna", member)
        plan = bring("A\tAnna\ta@x.example\nB\tAnna\ta@x.example\nC\tAnna\ta@x.example\nD\tanna\t", member)
        assert plan.newcomers == set()
        assert Person.objects.get().email == "a@x.example"
        assert set(heads()) == {"A", "B", "C", "D"}
        assert not plan_of("A\tAnna\ta@x.example").has_changes

    def test_an_address_that_belongs_to_somebody_else_is_told(self, head):
        assert problems("Quays\tAnna\thead@fairhaven.example") == [
            "Line 1: head@fairhaven.example belongs to Head, and not to “Anna”."
        ]

    def test_a_name_that_two_people_bear_needs_an_address(self, head):
        Person.objects.create(name="Head")
        assert "more than one person is called “Head”" in problems("Quays\tHead")[0]
        assert "more than one person" in problems("X\tAnna\ta@x.example\nY\tAnna\tb@x.example\nZ\tAnna")[0]

    @pytest.mark.parametrize("office", ["member", "lead"])
    def test_somebody_of_the_pmo_is_no_head(self, office):
        user("ada@fairhaven.example", office)
        assert "works in the PMO" in problems("Quays\tAda\tada@fairhaven.example")[0]

    def test_somebody_who_will_come_into_the_pmo_is_no_head_either(self, db):
        Person.objects.create(name="Ada", office=Appointment.Office.MEMBER)
        assert "works in the PMO" in problems("Quays\tAda")[0]

    def test_a_known_person_of_the_pmo_is_found_by_name_too(self, head):
        appoint(head.user, "member", by=None, starts_on=today())
        assert "works in the PMO" in problems("Quays\tHead")[0]

    def test_an_administrator_is_no_head(self, administrator):
        assert "administrator" in problems("Quays\tAdmin\tADMIN@fairhaven.example")[0]

    def test_the_issuer_may_head_an_area(self, issuer):
        assert problems("Quays\tIssuer\tissuer@fairhaven.example") == []

    def test_an_area_that_is_over_stays_over_and_a_new_one_begins(self, member, area):
        Area.objects.update(ends_on=today() - timedelta(days=1))
        bring("Networks", member)
        assert sorted(Area.objects.values_list("slug", flat=True)) == ["networks", "networks-2"]

    def test_an_area_named_as_this_page_gets_another_address(self, member, as_user):
        bring("Paste", member)
        assert Area.objects.get().slug == "paste-2"

    def test_two_names_that_make_one_address_get_two(self, member):
        bring("R&D\nR D\n财务\nالمالية", member)
        assert Area.objects.values("slug").distinct().count() == 4


@pytest.mark.django_db
class TestAllOrNothing:
    def test_one_problem_among_many_rows_brings_nothing_in(self, member):
        before = everything()
        with pytest.raises(RuleBroken) as refusal:
            bring(THREE + "\tNobody\t", member)
        assert len(refusal.value.missing) == 1
        assert everything() == before

    @pytest.mark.parametrize("name", ["keep", "give_role", "note"])
    def test_nothing_is_left_when_it_stops_half_way(self, member, monkeypatch, name):
        before, real, calls = everything(), getattr(verb, name), []

        def stop(*args, **kwargs):
            calls.append(name)
            if len(calls) == (1 if name == "note" else 2):
                raise RuntimeError(name)
            return real(*args, **kwargs)

        monkeypatch.setattr(verb, name, stop)
        with pytest.raises(RuntimeError):
            bring(THREE, member)
        assert calls
        assert everything() == before

    def test_what_changed_since_the_preview_is_not_brought_in_unseen(self, member, area):
        text = "Networks\tAnna\ta@x.example\nQuays"
        seen = plan_of(text).fingerprint()
        bring("Networks\tAnna\ta@x.example", member)
        before = everything()
        with pytest.raises(Stale):
            actions.bring_rows_in(text, by=member, seen=seen)
        assert everything() == before

    def test_another_text_than_the_one_that_was_shown_is_refused(self, member):
        with pytest.raises(Stale):
            actions.bring_rows_in("Quays", by=member, seen=plan_of("Harbour").fingerprint())
        assert not Area.objects.exists()

    def test_a_name_that_the_database_takes_for_the_same_is_a_refusal_and_no_crash(self, member, monkeypatch):
        plan = plan_of("Quays")
        Area.objects.create(name="Quays", slug="quays")
        monkeypatch.setattr(verb, "paste", lambda *_, **__: plan)
        with pytest.raises(Stale):
            actions.bring_rows_in("Quays", by=member, seen=plan.fingerprint())

    def test_only_the_pmo_brings_rows_in(self, head, issuer, administrator):
        for who in (head.user, issuer, administrator):
            with pytest.raises(NotAllowed):
                bring("Quays", who)
        assert not Area.objects.filter(name="Quays").exists()


# --- the pages ----------------------------------------------------------------------------------
BOX, IN = "/areas/paste/", "/areas/paste/bring-in/"


@pytest.fixture
def browser(member, as_user):
    return as_user(member)


def look(browser, text):
    return browser.post(BOX, {"rows": text})


def typed(response):
    return response.context["form"]["rows"].value()


@pytest.mark.django_db
class TestPages:
    def test_the_addresses_stand_on_the_street_of_the_areas(self, browser):
        assert (reverse("reorganisation:paste"), reverse("reorganisation:bring_in")) == (BOX, IN)
        assert browser.get(BOX).status_code == 200
        assert browser.get(IN).status_code == 405

    def test_the_list_of_areas_leads_there_empty_and_full(self, browser):
        assert f'class="btn btn-primary" href="{BOX}"' in browser.get("/areas/").content.decode()
        Area.objects.create(name="Quays", slug="quays")
        assert f'class="btn btn-secondary" href="{BOX}"' in browser.get("/areas/").content.decode()

    def test_the_preview_shows_what_is_new_and_what_stands_and_keeps_nothing(self, browser, area, head):
        before = everything()
        response = look(browser, THREE + "networks\tHead\thead@fairhaven.example")
        html = response.content.decode()
        assert response.status_code == 200
        assert html.count("New area") == 3
        assert html.count("Stands already") == 2
        assert html.count("New, becomes head") == 2
        assert "anna@fairhaven.example" in html
        assert everything() == before

    def test_one_more_post_brings_it_in_and_says_so(self, browser):
        seen = look(browser, THREE).context["seen"]
        response = browser.post(IN, {"rows": THREE, "seen": seen}, follow=True)
        assert response.redirect_chain == [("/areas/", 302)]
        assert "Nobody has been written to." in response.content.decode()
        assert Area.objects.count() == 3

    def test_a_second_press_of_the_button_is_told_and_doubles_nothing(self, browser):
        form = {"rows": THREE, "seen": look(browser, THREE).context["seen"]}
        browser.post(IN, form)
        before = everything()
        again = browser.post(IN, form)
        assert again.status_code == 409
        assert "All of this stands already" in again.content.decode()
        assert everything() == before

    @pytest.mark.parametrize("address", [BOX, IN])
    def test_problems_are_told_and_the_box_keeps_what_was_typed(self, browser, address):
        text = "Finance\tAnna\tnot an address\n\tBo\t"
        response = browser.post(address, {"rows": text})
        html = response.content.decode()
        assert response.status_code == 422
        assert "<title>Error" in html
        assert "There are 2 problems in these rows." in html
        assert "is not an e-mail address" in html
        assert typed(response) == text
        assert "Bring all of it in" not in html
        assert not Area.objects.exists()

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "\n\n",
            "\0\0",
            "Fin\0ance\tAn\0na\n\tno area",
            '"open\tAnna',
            "nonsense,,,,;\t\t\n" * 5000,
            "\u202eevil\t🚢🚢\tא@ב\n",
            "x" * 210_000,
            "🚢\n" * 60_000,
            "y" * 1_500_000,
        ],
        ids=["empty", "blank", "nul", "nul-inside", "quote", "nonsense", "bidi", "long", "emoji", "very-long"],
    )
    def test_nonsense_gets_a_clear_answer_and_keeps_the_box(self, browser, text):
        for address in (BOX, IN):
            response = browser.post(address, {"rows": text, "seen": "x\0y"})
            assert response.status_code == 422
            assert typed(response) == text.replace("\0", "")
            assert "\0" not in response.content.decode()
            assert len(list(response.context["form"].errors["rows"])) == 1
        assert not Area.objects.exists()
        assert not Person.objects.exists()

    def test_ten_megabytes_are_refused_with_a_plain_page(self, browser):
        response = browser.post(BOX, {"rows": "Finance\tAnna\n" * 800_000})
        html = response.content.decode()
        assert response.status_code == 413
        assert "Nothing was kept, and nothing was changed." in html
        assert not Area.objects.exists()

    def test_a_formula_and_markup_are_shown_as_text(self, browser):
        html = look(browser, "=HYPERLINK('http://x.example')\t<script>alert(1)</script>").content.decode()
        assert "=HYPERLINK(&#x27;http://x.example&#x27;)" in html
        assert "<script>alert" not in html

    def test_many_problems_are_cut_short_and_counted(self, browser):
        response = look(browser, "\tnobody\n" * 45)
        assert len(response.context["problems"]) == 30
        assert "And 15 more." in response.content.decode()

    def test_a_preview_of_many_rows_asks_no_more_than_one_of_few(self, browser):
        def asked(n):
            text = "\n".join(f"Area {i}\tHead {i}\th{i}@x.example" for i in range(n))
            with CaptureQueriesContext(connection) as queries:
                assert look(browser, text).status_code == 200
            return len(queries)

        asked(1)
        assert asked(3) == asked(60) <= 15

    def test_bringing_in_asks_a_fixed_number_for_each_row(self, member):
        def asked(start, n):
            text = "\n".join(f"Area {i}\tHead {i}\th{i}@x.example" for i in range(start, start + n))
            with CaptureQueriesContext(connection) as queries:
                bring(text, member)
            return len(queries)

        one, three, five = asked(0, 1), asked(10, 3), asked(20, 5)
        assert three - one == five - three <= 2 * 25
