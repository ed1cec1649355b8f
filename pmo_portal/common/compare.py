"""What differs between two wordings, as people read it; both can be read out of the difference, letter by letter."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import groupby
from os.path import commonprefix

# A day in words (31 March 2027) and a number with its signs (12,500.00; 24/7) are one word, so is one with a dash or
# an apostrophe; a comma stands alone.
DAY = r"\d{1,2}(?:st|nd|rd|th|\.)? (?:de )?[^\W\d_]{3,}\.?,? (?:de )?\d{4}\b"
# Each comes with the space after it in tow: a space is in every text hundreds of times, and says little.
WORD = re.compile(rf"({DAY}|\w+(?:[.,:/'’\-–]\w+)*|[^\w\s]|)(\s*)")
# What stands out within changed words: a day, or a number with its sign of money or share.
FIGURE = re.compile(rf"({DAY}|(?:[$£€¥] ?)?\d+(?:[.,:/'’\-–]\w+)*(?: ?[%‰€£$¥])?)")
# Beyond so many pairs of equal words, and below so much in common, a text is shown as replaced whole: marks on every
# second word are no help, and looking for them takes time.
# Two pages of prose have some ten thousand; “a a a …” against itself has more, and would hold up the page.
MOST_PAIRS = 20_000
ENOUGH_IN_COMMON = 0.4
Word = tuple[str, str]  # a word and the space after it; a first space follows no word


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

    @property
    def runs(self) -> list[tuple[str, bool]]:
        """The words in turns, each with whether it is a number or a day; only what changed has such."""
        if self.kind == Kind.SAME:
            return [(self.text, False)]
        return [(run, place % 2 == 1) for place, run in enumerate(FIGURE.split(self.text)) if run]


def compare(before: str, after: str) -> list[Piece]:
    """Two wordings as one text: what stayed, what was taken out, what was put in. Numbers are never cut."""
    old, new = WORD.findall(before), WORD.findall(after)
    head = len(commonprefix([old, new]))
    tail = len(commonprefix([old[head:][::-1], new[head:][::-1]]))
    middle = _middle(old[head : len(old) - tail], new[head : len(new) - tail])
    found = [(Kind.SAME, _text(old[:head])), *middle, (Kind.SAME, _text(old[len(old) - tail :]))]
    in_common = sum(len(text) for kind, text in found if kind == Kind.SAME)
    if in_common * 2 < ENOUGH_IN_COMMON * (len(before) + len(after)):
        found = [(Kind.GONE, before), (Kind.NEW, after)]
    runs = groupby((each for each in found if each[1]), key=lambda each: each[0])
    return [Piece(kind, "".join(text for _kind, text in run)) for kind, run in runs]


def _middle(old: list[Word], new: list[Word]) -> Iterator[tuple[Kind, str]]:
    """What differs between the first and the last word that do."""
    words, others = [word for word, _space in old], [word for word, _space in new]
    if _pairs(words, others) > MOST_PAIRS:
        yield from _replaced(_text(old), _text(new))
        return
    codes = SequenceMatcher(None, words, others, autojunk=False).get_opcodes()
    gone = came = ""
    for what, i, j, k, m in codes:
        if what != "equal":
            gone, came = gone + _text(old[i:j]), came + _text(new[k:m])
            continue
        # The same words; where the space after one is another, that belongs to the next change.
        for word, space, other in _stayed(old[i:j], new[k:m]):
            yield from (*_replaced(gone, came), (Kind.SAME, word))
            gone, came = space, other
    yield from _replaced(gone, came)


def _text(words: list[Word]) -> str:
    return "".join(word + space for word, space in words)


def _stayed(words: list[Word], others: list[Word]) -> Iterator[tuple[str, str, str]]:
    """Runs of the same words, each with the spaces that follow it there and here where they differ."""
    run = ""
    for (word, space), (_same, other) in zip(words, others, strict=True):
        if space == other:
            run += word + space
        else:
            yield run + word, space, other
            run = ""
    if run:
        yield run, "", ""


def _replaced(gone: str, came: str) -> Iterator[tuple[Kind, str]]:
    """Other words in place of some; a space that ends both stayed."""
    spaces = commonprefix([gone[len(gone.rstrip()) :][::-1], came[len(came.rstrip()) :][::-1]])[::-1]
    end = len(spaces)
    yield from ((Kind.GONE, gone[: len(gone) - end]), (Kind.NEW, came[: len(came) - end]), (Kind.SAME, spaces))


def _pairs(old: list[str], new: list[str]) -> int:
    """How many words of one text stand in the other, each time they do: so much is to be looked at."""
    counted = Counter(new)
    return sum(times * counted[word] for word, times in Counter(old).items())


def one_side(pieces: Iterable[Piece], kind: Kind) -> list[Piece]:
    """One wording of a comparison alone, with its own changes marked: the earlier (GONE) or the later (NEW)."""
    return [piece for piece in pieces if piece.kind in {Kind.SAME, kind}]
