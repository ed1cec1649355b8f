"""Looks at pages in a real Chromium that lives in a thread of its own: the tests keep asking the database in theirs.

A page comes as the bytes that the portal answered, its styles and scripts straight from the tree. No server runs.
"""

from __future__ import annotations

import mimetypes
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from playwright.sync_api import BrowserContext, Page, Route, sync_playwright

from tests.journeys.visitor import AXE, LOOK

HOST = "http://portal.test"
NARROW, WIDE = {"width": 320, "height": 640}, {"width": 1280, "height": 800}
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass(frozen=True)
class Answer:
    """What the portal answered at an address."""

    body: bytes
    kind: str


class Looker:
    """A browser that reads one answer at a time, light and dark, wide and narrow."""

    def __init__(self, chromium: str, arguments: tuple[str, ...]) -> None:
        self.thread = ThreadPoolExecutor(1)
        self.answers: dict[str, Answer] = {}
        self.thread.submit(self._open, chromium, arguments).result()

    def _open(self, chromium: str, arguments: tuple[str, ...]) -> None:
        self.playwright = sync_playwright().start()
        self.browser = self.playwright.chromium.launch(executable_path=chromium, args=list(arguments))
        context: BrowserContext = self.browser.new_context(bypass_csp=True, reduced_motion="reduce")
        context.route("**/*", self._serve)
        self.page: Page = context.new_page()

    def close(self) -> None:
        self.thread.submit(self._close).result()
        self.thread.shutdown()

    def _close(self) -> None:
        self.browser.close()
        self.playwright.stop()

    def _serve(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if answer := self.answers.get(path):
            route.fulfill(body=answer.body, content_type=answer.kind)
        elif path.startswith("/static/") and (found := finders.find(path.removeprefix("/static/"))):
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            route.fulfill(body=Path(str(found)).read_bytes(), content_type=kind)
        else:
            route.fulfill(body=b"", content_type="text/plain")

    def complaints(self, html: bytes, more: dict[str, Answer] | None = None) -> list[str]:
        """What axe and the narrow window say of a page; `more` answers other addresses, such as its accent."""
        return self.thread.submit(self._look, html, more or {}).result()

    def _look(self, html: bytes, more: dict[str, Answer]) -> list[str]:
        self.answers = {"/page": Answer(html, "text/html; charset=utf-8"), **more}
        found: list[str] = []
        self.page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            self.page.goto(f"{HOST}/page")
            self.page.add_script_tag(content=AXE)
            found += [f"axe in {scheme}: {each}" for each in self._ask(LOOK)]
        self.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        if (wide := self._ask(TOO_WIDE)) > 0:
            found.append(f"{wide} px wider than a window of 320")
        return found + [f"axe at 320: {each}" for each in self._ask(LOOK)]

    def _ask(self, script: str) -> Any:
        return self.page.evaluate(script)
