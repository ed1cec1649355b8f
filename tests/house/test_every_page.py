"""Every page of the resolver, as each role gets it: axe has nothing to say in light and dark, 320 px are enough.

Which pages there are is told by the matrix, and the matrix has a line for every route (test_matrix). An answer that
differs from another only in names, numbers and tokens is looked at once.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from mandate.models import MandateVersion
from tests.house.conftest import ROLES, Cast, undone
from tests.house.looker import Looker
from tests.house.matrix import MATRIX, Row, by_stage
from tests.journeys.conftest import ARGUMENTS
from tests.servers import chromium

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="a page looks the same on both databases"),
]
# Not ours to dress: Django's own pages for administrators, and a letter, which is looked at as a letter.
NOT_OURS = ("admin:", "digests:letter_source")
LINES = [line for line in MATRIX if not line.route.startswith(NOT_OURS)]
# What may differ without making another page: texts, values, addresses.
WORDS = re.compile(rb">[^<]+<")
VALUES = re.compile(rb'"[^"]*"')
CLASS = re.compile(rb'class="[^"]*"')


@pytest.fixture(scope="module")
def looker() -> Iterator[Looker]:
    path = chromium()
    if path is None:
        pytest.skip("Chromium does not take part in this run")
    looker = Looker(path, ARGUMENTS)
    yield looker
    looker.close()


@pytest.fixture(scope="module")
def seen() -> set[str]:
    """The shapes of pages that were looked at already."""
    return set()


def shape(html: bytes) -> str:
    """A page without its words: its elements and their classes."""
    classes = b"".join(CLASS.findall(html))
    bare = WORDS.sub(b"><", html)
    return hashlib.sha256(VALUES.sub(b'""', bare) + classes).hexdigest()


def pages(cast: Cast, line: Row, address: str, form: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """The HTML that each role gets, refusals too."""
    for role in ROLES:
        with undone():
            browser = cast.client(role)
            response = browser.get(address) if line.method == "GET" else browser.post(address, form)
        if response.get("Content-Type", "").startswith("text/html") and response.content:
            yield role, response.content


@pytest.mark.parametrize("stage", by_stage(LINES))
def test_axe_has_nothing_to_say_and_320_pixels_are_enough(
    stage: str,
    cast: Cast,
    looker: Looker,
    seen: set[str],
    request: pytest.FixtureRequest,
    subtests: pytest.Subtests,
) -> None:
    thing = request.getfixturevalue(stage)
    for line in by_stage(LINES)[stage]:
        with subtests.test(str(line)):
            address, form = reverse(line.route, kwargs=line.at(thing)), line.send(thing)
            found = {}
            for role, html in pages(cast, line, address, form):
                key = shape(html)
                if key not in seen and (complaints := looker.complaints(html)):
                    found[role] = complaints
                seen.add(key)
            assert not found


@pytest.mark.parametrize("asked", ["view=side", "show=all", "from=2&to=1&view=side&show=all"])
def test_the_ways_of_a_comparison_that_only_its_query_tells(
    asked: str, cast: Cast, looker: Looker, two_versions: MandateVersion
) -> None:
    assert looker.complaints(cast.client("head").get(f"{reverse('mandate:compare')}?{asked}").content) == []


GOOD = b'<!doctype html><html lang="en"><title>x</title><main><h1>x</h1>%b</main></html>'


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (b'<p style="color:#bbb;background:#fff">Pale</p>', "axe in light: color-contrast"),
        (b'<form><input name="x"></form>', "axe in dark: label"),
        (b'<p style="width:400px">Wide</p>', "px wider than a window of 320"),
    ],
)
def test_a_page_with_a_trouble_is_told(trouble: bytes, said: str, looker: Looker) -> None:
    assert any(said in each for each in looker.complaints(GOOD % trouble))
    assert looker.complaints(GOOD % b"") == []
