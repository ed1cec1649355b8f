"""What others ask of the post room."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min

from pmo_portal.outbox.models import OutgoingEmail

MOST_LETTERS = 2  # that ask one thing of one address; then somebody calls
BETWEEN = timedelta(days=3)  # the first letter and the second


def next_letter_from(sent_at: datetime) -> datetime:
    """From when on a second letter may follow one that was posted then."""
    return sent_at + BETWEEN


@dataclass(frozen=True)
class Asked:
    """The letters that have asked one thing of one address, oldest first; those that failed do not count."""

    at: tuple[datetime, ...] = ()
    failed: str = ""

    @property
    def is_used_up(self) -> bool:
        """No further letter will go: it is time to call."""
        return len(self.at) >= MOST_LETTERS

    def next_from(self) -> datetime | None:
        """From when on a further letter may go; None for at once."""
        return next_letter_from(self.at[-1]) if self.at else None


def has_asked(event: str, about: str, to: str) -> bool:
    """Whether a letter has asked this of this address already."""
    return OutgoingEmail.objects.asking().filter(event=event, about=about, to=to).exists()


# A thing that was asked: the letter's event, what it is about, and the address.
Thing = tuple[str, str, str]


def asked(about: Collection[str]) -> dict[Thing, Asked]:
    """What has been asked by letter about these keys, of whom, and when; `failed` where the newest did not arrive."""
    sent: dict[Thing, list[datetime]] = defaultdict(list)
    failed: dict[Thing, str] = {}
    letters = OutgoingEmail.objects.filter(about__in=about, turn__isnull=False).order_by("posted_at", "pk")
    for letter in letters.only("event", "about", "to", "state", "posted_at", "reason"):
        thing = (letter.event, letter.about, letter.to)
        if letter.state == OutgoingEmail.State.FAILED:
            failed[thing] = letter.reason
        else:
            failed.pop(thing, None)
            sent[thing].append(letter.posted_at)
    return {thing: Asked(tuple(sent[thing]), failed.get(thing, "")) for thing in {*sent, *failed}}


def age_of_oldest_due(now: datetime) -> timedelta:
    """How long the letter that waits longest has been due; zero when none waits."""
    oldest = OutgoingEmail.objects.due(now).aggregate(at=Min("next_try_at"))["at"]
    return now - oldest if oldest else timedelta()
