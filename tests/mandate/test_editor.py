"""Writing the parts of a draft: a page each, half-written too, in order, and what is missing told at its field."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mandate import actions, reading
from mandate.models import Clause, DecisionStep, MandateVersion, Measure, Power, Service
from pmo_portal.common.models import today
from tests.conftest import write_mandate

pytestmark = pytest.mark.django_db
EDITOR = "/mandate/draft/"


@pytest.fixture
def client(as_user, member):
    """A PMO member's browser, with an empty first draft."""
    browser = as_user(member)
    browser.post(f"{EDITOR}start/")
    return browser


def text_of(answer) -> str:
    """The words of a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def steps(draft: MandateVersion) -> list[str]:
    """The steps as the page lists them: matter, then who."""
    return [
        f"{group['title']}: {row['title']}"
        for group in reading.row_groups(draft, "decisions")
        for row in group["rows"]
    ]


# --- a page for every part ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("powers", {"kind": "stop", "text": "A project without an owner", "limit": "Until there is one"}),
        ("decisions", {"matter": "Money", "who": "The sponsor", "limit": "50,000", "answer_days": "3"}),
        ("measures", {"text": "Surprises", "target": "None", "where": "The monthly page"}),
    ],
)
def test_a_row_of_every_part_is_written_on_a_page_and_read_back(part, words, client):
    assert client.get(f"{EDITOR}{part}/add/").status_code == 200
    assert client.post(f"{EDITOR}{part}/add/", words).status_code == 302
    row = getattr(MandateVersion.objects.get(), part).get()
    assert {name: str(getattr(row, name)) for name in words} == words
    page = text_of(client.get(f"{EDITOR}{part}/"))
    assert all(value in page for name, value in words.items() if name not in {"kind", "where", "target"})


def test_the_issuers_word_and_the_frame_have_pages_too(client):
    client.post(f"{EDITOR}message/", {"message": "I asked for this office."})
    frame = {
        "reports_to": "Finance",
        "period_from": "2027-01-01",
        "period_to": "2027-12-31",
        "review_on": "2027-12-01",
    }
    client.post(f"{EDITOR}frame/", frame)
    draft = MandateVersion.objects.get()
    assert draft.message == "I asked for this office."
    assert {name: str(getattr(draft, name)) for name in frame} == frame


def test_a_year_from_today_is_proposed_for_the_first_and_kept_by_saving_alone(client):
    form = client.get(f"{EDITOR}frame/").context["form"]
    assert form["period_from"].value() == today()
    assert form["period_to"].value() - today() == timedelta(days=364)
    assert MandateVersion.objects.get().period_to is None
    client.post(f"{EDITOR}frame/", {"reports_to": "Finance"})
    draft = MandateVersion.objects.get()
    assert (draft.reports_to, draft.period_to) == ("Finance", None), "emptied is empty"


def test_a_next_version_is_proposed_no_period(as_user, live, member):
    browser = as_user(member)
    browser.post(f"{EDITOR}start/")
    assert browser.get(f"{EDITOR}frame/").context["form"]["period_from"].value() is None


def test_a_period_that_ends_before_it_begins_is_refused_at_its_last_day(client):
    answer = client.post(f"{EDITOR}frame/", {"period_from": "2027-02-01", "period_to": "2027-01-01"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["period_to"] == ["The last day is before the first."]


def test_what_may_stay_empty_says_so_and_is_folded_until_something_stands_there(client):
    page = client.get(EDITOR)
    assert text_of(page).count("Nothing yet, and may stay so") == 5
    assert not page.context["is_more_open"]
    client.post(f"{EDITOR}powers/add/", {"kind": "decide", "text": "The calendar"})
    page = client.get(EDITOR)
    assert text_of(page).count("Nothing yet, and may stay so") == 4
    assert page.context["is_more_open"]


@pytest.mark.parametrize("part", MandateVersion.LISTS)
def test_every_way_on_from_a_part_leads_somewhere_full_or_empty(part, client, member):
    for _ in "ab":
        page = client.get(f"{EDITOR}{part}/").content.decode()
        assert f'href="{EDITOR}"' in page[page.index("page-body") :]
        assert 'href=""' not in page
        row = MandateVersion._meta.get_field(part).related_model(version=MandateVersion.objects.get())
        actions.save_part(row, by=member)


# --- paths --------------------------------------------------------------------------------------
def test_steps_of_one_matter_are_one_path_and_the_next_is_one_link_away(client):
    client.post(f"{EDITOR}decisions/add/", {"matter": "Budget & scope", "who": "The manager"})
    client.post(f"{EDITOR}decisions/add/", {"matter": "Order of work", "who": "The board"})
    page = client.get(f"{EDITOR}decisions/").content.decode()
    address = re.search(r'href="(\S+\?matter=Budget\S+)"', page)[1]
    assert client.get(address.replace("&amp;", "&")).context["form"]["matter"].value() == "Budget & scope"
    client.post(f"{EDITOR}decisions/add/", {"matter": "budget &  scope.", "who": "The sponsor"})
    draft = MandateVersion.objects.get()
    assert steps(draft) == [
        "Budget & scope: The manager", "Budget & scope: The sponsor", "Order of work: The board",
    ]  # fmt: skip


def test_a_matter_from_an_address_may_say_anything(client):
    page = client.get(f"{EDITOR}decisions/add/", {"matter": "\0<b>" * 200})
    assert page.status_code == 200
    assert b"<b>" not in page.content


@pytest.fixture
def paths(client, member) -> MandateVersion:
    draft = MandateVersion.objects.get()
    for matter, who in (("A", "a1"), ("B", "b1"), ("A", "a2"), ("A", "a3"), ("C", "")):
        actions.save_part(DecisionStep(version=draft, matter=matter, who=who), by=member)
    return draft


@pytest.mark.parametrize(
    ("who", "to", "order"),
    [
        ("a3", "up", "a1 a3 a2 b1 C"),
        ("a1", "down", "a2 a1 a3 b1 C"),
        ("a1", "up", "a1 a2 a3 b1 C"),
        ("b1", "down", "a1 a2 a3 b1 C"),
        ("a1", "path-down", "b1 a1 a2 a3 C"),
        ("b1", "path-up", "b1 a1 a2 a3 C"),
        ("", "path-down", "a1 a2 a3 b1 C"),
    ],
)
def test_a_step_moves_along_its_path_and_a_path_among_the_paths(who, to, order, client, paths):
    step = paths.decisions.get(who=who)
    answer = client.post(f"{EDITOR}decisions/{step.pk}/move/", {"to": to})
    kind, way = ("path" if "path" in to else "row"), to.removeprefix("path-")
    assert answer["Location"] == f"{EDITOR}decisions/#{kind}-{step.pk}-{way}", "the same button is in reach again"
    assert [each.who or each.matter for each in paths.decisions.all()] == order.split()


def test_a_clause_moves_among_its_kind_and_disturbs_no_other(client, member):
    draft = MandateVersion.objects.get()
    for kind, text in (("does", "1"), ("does_not", "x"), ("does", "2"), ("does_not", "y"), ("does", "3")):
        actions.save_part(Clause(version=draft, kind=kind, text=text), by=member)
    last = draft.clauses.get(text="3")
    client.post(f"{EDITOR}clauses/{last.pk}/move/", {"to": "up"})
    client.post(f"{EDITOR}clauses/{last.pk}/move/", {"to": "up"})
    assert [clause.text for clause in draft.numbered_clauses()] == ["3", "1", "2", "x", "y"]


def test_the_button_that_was_pressed_is_on_the_page_again_at_either_end(client, member):
    draft = MandateVersion.objects.get()
    for text in "ab":
        actions.save_part(Measure(version=draft, text=text), by=member)
    last = draft.measures.last()
    answer = client.post(f"{EDITOR}measures/{last.pk}/move/", {"to": "up"}, follow=True)
    assert f'id="row-{last.pk}-up"' in answer.content.decode()
    assert answer.context["groups"][0]["rows"][0]["title"] == "b"


# --- half-written -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("part", "words", "lacks"),
    [
        ("services", {"name": "Calendar"}, ("what_you_get", "say what people get")),
        ("services", {"what_you_get": "One calendar"}, ("name", "has no name yet")),
        ("objectives", {"measure": "Counted"}, ("text", "has no words yet")),
        ("clauses", {"kind": "does_not", "who_instead": "The sponsor"}, ("text", "has no words yet")),
        ("powers", {"kind": "stop", "limit": "A week"}, ("text", "does not say what yet")),
        ("decisions", {"matter": "Money"}, ("who", "say who decides")),
        ("decisions", {"who": "The sponsor"}, ("matter", "belongs to no matter yet")),
        ("measures", {"target": "None"}, ("text", "does not say what is measured yet")),
    ],
)
def test_a_half_written_row_is_kept_and_what_it_lacks_is_told_at_its_field(part, words, lacks, client):
    assert client.post(f"{EDITOR}{part}/add/", words).status_code == 302
    draft = MandateVersion.objects.with_parts().get()
    row = getattr(draft, part).get()
    gap = next(gap for gap in draft.missing() if gap.row == row)
    assert gap.field == lacks[0]
    assert lacks[1] in str(gap)
    assert f'href="{EDITOR}{part}/{row.pk}/#id_{lacks[0]}"' in client.get(EDITOR).content.decode()
    assert client.get(f"{EDITOR}{part}/").status_code == 200


@pytest.mark.parametrize("part", ["objectives", "services", "powers", "decisions", "measures"])
def test_a_row_without_a_word_is_no_row(part, client):
    answer = client.post(f"{EDITOR}{part}/add/", {"kind": "decide"})
    assert answer.status_code == 422
    assert "There is not a word in it yet." in text_of(answer)
    assert not getattr(MandateVersion.objects.get(), part).exists()


def test_a_row_without_words_does_not_go_to_review(member):
    draft = write_mandate(member)
    actions.save_part(Power(version=draft, kind="stop", limit="A week"), by=member)
    assert [gap.part for gap in MandateVersion.objects.with_parts().get().missing()] == ["powers"]


def test_a_form_sent_twice_adds_its_row_once(client):
    for _ in "ab":
        assert client.post(f"{EDITOR}services/add/", {"name": "Calendar"}).status_code == 302
    assert Service.objects.count() == 1


def test_a_clause_of_another_kind_comes_back_to_be_asked_for_other_words(client):
    client.post(f"{EDITOR}clauses/add/", {"kind": "does", "text": "Runs projects."})
    clause = Clause.objects.get()
    answer = client.post(f"{EDITOR}clauses/{clause.pk}/", {"kind": "does_not", "text": "Runs projects."}, follow=True)
    assert "This kind asks for other words." in text_of(answer)
    assert 'name="who_instead"' in answer.content.decode()


# --- what is missing ----------------------------------------------------------------------------
def test_every_line_of_what_is_missing_leads_to_a_page_that_has_the_field(client, member):
    draft = MandateVersion.objects.get()
    for row in (
        Clause(version=draft, kind="does_not", text="Run projects."),
        Clause(version=draft, kind="shared", text="[what]"),
        DecisionStep(version=draft, matter="Money"),
        Service(version=draft, name="Calendar"),
    ):
        actions.save_part(row, by=member)
    found = client.get(EDITOR).context["missing"]
    assert len(found) > 12
    for line in found:
        address, _hash, field = line["url"].partition("#")
        page = client.get(address)
        assert page.status_code == 200, line
        assert not field or f'id="{field}"' in page.content.decode(), line


def test_a_refused_review_comes_back_to_the_very_list(client):
    answer = client.post(f"{EDITOR}seal/")
    assert answer["Location"] == f"{EDITOR}#missing"
    listed = client.get(EDITOR)
    assert 'id="missing"' in listed.content.decode()
    assert [str(line["words"]) for line in listed.context["missing"]] == [
        str(gap) for gap in MandateVersion.objects.with_parts().get().missing()
    ]


def test_each_page_tells_what_it_can_still_say(client, member):
    actions.save_part(Clause(version=MandateVersion.objects.get(), kind="does_not", text="Run projects."), by=member)
    clause = Clause.objects.get()
    assert len(client.get(f"{EDITOR}clauses/{clause.pk}/").context["missing"]) == 3
    assert len(client.get(f"{EDITOR}why/").context["missing"]) == 3
    assert client.get(f"{EDITOR}clauses/add/").context["missing"] == []


# --- questions to the database ------------------------------------------------------------------
def questions(client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def test_three_rows_of_each_part_cost_no_more_questions_than_one(client, member):
    draft = MandateVersion.objects.get()
    addresses = [EDITOR, f"{EDITOR}why/", f"{EDITOR}frame/", *(f"{EDITOR}{part}/" for part in MandateVersion.LISTS)]

    def grow(name: str) -> None:
        for row in (
            Clause(version=draft, kind="shared", text=name),
            Service(version=draft, name=name),
            Power(version=draft, text=name),
            DecisionStep(version=draft, matter=name),
            DecisionStep(version=draft, matter="Money", who=name),
            Measure(version=draft, text=name),
        ):
            actions.save_part(row, by=member)

    grow("one")
    one = {address: questions(client, address) for address in addresses}
    grow("two")
    grow("three")
    assert {address: questions(client, address) for address in addresses} == one
    assert max(one.values()) < 30
