"""Whether a text fits on one sheet of paper, worked out without a browser; knows no mandate, writes nothing.

How many lines a text takes is counted with the widths of the fonts that the sheet asks for, so that one answer holds
for every browser, for the PDF, and for the editor while writing: what is said to fit does. Sizes and distances are
those of static/css/one-page.css and paper.css; a test prints sheets that are just full.
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
    def columns(self) -> list[list[Quarter]]:
        """Left and right: who reads goes down the one and then down the other."""
        return [self.quarters[:2], self.quarters[2:]]

    @property
    def rows(self) -> list[tuple[Quarter, ...]]:
        """The upper and the lower half: what stands side by side is equally high."""
        return list(zip(*self.columns, strict=True))


@dataclass(frozen=True)
class Fit:
    """The step of type in which all fits, how high both halves are then (in points), and how many lines too many."""

    step: int
    halves: tuple[float, float]
    over: int = 0


SIZES = (13.0, 12.0, 11.0, 10.5, 10.0, 9.5, 9.0, 8.5, 8.0)  # points; below 8 nobody reads it on paper
LEADING = 1.27
MM = 72 / 25.4
# What the sheet gives: a little less than there is between its margins (281 by 194 mm), for roundings.
HIGH, COLUMN = 191 * MM, 134.5 * MM
HEAD_TITLE, HEAD_META, CONTACT = 130 * MM, 130 * MM, 86 * MM
TITLE_SIZE, META_SIZE = 16.0, 8.0
# Beside the words: at the head and at the foot in points, the others in lines of the text beside them.
LOGO, HEAD_GAP, FOOT_GAP = 10 * MM, 3 * MM, 3 * MM
TITLE, BETWEEN, AROUND = 1.4, 0.2, 0.8
LEAD, BOLD = 1.1, 1.08

# Widths of signs in em, as in Arial (Liberation Sans has the same) and a little more: the sheet asks for these first.
WIDTHS = {
    0.25: "ijl'’|",  # noqa: RUF001
    0.30: " .,;:!It/f·[]",
    0.36: 'r-()"“”',
    0.52: "csvxyzkJ",
    0.60: "L+–?",  # noqa: RUF001
    0.69: "ABEKPSVXY&",
    0.80: "DGHNOQ",
    0.86: "mM",
    0.97: "W%",
    1.05: "@—…→",
}
WIDTH = {sign: width for width, signs in WIDTHS.items() for sign in signs} | {"w": 0.75}
SPACE = WIDTH[" "]


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
    return max(title, meta, LOGO) + HEAD_GAP


def _foot(sheet: Sheet, size: float) -> float:
    wide = CONTACT / size
    taken = [lines(f"{each.role}: {each.name}", wide, BOLD) + lines(each.address, wide) for each in sheet.contacts]
    return max(taken) * LEADING * size + FOOT_GAP + size / 2


def height(quarter: Quarter, size: float) -> float:
    """The lines that a quarter takes, at a size of type in points."""
    width = COLUMN / size
    title = lines(quarter.title, width / 1.2, BOLD) * TITLE
    return title + AROUND + sum(_height(group, width) for group in quarter.groups)


def _height(group: Group, width: float) -> float:
    """The lines that a group takes in a column of so many em."""
    title = lines(group.title, width, BOLD) + BETWEEN if group.title else 0
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
            # An address may be broken at each of its slashes, and then fills none of its lines.
            taken, here = taken + math.ceil(here / width), width
    return taken


def _em(sign: str) -> float:
    if sign in WIDTH:
        return WIDTH[sign]
    if unicodedata.east_asian_width(sign) in "WF" or unicodedata.category(sign) in {"So", "Co", "Cn"}:
        return 1.25
    return (0.75 if sign.isascii() else 0.85) if sign.isupper() else (0.58 if sign.isascii() else 0.66)
