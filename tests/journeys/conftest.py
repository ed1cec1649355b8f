"""The browser of the journeys, and the embedded portal with the example organisation."""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.journeys.processes import running, surroundings, wait_for_port
from tests.journeys.visitor import Complaints, Visitor
from tests.servers import HOST, chromium, free_port

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SIGN_IN = re.compile(r"^(\S.*?)\s{2,}(\S+@\S+)\s{2,}(\S+)$", re.MULTILINE)
CODE = re.compile(r"^\s*(\d{6})\s*$", re.MULTILINE)
Visit = Callable[..., Visitor]
expect.set_options(timeout=30_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Of the module, not the session: while it is open, Django refuses queries in this thread."""
    path = chromium()
    if path is None:
        pytest.skip("Chromium does not take part in this run")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """What the browsers complain of; a journey that left any has failed."""
    heard: Complaints = []
    yield heard
    assert not heard, "\n".join(heard)


@pytest.fixture
def visit(browser: Browser, complaints: Complaints) -> Iterator[Visit]:
    """Opens browsers for visitors; none stays open."""
    here: list[Visitor] = []

    def come(base: str, kind: type[Visitor] = Visitor, **options: Any) -> Visitor:
        here.append(kind(browser, base, complaints, **options))
        return here[-1]

    yield come
    for visitor in here:
        visitor.leave()


@dataclass(frozen=True)
class Example:
    """The embedded portal as `make run` starts it."""

    base: str
    mail: Path
    sign_ins: list[tuple[str, str, str]]

    def who(self, role: str) -> str:
        return self.pass_of(role)[0]

    def pass_of(self, role: str) -> tuple[str, str]:
        """Address and password."""
        return next((address, password) for name, address, password in self.sign_ins if name == role)


@pytest.fixture(scope="module")
def example(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    var, port = tmp_path_factory.mktemp("var"), free_port()
    log = var / "output"
    with running([sys.executable, "bin/start.py", "example"], surroundings(PORT=port, PORTAL_VAR=var), log) as portal:
        wait_for_port(port, portal, log, seconds=180)
        yield Example(f"http://{HOST}:{port}", var / "example" / "mail", SIGN_IN.findall(log.read_text()))
