"""What a digest is made of: lines, each of one record, in sections of a few."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from stakeholders.people.reading import Offer

LONGEST_QUOTE = 160
MOST_NEEDS = 3


@dataclass(frozen=True)
class Line:
    """One sentence, the record it came from, and the path of the page that it leads to."""

    key: str
    text: str
    source: str = ""
    url: str = ""
    link: str = ""
    word: str = ""
    tone: str = ""
    headline: str = ""
    short: str = ""
    ask: str = ""  # of which kind, where the attention budget lets it be asked


@dataclass(frozen=True)
class Section:
    """Lines under one heading; those that do not fit are counted."""

    title: str
    lines: list[Line]
    more: int = 0


@dataclass(frozen=True)
class Digest:
    """What one person is told: what waits, what changed, promises, dates."""

    needs: list[Line] = field(default_factory=list)
    changed: list[Line] = field(default_factory=list)
    kept: list[Line] = field(default_factory=list)
    late: list[Line] = field(default_factory=list)
    coming: list[Line] = field(default_factory=list)
    left_out: dict[int, str] = field(default_factory=dict)
    offers: list[Offer] = field(default_factory=list)  # what it asks, of the budget

    @property
    def standing(self) -> list[Line]:
        """What is so today, told as news only once."""
        return [*self.needs, *self.late, *self.coming]

    def is_news(self, told: Collection[str]) -> bool:
        """Something in it was never told to this person: only then is a letter worth their time."""
        return bool(self.changed or self.kept) or any(line.key not in told for line in self.standing)

    def sections(self, *, whole: bool = False) -> list[Section]:
        """The parts that hold something: what asks first, at most a few lines each unless `whole`."""
        parts = [
            (_("Needs you"), self.needs, MOST_NEEDS),
            (_("Changed"), self.changed, 5),
            (_("Kept and late"), [*self.kept, *self.late], 5),
            (_("Coming"), self.coming, 3),
        ]
        return [
            Section(title, lines if whole else lines[:most], 0 if whole else max(0, len(lines) - most))
            for title, lines, most in parts
            if lines
        ]


def quote(text: Any) -> str:
    """Somebody's own words, on one line and not too many of them."""
    return Truncator(" ".join(str(text).split())).chars(LONGEST_QUOTE)
