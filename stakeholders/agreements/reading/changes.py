"""What a revision says otherwise than the one it answers: row by row, and words inside a cell."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from pmo_portal.common.words import day
from stakeholders.agreements.models import AgreementRevision, Row

# Beyond so many pairs of words, and below so much in common, a text is shown as replaced whole: marks on every second
# word are no help, and looking for them takes time.
MOST_PAIRS = 250_000
ENOUGH_IN_COMMON = 0.4


@dataclass(frozen=True)
class Piece:
    """Some words of a text: `same` in both, `gone`, or `new`."""

    kind: str
    text: str


def pieces(before: str, after: str) -> list[Piece]:
    """A text with what was taken out and put in, word by word."""
    old, new = _words(before), _words(after)
    found = list(_compared(old, new)) if len(old) * len(new) <= MOST_PAIRS else []
    in_common = sum(len(piece.text) for piece in found if piece.kind == "same")
    if in_common * 2 < ENOUGH_IN_COMMON * (len(before) + len(after)):
        found = [*_marked("gone", before), *_marked("new", after)]
    grouped = groupby((piece for piece in found if piece.text), key=lambda piece: piece.kind)
    return [Piece(kind, "".join(piece.text for piece in run)) for kind, run in grouped]


def _words(text: str) -> list[str]:
    """The words of a text, each with the space behind it; the last one too, because other words may follow it."""
    return re.findall(r"\S+\s*", f"{text.rstrip()} ")


def _compared(old: list[str], new: list[str]) -> Iterator[Piece]:
    alike = SequenceMatcher(None, [word.strip() for word in old], [word.strip() for word in new], autojunk=False)
    for what, i, j, k, m in alike.get_opcodes():
        if what == "equal":
            yield Piece("same", "".join(new[k:m]))
        else:
            yield from _marked("gone", "".join(old[i:j]))
            yield from _marked("new", "".join(new[k:m]))


def _marked(kind: str, text: str) -> Iterator[Piece]:
    """Words under a mark, which ends where they end and not behind the space."""
    words = text.rstrip()
    yield Piece(kind, words)
    yield Piece("same", text[len(words) :] or " " * bool(words))


def row_changes(row: Row) -> dict[str, list[Piece]]:
    """The changed cells of a row by name, each in pieces."""
    if row.came_from is None:
        return {}
    return {name: pieces(_said(row.came_from, name), _said(row, name)) for name in row.changes()}


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
    return [{"label": label, "pieces": pieces(old, new)} for label, old, new in told if old != new]


def left_out(revision: AgreementRevision) -> list[str]:
    """What the rows needed that stood in the answered revision and stand here no more."""
    if revision.answers is None:
        return []
    kept = {row.came_from_id for row in revision.rows.all()}
    return [row.you_need for row in revision.answers.rows.all() if row.pk not in kept]


def count(revision: AgreementRevision) -> int:
    """How many cells and days read otherwise."""
    return sum(len(row.changes()) for row in revision.rows.all())
