"""Too much at once, and nonsense pasted: clear words, no failure, nothing half done. Measured, not raced."""

import time
from urllib.parse import quote_from_bytes

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mandate import actions as mandate
from mandate.models import Clause, MandateVersion
from pmo_portal.audit.models import Entry
from stakeholders.areas.models import Area
from stakeholders.people.models import Person, Role
from tests.house import page
from tests.house.conftest import Cast

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
CLAUSES, AREAS = ("mandate:paste", "text"), ("reorganisation:paste", "rows")
BOTH = pytest.mark.parametrize(("route", "field"), [CLAUSES, AREAS], ids=["clauses", "areas"])
TOO_MUCH = "That was too much at once"
# What a page may answer to a paste: looked at, refused in words, too much.
ANSWERS = {200, 422, 413}


@pytest.fixture
def lead_s_browser(cast: Cast) -> Client:
    mandate.start_draft(by=cast.users["member"])
    return cast.client("lead")


def everything() -> list[object]:
    models = (Area, Person, Role, Clause, MandateVersion, Entry)
    return [list(model.objects.order_by("pk").values()) for model in models]


def send(browser: Client, route: str, field: str, pasted: str | bytes):
    """As a browser sends it; bytes go as they are, whatever they are."""
    raw = pasted if isinstance(pasted, bytes) else pasted.encode("utf-8", "surrogatepass")
    browser.raise_request_exception = True
    return browser.post(reverse(route), f"{field}={quote_from_bytes(raw)}", content_type=FORM)


# --- too much -----------------------------------------------------------------------------------
@BOTH
@pytest.mark.parametrize("megabytes", [3, 10, 100])
def test_more_than_is_taken_is_said_with_what_to_do(route, field, megabytes, lead_s_browser):
    before = everything()
    answer = lead_s_browser.post(reverse(route), f"{field}=" + "a" * (megabytes * 2**20), content_type=FORM)
    assert answer.status_code == 413
    text = answer.content.decode()
    for words in (TOO_MUCH, "up to 2 MB of text", "Nothing was kept", "paste it in parts", "import_organogram"):
        assert words in text
    assert page.problems(answer) == []
    assert everything() == before


@pytest.mark.parametrize("with_csrf", [False, True])
def test_too_many_fields_are_told_the_same_way(with_csrf, cast):
    browser = cast.client("lead", with_csrf=with_csrf)
    browser.get("/areas/paste/")
    body = "&".join(f"field{number}=1" for number in range(1001))
    answer = browser.post("/areas/paste/", body, content_type=FORM)
    assert answer.status_code == 413
    assert "1000 fields" in answer.content.decode()
    assert page.problems(answer) == []


def test_too_large_a_body_is_not_even_read_whoever_sends_it(cast):
    class Unread:
        def read(self, *_size):
            raise AssertionError("it was read")

        readline = read

    told = {"CONTENT_LENGTH": str(10**9), "CONTENT_TYPE": FORM, "wsgi.input": Unread()}
    for role in ("anonymous", "lead"):
        answer = cast.client(role).generic("POST", "/areas/paste/", **told)
        assert answer.status_code == 413
        assert page.problems(answer) == []


@pytest.mark.parametrize("length", ["", "-5", "many", "١٢"])
def test_a_length_that_is_none_is_no_failure(length, cast):
    assert cast.client("lead").get("/", CONTENT_LENGTH=length).status_code == 200


def test_what_makes_no_sense_is_still_a_400(cast):
    answer = cast.client("lead").get("/", headers={"host": "elsewhere.example"})
    assert answer.status_code == 400
    assert TOO_MUCH not in answer.content.decode()


# --- nonsense -----------------------------------------------------------------------------------
RTL, EMOJI = "مكتب المشاريع\u202e\u200f", "👩🏽‍🚒🏴‍☠️🚢"
NASTY = {
    "5,000 rows of nonsense": "\n".join(f"x{n}\ty{n % 7}\tz{n}@" for n in range(5000)),
    "5,000 rows of commas": ",,,,\n" * 5000,
    "5,000 empty paragraphs": "<p>" * 5000,
    "5,000 rows": "\n".join(f"Area {n}, Head {n}, h{n}@x.example" for n in range(5000)),
    "formulas": "=1+1\t@SUM(A1:A9)\t+1\n-2+3\t=HYPERLINK(\"http://x.example\")\t\n=cmd|' /C calc'!A0\t\t",
    "right to left": f"{RTL}\t{RTL}\ta@x.example\n{RTL[::-1]}",
    "emoji": f"{EMOJI}\t{EMOJI}\t{EMOJI}@x.example\n" * 40,
    "NULs": "Fin\0ance\tAn\0na\t\0a@x.example\0\n\0\0\0",
    "nothing but NULs": "\0" * 1000,
    "lone surrogates": "Fin\ud800ance\tAnna\udfff\ta@x.example",
    "surrogates by number": "<p>One &#xD800; two &#xDFFF; &#1114112; &#0; three</p>",
    "no Unicode at all": bytes(range(256)) * 20,
    "UTF-16": "Area\tHead\nFinance\tAnna".encode("utf-16"),
    "mixed line ends": "One\rTwo\r\nThree\n\rFour\x0bFive\x0cSix\x85Seven\u2028Eight\u2029Nine",
    "10,000 characters in a cell": f"{'x' * 10_000}\t{'y' * 10_000}\t{'z' * 10_000}@x.example",
    "10,000 columns": "\t".join(["cell"] * 10_000),
    "an open quote": '"Finance\tAnna\n' + "x\ty\n" * 2000,
    "quotes alone": '"' * 20_001,
    "open tags": "<" * 100_000,
    "nested tags": "<ul><li>" * 12_000,
    "open comments": "<!--" * 40_000,
    "half a tag": "<p " + "a=" * 60_000,
    "quotes in a tag": "<p " + "'\"" * 60_000,
    "bullets": "• " * 60_000,
    "numbers": "1.1." * 40_000,
    "Roman numbers": "(" + "i" * 150_000,
    "spaces": " " * 190_000,
    "spaces and a word": " " * 190_000 + "x",
    "spaces that cannot be seen": "\u200b\ufeff\u2060" * 20_000,
    "combining signs": "e" + "\u0301" * 60_000,
    "a line of almost 2 MB": "a" * (2 * 2**20 - 200),
    "a line of 2 MB": "a" * (2 * 2**20),
    "words of the portal": "{% load i18n %}{{ settings.SECRET_KEY }}<script>alert(1)</script>",
    "one header": "Area\tHead\tE-mail",
    "many headers": "Area\tHead\tE-mail\n" * 400,
    "an address for all": "\n".join(f"Area {n}\tHead {n}\tsame@x.example" for n in range(400)),
}


@BOTH
@pytest.mark.parametrize("pasted", NASTY.values(), ids=NASTY.keys())
def test_nonsense_gets_words_and_leaves_nothing_behind(route, field, pasted, lead_s_browser, record_property):
    before, begun = everything(), time.process_time()
    answer = send(lead_s_browser, route, field, pasted)
    spent = time.process_time() - begun
    record_property("seconds", f"{spent:.2f}")
    print(f"{spent:6.2f} s  {answer.status_code}")
    assert answer.status_code in ANSWERS
    assert page.problems(answer) == []
    assert "<script>alert(1)" not in answer.content.decode()
    assert everything() == before


SIGNS = st.sampled_from(
    ["\t", ",", ";", "\n", "\r", '"', "'", "<", ">", "<p>", "</p>", "<!--", "&#0;", "&#xD800;", "\0", "\ud800", "=",
     "@", "•", "1.", "(a)", "\u202e", "א", "🚢", "\ufeff", "\u2028", " ", "\xa0", "Area", "Head", "a@x.example"]
)  # fmt: skip
KINDS = st.sampled_from(["does", "shared", "does_not", "leave_out", "", "x"])
TEXTS = st.lists(st.one_of(SIGNS, st.text(max_size=5)), max_size=60).map("".join)


@BOTH
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pasted=TEXTS)
def test_whatever_is_pasted_never_fails_and_keeps_nothing(route, field, lead_s_browser, pasted):
    before = everything()
    answer = send(lead_s_browser, route, field, pasted)
    assert answer.status_code in ANSWERS
    assert page.problems(answer) == []
    assert everything() == before


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(TEXTS, KINDS), max_size=6))
def test_whatever_is_added_comes_in_whole_or_not_at_all(lead_s_browser, rows):
    parts = [f"form-TOTAL_FORMS={len(rows)}&form-INITIAL_FORMS=0"]
    for number, (text, kind) in enumerate(rows):
        raw = quote_from_bytes(text.encode("utf-8", "surrogatepass"))
        parts.append(f"form-{number}-text={raw}&form-{number}-kind={kind}")
    before = Clause.objects.count()
    answer = lead_s_browser.post(reverse("mandate:paste_add"), "&".join(parts), content_type=FORM)
    assert answer.status_code in {302, 422}
    added = Clause.objects.count() - before
    wanted = sum(kind != "leave_out" for _text, kind in rows)
    assert added <= wanted if answer.status_code == 302 else added == 0


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pasted=TEXTS)
def test_whatever_is_brought_in_was_shown_before(lead_s_browser, pasted):
    shown = send(lead_s_browser, *AREAS, pasted)
    before = everything()
    seen = str(shown.context.get("seen") or "") if shown.context else ""
    raw = quote_from_bytes(pasted.encode("utf-8", "surrogatepass"))
    address = reverse("reorganisation:bring_in")
    answer = lead_s_browser.post(address, f"rows={raw}&seen={seen}", content_type=FORM)
    assert answer.status_code in {302, 409, 422}
    if answer.status_code != 302:
        assert everything() == before
