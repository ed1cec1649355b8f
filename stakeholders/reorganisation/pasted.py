"""Reads rows as they are copied from a spreadsheet (area, head, e-mail); pure, and never raises."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from stakeholders.areas.models import Area
from stakeholders.people.models import Person
from stakeholders.reorganisation.organogram import Problem, short, tidy

ROWS_AT_MOST = 500
BYTES_AT_MOST = 200_000
COLUMNS = ("area", "head", "email")
# Words of a header line, in English and in the reader's language: what spreadsheets call the three columns.
HEADERS = {
    "area": gettext_noop("area|areas|business area|name of area|department|unit|team|division|function"),
    "head": gettext_noop("head|heads|head of area|name of head|head name|manager|director|lead|name|person"),
    "email": gettext_noop("e-mail|email|mail|e-mail address|email address|address|e-mail of head|head e-mail"),
}
QUOTED = re.compile(r'"[^"]*"')


@dataclass(frozen=True)
class Row:
    """One area, and who heads it, where that was said; the line that says so."""

    line: int
    area: str
    head: str = ""
    email: str = ""

    @property
    def key(self) -> str:
        """The area's name as it is compared."""
        return key(self.area)


@dataclass(frozen=True)
class Pasted:
    """The rows, each area once, and what stands in the way: with a problem none of them is used."""

    rows: tuple[Row, ...] = ()
    problems: tuple[Problem, ...] = ()


def key(text: str) -> str:
    """A name or an address as it is compared: without case."""
    return tidy(text).casefold()


def read(text: str) -> Pasted:
    """What was pasted says; every trouble is a problem with its line, none is raised."""
    if problem := _unreadable(text):
        return Pasted(problems=(problem,))
    lines, problems = _cells(text)
    places = _places(lines[0][1]) if lines else None
    if places:
        lines = lines[1:]
    if not problems:
        problems = _too_few_or_many(lines)
    if problems:
        return Pasted(problems=tuple(problems))
    rows = []
    for line, cells in lines:
        row = _row(line, cells, places or {name: place for place, name in enumerate(COLUMNS)})
        problems += _faults(row, cells, has_header=places is not None)
        rows.append(row)
    rows, contradictions = _each_once([row for row in rows if row.area])
    problems += [*contradictions, *_shared_addresses(rows)]
    return Pasted(tuple(rows), tuple(sorted(problems)))


def _unreadable(text: str) -> Problem | None:
    if len(text) > BYTES_AT_MOST or len(text.encode(errors="replace")) > BYTES_AT_MOST:
        return Problem(0, _("This is more than %(limit)d KB, the most that is read at once: paste it in parts.")
                       % {"limit": BYTES_AT_MOST // 1000})  # fmt: skip
    return None


def _too_few_or_many(lines: list[tuple[int, list[str]]]) -> list[Problem]:
    if not lines:
        return [Problem(0, _("There is no row in it: one line for each area."))]
    if len(lines) > ROWS_AT_MOST:
        told = {"rows": f"{len(lines):,}", "limit": ROWS_AT_MOST}
        return [Problem(0, _("These are %(rows)s rows, and %(limit)d are read at once: paste them in parts.") % told)]
    return []


# --- from text to cells -------------------------------------------------------------------------
def separator_of(text: str) -> str:
    """What stands between the cells: a tab where there is any, else what there is more of outside quotes."""
    bare = QUOTED.sub("", text)
    if "\t" in bare:
        return "\t"
    return ";" if bare.count(";") > bare.count(",") else ","


def _cells(text: str) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    """Each line that holds anything, its cells tidied, with the number of the line it begins on."""
    separator = separator_of(text)
    source = io.StringIO(text.replace("\0", ""), newline="")
    reader = csv.reader(source, delimiter=separator, strict=True, skipinitialspace=separator != "\t")
    found: list[tuple[int, list[str]]] = []
    while True:
        line = reader.line_num + 1
        try:
            cells = [tidy(cell) for cell in next(reader)]
        except StopIteration:
            return found, []
        except csv.Error as error:
            return found, [Problem(line, _reason(str(error)))]
        if any(cells):
            found.append((line, cells))


def _reason(error: str) -> str:
    if "end of data" in error or "field limit" in error:
        return _("a quotation mark is opened here and never closed.")
    return _("the quotation marks do not match: a cell that begins with one ends with one.")


def _places(first: list[str]) -> dict[str, int] | None:
    """Which column is where, when the first line is a header: only words that name the columns, no address."""
    named = {name: [place for place, cell in enumerate(first) if key(cell) in _names(name)] for name in COLUMNS}
    filled = [cell for cell in first if cell]
    is_header = named["area"] and (len(filled) == 1 or named["head"] or named["email"])
    return {name: places[0] for name, places in named.items() if places} if is_header else None


def _names(column: str) -> set[str]:
    words = HEADERS[column]
    return {key(word) for word in (*words.split("|"), *_(words).split("|"))}


# --- from cells to rows -------------------------------------------------------------------------
def _row(line: int, cells: list[str], places: dict[str, int]) -> Row:
    at = {name: cells[place] if place < len(cells) else "" for name, place in places.items()}
    return Row(line, at.get("area", ""), at.get("head", ""), at.get("email", "").lower())


def _faults(row: Row, cells: list[str], *, has_header: bool) -> Iterator[Problem]:
    if not has_header and any(cells[len(COLUMNS) :]):
        words = _("more than three cells: “%(start)s”. Area, head and e-mail are read; with other columns, "
                  "paste the header line too.")  # fmt: skip
        yield Problem(row.line, words % {"start": short(", ".join(cells))})
    if not row.area:
        yield Problem(row.line, _("no area: “%(start)s”.") % {"start": short(", ".join(filter(None, cells)))})
    for label, value, limit in (
        (_("area"), row.area, Area._meta.get_field("name").max_length),
        (_("head"), row.head, Person._meta.get_field("name").max_length),
        (_("e-mail"), row.email, Person._meta.get_field("email").max_length),
    ):
        if limit and len(value) > limit:
            words = _("%(label)s: %(length)d characters, and %(limit)d fit: “%(value)s”.")
            told = {"label": label, "length": len(value), "limit": limit, "value": short(value)}
            yield Problem(row.line, words % told)
    yield from _wrong_address(row)


def _wrong_address(row: Row) -> Iterator[Problem]:
    if row.email and not _is_address(row.email):
        yield Problem(row.line, _("“%(value)s” is not an e-mail address.") % {"value": short(row.email)})
    elif row.email and not row.head:
        yield Problem(row.line, _("%(email)s stands without the name of a head.") % {"email": short(row.email)})
    if _is_address(row.head):
        words = _("%(email)s stands where the head's name belongs: area, head, e-mail.")
        yield Problem(row.line, words % {"email": short(row.head)})


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _each_once(rows: list[Row]) -> tuple[list[Row], list[Problem]]:
    """Each area once, whatever the order of its lines; a problem where they name different heads."""
    together: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        together[row.key].append(row)
    problems = [problem for same in together.values() for problem in _contradictions(same)]
    return [_joined(same) for same in together.values()], problems


def _contradictions(same: list[Row]) -> Iterator[Problem]:
    first = next((row for row in same if row.head), same[0])
    email = next((row.email for row in same if row.email), "")
    for row in same:
        if row.head and key(row.head) != key(first.head) or row.email and row.email != email:
            words = _("“%(area)s” stands on line %(first)d too, with another head or address.")
            yield Problem(row.line, words % {"area": short(row.area), "first": first.line})


def _shared_addresses(rows: list[Row]) -> Iterator[Problem]:
    """One address under two names; one head of two areas is fine."""
    first: dict[str, Row] = {}
    for row in rows:
        if row.email and key(first.setdefault(row.email, row).head) != key(row.head):
            words = _("%(email)s stands on line %(first)d too, under another name.")
            yield Problem(row.line, words % {"email": short(row.email), "first": first[row.email].line})


def _joined(same: list[Row]) -> Row:
    # The smallest spelling, so that the order of lines says nothing.
    fullest = {name: min((getattr(row, name) for row in same if getattr(row, name)), default="") for name in COLUMNS}
    # What is said of a head is said of the line that names one.
    line = min((row.line for row in same if row.head), default=same[0].line)
    return replace(same[0], line=line, **fullest)
