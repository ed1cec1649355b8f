"""A made-up harbour, and ways to write it as the published form."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date

from stakeholders.reorganisation import organogram, reading

HEADER = (
    "Post Unique Reference",
    "Grade (or equivalent)",
    "Job Title",
    "Job/Team Function",
    "Unit",
    "Reports to Senior Post",
)
# reference, title, unit, manager
HARBOUR = [
    ("1", "Harbour master", "Harbour office", "XX"),
    ("2", "Director of quays", "Quays", "1"),
    ("3", "Crane manager", "Quays", "2"),
    ("4", "Director of works", "Works", "1"),
    ("5", "Dredging manager", "Works", "4"),
    ("9", "Programme office", "Works", "4"),
    ("6", "Head of divers", "Divers", "5"),
]
ON, LATER = date(2020, 3, 31), date(2020, 9, 30)
Row = tuple[str, str, str, str]


def written(rows: Iterable[Row], *, header: Iterable[str] = HEADER, **form: str) -> bytes:
    """The rows as bytes of the form."""
    out = io.StringIO()
    writer = csv.writer(out, **form)
    writer.writerow(header)
    writer.writerows(
        (reference, "G1", title, "does things", unit, manager) for reference, title, unit, manager in rows
    )
    return out.getvalue().encode()


def changed(reference: str, **cells: str) -> list[Row]:
    """The harbour with other cells in one row."""
    names = ("reference", "title", "unit", "manager")
    return [
        tuple(cells.get(name, cell) for name, cell in zip(names, row, strict=True)) if row[0] == reference else row
        for row in HARBOUR
    ]


def without(*references: str) -> list[Row]:
    """The harbour without these posts."""
    return [row for row in HARBOUR if row[0] not in references]


def planned(rows: Iterable[Row] = HARBOUR, on: date = ON, pmo: str = "9") -> reading.Plan:
    """What the rows would do to what stands in the database."""
    return reading.plan(organogram.read(written(rows)), reading.standing(on), on=on, pmo=pmo)
