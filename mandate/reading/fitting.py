"""Whether a text fits on one sheet of paper, worked out without a browser; knows no mandate, writes nothing.

How many lines a text takes is counted with widths that no font of the sheet goes beyond, so that one answer holds for
every browser, for the PDF, and for the editor while writing: what is said to fit does. Sizes and distances are those
of static/css/one-page.css and paper.css; a test prints sheets that are just full.
"""

import math
import re
import unicodedata
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Line:
    """One thing in a quarter of the sheet: a paragraph, with a name before it or beside it where it has one."""

    text: str
    name: str = ""
    aside: str = ""


@dataclass(frozen=True)
class Group:
    """Lines of one kind: a lead, text, list, or pairs in two columns; under a small title where there is one."""

    kind: str
    lines: list[Line]
    title: str = ""


@dataclass(frozen=True)
class Quarter:
    """A quarter of the sheet."""

    anchor: str
    title: str
    groups: list[Group] = field(default_factory=list)


@dataclass(frozen=True)
class Contact:
    """Somebody to turn to, or the door."""

    role: str
    name: str
    address: str = ""


@dataclass(frozen=True)
class Sheet:
    """All that stands on the page."""

    title: str
    meta: list[str]
    quarters: list[Quarter]
    contacts: list[Contact]

    @property
    def rows(self) -> list[list[Quarter]]:
        """The upper and the lower half."""
        return [self.quarters[:2], self.quarters[2:]]


@dataclass(frozen=True)
class Fit:
    """The step of type in which all fits, how high both halves are then (in points), and how many lines too many."""

    step: int
    halves: tuple[float, float]
    over: int = 0


SIZES = (13.0, 12.0, 11.0, 10.5, 10.0, 9.5, 9.0, 8.5, 8.0)  # points; below 8 nobody reads it on paper
LEADING = 1.3
MM = 72 / 25.4
# What the sheet gives: less than there is between its margins (277 by 190 mm), so that a rounding does no harm.
HIGH, COLUMN = 184 * MM, 132 * MM
HEAD_TITLE, HEAD_META, CONTACT = 160 * MM, 94 * MM, 84 * MM
TITLE_SIZE, META_SIZE = 16.0, 8.0
# Beside the words: under the head and the foot in points, the others in lines of the text beside them.
HEAD_GAP, FOOT_GAP = 4 * MM, 3 * MM
TITLE, SMALL_TITLE, BETWEEN, AROUND = 1.3, 1.3, 0.3, 0.8
LEAD, BOLD = 1.1, 1.12

# Widths in em, each that of the widest font the sheet may be set in, or a little more.
THIN = set("iljI.,;:'’|!· ")  # noqa: RUF001
NARROW = set("tfr()[]-/")
WIDE = set("mwMWOQGDHNU@%&—–…→")  # noqa: RUF001
SPACE = 0.34


def fit(sheet: Sheet) -> Fit:
    """The largest type in which all fits, the room that is left shared by both halves; else the smallest."""
    for step, size in enumerate(SIZES):
        halves, left = _halves(sheet, size)
        if left >= 0:
            return Fit(step, (halves[0] + left / 2, halves[1] + left / 2))
    return Fit(len(SIZES) - 1, halves, math.ceil(-left / (LEADING * SIZES[-1])))


def _halves(sheet: Sheet, size: float) -> tuple[tuple[float, float], float]:
    """How high both halves are at a size of type, and what stays free of the sheet: in points, below 0 too little."""
    upper, lower = (max(height(each, size) for each in row) * LEADING * size for row in sheet.rows)
    return (upper, lower), HIGH - _head(sheet) - upper - lower - _foot(sheet, size)


def _head(sheet: Sheet) -> float:
    title = lines(sheet.title, HEAD_TITLE / TITLE_SIZE, BOLD) * TITLE_SIZE * 1.2
    meta = sum(lines(each, HEAD_META / META_SIZE, BOLD) for each in sheet.meta) * META_SIZE * LEADING
    return max(title, meta, 12 * MM) + HEAD_GAP


def _foot(sheet: Sheet, size: float) -> float:
    wide = CONTACT / size
    taken = [sum(lines(text, wide, BOLD) for text in (each.role, each.name, each.address)) for each in sheet.contacts]
    return max(taken) * LEADING * size + FOOT_GAP + size


def height(quarter: Quarter, size: float) -> float:
    """The lines that a quarter takes, at a size of type in points."""
    width = COLUMN / size
    title = lines(quarter.title, width / 1.2, BOLD) * TITLE
    return title + AROUND + sum(_height(group, width) for group in quarter.groups)


def _height(group: Group, width: float) -> float:
    """The lines that a group takes in a column of so many em."""
    title = lines(group.title, width, BOLD) * SMALL_TITLE if group.title else 0
    return title + BETWEEN + sum(_one(group.kind, line, width) + BETWEEN for line in group.lines)


def _one(kind: str, line: Line, width: float) -> float:
    if kind == "pairs":
        half = width / 2 - 1
        return max(lines(line.text, half), lines(f"{line.name} {line.aside}", half, BOLD))
    if kind == "lead":
        return lines(line.text, width / LEAD) * LEAD
    # A name is set bold, which is wider: as if some more signs stood before the text.
    bold = "n" * math.ceil(len(line.name) * (BOLD - 1))
    return lines(f"{line.name}{bold} {line.text}".strip(), width - (1.5 if kind == "list" else 0))


def lines(text: str, width: float, factor: float = 1.0) -> int:
    """How many lines a text takes in a column of so many em, in type that is so much wider; never too few."""
    return sum(_filled(part, width / factor) for part in text.split("\n")) if text else 0


def _filled(text: str, width: float) -> int:
    """Words put into lines one after another; a word that is wider than the column goes over several."""
    taken, here = 1, 0.0
    for word in re.findall(r"\S+", text):
        long = sum(map(_em, word))
        if here and here + SPACE + long > width:
            taken, here = taken + 1, 0.0
        here += long + (SPACE if here else 0)
        if here > width:
            more = math.ceil(here / width) - 1
            taken, here = taken + more, here - more * width
    return taken


def _em(sign: str) -> float:
    if sign in THIN:
        return 0.34
    if sign in NARROW:
        return 0.42
    if sign in WIDE or unicodedata.east_asian_width(sign) in "WF":
        return 1.02
    return 0.74 if sign.isupper() or sign.isdigit() else 0.64
