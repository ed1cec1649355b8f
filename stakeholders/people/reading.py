"""What the PMO's pages about people show; writes nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from pmo_portal.common.models import today
from pmo_portal.common.words import day
from pmo_portal.outbox.reading import Asked, asked
from stakeholders.people.models import Person, Role
from stakeholders.people.notices import EVENT

# The letter that asks a person to come in, as the post room knows it.
ASKED_BY = EVENT


@dataclass(frozen=True)
class Offer:
    """Something a room would ask of a person, besides signatures and questions; digests decide what is asked.

    `kind` is what the order of usefulness knows, `key` the record, `letters` how many of the room's own letters have
    asked it already. `path` leads to the page where it is done.
    """

    kind: str
    key: str
    title: str
    text: str
    path: str
    action: str
    hint: str = ""
    since: date | None = None
    letters: int = 0


State = Person.State
TONES = {
    State.NO_ADDRESS: "neutral", State.NOT_INVITED: "neutral", State.INVITED: "info",
    State.BOUNCED: "bad", State.CAME_IN: "good",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One person in the list."""

    person: Person
    roles: list[str]
    status: dict[str, Any]
    can_invite: bool


def people(**wanted: Any) -> QuerySet[Person]:
    """Those who are wanted, with their roles of today and how far they are in; a fixed number of queries."""
    holds = Prefetch("roles", Role.objects.on().select_related("area"), to_attr="current_roles")
    found = Person.objects.with_state().wanted(**wanted)
    return found.select_related("user").prefetch_related(holds).order_by("name", "post_title", "pk")


def states(*, state: str = "", **wanted: Any) -> list[dict[str, Any]]:
    """Each state with how many there are of it, among those of this name, role and area."""
    others = Person.objects.with_state().wanted(**wanted).order_by()
    counts = dict(others.values_list(F("state")).annotate(count=Count("pk")))
    everybody = {"value": "", "label": _("Everybody"), "count": sum(counts.values())}
    rows = [{"value": s.value, "label": s.label, "count": counts.get(s.value, 0)} for s in State]
    return [
        {**row, "is_current": row["value"] == state}
        for row in [everybody, *rows]
        if row["count"] or row["value"] in {"", state}
    ]


def roles_to_choose() -> list[tuple[str, str]]:
    """The roles that somebody holds today, with how many hold them."""
    held = Role.objects.on().values("kind").order_by().annotate(count=Count("person", distinct=True))
    counts = {row["kind"]: row["count"] for row in held}
    return [(kind.value, f"{kind.label} ({counts[kind]})") for kind in Role.Kind if kind in counts]


def areas_to_choose() -> list[tuple[int, str]]:
    """The areas in which somebody holds a role today, with how many do."""
    held = Role.objects.on().values("area", "area__name").order_by("area__name")
    counted = held.annotate(count=Count("person", distinct=True))
    return [(row["area"], f"{row['area__name']} ({row['count']})") for row in counted]


def line(person: Person) -> Line:
    """A person of `people()` as the list shows them."""
    roles = [
        _("%(role)s, %(area)s") % {"role": role.get_kind_display(), "area": role.area}
        for role in person.current_roles  # type: ignore[attr-defined]
    ]
    open_ones = {State.NOT_INVITED, State.INVITED, State.BOUNCED}
    return Line(person, roles, standing(person), state_of(person) in open_ones)


def state_of(person: Person) -> State:
    """The state of a person of `people()`."""
    return State(person.state)  # type: ignore[attr-defined]


def standing(person: Person) -> dict[str, Any]:
    """How far somebody is in, as a word and a tone."""
    state = state_of(person)
    invited = _("Invited %(day)s") % {"day": day(person.invited_at)}  # type: ignore[attr-defined]
    return {"word": invited if state == State.INVITED else state.label, "tone": TONES[state]}


# --- one person ---------------------------------------------------------------------------------
def letter(person: Person) -> dict[str, Any]:
    """What became of the newest invitation of a person of `people()`, and what can be done about it."""
    state = state_of(person)
    reason: str = person.letter_reason or ""  # type: ignore[attr-defined]
    return {
        "bounced": reason if state == State.BOUNCED else "",
        "can_invite": state in {State.NOT_INVITED, State.INVITED, State.BOUNCED},
        "again": state in {State.INVITED, State.BOUNCED},
    }


def roles_by_time(person: Person, on: date | None = None) -> list[dict[str, Any]]:
    """The roles of a person: now, to come, past; each part that holds something."""
    on = on or today()
    roles = list(Role.objects.filter(person=person).select_related("area"))
    parts = [
        (
            _("Now"),
            [r for r in roles if r.starts_on <= on and (r.ends_on is None or r.ends_on >= on)],
            _("End today"),
        ),
        (_("To come"), [r for r in roles if r.starts_on > on], _("Take back")),
        (_("Past"), [r for r in roles if r.ends_on and r.ends_on < on], ""),
    ]
    return [
        {"title": title, "roles": [{"role": r, "dates": dates(r), "tool": _tool(r, on, tool)} for r in held]}
        for title, held, tool in parts
        if held
    ]


def _tool(role: Role, on: date, tool: str) -> str:
    """The button of a role; one that ends today anyway has none."""
    return "" if role.ends_on == on and role.starts_on <= on else tool


def dates(role: Role) -> str:
    """When a role holds, in words."""
    words = {"first": day(role.starts_on), "last": day(role.ends_on)}
    if role.ends_on:
        return _("%(first)s to %(last)s") % words
    return (_("from %(first)s on") if role.starts_on > today() else _("since %(first)s")) % words


# --- inviting -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Invitee:
    """Somebody who is about to be invited: the letter can go to them, or why it cannot."""

    person: Person
    roles: list[str]
    why_not: str = ""


def invitees(keys: Iterable[int], now: datetime | None = None) -> list[Invitee]:
    """Those with these keys, each with whether the invitation can go to them now; a fixed number of queries."""
    now = now or timezone.now()
    found = list(people().filter(pk__in=list(keys)))
    sent = asked([person.key for person in found])
    return [
        Invitee(person, line(person).roles, why_not(person, sent.get((EVENT, person.key, person.email)), now))
        for person in found
    ]


def why_not(person: Person, sent: Asked | None, now: datetime) -> str:
    """Why no invitation can go to a person of `people()` now, in words; empty when it can."""
    state = state_of(person)
    if state == State.CAME_IN:
        return _("has come in already")
    if state == State.NO_ADDRESS:
        return _("has no address yet")
    if sent and sent.is_used_up:
        return _("two letters have gone: call")
    if sent and (earliest := sent.next_from()) and now < earliest:
        return _("was invited on %(day)s; again from %(next)s on") % {"day": day(sent.at[-1]), "next": day(earliest)}
    return ""


def not_yet_in() -> QuerySet[Person]:
    """Those who were invited, to whom the letter went, and who never came in; the longest first."""
    invited = Person.objects.with_state().in_state(State.INVITED).select_related("user")
    return invited.order_by(F("invited_at"), "pk")


def bounced() -> QuerySet[Person]:
    """Those whose newest invitation came back."""
    return Person.objects.with_state().in_state(State.BOUNCED).order_by(F("invited_at"), "pk")
