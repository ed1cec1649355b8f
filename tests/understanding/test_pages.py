"""The reader's page says what changed since; the PMO's pages say who has read it, and let the list be taken away."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from mandate import actions as mandate_actions
from mandate.models import Service
from pmo_portal.accounts.models import Appointment
from pmo_portal.common.models import today
from stakeholders.people.models import Person, Role
from stakeholders.understanding import actions, reading
from stakeholders.understanding.models import Acknowledgement, Readership
from tests.conftest import person_with, write_mandate

pytestmark = pytest.mark.django_db
LIVE, LIST = "/mandate/", "/mandate/readers/"


def text(client, path=LIVE):
    return " ".join(client.get(path).content.decode().split())


# --- the reader's own page ----------------------------------------------------------------------------
def test_after_a_material_version_a_reader_sees_just_what_changed_and_says_so(story, as_user, head):
    browser = as_user(head)
    story.publish("Keeps one list of projects.")
    assert "Changed since you last read" not in text(browser)
    assert "I have read version 1" in text(browser)
    browser.post("/mandate/acknowledge/", {"hash": "0" * 64})
    story.read(head)
    second = story.publish("Keeps two lists of projects.")
    page = text(browser)
    assert "Changed since you last read" in page
    assert "You read version 1" in page
    key = second.clauses.get(kind="does").key
    assert f'<a class="quiet" href="#clause-{key}">Clause 1.1</a>, changed' in page
    assert "taken out: </span>one list</del>" in page
    assert "put in: </span>two lists</ins>" in page
    assert "Clause 3.1</a>" not in page, "what is the same is left out"
    assert "Please by" in page
    answer = browser.post("/mandate/acknowledge/", {"hash": second.content_hash}, follow=True)
    assert "You have read this version" in answer.content.decode()
    assert "Changed since you last read" not in answer.content.decode()


def test_the_changes_of_several_versions_are_told_together_since_the_one_last_read(story, as_user, head):
    story.publish("Keeps one list of projects.")
    story.read(head)
    story.publish("Keeps two lists of projects.")
    draft = write_mandate(story.member)
    mandate_actions.save_part(Service(version=draft, name="Coaching", what_you_get="An hour"), by=story.member)
    third = mandate_actions.seal(draft, by=story.member)
    mandate_actions.issue(third, by=story.issuer, content_hash=third.content_hash)
    page = text(as_user(head))
    assert "You read version 1" in page
    assert "Clause 1.1</a>, changed" in page
    assert "Service “Coaching”</a>, new" in page


def test_an_editorial_version_asks_nothing_on_the_page_either(story, as_user, head):
    story.publish()
    story.read(head)
    story.publish(material=False)
    page = text(as_user(head))
    assert "Changed since you last read" not in page
    assert "You have read version 1" in page
    assert "means the same in better words: nothing is asked of you" in page
    assert "/mandate/acknowledge/" not in page


def test_a_page_of_before_a_new_version_cannot_say_that_the_new_one_was_read(story, as_user, head):
    first = story.publish()
    story.publish()
    assert as_user(head).post("/mandate/acknowledge/", {"hash": first.content_hash}).status_code == 409
    assert not Acknowledgement.objects.exists()


def test_a_page_of_before_a_withdrawal_is_answered_like_any_that_is_out_of_date(story, as_user, head):
    first = story.publish()
    mandate_actions.withdraw(first, by=story.issuer, reason="Too much.")
    answer = as_user(head).post("/mandate/acknowledge/", {"hash": first.content_hash})
    assert answer.status_code == 409
    assert "The mandate has changed since you opened the page" in answer.content.decode()
    assert not Acknowledgement.objects.exists()


def test_who_may_not_read_the_mandate_does_not_learn_by_saying_so_whether_one_holds(story, as_user, head):
    Role.objects.filter(person=head).update(ends_on=today() - timedelta(days=1))
    before = as_user(head).post("/mandate/acknowledge/", {"hash": "x"}).status_code
    first = story.publish()
    for sent in ("x", first.content_hash):
        assert as_user(head).post("/mandate/acknowledge/", {"hash": sent}).status_code == before == 403
    assert not Acknowledgement.objects.exists()


@pytest.mark.parametrize(("office", "is_deputy"), [("issuer", True), ("member", False)])
def test_who_writes_or_issues_it_is_not_asked_on_its_page_either(story, as_user, head, office, is_deputy):
    story.publish()
    assert "/mandate/acknowledge/" in text(as_user(head))
    days = {"starts_on": today(), "ends_on": today() + timedelta(days=9)}
    Appointment.objects.create(user=head.user, office=office, is_deputy=is_deputy, **days)
    assert "/mandate/acknowledge/" not in text(as_user(head))


def test_what_changed_costs_the_same_questions_however_much_it_is(story, as_user, head):
    story.publish()
    story.read(head)
    story.publish()
    one = questions(as_user(head), LIVE)
    draft = write_mandate(story.member)
    for number in range(3):
        mandate_actions.save_part(Service(version=draft, name=f"S{number}", what_you_get="An hour"), by=story.member)
    third = mandate_actions.seal(draft, by=story.member)
    mandate_actions.issue(third, by=story.issuer, content_hash=third.content_hash)
    assert questions(as_user(head), LIVE) == one


def questions(browser, path):
    browser.get(path)
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(path).status_code == 200
    return len(asked)


# --- the PMO's list -----------------------------------------------------------------------------------
@pytest.fixture
def told(story, head, foreign_head, sponsor, member):
    """The head read what there was before, another head is excused, the sponsor has not read it and is late."""
    story.publish()
    story.read(head)
    story.publish()
    actions.waive(foreign_head, by=member, reason="Away until June.")
    return story


def test_the_list_says_who_has_read_it_who_has_not_and_who_is_excused(told, as_user, member):
    page = text(as_user(member), LIST)
    for said in (
        "Earlier version", "Not yet", "Excused", "Member: Away until June.",
        "Everybody here is asked to have read version 2.",
        "Version 1,", "All roles", "All areas", "30 days",
    ):  # fmt: skip
        assert said in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("state=open", {"Sponsor"}),
        ("state=changed", {"Head"}),
        ("state=waived", {"Foreign"}),
        ("state=read", set()),
        ("state=overdue", set()),
        ("state=nonsense", {"Head", "Foreign", "Sponsor"}),
        ("area=x", {"Head", "Foreign", "Sponsor"}),
    ],
)
def test_the_list_is_narrowed_by_state(query, names, told, as_user, member):
    lines = as_user(member).get(f"{LIST}?{query}").context["lines"]
    assert {str(line.person) for line in lines} == names


def test_the_list_is_narrowed_by_area(told, as_user, member, area):
    lines = as_user(member).get(f"{LIST}?area={area.pk}").context["lines"]
    assert {str(line.person) for line in lines} == {"Head", "Sponsor"}


def test_overdue_is_said_in_words(told, as_user, member, monkeypatch):
    later = timezone.localdate() + timedelta(days=33)
    monkeypatch.setattr(reading.asked, "today", lambda: later)
    page = text(as_user(member), f"{LIST}?state=overdue")
    assert page.count("3 days overdue") == 2


def test_a_list_of_three_asks_no_more_than_a_list_of_one(told, as_user, member, area):
    Role.objects.exclude(person__name="Head").update(ends_on=timezone.localdate() - timedelta(days=1))
    actions.choose_readers(by=member, kinds=["head", "sponsor"], areas=[area], days=30)
    one = questions(as_user(member), LIST), questions(as_user(member), f"{LIST}export/")
    for name in ("a", "b"):
        person_with(area, Role.Kind.SPONSOR, f"{name}@x.example")
    assert (questions(as_user(member), LIST), questions(as_user(member), f"{LIST}export/")) == one


def test_a_long_list_comes_in_pages(told, as_user, member, area):
    people = Person.objects.bulk_create(Person(name=f"Person {number:03}") for number in range(60))
    Role.objects.bulk_create(Role(person=each, area=area, kind="customer") for each in people)
    first, second = (as_user(member).get(f"{LIST}?page={page}").context["lines"] for page in (1, 2))
    assert (len(first), len(second)) == (50, 13)


def test_excusing_asks_for_a_reason_and_keeps_it(told, as_user, member, sponsor):
    browser = as_user(member)
    assert browser.post(f"{LIST}{sponsor.pk}/waive/", {"reason": " "}).status_code == 422
    assert browser.post(f"{LIST}{sponsor.pk}/waive/", {"reason": "New here."})["Location"] == LIST
    assert sponsor.waivers.get().reason == "New here."
    assert browser.get(f"{LIST}999999/waive/").status_code == 404


def test_the_choice_of_who_is_asked_is_kept_and_shown(told, as_user, member, area):
    browser = as_user(member)
    browser.post(f"{LIST}asked/", {"kinds": ["head", "deputy"], "areas": [area.pk], "days": ""})
    kept = Readership.current()
    assert (kept.kinds, kept.chosen_areas(), kept.days) == (["head", "deputy"], [area], None)
    page = text(browser, LIST)
    for said in ("Head, Deputy head", "No day is set"):
        assert said in page
    for wrong in ({"days": 0}, {"days": "x"}, {"kinds": ["king"]}, {"areas": [999_999]}):
        assert browser.post(f"{LIST}asked/", wrong).status_code == 422


@pytest.mark.parametrize("path", ["", "asked/", "export/", "records/", "1/waive/"])
def test_nobody_but_the_pmo_learns_who_has_read_it(path, told, as_user, head, foreign_head, sponsor, issuer):
    for somebody in (head, foreign_head, sponsor, issuer):
        answer = as_user(somebody).get(LIST + path)
        assert answer.status_code == 403
        assert b"Away until June" not in answer.content


# --- to take away -------------------------------------------------------------------------------------
def rows(answer):
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_list_is_taken_away_as_it_is_narrowed(told, as_user, member):
    browser = as_user(member)
    assert [row["Name"] for row in rows(browser.get(f"{LIST}export/?state=changed"))] == ["Head"]
    by_name = {row["Name"]: row for row in rows(browser.get(f"{LIST}export/"))}
    today = timezone.localdate()
    assert by_name["Head"]["State"] == "Earlier version"
    assert by_name["Head"]["Version read"] == "1"
    assert by_name["Head"]["Asked since"] == today.isoformat()
    assert by_name["Sponsor"]["Due"] == (today + timedelta(days=30)).isoformat()
    assert by_name["Foreign"]["Excused because"] == "Away until June."
    assert by_name["Foreign"]["Due"] == ""


def test_all_records_are_taken_away(told, as_user, member, head):
    told.read(head)
    kept = rows(as_user(member).get(f"{LIST}records/"))
    assert [(row["Person"], row["Version"], row["What"]) for row in kept] == [
        ("Head", "1", "Has read it"), ("Head", "2", "Has read it"), ("Foreign", "2", "Excused"),
    ]  # fmt: skip


def test_no_cell_is_a_formula(told, as_user, member, head):
    Person.objects.filter(pk=head.pk).update(name='=HYPERLINK("http://x.example")', post_title="@cmd\n-1")
    row = next(row for row in rows(as_user(member).get(f"{LIST}export/")) if "HYPERLINK" in row["Name"])
    assert row["Name"].startswith("'=")
    assert row["Post"].startswith("'@")


@given(st.text())
def test_whatever_a_cell_says_it_begins_with_no_sign_that_is_reckoned_with(words):
    shown = reading.cell(words)
    assert not shown.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert shown.removeprefix("'") == words.removeprefix("'")
