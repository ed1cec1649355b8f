"""What differs between two wordings, as people read it; both can be read out of the difference, letter by letter."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import groupby
from os.path import commonprefix

# A number with its signs (12,500.00; 24/7) is one word, so is one with a dash or an apostrophe; a comma stands alone.
TOKEN = re.compile(r"\s+|\w+(?:[.,:/'’\-–]\w+)*|[^\w\s]")
# Beyond so many pairs of equal words, and below so much in common, a text is shown as replaced whole: marks on every
# second word are no help, and looking for them takes time.
# Two pages of prose have some ten thousand; “a a a …” against itself has more, and would hold up the page.
MOST_PAIRS = 20_000
ENOUGH_IN_COMMON = 0.4


class Kind(StrEnum):
    """What became of some words."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True)
class Piece:
    """Some words of a comparison."""

    kind: Kind
    text: str


def compare(before: str, after: str) -> list[Piece]:
    """Two wordings as one text: what stayed, what was taken out, what was put in. Numbers are never cut."""
    old, new = TOKEN.findall(before), TOKEN.findall(after)
    head = len(commonprefix([old, new]))
    tail = len(commonprefix([old[head:][::-1], new[head:][::-1]]))
    middle = _middle(old[head : len(old) - tail], new[head : len(new) - tail])
    found = [(Kind.SAME, "".join(old[:head])), *middle, (Kind.SAME, "".join(old[len(old) - tail :]))]
    in_common = sum(len(text) for kind, text in found if kind == Kind.SAME)
    if in_common * 2 < ENOUGH_IN_COMMON * (len(before) + len(after)):
        found = [(Kind.GONE, before), (Kind.NEW, after)]
    runs = groupby((each for each in found if each[1]), key=lambda each: each[0])
    return [Piece(kind, "".join(text for _kind, text in run)) for kind, run in runs]


def _middle(old: list[str], new: list[str]) -> Iterator[tuple[Kind, str]]:
    """What differs between the first and the last word that do."""
    if _pairs(old, new) > MOST_PAIRS:
        yield from ((Kind.GONE, "".join(old)), (Kind.NEW, "".join(new)))
        return
    gone = came = ""
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for what, i, j, k, m in codes:
        stayed = "".join(old[i:j])
        # Changes with nothing but a space between them are one change, as people read.
        if what != "equal" or not stayed.strip():
            gone, came = gone + stayed, came + "".join(new[k:m])
            continue
        yield from ((Kind.GONE, gone), (Kind.NEW, came), (Kind.SAME, stayed))
        gone = came = ""
    yield from ((Kind.GONE, gone), (Kind.NEW, came))


def _pairs(old: list[str], new: list[str]) -> int:
    """How many words of one text stand in the other, each time they do, spaces aside: so much is to be looked at."""
    counted = Counter(new)
    return sum(times * counted[word] for word, times in Counter(old).items() if word.strip())


def one_side(pieces: Iterable[Piece], kind: Kind) -> list[Piece]:
    """One wording of a comparison alone, with its own changes marked: the earlier (GONE) or the later (NEW)."""
    return [piece for piece in pieces if piece.kind in {Kind.SAME, kind}]
