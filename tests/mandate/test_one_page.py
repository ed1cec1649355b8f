"""The mandate on one page: one sheet in print and as PDF, whatever is written; what is too long is told, not cut."""

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from mandate import actions
from mandate.models import MandateVersion, Service
from mandate.reading import one_page, one_page_on_paper, too_long, whole_on_paper
from mandate.reading.fitting import SIZES, Contact, Group, Line, Quarter, Sheet, fit, lines
from mandate.reading.paper import on_paper
from pmo_portal.common.models import Organisation
from pmo_portal.paper.actions import press
from pmo_portal.paper.reading import can_make
from tests.conftest import write_mandate
from tests.house.looker import HOST, Answer, Looker
from tests.journeys.conftest import ARGUMENTS
from tests.servers import chromium

needs_pango = pytest.mark.skipif(not can_make(), reason="Pango does not take part in this run: no PDF can be made")


# --- what stands on it --------------------------------------------------------------------------
def whole(version: MandateVersion) -> MandateVersion:
    return MandateVersion.objects.with_parts().get(pk=version.pk)


def words_on(sheet: Sheet) -> str:
    found = [sheet.title, *sheet.meta]
    for quarter in sheet.quarters:
        for group in quarter.groups:
            found += [group.title, *(f"{line.name} {line.text} {line.aside}" for line in group.lines)]
    return " ".join([*found, *(f"{each.role} {each.name} {each.address}" for each in sheet.contacts)])


@pytest.mark.django_db
def test_it_has_four_quarters_and_the_contacts(live, issuer, lead):
    sheet = one_page(whole(live), live)["sheet"]
    assert [quarter.anchor for quarter in sheet.quarters] == ["why", "do", "not", "tell"]
    said = words_on(sheet)
    for words in ("Keeps one list of projects.", "Fewer surprises", "The project manager", "The sponsor"):
        assert words in said
    assert [each.address for each in sheet.contacts] == [issuer.email, lead.email, ""]


@pytest.mark.django_db
def test_where_anyone_may_read_it_no_address_of_a_person_stands_on_it(live, issuer, lead):
    Organisation.objects.update(mandate_readers="anyone")
    said = words_on(one_page(whole(live), live)["sheet"])
    assert "@" not in said
    assert "/mandate/" in said


@pytest.mark.django_db
def test_marks_of_free_text_and_empty_lines_take_no_room(live, member):
    draft = write_mandate(member)
    draft.purpose = "We *help*.\n\n\n- early\n- well"
    actions.save_part(draft, by=member)
    assert "We help.\n- early\n- well" in words_on(one_page(whole(draft), live)["sheet"])


@pytest.mark.django_db
def test_what_does_not_hold_says_so_on_the_sheet(live, member):
    assert "Draft" in words_on(one_page(whole(write_mandate(member)), live)["sheet"])
    assert "Live" not in words_on(one_page(whole(live), live)["sheet"])


@pytest.mark.django_db
def test_who_writes_too_much_is_told_where_to_shorten(live, member):
    draft = write_mandate(member)
    assert too_long(whole(draft)) == ""
    draft.purpose = "A sentence that says the same again. " * 100
    actions.save_part(draft, by=member)
    said = too_long(whole(draft))
    assert "lines too long" in said and "Why we exist" in said


# --- it fits ------------------------------------------------------------------------------------
ENGLISH = [
    "the",
    "of",
    "and",
    "project",
    "decides",
    "sponsor",
    "which",
    "quay",
    "within",
    "calendar",
    "MINUTES",
    "Monday",
]
WORDS = {
    "english": ENGLISH,
    "capitals": [word.upper() for word in ENGLISH] + ["WWWWWW", "MMMM", "OQG"],
    "narrow": ["illicit", "till", "fill", "it's", "I'll", "jilt", "1,111.11"],
    "long": ["https://portal.example.org/mandate/one-page/and/further/and/further", "Donaudampfschifffahrt", "a"],
    "accents": ["Übergröße", "señalización", "żółć", "ŵŷ", "ДОКУМЕНТ", "решение", "ΑΠΟΦΑΣΗ", "öffentliche"],
}


def written(kind: str, seed: int) -> Iterator[str]:
    chance, most = random.Random(f"{kind} {seed}"), 8 if kind == "long" else 30
    while True:
        yield " ".join(chance.choice(WORDS[kind]) for _ in range(chance.randint(2, most))).capitalize()


def sheet_of(text: Iterator[str], rows: tuple[int, ...]) -> Sheet:
    """A sheet with so many rows in each of its quarters."""
    why, do, does_not, tell = rows

    def some(count: int, *, name: int = 0, aside: int = 0) -> list[Line]:
        return [Line(next(text), next(text)[:name], next(text)[:aside]) for _ in range(count)]

    return Sheet(
        title="What the Programme and Project Office is for",
        meta=["Fairhaven Water and Sanitation", "Version 12 · Published on 20 September 2026 · Signed by Ada"],
        quarters=[
            Quarter("why", "Why we exist", [Group("lead", some(1)), Group("text", some(why, name=40))]),
            Quarter("do", "What we do", [Group("text", some(do, name=40)), Group("list", some(do), "Together")]),
            Quarter("not", "What we don't do", [Group("pairs", some(does_not, name=40, aside=50))]),
            Quarter(
                "tell", "How to tell", [Group("list", some(tell)), Group("text", some(tell, name=40), "Who decides")]
            ),
        ],
        contacts=[Contact("Issues the mandate", "Helen Marsh", "helen.marsh@fairhaven.example")] * 3,
    )


def just_full(kind: str, seed: int) -> Sheet:
    """The last sheet that fits, when more and more is written."""
    chance, rows = random.Random(seed), [1, 1, 1, 1]
    while True:
        more = list(rows)
        more[chance.randrange(4)] += 1
        if fit(sheet_of(written(kind, seed), tuple(more))).over:
            return sheet_of(written(kind, seed), tuple(rows))
        rows = more


FULL = [(kind, seed) for kind in WORDS for seed in (1, 2)]


def context_of(sheet: Sheet) -> dict:
    found = fit(sheet)
    assert not found.over
    return {"sheet": sheet, "step": found.step, "halves": None if found.over else found.halves, "logo": ""}


def pages(pdf: bytes) -> int:
    return len(PdfReader(BytesIO(pdf)).pages)


@pytest.fixture(scope="module")
def looker() -> Iterator[Looker]:
    path = chromium()
    if path is None:
        pytest.skip("Chromium does not take part in this run")
    looker = Looker(path, ARGUMENTS)
    yield looker
    looker.close()


@pytest.fixture
def printed(looker: Looker) -> Callable[[str], bytes]:
    """What the browser prints."""

    def go(html: str) -> bytes:
        looker.answers = {"/page": Answer(html.encode(), "text/html; charset=utf-8")}
        looker.page.goto(f"{HOST}/page")
        return looker.page.pdf(prefer_css_page_size=True)

    return lambda html: looker.thread.submit(go, html).result()


@pytest.mark.browser
@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "seed"), FULL)
def test_a_sheet_that_is_just_full_is_one_page_in_the_browsers_print(kind, seed, printed):
    html = render_to_string(
        "stakeholders/overview/one_page.html", {**context_of(just_full(kind, seed)), "version": {}}
    )
    assert pages(printed(html)) == 1


@needs_pango
@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "seed"), FULL)
def test_a_sheet_that_is_just_full_is_one_page_as_pdf(kind, seed):
    context = context_of(just_full(kind, seed))
    assert pages(press(on_paper("mandate/paper/one_page.html", context))) == 1


@pytest.mark.parametrize("seed", range(3))
def test_more_words_never_take_larger_type(seed):
    steps = [fit(sheet_of(written("english", seed), (n, n, n, n))).step for n in range(1, 12)]
    assert steps == sorted(steps) and steps[0] == 0 and steps[-1] == len(SIZES) - 1


@pytest.mark.parametrize(("text", "taken"), [("", 0), ("a", 1), ("a\nb", 2), ("one two " * 30, 12), ("n" * 100, 7)])
def test_lines_are_counted_never_too_few(text, taken):
    assert lines(text, 10) in (taken, taken + 1)


@needs_pango
@pytest.mark.django_db
def test_what_is_too_long_takes_a_second_sheet_and_loses_no_word(live, member):
    draft = write_mandate(member)
    for number in range(60):
        words = f"Nothing of number {number} is lost."
        actions.save_part(Service(version=draft, name=f"Service {number}", what_you_get=words), by=member)
    made = press(one_page_on_paper(whole(draft), live))
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(made)).pages)
    assert pages(made) > 1
    assert all(f"number {number} is" in " ".join(text.split()) for number in range(60))


# --- as PDF -------------------------------------------------------------------------------------
@needs_pango
@pytest.mark.django_db
def test_the_pdf_says_what_the_page_says_and_tells_its_parts(live):
    reader = PdfReader(BytesIO(press(one_page_on_paper(whole(live), live))))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    assert len(reader.pages) == 1
    for words in ("What the PMO is for", "Words for purpose.", "Keeps one list of projects.", "The project manager"):
        assert words in text
    assert reader.metadata.title == "What the PMO is for, on one page"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]


@needs_pango
@pytest.mark.django_db
def test_the_whole_mandate_is_on_paper_too(live):
    reader = PdfReader(BytesIO(press(whole_on_paper(whole(live), live))))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for words in ("Words for helps.", "One calendar", "Run your projects.", "A change of the budget", "1 / "):
        assert words in text


@pytest.mark.django_db
def test_the_sheet_is_the_same_whoever_asks_and_another_when_it_says_something_else(live, lead):
    before = one_page_on_paper(whole(live), live)
    with timezone.override("Pacific/Auckland"):
        assert one_page_on_paper(whole(live), live) == before
    Organisation.objects.update(accent="#5a2a82")
    assert one_page_on_paper(whole(live), live) != before


# --- who reads it -------------------------------------------------------------------------------
PAPER = ["mandate:one_page", "mandate:one_page_pdf", "mandate:pdf", "mandate:json", "mandate:markdown"]


@pytest.fixture
def scheduled(live, member, issuer):
    """The next version, approved and to be published next week."""
    draft = write_mandate(member)
    draft.purpose = "Embargoed words."
    actions.save_part(draft, by=member)
    version = actions.seal(draft, by=member)
    actions.approve(version, by=issuer, content_hash=version.content_hash)
    at = timezone.now() + timedelta(days=7)
    actions.publish(version, by=issuer, content_hash=version.content_hash, at=at)
    return version


@pytest.mark.django_db
@pytest.mark.parametrize("route", PAPER)
def test_what_is_scheduled_is_not_there_for_readers(route, scheduled, head, as_user):
    browser, address = as_user(head), reverse(route)
    for number in (scheduled.number, 99):
        assert browser.get(f"{address}?version={number}").status_code == 404
    assert b"Embargoed" not in browser.get(address).content


@pytest.mark.django_db
@pytest.mark.parametrize("route", PAPER)
def test_who_writes_and_issues_sees_each_version_before(route, scheduled, lead, issuer, as_user):
    for who in (lead, issuer):
        assert as_user(who).get(f"{reverse(route)}?version={scheduled.number}").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("route", PAPER)
def test_a_version_of_before_is_there_for_readers(route, live, member, issuer, head, as_user):
    newer = actions.seal(write_mandate(member), by=member)
    actions.approve(newer, by=issuer, content_hash=newer.content_hash)
    actions.publish(newer, by=issuer, content_hash=newer.content_hash)
    assert as_user(head).get(f"{reverse(route)}?version={live.number}").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["0", "-1", "x", "٣", "9" * 40, "1 "])
def test_no_number_breaks_it(number, live, lead, as_user):
    assert as_user(lead).get(reverse("mandate:one_page"), {"version": number}).status_code == 404
