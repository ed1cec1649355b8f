"""Reads pasted words, plain or simple HTML, into one row a paragraph; writes nothing and asks no row."""

import re
import unicodedata
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from django.utils.translation import gettext as _

from mandate.models import Clause
from pmo_portal.common.errors import RuleBroken
from pmo_portal.common.forms import LONGEST_TEXT

MOST_ROWS = 200
MOST_BYTES = 200 * 1024
BOM = "\ufeff"

BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "dd", "div", "dl", "dt", "footer", "h1", "h2", "h3", "h4",
    "h5", "h6", "header", "hr", "html", "li", "main", "nav", "ol", "p", "pre", "section", "table", "tbody", "tfoot",
    "thead", "tr", "ul",
}  # fmt: skip
INLINE = {
    "a",
    "b",
    "br",
    "code",
    "em",
    "font",
    "i",
    "mark",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "td",
    "th",
    "u",
}
UNSPOKEN = {"script", "style", "title", "xml"}
TAG = re.compile(r"</?([a-z][a-z0-9]*)(?=[\s/>])[^<>]*>", re.IGNORECASE)

# What stands before the words of a row: bullets (Word's own are in the private area), then numbers as in
# “4.2”, “4)”, “(4)”, letters as in “a)”, “(a)”, “a.”, Roman numbers as in “(iii)”, “iv.”.
MARKS = re.compile(
    r"""(?:
        \s*
        (?: [•‣◦⁃∙▪▫■□●○◆◇➢➤✓✔·\uf000-\uf0ff]
          | (?: [-–—*+o§]
              | \d{1,3}(?:\.\d{1,3})+[.)]?
              | \d{1,3}[.)]
              | [(]\d{1,3}(?:\.\d{1,3})*[)]
              | [(]?[a-z][)] | [a-z]\.
              | [(]?[ivx]{1,6}[)] | [ivx]{1,6}\.
            ) (?:\s+|\Z)
        )
    )*\s*""",
    re.IGNORECASE | re.VERBOSE,
)  # fmt: skip

DOES_NOT = re.compile(
    r"\b(?:will|does|do|shall|may|must|is|are|can) not\b|\bcannot\b|n['’]t\b|\bnever\b|\bnot responsible\b"  # noqa: RUF001
    r"|\bout of scope\b|\bno responsibility\b",
    re.IGNORECASE,
)
SHARED = re.compile(r"\btogether\b|\bjoint(?:ly)?\b|\bshared?\b|\bwith the\b|\bin agreement with\b", re.IGNORECASE)


LONGEST_TITLE = 80
ENDS = re.compile(r"[.!?:;,。？！]['\"”’)]*\Z")  # noqa: RUF001
# The verbs that charters are made of; a title has none.
VERB = re.compile(
    r"\b(?:is|are|was|were|be|will|shall|must|may|can|cannot|should|does|do|has|have|not|never|[a-z]+n['’]t)\b"  # noqa: RUF001
    r"|\A(?:keeps?|runs?|plans?|supports?|helps?|provides?|reports?|maintains?|manages?|owns?|leads?|chairs?|checks?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class WrongLine:
    """What is wrong with one of several lines, by its number on the page."""

    line: int
    words: Any

    def __str__(self) -> str:
        return str(_("Line %(line)s: %(words)s") % {"line": self.line, "words": self.words})


class Paragraphs(HTMLParser):
    """Takes the words out of HTML, a paragraph or list item at a time, and nothing else."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[list[str]] = [[]]
        self.unspoken = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSPOKEN:
            self.unspoken += 1
        self._between(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._between(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSPOKEN and self.unspoken:
            self.unspoken -= 1
        self._between(tag)

    def handle_data(self, data: str) -> None:
        if not self.unspoken:
            self.found[-1].append(data)

    def _between(self, tag: str) -> None:
        if tag in BLOCKS:
            self.found.append([])
        elif tag in {"br", "td", "th"}:
            self.found[-1].append(" ")


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, with no markup in them: of plain text each line, of HTML each block."""
    text = re.sub(r"\r\n?|[\v\f\x85\u2028\u2029]", "\n", text)
    tags = {found.lower() for found in TAG.findall(text)}
    if not tags & (BLOCKS | INLINE):
        return text.split("\n")
    if not tags & BLOCKS:
        text = re.sub(r"\n|<br\s*/?>", "<p>", text, flags=re.IGNORECASE)
    reader = Paragraphs()
    reader.feed(_tags_only(text))
    reader.close()
    return ["".join(pieces) for pieces in reader.found]


def _tags_only(text: str) -> str:
    """HTML without comments and declarations, where each “<” that opens no whole tag is a sign like any other."""
    first, *rest = text.split("<!--")
    text = first + "".join(piece.partition("-->")[2] if "-->" in piece else piece for piece in rest)
    text = re.sub(r"<[!?][^<>]*>", "", text)
    return re.sub(
        r"<(?!/?[a-z][^<>\"']*(?:\"[^\"<>]*\"[^<>\"']*|'[^'<>]*'[^<>\"']*)*>)", "&lt;", text, flags=re.IGNORECASE
    )


def stripped(text: str) -> str:
    """The words of a paragraph: no number or bullet before them, single spaces, no signs that cannot be seen."""
    seen = "".join(sign for sign in text if sign.isspace() or not (sign == BOM or unicodedata.category(sign) == "Cc"))
    return MARKS.sub("", " ".join(seen.split()), count=1)


def is_blank(text: str) -> bool:
    """Nothing that can be seen."""
    return all(unicodedata.category(sign) in {"Cc", "Cf", "Zs", "Zl", "Zp"} for sign in text)


def rows_in(text: str) -> list[str]:
    """One row for each paragraph of a pasted text that has words in it, in order."""
    return [words for words in map(stripped, paragraphs(text)) if not is_blank(words)]


def read(text: str) -> list[str]:
    """The rows of a pasted text. Raises RuleBroken when it is too much, or when there is nothing in it."""
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise RuleBroken(
            _("This is more than 200 KB, the most that can be read at once. Paste the part with the clauses.")
        )
    rows = rows_in(text)
    if not rows:
        raise RuleBroken(_("There are no words in this. Paste at least one paragraph."))
    if len(rows) > MOST_ROWS:
        raise RuleBroken(
            _("These are %(count)s paragraphs, and at most %(most)s can be read at once. Paste fewer.")
            % {"count": len(rows), "most": MOST_ROWS}
        )
    if long := [too_long(row, line) for line, row in enumerate(rows, start=1) if len(row) > LONGEST_TEXT]:
        raise RuleBroken(_("Some paragraphs are too long for a clause."), long)
    return rows


def too_long(row: str, line: int) -> str:
    """Says that a row is longer than a clause may be, and by which words to find it."""
    words = _("Paragraph %(line)s (“%(start)s…”) has %(count)s characters; a clause has at most %(most)s.")
    return words % {"line": line, "start": row[:40], "count": len(row), "most": LONGEST_TEXT}


def begins_with_title(rows: list[str]) -> bool:
    """Whether the first row is a heading rather than a clause: short, no sentence, above longer rows.

    Where the others are sentences, it is enough that it ends like none; else it is written as a title too.
    """
    if len(rows) < 2:
        return False
    title, below = rows[0], rows[1:]
    if len(title) > LONGEST_TITLE or ENDS.search(title) or VERB.search(title) or len(below[0]) <= len(title):
        return False
    sentences = sum(bool(ENDS.search(row)) for row in below)
    return sentences * 2 >= len(below) or is_written_as_title(title)


def is_written_as_title(text: str) -> bool:
    """All in capitals, or a capital before every word but the small ones."""
    words = [word for word in text.split() if word[:1].isalpha() and len(word) > 3]
    return text.isupper() or (len(words) > 1 and all(word[0].isupper() for word in words))


def guess(text: str) -> Clause.Kind:
    """The kind of clause that the words of a row sound like."""
    if DOES_NOT.search(text):
        return Clause.Kind.DOES_NOT
    return Clause.Kind.SHARED if SHARED.search(text) else Clause.Kind.DOES
