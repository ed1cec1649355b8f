"""The attention budget: what the rooms would ask of a person, and what of it may be asked. Writes nothing.

Three things a month, most useful first, each in at most two letters. What waits for a signature, and questions put to
a person, are not in here: they are always shown.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils.timezone import localtime

from pmo_portal.common.models import Organisation
from pmo_portal.common.words import day as in_words
from stakeholders.agreements import reading as agreements
from stakeholders.digests.access import today
from stakeholders.digests.models import Asked
from stakeholders.digests.reading.lines import Line
from stakeholders.people.models import Person
from stakeholders.people.reading import Offer
from stakeholders.understanding import reading as understanding

# Each room that would ask something; a new room adds its own `open_for`.
ROOMS: tuple[Callable[[Person, date], list[Offer]], ...] = (agreements.open_for, understanding.open_for)
# Most useful first. Somebody already waits for a late promise; a draft wants its reader's words while they can still
# change something; a promise due soon can still be kept; the mandate keeps, and a signature counts as reading it.
ORDER = ("late", "draft", "due", "mandate")
# A thing that was news under this key is not news again.
NEWS = {"draft": "read", "mandate": "read"}


@dataclass(frozen=True)
class Spent:
    """What a person has been asked already: this month by key, and in how many letters of all months."""

    month: str
    rows: dict[str, Asked] = field(default_factory=dict)
    letters: dict[str, int] = field(default_factory=dict)

    @property
    def free(self) -> list[int]:
        """The month's places that nothing has taken."""
        taken = {row.place for row in self.rows.values()}
        return [place for place in Asked.PLACES if place not in taken]

    def is_asked(self, offer: Offer) -> bool:
        """It has one of the month's places."""
        row = self.rows.get(offer.key)
        return row is not None and row.place is not None

    def fits_a_letter(self, offer: Offer) -> bool:
        """Two letters at most about one thing; what its room writes about itself stands in no digest as well."""
        return not offer.letters and self.letters.get(offer.key, 0) < Asked.MOST_LETTERS


@dataclass(frozen=True)
class Choice:
    """Of what the rooms offer: what may be asked this month, what of it is new, and what is too much."""

    asked: list[Offer]
    new: list[Offer]
    lapsed: list[Offer]


def usefulness(offer: Offer) -> int:
    """The place of an offer in the order; what the order does not know comes last."""
    return ORDER.index(offer.kind) if offer.kind in ORDER else len(ORDER)


def offers_for(person: Person, on: date) -> list[Offer]:
    """All that the rooms would ask of this person on a day."""
    return [offer for room in ROOMS for offer in room(person, on)]


def month_of(now: datetime, organisation: Organisation) -> str:
    """The month of the organisation's own calendar."""
    return f"{today(now, organisation):%Y-%m}"


def spent_by(person: Person, month: str) -> Spent:
    """What this person has been asked already."""
    rows = {row.key: row for row in Asked.objects.filter(person=person, month=month)}
    counted = (
        Asked.objects.filter(person=person, letters__gt=0).values_list("key").order_by().annotate(n=Sum("letters"))
    )
    return Spent(month, rows, dict(counted))


def within(offers: Iterable[Offer], spent: Spent) -> Choice:
    """The one rule: what was asked this month stays asked, and the most useful of the rest take the free places."""
    ordered = list({offer.key: offer for offer in sorted(offers, key=usefulness, reverse=True)}.values())
    ordered.sort(key=usefulness)
    rest = [offer for offer in ordered if not spent.is_asked(offer)]
    room = len(spent.free)
    new = rest[:room]
    asked = [offer for offer in ordered if spent.is_asked(offer) or offer in new]
    return Choice(asked, new, rest[room:])


def asked_by_all_letters(key: str) -> QuerySet[Any]:
    """The keys of those who were asked for one thing in as many letters as may ask: now somebody calls."""
    counted = Asked.objects.filter(key=key).values("person").order_by().annotate(n=Sum("letters"))
    return counted.filter(n__gte=Asked.MOST_LETTERS).values("person")


def for_letter(person: Person, now: datetime, organisation: Organisation) -> list[Offer]:
    """What a letter to this person may ask now."""
    spent = spent_by(person, month_of(now, organisation))
    asked = within(offers_for(person, today(now, organisation)), spent).asked
    return [offer for offer in asked if spent.fits_a_letter(offer)]


def for_page(person: Person, now: datetime, organisation: Organisation) -> list[Offer]:
    """What this person has been asked this month and has not done: reading a page asks for nothing new."""
    spent = spent_by(person, month_of(now, organisation))
    asked = [offer for offer in offers_for(person, today(now, organisation)) if spent.is_asked(offer)]
    return sorted(asked, key=usefulness)


def line(offer: Offer) -> Line:
    """An offer as a line of a letter, with the path that the letter leads its own reader through."""
    return Line(
        key=f"{NEWS.get(offer.kind, offer.kind)}:{offer.key}",
        text=offer.text,
        source=offer.hint,
        url=offer.path,
        link=offer.action,
        ask=offer.kind,
    )


def asked_this_month(person: Person, now: datetime, organisation: Organisation) -> dict[str, Any]:
    """What the PMO sees: how much of the month's three is spent, on what, and what was not asked."""
    rows: Sequence[Asked] = list(spent_by(person, month_of(now, organisation)).rows.values())
    asked = sorted((row for row in rows if row.place), key=lambda row: row.place or 0)
    return {
        "most": len(Asked.PLACES),
        "asked": [
            {"title": row.title, "how": row.get_how_display(), "day": in_words(localtime(row.at).date())}
            for row in asked
        ],
        "not_asked": [row.title for row in rows if not row.place],
    }
