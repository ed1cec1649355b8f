"""Every page: a strict policy, nothing inline, one heading, a title, never stored; every template compiles."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.template.loader import get_template
from django.urls import reverse

from mandate.models import Clause, MandateVersion
from pmo_portal.common.models import Organisation
from stakeholders.agreements.models import AgreementRevision
from stakeholders.overview import reading
from tests.house import page
from tests.house.conftest import Cast, undone
from tests.house.matrix import MATRIX, Row

VIEWERS = ("anonymous", "lead", "issuer", "administrator", "head", "sponsor")
NO_PAGE = {"home:accent", "home:logo", "home:healthz", "home:readyz", "admin:jsi18n", "admin:autocomplete"}
READ = [line for line in MATRIX if line.method == "GET" and line.route not in NO_PAGE]
STAGES = sorted({line.stage for line in READ})
# What does not keep the rules yet; what keeps them fails until it is taken out here.
NOT_YET_TEMPLATES: dict[str, str] = {}


def address_of(line: Row, thing: Any) -> str:
    return reverse(line.route, kwargs=line.at(thing))


def found_by(read: Callable[[str], Any], lines: list[Row], thing: Any) -> list[str]:
    """What is wrong with what somebody gets when they read these lines."""
    found = []
    for line in lines:
        response = read(address_of(line, thing))
        if response.status_code != 302:
            name = line.route if response.status_code == 200 else ""
            found += [f"{line} {response.status_code}: {problem}" for problem in page.problems(response, name)]
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("stage", STAGES)
def test_every_page_keeps_the_rules_of_pages(stage: str, cast: Cast, request: pytest.FixtureRequest) -> None:
    thing = request.getfixturevalue(stage)
    lines = [line for line in READ if line.stage == stage]
    found: dict[str, list[str]] = {}
    for role in VIEWERS:
        with undone():
            found[role] = found_by(cast.client(role).get, lines, thing)
    assert {role: problems for role, problems in found.items() if problems} == {}


# What somebody wrote, or holds by that name, and not the portal: the capacity under a signature, and no more.
BY_THAT_NAME = re.compile(r"\bPMO (?:lead|member)\b")


@pytest.mark.django_db
@pytest.mark.parametrize("stage", STAGES)
def test_outside_the_office_everybody_reads_its_own_name(
    stage: str, cast: Cast, request: pytest.FixtureRequest
) -> None:
    """Letters are left out: they stay as they were sent."""
    thing = request.getfixturevalue(stage)
    lines = [line for line in READ if line.stage == stage and not line.route.startswith("digests:letter")]
    Organisation.objects.update(office_name="Delivery Office")
    written = " ".join(Clause.objects.values_list("text", flat=True)) + str(MandateVersion.objects.values())
    found = set()
    for role in ("issuer", "head", "sponsor"):
        browser = cast.client(role)
        for line in lines:
            if (answer := browser.get(address_of(line, thing))).status_code == 200:
                words = " ".join(re.sub(r"<[^>]*>", "\n", answer.content.decode()).split("\n"))
                found |= {(role, line.route, said) for said in named(words) if said not in written}
    assert found == set()


def named(text: str) -> list[str]:
    """Each place of a text that calls the office PMO, with the words around it."""
    return re.findall(r"[^\n]{0,40}\bPMO\b[^\n]{0,20}", BY_THAT_NAME.sub("", text))


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["anonymous", "lead"])
def test_a_page_that_is_not_there_keeps_them(role: str, cast: Cast) -> None:
    response = cast.client(role).get("/nowhere/")
    assert (response.status_code, page.problems(response)) == (404, [])


@pytest.mark.django_db
def test_a_refusal_keeps_them(cast: Cast) -> None:
    response = cast.client("head").get(reverse("people:people"))
    assert (response.status_code, page.problems(response)) == (403, [])


@pytest.mark.django_db
def test_a_refusal_of_a_verb_keeps_them(cast: Cast, proposed: AgreementRevision) -> None:
    address = reverse("agreements:sign", kwargs={"pk": proposed.agreement_id})
    response = cast.client("lead").post(address, {"hash": proposed.content_hash})
    assert (response.status_code, page.problems(response)) == (403, [])


@pytest.mark.django_db
def test_a_conflict_keeps_them(cast: Cast, proposed: AgreementRevision) -> None:
    response = cast.client("head").post(reverse("agreements:sign", kwargs={"pk": proposed.agreement_id}))
    assert (response.status_code, page.problems(response)) == (409, [])


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["anonymous", "lead"])
def test_a_form_without_its_token_keeps_them(role: str, cast: Cast) -> None:
    response = cast.client(role, with_csrf=True).post(reverse("home:theme"))
    assert (response.status_code, page.problems(response)) == (403, [])


@pytest.mark.django_db
def test_a_form_with_a_mistake_keeps_them(cast: Cast) -> None:
    response = cast.client("lead").post(reverse("areas:add"), {"name": ""})
    assert (response.status_code, page.problems(response)) == (422, [])
    assert "<title>Error:" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["anonymous", "lead"])
def test_a_request_that_makes_no_sense_keeps_them(role: str, cast: Cast) -> None:
    response = cast.client(role).get("/", headers={"host": "elsewhere.example"})
    assert (response.status_code, page.problems(response)) == (400, [])


@pytest.mark.django_db
def test_a_failure_of_ours_keeps_them(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("made for this test")

    monkeypatch.setattr(reading, "areas", fail)
    response = cast.client("lead").get(reverse("areas:areas"))
    assert (response.status_code, page.problems(response)) == (500, [])
    assert "made for this test" not in response.content.decode()


GOOD = '<html lang="en"><title>Areas</title><h1>Areas</h1><a href="https://example.org">x</a>{}</html>'


@pytest.mark.parametrize(
    ("html", "said"),
    [
        (GOOD.format("<script>alert(1)</script>"), "a <script> with a body"),
        (GOOD.format("<style>p{}</style>"), "a <style>"),
        (GOOD.format('<p style="color:red">'), "style="),
        (GOOD.format('<p onclick="x()">'), "onclick="),
        (GOOD.format('<img src="//cdn.example/x.png">'), "loads or sends to //cdn.example"),
        (GOOD.format('<script src="https://cdn.example/x.js"></script>'), "loads or sends to https://cdn"),
        (GOOD.format("<h1>Two</h1>"), "2 h1"),
        ('<html lang="en"><title> · PMO</title><h1>x</h1></html>', "title “· PMO”"),
        ("<html><title>x</title><h1>x</h1></html>", "no language"),
    ],
)
def test_a_page_that_breaks_a_rule_is_told(html: str, said: str) -> None:
    assert any(said in problem for problem in page.in_html(html))
    assert page.in_html(GOOD.format("")) == []


# --- templates ----------------------------------------------------------------------------------
TEMPLATES = page.templates()


def marked(name: str) -> Any:
    marks = [pytest.mark.xfail(reason=NOT_YET_TEMPLATES[name], strict=True)] if name in NOT_YET_TEMPLATES else []
    return pytest.param(name, marks=marks)


@pytest.mark.parametrize("name", [marked(name) for name in TEMPLATES])
def test_a_template_compiles_and_all_that_it_names_is_there(name: str) -> None:
    get_template(name)
    for other in page.named_in(page.source(name)):
        get_template(other)


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name.startswith("components/")])
def test_a_component_tells_its_inputs(name: str) -> None:
    assert page.source(name).startswith(("{#", "{% comment"))


def test_every_component_is_used() -> None:
    named = {other for name in TEMPLATES for other in page.named_in(page.source(name))}
    assert {name for name in TEMPLATES if name.startswith("components/")} - named == set()


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_word_for_people_goes_through_translation(name: str) -> None:
    assert page.untranslated(page.source(name)) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ('<img alt="A map">', ["A map"]),
        ('<p class="lead">{% translate "Hello" %} {{ name }} · 3</p>', []),
        ("{% blocktranslate %}Hello <b>you</b>{% endblocktranslate %}", []),
        ('{# Hello #}<a title="{% translate "x" %}">&nbsp;→</a>', []),
    ],
)
def test_a_word_that_no_translation_reaches_is_told(text: str, words: list[str]) -> None:
    assert page.untranslated(text) == words
