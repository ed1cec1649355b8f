"""What changed in the mandate since somebody last read it: each place, with its words; writes nothing."""

from datetime import date
from typing import Any

from django.utils.text import capfirst

from mandate.models import Cell, Clause, MandateVersion
from mandate.reading import compare_versions, name_of
from mandate.reading.comparison import ComparedCell, ComparedRow
from mandate.reading.comparison import State as Change
from pmo_portal.common.compare import Kind, Piece, compare
from pmo_portal.common.words import day
from stakeholders.understanding.models import Acknowledgement

MOST_PLACES = 8
# The words by which a row is known.
MAIN = {"text", "name", "matter"}
# Where each part stands on the mandate's page; a clause has an anchor of its own.
ANCHORS = {
    "services": "do", "powers": "may", "decisions": "who", "objectives": "tell", "measures": "tell", "frame": "main",
}  # fmt: skip


def changed_since(read: Acknowledgement, live: MandateVersion) -> dict[str, Any]:
    """What the live version says otherwise than the one that somebody last read; what only moved is none of it."""
    both = MandateVersion.objects.prefetch_related(*MandateVersion.LISTS).in_bulk([read.version_id, live.pk])
    compared = compare_versions(both[read.version_id], both[live.pk])
    rows = [row for row in compared.rows() if row.state not in {Change.SAME, Change.MOVED}]
    return {
        "number": read.version.number,
        "now": live.number,
        "day": day(read.at),
        "lines": [_line(row) for row in rows[:MOST_PLACES]],
        "more": max(0, len(rows) - MOST_PLACES),
    }


def _line(row: ComparedRow) -> dict[str, Any]:
    holder: Any = row.after or row.before
    changed = [cell for cell in row.cells if cell.is_changed and cell.name != "kind"]
    shown = changed if row.state not in {Change.NEW, Change.GONE} else _first(row, changed)
    return {
        "name": _name(row, holder),
        "what": row.state.label,
        "url": f"#{_anchor(row)}",
        "cells": [{"label": _label(row, cell, holder), "pieces": _pieces(cell)} for cell in shown],
    }


def _first(row: ComparedRow, cells: list[ComparedCell]) -> list[ComparedCell]:
    """Of what is new or gone the first words, where its name does not say them already."""
    is_named = row.part in MandateVersion.LISTS and row.part != "clauses"
    told = [
        cell for cell in cells if not is_named or cell.name not in MAIN or len(str(cell.after or cell.before)) > 60
    ]
    return told[:1]


def _name(row: ComparedRow, holder: Any) -> str:
    if row.part in MandateVersion.LISTS or row.place in MandateVersion.TEXTS:
        return name_of(Cell(row.part if row.part in MandateVersion.LISTS else "", "", row.place), holder)
    return capfirst(str(holder._meta.get_field(row.place).verbose_name))


def _label(row: ComparedRow, cell: ComparedCell, holder: Any) -> str:
    """The name of a fact within its row; empty where the row's own name says it."""
    if row.part not in MandateVersion.LISTS or cell.name in MAIN:
        return ""
    return capfirst(str(holder._meta.get_field(cell.name).verbose_name))


def _anchor(row: ComparedRow) -> str:
    if row.part == "clauses" and isinstance(row.after, Clause):
        return f"clause-{row.after.key}"
    if row.part == "clauses":
        return "not" if getattr(row.before, "kind", "") == Clause.Kind.DOES_NOT else "do"
    return ANCHORS.get(row.part, row.part)


def _pieces(cell: ComparedCell) -> list[Piece]:
    if isinstance(cell.before, str) and isinstance(cell.after, str):
        return compare(cell.before, cell.after)
    found = [Piece(Kind.GONE, _in_words(cell.before)), Piece(Kind.NEW, _in_words(cell.after))]
    return [piece for piece in found if piece.text]


def _in_words(value: Any) -> str:
    return day(value) if isinstance(value, date) else str(value)
