"""What is wrong with a page, in sentences; and what is wrong with a template before it becomes one."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
# The two pages with another policy, and why.
OTHER_POLICY = {
    "digests:letter": {**POLICY, "frame-src": "'self'"},  # shows the letter in a frame
    "digests:letter_source": {  # the letter itself: inline styles by nature, and nothing else at all
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
        "sandbox": "",
    },
}
ASSETS = {
    "link": "href",
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "use": "href",
    "form": "action",
}
LETTERS = {"digests:letter_source"}
# Links of a head that a browser does not follow by itself.
NAMES_ONLY = {"canonical", "alternate"}


class Reader(HTMLParser):
    """Notes what a browser would meet."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.headings = 0
        self.lang = ""
        self.title = ""
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.inside = tag
        self.headings += tag == "h1"
        if tag == "html":
            self.lang = given.get("lang") or ""
        if tag == "style":
            self.problems.append("a <style>")
        for name, value in given.items():
            if name == "style" or name.startswith("on"):
                self.problems.append(f'{name}="{value}" on <{tag}>')
        address = given.get(ASSETS.get(tag, ""), "") or ""
        if tag == "link" and given.get("rel") in NAMES_ONLY:
            return
        if re.match(r"(?:[a-z]+:)?//", address) or address.startswith(("javascript:", "data:")):
            self.problems.append(f"<{tag}> loads or sends to {address}")

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside == "script" and data.strip():
            self.problems.append("a <script> with a body")
        if self.inside == "title":
            self.title += data.strip()


def policy_of(response: Any) -> dict[str, str]:
    """The policy that a response carries, directive by directive."""
    parts = (part.strip().partition(" ") for part in response.get("Content-Security-Policy", "").split(";"))
    return {name: value for name, _space, value in parts if name}


def problems(response: Any, route: str = "") -> list[str]:
    """All that is wrong with one answer: its headers, and its HTML where it has one."""
    found = []
    if policy_of(response) != OTHER_POLICY.get(route, POLICY):
        found.append(f"policy {policy_of(response)}")
    if "no-store" not in response.get("Cache-Control", ""):
        found.append(f"Cache-Control {response.get('Cache-Control')}")
    frame = "SAMEORIGIN" if route in LETTERS else "DENY"
    wanted = {"X-Frame-Options": frame, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
    if response.status_code in (400, 413):
        del wanted["X-Frame-Options"]  # refused before the middleware that sets it; frame-ancestors says the same
    found += [f"{name} {response.get(name)}" for name, value in wanted.items() if response.get(name) != value]
    is_page = response.get("Content-Type", "").startswith("text/html") and response.content
    return found + (in_html(response.content.decode()) if is_page and route not in LETTERS else [])


def in_html(text: str) -> list[str]:
    """All that is wrong with the HTML of a page."""
    reader = Reader()
    reader.feed(text)
    found = list(reader.problems)
    if reader.headings != 1:
        found.append(f"{reader.headings} h1")
    if not reader.lang:
        found.append("no language")
    if not reader.title or reader.title.startswith("·"):
        found.append(f"title “{reader.title}”")
    return found


class Forms(HTMLParser):
    """The hidden fields of each form on a page, by the address that it is sent to."""

    def __init__(self) -> None:
        super().__init__()
        self.by_action: dict[str, dict[str, str]] = {}
        self.open: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.open = self.by_action[given.get("action") or ""] = {}
        elif tag == "input" and given.get("type") == "hidden" and given.get("name"):
            self.open[str(given["name"])] = given.get("value") or ""


def form_on(text: str, action: str) -> dict[str, str]:
    """What a page's own form sends to an address before anybody writes in it."""
    reader = Forms()
    reader.feed(text)
    return reader.by_action[action]


# --- templates ----------------------------------------------------------------------------------
def templates() -> list[str]:
    """The names of all templates of ours."""
    return sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*") if path.is_file())


def source(name: str) -> str:
    return (TEMPLATES / name).read_text()


NAMED = re.compile(r"{%\s*(?:include|extends)\s+[\"']([^\"']+)[\"']")


def named_in(text: str) -> list[str]:
    """The templates that a template names."""
    return NAMED.findall(text)


COMMENT = re.compile(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}|<!--.*?-->", re.DOTALL)
TRANSLATED = re.compile(r"{%\s*blocktrans(?:late)?\b.*?endblocktrans(?:late)?\s*%}", re.DOTALL)
CLASSES = re.compile(r"{%\s*block\s+\w*_class\s*%}.*?{%\s*endblock[^%]*%}", re.DOTALL)
CODE = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
SPOKEN = re.compile(r"""\b(?:alt|title|placeholder|aria-label|aria-description)=(["'])(.*?)\1""", re.DOTALL)
TAG = re.compile(r"<(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>", re.DOTALL)
STYLE = re.compile(r"<style\b.*?</style>", re.DOTALL)
WORD = re.compile(r"[A-Za-zÀ-ž]{2,}")


def untranslated(text: str) -> list[str]:
    """The words of a template that no translation reaches: between tags, and in attributes that are read out."""
    bare = text
    for unspoken in (COMMENT, TRANSLATED, CLASSES, CODE, STYLE):
        bare = unspoken.sub(" ", bare)
    spoken = [value for _quote, value in SPOKEN.findall(bare)]
    between = re.sub(r"&\w+;", " ", TAG.sub("\n", bare)).splitlines()
    return [line.strip() for line in [*spoken, *between] if WORD.search(line)]
