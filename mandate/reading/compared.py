"""The page that compares two versions: which two, and each difference in words and marks; writes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from html import escape as quote
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mandate.models import Clause, MandateVersion
from mandate.reading.comparison import (
    ComparedCell,
    ComparedPart,
    ComparedRow,
    Comparison,
    State,
    compare_versions,
)
from mandate.reading.pages import status
from mandate.reading.suggestions import TEXT_NAMES
from pmo_portal.common.compare import Kind, Piece
from pmo_portal.common.words import day

Asked = Mapping[str, str]
# The words by which a row is known: they are always shown, as they are now. All else only where it has changed.
MAIN = {"text", "name", "matter"}
# The titles that clauses stand under, as on the reader's page.
TITLES: dict[str, Any] = {
    Clause.Kind.DOES: gettext_lazy("What we do"),
    Clause.Kind.SHARED: gettext_lazy("What we do together"),
    Clause.Kind.DOES_NOT: gettext_lazy("What we don't do, and who does"),
}
# Each state's tone and sign.
SIGNS = {
    State.SAME: ("neutral", "circle"),
    State.CHANGED: ("info", "pen"),
    State.MOVED: ("neutral", "arrow-right"),
    State.MOVED_AND_CHANGED: ("info", "pen"),
    State.NEW: ("good", "plus"),
    State.GONE: ("bad", "minus"),
    State.KIND_CHANGED: ("warn", "alert"),
}
# Words that stayed, between others that did not: of so many letters, so many are shown at each end.
LONG, SHOWN = 360, 120
LEFT_OUT = (
    '{}<span class="left-out"><span aria-hidden="true">[…]</span><span class="visually-hidden">{}</span></span>{}'
)


# --- which two ------------------------------------------------------------------------------------
def pair(
    versions: Sequence[MandateVersion], asked: Asked, *, live: MandateVersion | None, last_read: int | None
) -> tuple[MandateVersion, MandateVersion] | None:
    """The two of these versions (newest first) that are compared; None where there is nothing to compare with.

    What is asked for by number is among them. Without a number: what the reader last said they read against what
    holds now; for who has read that, or nothing yet, the newest against what held before it.
    """
    known = {str(each.number): each for each in versions}
    read = known.get(str(last_read))
    later = known.get(asked.get("to", "")) or _newest(versions, live, read)
    earlier = known.get(asked.get("from", "")) or _before(versions, later, live, read)
    return (earlier, later) if earlier and later else None


def _newest(
    versions: Sequence[MandateVersion], live: MandateVersion | None, read: MandateVersion | None
) -> MandateVersion | None:
    has_news = live is not None and read is not None and read.pk != live.pk
    return live if has_news else next(iter(versions), None)


def _before(
    versions: Sequence[MandateVersion],
    later: MandateVersion | None,
    live: MandateVersion | None,
    read: MandateVersion | None,
) -> MandateVersion | None:
    """What the reader last read, where the later one holds; else what holds; else the one before, or any other."""
    others = [each for each in versions if later and each.pk != later.pk]
    older = [each for each in others if later and each.number < later.number]
    is_news = live is not None and live == later and read in others
    return read if is_news else live if live in older else next(iter([*older, *others]), None)


def choices(
    versions: Iterable[MandateVersion], chosen: MandateVersion | None, live: MandateVersion | None
) -> list[dict[str, Any]]:
    """The versions to choose from, each with its state."""
    return [
        {
            "value": each.number,
            "label": _("%(version)s (%(state)s)") % {"version": each, "state": state_in_words(each, live)},
            "is_chosen": chosen is not None and each.pk == chosen.pk,
        }
        for each in versions
    ]


def state_in_words(version: MandateVersion, live: MandateVersion | None) -> str:
    """The state, and the day from which it held."""
    word = str(status(version, live, to_readers=True)["word"]).lower()
    since = [each.publish_at for each in version.publications.all() if each.is_due()]
    return _("%(state)s, published %(day)s") % {"state": word, "day": day(since[0])} if since else word


# --- the page -------------------------------------------------------------------------------------
def compare_page(
    versions: Sequence[MandateVersion], asked: Asked, *, live: MandateVersion | None, last_read: int | None
) -> dict[str, Any]:
    """Two of these versions compared, as the address asks: side by side or in one, only what changed or all."""
    chosen = pair(versions, asked, live=live, last_read=last_read)
    before, after = chosen or (None, next(iter(versions), None))
    context = {
        "before": before,
        "after": after,
        "earlier": choices(versions, before, live),
        "later": choices(versions, after, live),
        "last_read": last_read if before and before.number == last_read else None,
    }
    if before is None or after is None:
        return context
    with_rows = MandateVersion.objects.prefetch_related(*MandateVersion.LISTS)
    found = {each.pk: each for each in with_rows.filter(pk__in=[before.pk, after.pk])}
    view = View(asked, before, after)
    compared = compare_versions(found[before.pk], found[after.pk])
    return {
        **context,
        "before_state": state_in_words(before, live),
        "after_state": state_in_words(after, live),
        "notes": _notes(versions, before, after),
        "view": view,
        "counts": _counted(compared),
        "same": _same(compared),
        "is_same": compared.is_same,
        "parts": [part for each in compared.parts for part in _part(each, view)],
    }


class View:
    """How the differences are shown, and the links to show them otherwise."""

    def __init__(self, asked: Asked, before: MandateVersion, after: MandateVersion) -> None:
        self.before, self.after = before, after
        self.is_side = asked.get("view") == "side"
        self.is_whole = asked.get("show") == "all"

    def address(self, *, side: bool, whole: bool, turned: bool = False) -> str:
        """The page of the same two versions, shown in this way."""
        earlier, later = (self.after, self.before) if turned else (self.before, self.after)
        told = {"from": str(earlier.number), "to": str(later.number)}
        told |= {"view": "side"} if side else {}
        told |= {"show": "all"} if whole else {}
        return f"{reverse('mandate:compare')}?{urlencode(told)}"

    def ways(self) -> list[dict[str, Any]]:
        """In one column or in two."""
        return [
            {"label": label, "url": self.address(side=side, whole=self.is_whole), "is_current": side == self.is_side}
            for side, label in ((False, _("In one text")), (True, _("Side by side")))
        ]

    def other_extent(self) -> dict[str, Any]:
        """From only what changed to all, and back."""
        url = self.address(side=self.is_side, whole=not self.is_whole)
        return {"label": _("Show only what changed") if self.is_whole else _("Show all of it"), "url": url}

    def turned(self) -> str:
        """The same two the other way round."""
        return self.address(side=self.is_side, whole=self.is_whole, turned=True)


def _notes(versions: Iterable[MandateVersion], before: MandateVersion, after: MandateVersion) -> list[dict[str, Any]]:
    """What each version since then said of its own change: those that held, and the later of the two."""
    since = [each for each in versions if before.number < each.number <= after.number and each.change_note]
    told = [each for each in since if each.pk == after.pk or any(one.is_due() for one in each.publications.all())]
    return [{"version": each, "text": each.change_note} for each in reversed(told)]


def _counted(compared: Comparison) -> list[str]:
    """How much differs, in words; what has moved and changed counts in both."""
    counts = compared.counts()
    both = counts[State.MOVED_AND_CHANGED]
    changed, moved = counts[State.CHANGED] + counts[State.KIND_CHANGED] + both, counts[State.MOVED] + both
    told = [
        (changed, ngettext("%(n)s changed", "%(n)s changed", changed)),
        (counts[State.NEW], ngettext("%(n)s new", "%(n)s new", counts[State.NEW])),
        (counts[State.GONE], ngettext("%(n)s taken out", "%(n)s taken out", counts[State.GONE])),
        (moved, ngettext("%(n)s moved", "%(n)s moved", moved)),
    ]
    return [words % {"n": count} for count, words in told if count]


def _same(compared: Comparison) -> str:
    count = compared.counts()[State.SAME]
    words = ngettext("One other thing is the same.", "%(n)s other things are the same.", count)
    return words % {"n": count} if count else ""


def _part(part: ComparedPart, view: View) -> list[dict[str, Any]]:
    """A part as the page shows it; each kind of clause under a title of its own."""
    titles = TITLES if part.name == "clauses" else {"": part.title}
    groups: dict[str, list[ComparedRow]] = {title: [] for title in titles}
    for row in part.rows:
        if view.is_whole or row.state != State.SAME:
            groups[_kind(row) if part.name == "clauses" else ""].append(row)
    return [
        {"title": titles[kind], "rows": [_line(row, view, titles[kind]) for row in rows]}
        for kind, rows in groups.items()
        if rows
    ]


def _kind(row: ComparedRow) -> str:
    return str(getattr(row.after or row.before, "kind", ""))


def _line(row: ComparedRow, view: View, title: Any) -> dict[str, Any]:
    """A row as the page shows it, made to strings once (a template's lookups cost more)."""
    tone, icon = SIGNS[row.state]
    is_text = row.part not in MandateVersion.LISTS
    shown = [cell for cell in row.cells if _is_shown(row, cell, view)]
    main = next((cell for cell in shown if is_text or cell.name in MAIN), None)
    return {
        "anchor": f"was-{row.place}" if row.state == State.GONE else row.place,
        "state": row.state.value.replace("_", "-"),
        "is_same": not any(cell.is_changed for cell in shown),
        "is_new": row.state == State.NEW,
        "is_gone": row.state == State.GONE,
        "word": _state_in_words(row),
        "tone": tone,
        "icon": icon,
        "number": _number(row),
        "name": name if is_text and (name := _label(row, row.cells[0])) != str(title) else "",
        "main": _marked(row, main, view) if main else "",
        "cells": [
            {"label": _label(row, cell), "words": _marked(row, cell, view)} for cell in shown if cell is not main
        ],
        "is_spacing": _is_only_spacing(row),
    }


def _is_shown(row: ComparedRow, cell: ComparedCell, view: View) -> bool:
    if cell.name == "kind" and row.part == "clauses":
        return False
    is_said = cell.before != "" or cell.after != ""
    return is_said and (view.is_whole or cell.is_changed or cell.name in MAIN)


def _is_only_spacing(row: ComparedRow) -> bool:
    """Words and signs are the same, and only the space between them is not: a mark would not be seen."""
    if row.state not in {State.CHANGED, State.MOVED_AND_CHANGED}:
        return False
    changed = [cell for cell in row.cells if cell.is_changed]
    return all("".join(str(cell.before).split()) == "".join(str(cell.after).split()) for cell in changed)


def _number(row: ComparedRow) -> str:
    """A clause's number, with the one it had where that was another."""
    if row.part != "clauses":
        return ""
    if row.state in {State.CHANGED, State.SAME} and row.was_at != row.is_at:
        return _("%(number)s, was %(before)s") % {"number": row.is_at, "before": row.was_at}
    return row.is_at or row.was_at


def _state_in_words(row: ComparedRow) -> str:
    words = {"place": row.was_at}
    if row.state == State.KIND_CHANGED and row.part == "clauses":
        before = TITLES[getattr(row.before, "kind", "")]
        return _("Was %(place)s, under “%(title)s”") % {**words, "title": before}
    if row.state == State.MOVED:
        return (_("Moved from %(place)s") if row.part == "clauses" else _("Moved from place %(place)s")) % words
    if row.state == State.MOVED_AND_CHANGED:
        is_clause = row.part == "clauses"
        return (_("Changed, moved from %(place)s") if is_clause else _("Changed, moved from place %(place)s")) % words
    return str(row.state.label)


def _label(row: ComparedRow, cell: ComparedCell) -> str:
    if cell.name in TEXT_NAMES and row.part not in MandateVersion.LISTS:
        return str(TEXT_NAMES[cell.name])
    holder = row.after or row.before
    return capfirst(str(holder._meta.get_field(cell.name).verbose_name))  # type: ignore[union-attr]


# --- the marks ------------------------------------------------------------------------------------
def _marked(row: ComparedRow, cell: ComparedCell, view: View) -> SafeString:
    """The words of a cell with their marks."""
    before, after = _in_words(row, cell.name, cell.before), _in_words(row, cell.name, cell.after)
    if not cell.is_changed:
        return escape(after)
    if row.state in {State.NEW, State.GONE}:
        # That the whole row came or went stands beside it; each of its words need not say so again.
        return format_html("<ins>{}</ins>" if row.state == State.NEW else "<del>{}</del>", before or after)
    if before is cell.before and after is cell.after:
        return marked(cell.pieces, shortened=not view.is_whole)
    pieces = [Piece(Kind.GONE, before), Piece(Kind.NEW, after)]
    return marked([piece for piece in pieces if piece.text])


def _in_words(row: ComparedRow, name: str, value: Any) -> str:
    """A fact as people read it: days and kinds in words."""
    if isinstance(value, date):
        return day(value)
    if name == "kind" and value:
        holder: Any = row.after or row.before
        return str(dict(holder.Kind.choices)[value])
    return str(value)


def marked(pieces: Sequence[Piece], *, shortened: bool = False) -> SafeString:
    """What stayed, what was taken out and what was put in, told to eyes and to ears; numbers and days stand out."""
    names = {Kind.GONE: ("del", _("taken out:")), Kind.NEW: ("ins", _("put in:"))}
    shown = [
        _stayed(each.text, place > 0, place < len(pieces) - 1, shortened)
        if each.kind == Kind.SAME
        else _mark(each, *names[each.kind])
        for place, each in enumerate(pieces)
    ]
    return mark_safe("".join(shown))  # noqa: S308 (each is escaped)


def _mark(piece: Piece, tag: str, said: str) -> str:
    words = "".join(f"<strong>{quote(run)}</strong>" if figure else quote(run) for run, figure in piece.runs)
    return f'<{tag}><span class="visually-hidden">{quote(said)} </span>{words}</{tag}>'


def _stayed(text: str, is_after: bool, is_before: bool, shortened: bool) -> str:
    """Words that stayed, after a change and before one; of a long run only those beside a change."""
    if not shortened or len(text) <= LONG:
        return quote(text)
    head = text[:SHOWN].rpartition(" ")[0] + " " if is_after else ""
    tail = " " + text[-SHOWN:].partition(" ")[2] if is_before else ""
    return format_html(LEFT_OUT, head, _("[words that stayed the same are left out here]"), tail)
