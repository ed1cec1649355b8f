"""What differs between two versions of the mandate: part by part, row by row, word by word; writes nothing."""

import re
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from mandate.models import Clause, MandateVersion, Part, tidy
from pmo_portal.common.compare import Kind, Piece, compare

# The parts as they stand on the reader's page: name, title, and the texts and days of the version that belong there.
PARTS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("why", _("Why we exist"), ("purpose", "why_before", "why_asked_by", "why_noticed")),
    ("services", _("What you can have from us"), ()),
    ("clauses", _("What we do, share, and do not do"), ()),
    ("powers", _("What we may decide, demand and stop"), ()),
    ("helps", _("How it helps you"), ("helps",)),
    ("decisions", _("Who decides what"), ()),
    ("objectives", _("What we want to have reached"), ()),
    ("measures", _("How to tell that we succeed"), ()),
    ("message", _("A word from the issuer"), ("message",)),
    ("frame", _("Reporting line and period"), ("reports_to", *MandateVersion.DATES)),
)
# With less in common, two rows are not one that was written anew; more pairs than this are not looked at.
ALIKE = 0.5
MOST_PAIRS = 10_000
WORD = re.compile(r"\w+")


class State(models.TextChoices):
    """What became of a row."""

    SAME = "same", _("The same")
    CHANGED = "changed", _("Changed")
    MOVED = "moved", _("Moved")
    MOVED_AND_CHANGED = "moved_and_changed", _("Moved and changed")
    NEW = "new", _("New")
    GONE = "gone", _("Taken out")
    KIND_CHANGED = "kind_changed", _("Another kind")


@dataclass(frozen=True)
class ComparedCell:
    """One fact of a row before and after: words, a number, a day; "" where there was none."""

    name: str
    before: Any
    after: Any

    @property
    def is_changed(self) -> bool:
        return bool(self.before != self.after)

    @cached_property
    def pieces(self) -> list[Piece]:
        """The words that stayed, went and came; a number or a day is one word."""
        if isinstance(self.before, str) and isinstance(self.after, str):
            return compare(self.before, self.after)
        found = [Piece(Kind.GONE, str(self.before)), Piece(Kind.NEW, str(self.after))]
        return [piece for piece in found if piece.text]


@dataclass(frozen=True)
class ComparedRow:
    """A row of a part, or a text of its own.

    `place` is the name that an address gives it in the later version, and in the earlier one when it is gone.
    """

    part: str
    place: str
    state: State
    cells: tuple[ComparedCell, ...]
    before: MandateVersion | Part | None
    after: MandateVersion | Part | None
    was_at: str = ""  # its place in the earlier version: a clause's number, else counted from 1
    is_at: str = ""


@dataclass(frozen=True)
class ComparedPart:
    """A part with its rows in the order of the later version; what is gone stands where it stood."""

    name: str
    title: Any
    rows: tuple[ComparedRow, ...]


@dataclass(frozen=True)
class Comparison:
    """All that differs between two versions, and all that does not."""

    before: MandateVersion | None
    after: MandateVersion
    parts: tuple[ComparedPart, ...]

    def rows(self) -> Iterable[ComparedRow]:
        """Every row of every part."""
        return (row for part in self.parts for row in part.rows)

    def counts(self) -> Counter[State]:
        """How many rows are in each state."""
        return Counter(row.state for row in self.rows())

    @property
    def is_same(self) -> bool:
        return set(self.counts()) <= {State.SAME}

    def changed_places(self) -> set[str]:
        """The names of what says something else, is new, or is gone; what only stands elsewhere is none of it."""
        return {row.place for row in self.rows() if row.state not in {State.SAME, State.MOVED}}

    def changed_clauses(self) -> set[str]:
        """The keys of the clauses that read otherwise, are of another kind, or are gone."""
        touched = {State.CHANGED, State.MOVED_AND_CHANGED, State.KIND_CHANGED, State.GONE}
        return {_key(row) for row in self.rows() if row.part == "clauses" and row.state in touched}


def _key(row: ComparedRow) -> str:
    return row.place.partition("-")[2]


def compare_versions(before: MandateVersion | None, after: MandateVersion) -> Comparison:
    """What the later version says otherwise; all of it where there is none before.

    Asks the database nothing when both come with their parts. The note on what changed is left aside.
    """
    parts = (ComparedPart(name, title, _rows(name, texts, before, after)) for name, title, texts in PARTS)
    return Comparison(before, after, tuple(part for part in parts if part.rows))


def _rows(
    part: str, texts: Sequence[str], before: MandateVersion | None, after: MandateVersion
) -> tuple[ComparedRow, ...]:
    if texts:
        return tuple(row for name in texts if (row := _text(part, name, before, after)))
    old, new = _Side(before, part), _Side(after, part)
    return tuple(_compared(part, old, new))


def _text(part: str, name: str, before: MandateVersion | None, after: MandateVersion) -> ComparedRow | None:
    """A text or a day of the version itself; None where neither says anything."""
    cell = ComparedCell(name, _said(before, name) if before else "", _said(after, name))
    if not cell.before and not cell.after:
        return None
    state = State.CHANGED if cell.is_changed else State.SAME
    state = State.NEW if not cell.before else State.GONE if not cell.after else state
    return ComparedRow(part, name, state, (cell,), before, after)


def _said(row: MandateVersion | Part, name: str) -> Any:
    value = getattr(row, name)
    return tidy(value) if isinstance(value, str) else "" if value is None else value


class _Side:
    """The rows of one part of one version, in the order of the page, with what each says."""

    def __init__(self, version: MandateVersion | None, part: str) -> None:
        self.rows: list[Part] = []
        if version is not None:
            rows = version.numbered_clauses() if part == "clauses" else getattr(version, part).all()
            self.rows = list(rows)
        self.at = [row.number if isinstance(row, Clause) else str(place) for place, row in enumerate(self.rows, 1)]
        self.places = [
            f"{part}-{row.key}" if isinstance(row, Clause) else f"{part}-{place}"
            for place, row in enumerate(self.rows, 1)
        ]
        self.says = [{name: _said(row, name) for name in _facts(row)} for row in self.rows]


def _facts(row: Part) -> list[str]:
    """What a row says beside its key and number, which follow from where it stands."""
    return [name for name in row.FACTS if name not in {"key", "number"}]


def _compared(part: str, old: _Side, new: _Side) -> list[ComparedRow]:
    pairs = _by_key(old, new) if part == "clauses" else _by_words(old, new)
    stayed = _stayed(pairs, old, new)
    rows = [_row(part, old, new, pairs.get(place), place, place in stayed) for place in range(len(new.rows))]
    placed = [((place, 0, 0), row) for place, row in enumerate(rows)]
    here = {was: place for place, was in pairs.items() if place in stayed}
    for was in sorted(set(range(len(old.rows))) - set(pairs.values())):
        placed.append(((_after_which(was, here, old, new), 1, was), _row(part, old, new, was, None, True)))
    return [row for _order, row in sorted(placed, key=lambda each: each[0])]


def _row(part: str, old: _Side, new: _Side, was: int | None, place: int | None, stayed: bool) -> ComparedRow:
    before = {} if was is None else old.says[was]
    after = {} if place is None else new.says[place]
    cells = tuple(ComparedCell(name, before.get(name, ""), after.get(name, "")) for name in before or after)
    return ComparedRow(
        part,
        old.places[was] if place is None and was is not None else new.places[place or 0],
        _state(before, after, stayed),
        cells,
        None if was is None else old.rows[was],
        None if place is None else new.rows[place],
        "" if was is None else old.at[was],
        "" if place is None else new.at[place],
    )


def _state(before: dict[str, Any], after: dict[str, Any], stayed: bool) -> State:
    if not before or not after:
        return State.GONE if before else State.NEW
    if before.get("kind") != after.get("kind"):
        return State.KIND_CHANGED
    if before == after:
        return State.SAME if stayed else State.MOVED
    return State.CHANGED if stayed else State.MOVED_AND_CHANGED


# --- which row is which ---------------------------------------------------------------------------
def _by_key(old: _Side, new: _Side) -> dict[int, int]:
    """Where each clause of the later version stood before: it keeps its key."""
    keys = {row.key: was for was, row in enumerate(old.rows) if isinstance(row, Clause)}
    return {place: keys[row.key] for place, row in enumerate(new.rows) if isinstance(row, Clause) and row.key in keys}


def _by_words(old: _Side, new: _Side) -> dict[int, int]:
    """Where each row stood before: the one that says all the same, else the same main words, else the most alike."""
    pairs: dict[int, int] = {}
    for tell in (_all_words, _main_words):
        waiting: dict[Any, deque[int]] = {}
        for was in _left(old, pairs.values()):
            waiting.setdefault(tell(old, was), deque()).append(was)
        for place in _left(new, pairs):
            if found := waiting.get(tell(new, place)):
                pairs[place] = found.popleft()
    return pairs | _alike(old, new, pairs)


def _left(side: _Side, taken: Iterable[int]) -> list[int]:
    return sorted(set(range(len(side.rows))) - set(taken))


def _all_words(side: _Side, place: int) -> Any:
    return tuple(side.says[place].values())


def _main_words(side: _Side, place: int) -> Any:
    return side.rows[place].same_words


def _alike(old: _Side, new: _Side, pairs: dict[int, int]) -> dict[int, int]:
    """Rows that were written anew: those with the most words in common first, and the nearest of equals."""
    gone, came = _left(old, pairs.values()), _left(new, pairs)
    if not gone or not came or len(gone) * len(came) > MOST_PAIRS:
        return {}
    before, after = {was: _words(old, was) for was in gone}, {place: _words(new, place) for place in came}
    scored = [
        (-score, abs(was - place), place, was)
        for was in gone
        for place in came
        if (score := _in_common(before[was], after[place])) >= ALIKE
    ]
    found: dict[int, int] = {}
    taken: set[int] = set()
    for _score, _far, place, was in sorted(scored):
        if place not in found and was not in taken:
            found[place] = was
            taken.add(was)
    return found


def _words(side: _Side, place: int) -> set[str]:
    return set(WORD.findall(" ".join(str(value) for value in side.says[place].values() if value).casefold()))


def _in_common(one: set[str], other: set[str]) -> float:
    """The share of words that both have: 0 to 1."""
    return 2 * len(one & other) / (len(one) + len(other) or 1)


# --- what moved -----------------------------------------------------------------------------------
def _stayed(pairs: dict[int, int], old: _Side, new: _Side) -> set[int]:
    """The places of the later version whose rows kept their order: so few are told as moved as can be.

    A clause moves among those of its kind: they stand under one title.
    """
    kinds: dict[str, list[int]] = {}
    for place, was in sorted(pairs.items()):
        if (kind := _list_of(new.rows[place])) == _list_of(old.rows[was]):
            kinds.setdefault(kind, []).append(place)
    return {places[each] for places in kinds.values() for each in _longest_rising([pairs[p] for p in places])}


def _longest_rising(numbers: Sequence[int]) -> list[int]:
    """Which of some different numbers make the longest run in rising order, by their places."""
    ends: list[int] = []  # the place of the smallest number that ends a run of each length
    before: dict[int, int | None] = {}
    for place, number in enumerate(numbers):
        length = bisect_left(ends, number, key=lambda end: numbers[end])
        before[place] = ends[length - 1] if length else None
        ends[length : length + 1] = [place]
    run: list[int] = []
    last = ends[-1] if ends else None
    while last is not None:
        run.append(last)
        last = before[last]
    return run[::-1]


def _after_which(was: int, here: dict[int, int], old: _Side, new: _Side) -> int:
    """The place of the later version after which a row that is gone once stood, in its own list."""
    mine = _list_of(old.rows[was])
    for each in range(was - 1, -1, -1):
        if each in here and _list_of(old.rows[each]) == mine:
            return here[each]
    # It stood first: before the first that stands there now.
    first = next((place for place, row in enumerate(new.rows) if _list_of(row) == mine), len(new.rows))
    return first - 1


def _list_of(row: Part) -> str:
    """The list that a row stands in: clauses have one for each kind."""
    return row.kind if isinstance(row, Clause) else ""
