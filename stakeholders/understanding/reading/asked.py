"""What is asked today, of whom, and how each stands to it; writes nothing."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Case, CharField, Count, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from mandate.models import MandateVersion
from pmo_portal.accounts.models import Appointment
from pmo_portal.common.models import Organisation, today
from stakeholders.people.models import Person
from stakeholders.understanding.models import OVERDUE, Acknowledgement, Readership, State, Waiver, wanted


@dataclass(frozen=True)
class Question:
    """What is asked on a day: to have read `version` or a later one; it holds since a day, in better words by now."""

    version: MandateVersion
    live: MandateVersion
    since: date
    on: date
    readership: Readership

    @property
    def last_in_time(self) -> date | None:
        """Who was asked before this day is overdue today; None where no day is set."""
        return self.on - timedelta(days=self.readership.days) if self.readership.days is not None else None

    def asked_on(self, first_day: date | None) -> date:
        """Since when somebody is asked whose role began on a day: joiners from then."""
        return max(self.since, first_day or self.since)

    def due_on(self, first_day: date | None) -> date | None:
        """By when they are asked to have read it."""
        days = self.readership.days
        return self.asked_on(first_day) + timedelta(days=days) if days is not None else None


def question(
    now: datetime | None = None, on: date | None = None, live: MandateVersion | None = None
) -> Question | None:
    """What is asked today; None while no version is live. `live` spares asking for it again."""
    now = now or timezone.now()
    version, live = wanted(now).first(), live or MandateVersion.objects.live(now).first()
    if version is None or live is None:
        return None
    zone = ZoneInfo(Organisation.current().time_zone)
    since = timezone.localdate(version.wanted_since, zone)  # type: ignore[attr-defined]
    return Question(version, live, since, on or today(), Readership.current())


# --- everybody who is asked ---------------------------------------------------------------------------
def readers(asked: Question) -> QuerySet[Person]:
    """Everybody who is asked, each with `state`, `first_day` of their roles, and what they have read of it.

    Who writes or issues the mandate has read it and is not asked. Joiners come in when their role begins, and
    leavers fall out when it ends.
    """
    roles = asked.readership.roles(day=asked.on)
    of_the_pmo = Appointment.objects.on(asked.on).values("user")
    read = Acknowledgement.objects.filter(person=OuterRef("pk")).order_by("-version__number")
    waived = Waiver.objects.filter(person=OuterRef("pk")).order_by("-version__number")
    first_day = roles.filter(person=OuterRef("pk")).order_by("starts_on").values("starts_on")
    return (
        Person.objects.filter(pk__in=roles.values("person"))
        .exclude(user__in=of_the_pmo)
        .annotate(
            first_day=Subquery(first_day[:1]),
            read_number=Subquery(read.values("version__number")[:1]),
            read_at=Subquery(read.values("at")[:1]),
            read_how=Subquery(read.values("how")[:1]),
            waived_number=Subquery(waived.values("version__number")[:1]),
            waived_reason=Subquery(waived.values("reason")[:1]),
            waived_by=Subquery(waived.values("by__name")[:1]),
        )
        .annotate(state=_by_facts(asked))
        .order_by("name", "post_title", "pk")
    )


def _by_facts(asked: Question) -> Case:
    """The one rule, in SQL: read is who acknowledged the wanted version or a later one."""
    least = asked.version.number
    return Case(
        When(read_number__gte=least, then=Value(State.READ)),
        When(waived_number__gte=least, then=Value(State.WAIVED)),
        When(Q(user=None) | Q(user__is_active=False), then=Value(State.NO_WAY_IN)),
        When(read_number__isnull=False, then=Value(State.CHANGED)),
        default=Value(State.OPEN),
        output_field=CharField(),
    )


def wanted_readers(asked: Question, *, state: str = "", area: int | None = None) -> QuerySet[Person]:
    """Those of a state (or overdue), and with a role of today by which they are asked in an area."""
    found = readers(asked)
    if area:
        found = found.filter(pk__in=asked.readership.roles(day=asked.on).filter(area=area).values("person"))
    if state == OVERDUE:
        return overdue(found, asked)
    return found.filter(Q(("state", state))) if state else found


def overdue(found: QuerySet[Person], asked: Question) -> QuerySet[Person]:
    """Those of `readers` who are past their day."""
    limit = asked.last_in_time
    if limit is None or asked.since >= limit:
        return found.none()
    return found.filter(Q(state__in=[State.OPEN, State.CHANGED]), Q(first_day__lt=limit))


def still_open(asked: Question, people: QuerySet[Any]) -> list[tuple[Person, date]]:
    """Those of some people (by key) who have not read it, each with since when they are asked; the longest first."""
    open_ones: Any = readers(asked).filter(Q(state__in=[State.OPEN, State.CHANGED]), Q(pk__in=people))
    found = [(each, asked.asked_on(each.first_day)) for each in open_ones.select_related("user")]
    return sorted(found, key=lambda each: each[1])


def states(asked: Question, *, state: str = "", area: int | None = None) -> list[dict[str, Any]]:
    """Each state with how many there are of it in the area; overdue first, because it wants something done."""
    everybody = wanted_readers(asked, area=area).order_by()
    counts = dict(everybody.values_list(F("state")).annotate(count=Count("pk")))
    rows = [
        {"value": "", "label": _("Everybody"), "count": sum(counts.values())},
        {"value": OVERDUE, "label": _("Overdue"), "count": overdue(everybody, asked).count()},
        *({"value": each.value, "label": each.label, "count": counts.get(each.value, 0)} for each in State),
    ]
    return [
        {**row, "is_current": row["value"] == state} for row in rows if row["count"] or row["value"] in {"", state}
    ]
