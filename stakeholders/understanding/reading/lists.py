"""The PMO's list of who has read the mandate, on the page and as a table to take away; writes nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pmo_portal.common.words import day
from stakeholders.people.models import Person, Role
from stakeholders.understanding.models import Acknowledgement, Readership, State, Waiver
from stakeholders.understanding.reading.asked import Question

TONES = {
    State.READ: "good", State.CHANGED: "warn", State.OPEN: "info", State.WAIVED: "done", State.NO_WAY_IN: "neutral",
}  # fmt: skip


def with_roles(found: QuerySet[Person], asked: Question) -> QuerySet[Person]:
    """With the roles by which they are asked; one question more, however many they are."""
    roles = asked.readership.roles(day=asked.on).select_related("area")
    return found.select_related("user").prefetch_related(Prefetch("roles", roles, to_attr="asked_roles"))


@dataclass(frozen=True)
class Line:
    """One person in the list, in words."""

    person: Any
    roles: list[str]
    status: dict[str, Any]
    said: str
    asked: str
    due: str
    is_overdue: bool
    is_open: bool


def line(person: Any, asked: Question) -> Line:
    """A person of `readers` with their roles, as the list shows them."""
    state = State(person.state)
    is_open = state in {State.OPEN, State.CHANGED}
    due = asked.due_on(person.first_day)
    late = (asked.on - due).days if is_open and due else 0
    return Line(
        person=person,
        roles=[_("%(role)s, %(area)s") % {"role": r.get_kind_display(), "area": r.area} for r in person.asked_roles],
        status={"word": state.label, "tone": TONES[state]},
        said=_said(person, state),
        asked=day(asked.asked_on(person.first_day)) if is_open else "",
        due=(_late(late) if late > 0 else day(due)) if is_open else "",
        is_overdue=late > 0,
        is_open=is_open,
    )


def _late(days: int) -> str:
    return ngettext("%(count)s day overdue", "%(count)s days overdue", days) % {"count": days}


def _said(person: Any, state: State) -> str:
    """What of it is kept on somebody: the version they have read and when, or why they need not."""
    if state == State.WAIVED:
        return _("%(name)s: %(reason)s") % {"name": person.waived_by, "reason": person.waived_reason}
    if person.read_number is None:
        return ""
    return _("Version %(number)s, %(day)s") % {"number": person.read_number, "day": day(person.read_at)}


def areas_to_choose(asked: Question) -> list[tuple[int, str]]:
    """The areas in which somebody is asked, with how many are."""
    held = asked.readership.roles(day=asked.on).order_by("area__name").values("area", "area__name")
    counted = held.annotate(count=Count("person", distinct=True))
    return [(row["area"], f"{row['area__name']} ({row['count']})") for row in counted]


def who_is_asked(readership: Readership) -> list[dict[str, Any]]:
    """The PMO's choice, in words."""
    kinds = [str(Role.Kind(kind).label) for kind in readership.kinds]
    areas = [area.name for area in readership.chosen_areas()]
    days = readership.days
    within = ngettext("%(count)s day", "%(count)s days", days or 0) % {"count": days}
    return [
        {"label": _("Roles"), "value": ", ".join(kinds) or _("All roles")},
        {"label": _("Areas"), "value": ", ".join(areas) or _("All areas")},
        {"label": _("Time to read"), "value": within if days is not None else _("No day is set")},
    ]


# --- to take away -------------------------------------------------------------------------------------
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: Any) -> str:
    """A value as a cell of a spreadsheet: what a spreadsheet would reckon with is made plain words."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def table(people: Iterable[Any], asked: Question) -> Iterator[list[str]]:
    """The list as rows of cells, with a head."""
    yield [
        _("Name"), _("Post"), _("E-mail"), _("Roles"), _("State"), _("Version read"), _("Read on"), _("How"),
        _("Asked since"), _("Due"), _("Overdue"), _("Excused because"), _("Excused by"),
    ]  # fmt: skip
    for person in people:
        shown, is_waived = line(person, asked), person.state == State.WAIVED
        due = asked.due_on(person.first_day) if shown.is_open else None
        facts = [
            person.name, person.post_title, person.email, "; ".join(shown.roles), shown.status["word"],
            person.read_number, _iso(person.read_at), _how(person.read_how),
            asked.asked_on(person.first_day).isoformat() if shown.is_open else "", due.isoformat() if due else "",
            _("yes") if shown.is_overdue else "", person.waived_reason if is_waived else "",
            person.waived_by if is_waived else "",
        ]  # fmt: skip
        yield [cell(each) for each in facts]


def records() -> Iterator[list[str]]:
    """All that was ever said, as rows of cells with a head: who read which version, and who need not."""
    yield [_("Person"), _("E-mail"), _("Version"), _("What"), _("Day"), _("How or why"), _("Said by")]
    read = Acknowledgement.objects.select_related("person", "version").order_by("at", "pk")
    for each in read.iterator(chunk_size=500):
        facts = [each.person, each.person.email, each.version.number, State.READ.label, _iso(each.at)]
        yield [cell(fact) for fact in [*facts, each.get_how_display(), each.person]]
    let_off = Waiver.objects.select_related("person", "version", "by").order_by("at", "pk")
    for waiver in let_off.iterator(chunk_size=500):
        facts = [waiver.person, waiver.person.email, waiver.version.number, State.WAIVED.label, _iso(waiver.at)]
        yield [cell(fact) for fact in [*facts, waiver.reason, waiver.by]]


def _iso(at: datetime | None) -> str:
    return timezone.localtime(at).date().isoformat() if at else ""


def _how(how: str | None) -> str:
    return str(Acknowledgement.How(how).label) if how else ""
