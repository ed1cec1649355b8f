"""Takes the pictures of docs/pictures from the example organisation, as `make run` starts it.

python -m tests.pictures [--folder FOLDER] [name …]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.journeys.conftest import ARGUMENTS, SIGN_IN
from tests.journeys.processes import running, surroundings, wait_for_port
from tests.servers import HOST, chromium, free_port

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
DESK, PHONE = (1280, 800), (360, 740)
COLOURS = 160


@dataclass(frozen=True)
class Picture:
    """One picture: its name, who looks, at which page, and how."""

    name: str
    who: str
    path: str
    window: tuple[int, int] = DESK
    scheme: str = "light"
    follow: tuple[str, ...] = field(default=())


PICTURES = (
    Picture("home", "PMO lead", "/"),
    Picture("area", "Head of Terminal Operations", "/"),
    Picture("agreement", "Head of Terminal Operations", "/", follow=("The agreement",)),
    Picture("mandate", "Sponsor", "/mandate/"),
    Picture("mandate-dark", "Sponsor", "/mandate/", scheme="dark"),
    Picture("sign-on-a-phone", "Head of Finance", "/", PHONE, follow=("Read the agreement and sign it",)),
    Picture("settings", "PMO lead", "/settings/organisation/"),
    Picture("door", "", "/"),
)


@contextmanager
def example(folder: Path) -> Iterator[tuple[str, dict[str, tuple[str, str]]]]:
    """The example in a folder of its own: its address, and who comes in with which address and password."""
    port, log = free_port(), folder / "output"
    around = surroundings(PORT=port, PORTAL_VAR=folder)
    with running([sys.executable, "bin/start.py", "example"], around, log) as portal:
        wait_for_port(port, portal, log, seconds=90)
        printed = SIGN_IN.findall(log.read_text())
        yield f"http://{HOST}:{port}", {role: (address, password) for role, address, password in printed}


def come_in(context: BrowserContext, address: str, password: str) -> None:
    page = context.new_page()
    page.goto("/accounts/login/")
    page.locator('main [name="login"]').fill(address)
    page.locator('main [name="password"]').fill(password)
    page.locator("main").get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_load_state()
    page.close()


def take(browser: Browser, base: str, people: dict[str, tuple[str, str]], picture: Picture, folder: Path) -> None:
    width, height = picture.window
    options: dict[str, Any] = {"viewport": {"width": width, "height": height}, "color_scheme": picture.scheme}
    context = browser.new_context(base_url=base, locale="en-GB", reduced_motion="reduce", **options)
    if picture.who:
        come_in(context, *people[picture.who])
    page = context.new_page()
    page.goto(picture.path)
    for link in picture.follow:
        page.get_by_role("link", name=link, exact=True).first.click()
        page.wait_for_load_state()
    shot = Image.open(BytesIO(page.screenshot()))
    # A page has few colours: a third of the bytes, and the same to the eye.
    shot.quantize(COLOURS, dither=Image.Dither.NONE).save(folder / f"{picture.name}.png", optimize=True)
    context.close()
    print(f"{picture.name}.png", flush=True)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("names", nargs="*", help="all of them when none is given")
    told = parser.parse_args(arguments)
    path = chromium()
    if path is None:
        print("Pictures need Chromium, and none was found.", file=sys.stderr)
        return 1
    told.folder.mkdir(parents=True, exist_ok=True)
    wanted = [picture for picture in PICTURES if not told.names or picture.name in told.names]
    with tempfile.TemporaryDirectory() as var, example(Path(var)) as (base, people), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        for picture in wanted:
            take(browser, base, people, picture, told.folder)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
