"""What a revision says otherwise than the one it answers: row by row, and words inside a cell."""

from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from pmo_portal.common.compare import Piece, compare
from pmo_portal.common.words import day
from stakeholders.agreements.models import AgreementRevision, Row


def row_changes(row: Row) -> dict[str, list[Piece]]:
    """The changed cells of a row by name, each in pieces."""
    if row.came_from is None:
        return {}
    return {name: compare(_said(row.came_from, name), _said(row, name)) for name in row.changes()}


def _said(row: Row, name: str) -> str:
    value = getattr(row, name)
    if name == "due_on":
        return day(value) or _("the end of the period")
    return str(value)


def changed_rows(revision: AgreementRevision) -> list[dict[str, Any]]:
    """The rows that read otherwise than what they answer, with their changed cells, to be checked before signing."""
    labels = {field.name: capfirst(str(field.verbose_name)) for field in Row._meta.fields}
    return [
        {
            "need": row.you_need,
            "cells": [{"label": labels[name], "pieces": found} for name, found in changes.items()],
        }
        for row in revision.rows.all()
        if (changes := row_changes(row))
    ]


def frame_changes(revision: AgreementRevision) -> list[dict[str, Any]]:
    """The aim and the period, where they read otherwise than in the revision that this one answers."""
    before = revision.answers
    if before is None:
        return []
    told = [
        (_("What we both want to reach"), before.aim, revision.aim),
        (_("From"), day(before.period_from), day(revision.period_from)),
        (_("Until"), day(before.period_to), day(revision.period_to)),
    ]
    return [{"label": label, "pieces": compare(old, new)} for label, old, new in told if old != new]


def left_out(revision: AgreementRevision) -> list[str]:
    """What the rows needed that stood in the answered revision and stand here no more."""
    if revision.answers is None:
        return []
    kept = {row.came_from_id for row in revision.rows.all()}
    return [row.you_need for row in revision.answers.rows.all() if row.pk not in kept]


def count(revision: AgreementRevision) -> int:
    """How many cells and days read otherwise."""
    return sum(len(row.changes()) for row in revision.rows.all())
