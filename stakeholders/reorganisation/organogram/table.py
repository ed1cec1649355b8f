"""From bytes to rows: the encoding, the quotation marks and the header, each trouble with its line."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stakeholders.reorganisation.organogram.problem import Problem, short
from stakeholders.reorganisation.organogram.tidy import tidy

BYTES_AT_MOST = 10_000_000

# The four columns that are read, as the published form names them; any others are passed over.
REFERENCE, TITLE, UNIT, MANAGER = "Post Unique Reference", "Job Title", "Unit", "Reports to Senior Post"
COLUMNS = (REFERENCE, TITLE, UNIT, MANAGER)
LINE_ENDS = re.compile(rb"\r\n|\r|\n")
# Put where a letter could not be read, by whatever made the file.
LOST = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Row:
    """One row beneath the header: the columns that are read by name, and the others' text."""

    line: int
    cells: dict[str, str]
    others: str


@dataclass(frozen=True)
class Table:
    rows: list[Row]
    problems: list[Problem]


def table_of(content: bytes) -> Table:
    """The rows of a file; no row where the file as a whole cannot be read."""
    problems = list(_unreadable(content))
    if problems:
        return Table([], problems)
    text = content.removeprefix(codecs.BOM_UTF8).decode()
    lines, problems = _cells(text)
    if problems:
        return Table([], problems)
    return _under_header(lines, text)


def _unreadable(content: bytes) -> Iterator[Problem]:
    if len(content) > BYTES_AT_MOST:
        limit = BYTES_AT_MOST // 1_000_000
        yield Problem(0, _("The file is larger than %(limit)d MB, the most that is read.") % {"limit": limit})
    elif not content.removeprefix(codecs.BOM_UTF8).strip():
        yield Problem(0, _("The file is empty."))
    # Two bytes a letter, so every other byte of plain text is zero.
    elif content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or content[:4].count(0) >= 2:
        yield Problem(1, _("the file is in UTF-16: please save it as “CSV UTF-8”."))
    else:
        for line, part in enumerate(LINE_ENDS.split(content), 1):
            yield from _unreadable_line(line, part)


def _unreadable_line(line: int, part: bytes) -> Iterator[Problem]:
    if b"\0" in part:
        yield Problem(line, _("a NUL character stands here, which no text holds: the file is damaged."))
    try:
        part.decode()
    except UnicodeDecodeError:
        yield Problem(
            line,
            _("letters that are not UTF-8 (Windows-1252 or Latin-1, perhaps): please save the file as “CSV UTF-8”."),
        )


def _cells(text: str) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    """Each row that holds anything, with the line it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found: list[tuple[int, list[str]]] = []
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return found, []
        except csv.Error as error:
            return [], [Problem(line, _reason(str(error)))]
        if any(cell.strip() for cell in cells):
            found.append((line, cells))


def _reason(error: str) -> str:
    if "field limit" in error:
        limit = f"{csv.field_size_limit():,}"
        return _("a cell is longer than %(limit)s characters; perhaps a quotation mark is never closed.") % {
            "limit": limit
        }
    if "end of data" in error:
        return _("a quotation mark that is opened here is never closed.")
    return _("the quotation marks of this row do not match.")


def _under_header(lines: list[tuple[int, list[str]]], text: str) -> Table:
    line, header = lines[0] if lines else (1, [])
    names = [tidy(cell).casefold() for cell in header]
    problems = list(_wrong_header(line, names, text))
    if problems:
        return Table([], problems)
    if len(lines) == 1:
        return Table([], [Problem(line, _("there is no post beneath the header."))])
    places = {column: names.index(column.casefold()) for column in COLUMNS}
    rows = [_row(line, cells, places) for line, cells in lines[1:] if _fits(cells, names)]
    return Table(rows, [_wrong_width(*each, len(names)) for each in lines[1:] if not _fits(each[1], names)])


def _wrong_header(line: int, names: list[str], text: str) -> Iterator[Problem]:
    missing = [column for column in COLUMNS if column.casefold() not in names]
    if missing and (separator := _other_separator(text)):
        words = _("the cells are separated by %(separator)s: please save the file with commas between the cells.")
        yield Problem(line, words % {"separator": separator})
    elif missing:
        words = ngettext(
            "the header lacks the column %(columns)s.", "the header lacks the columns %(columns)s.", len(missing)
        )
        yield Problem(line, words % {"columns": ", ".join(f"“{column}”" for column in missing)})
    for column in COLUMNS:
        if names.count(column.casefold()) > 1:
            yield Problem(line, _("the header names the column “%(column)s” twice.") % {"column": column})


def _other_separator(text: str) -> str:
    first = "".join(text.strip().splitlines()[:1]).casefold()
    for sign, name in ((";", _("semicolons")), ("\t", _("tabs"))):
        cells = [tidy(cell.strip('"')) for cell in first.split(sign)]
        if all(column.casefold() in cells for column in COLUMNS):
            return name
    return ""


def _fits(cells: list[str], names: list[str]) -> bool:
    # Spreadsheets like to add empty cells at the end of a row.
    return len(cells) >= len(names) and not any(cell.strip() for cell in cells[len(names) :])


def _wrong_width(line: int, cells: list[str], wanted: int) -> Problem:
    words = _("%(cells)d cells where the header has %(wanted)d: “%(start)s”.")
    return Problem(line, words % {"cells": len(cells), "wanted": wanted, "start": short(tidy(", ".join(cells)))})


def _row(line: int, cells: list[str], places: dict[str, int]) -> Row:
    others = (cell for place, cell in enumerate(cells) if place not in places.values())
    return Row(line, {column: cells[place] for column, place in places.items()}, " ".join(others))
