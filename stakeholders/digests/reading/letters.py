"""Letters and times as pages list them. Writes nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from typing import Any
from zoneinfo import ZoneInfo

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.digests.models import Delivery, DigestPreference
from stakeholders.digests.reading.slots import next_slots
from stakeholders.people.models import Person

State = OutgoingEmail.State
TONES = {
    State.WAITING: "neutral",
    State.SENDING: "info",
    State.SENT: "good",
    State.RETRY: "warn",
    State.UNCERTAIN: "warn",
    State.FAILED: "bad",
    State.SKIPPED: "neutral",
}
TWO_MONTHS = timedelta(days=62)
ON_A_PAGE = 50
HEAVY = ("raw", "text", "html")


@dataclass(frozen=True)
class LetterLine:
    """A letter as a line of a list, in words."""

    url: str
    subject: str
    at: str
    to: str
    kind: str
    word: str
    tone: str
    tries: str


def letter_line(email: OutgoingEmail) -> LetterLine:
    """A letter in words; security mail that was erased has no subject left."""
    return LetterLine(
        url=reverse("digests:letter", args=[email.pk]),
        subject=email.subject or _("Sign-in letter, erased"),
        at=when(email.posted_at),
        to=email.to,
        kind=str(email.get_kind_display()),
        word=str(email.get_state_display()),
        tone=TONES[State(email.state)],
        tries=tries(email),
    )


def tries(email: OutgoingEmail) -> str:
    """How often it was handed over, and how often nobody knows whether it arrived; nothing where all went well."""
    if email.attempts < 2 and not email.uncertain_times:
        return ""
    words = ngettext("%(count)s attempt", "%(count)s attempts", email.attempts) % {"count": email.attempts}
    if email.uncertain_times:
        words += _(", %(count)s of them uncertain") % {"count": email.uncertain_times}
    return words


def letter_lines(letters: QuerySet[OutgoingEmail]) -> QuerySet[OutgoingEmail]:
    """Letters without their bodies, newest first: a list needs none."""
    return letters.defer(*HEAVY).order_by("-posted_at", "-pk")


def when(at: datetime, zone: str | None = None) -> str:
    """A moment in words, in the viewer's zone or a given one."""
    return date_format(timezone.localtime(at, ZoneInfo(zone) if zone else None), "j M Y, H:i")


def latest_letters(person: Person, count: int) -> list[OutgoingEmail]:
    """The newest digests that this person was sent, without their bodies."""
    return list(letter_lines(OutgoingEmail.objects.filter(delivery__person=person))[:count])


def next_times(preference: DigestPreference, now: datetime, count: int = 5) -> list[str]:
    """When the next letters can come, in words and in the person's zone: what the tick will plan."""
    slots = next_slots(preference, now, count, since=preference.since, taken=planned(preference.person, now))
    return [date_format(timezone.localtime(slot.at, ZoneInfo(preference.zone)), "l j F Y, H:i") for slot in slots]


def next_delivery(person: Person, now: datetime | None = None) -> datetime | None:
    """When the next digest of this person can come; None when they get none."""
    now = now or timezone.now()
    preference = DigestPreference.objects.filter(person=person).first()
    if preference is None:
        return None
    slots = next_slots(preference, now, 1, since=preference.since, taken=planned(person, now))
    return slots[0].at if slots else None


def planned(person: Person, now: datetime) -> set[str]:
    """The slots that are used up: a change of rhythm or zone can bring the same local period again."""
    recent = Delivery.objects.filter(person=person, due_at__gte=now - TWO_MONTHS)
    return set(recent.values_list("slot", flat=True))


def attempts(email: OutgoingEmail) -> list[dict[str, Any]]:
    """Each time that a letter was handed over, for those who look after the post."""
    return [
        {"label": when(attempt.started_at), "value": f"{attempt.get_outcome_display()} {attempt.reply}".strip()}
        for attempt in email.tries.all()
    ]


def sender(email: OutgoingEmail) -> str:
    """Who a letter says it is from: read in its frozen bytes, not made again."""
    headers = message_from_bytes(bytes(email.raw), policy=policy.default)
    return str(headers.get("From", ""))


def silent_line(delivery: Delivery) -> dict[str, str]:
    """A time at which nothing was written, and why."""
    return {
        "at": when(delivery.due_at),
        "to": str(delivery.person),
        "reason": str(delivery.get_reason_display()),
        "url": reverse("digests:preferences_of", args=[delivery.person_id]),
    }


def silent_lines(deliveries: QuerySet[Delivery], count: int = 5) -> list[dict[str, str]]:
    """The newest times at which nothing was written to somebody."""
    return [
        silent_line(each) for each in deliveries.filter(state=Delivery.State.SKIPPED).select_related("person")[:count]
    ]


def page_of(rows: QuerySet[Any], number: str | None) -> Page[Any]:
    """One page of a long list."""
    return Paginator(rows, ON_A_PAGE).get_page(number)


def in_lines(page: Page[OutgoingEmail]) -> list[LetterLine]:
    """A page of letters in words."""
    return [letter_line(email) for email in page]


def zone() -> str:
    """The name of the zone in which the viewer reads times."""
    return timezone.get_current_timezone_name()
