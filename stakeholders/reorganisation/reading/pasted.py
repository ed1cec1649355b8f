"""What rows that were pasted would bring, against what stands; the order of the rows says nothing."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from pmo_portal.accounts.models import Appointment, User
from pmo_portal.common.models import sha256_of
from stakeholders.areas.models import Area
from stakeholders.people.models import Person, Role
from stakeholders.reorganisation.organogram import Problem, short
from stakeholders.reorganisation.pasted import Pasted, Row, key

MAIL, NAME = "mailto:", "name:"
PMO = (Appointment.Office.MEMBER, Appointment.Office.LEAD)


@dataclass(frozen=True)
class Line:
    """One area of the list.

    area      the one that stands for it already
    head      who heads it already, and stays
    person    who is known and becomes its head
    newcomer  who is new and becomes its head: "mailto:" and an address, or "name:" and the name as it is compared
    address   what is added to the head who stands and has none
    """

    row: Row
    area: Area | None = None
    head: Person | None = None
    person: Person | None = None
    newcomer: str = ""
    address: str = ""

    @property
    def has_new_head(self) -> bool:
        """The area gets a head."""
        return bool(self.person or self.newcomer)

    @property
    def newcomer_email(self) -> str:
        """The address of who is new; it may stand on another line of theirs."""
        return self.newcomer.removeprefix(MAIL) if self.newcomer.startswith(MAIL) else ""

    def facts(self) -> list[Any]:
        """All that bringing it in depends on."""
        standing = [thing.pk if thing else None for thing in (self.area, self.head, self.person)]
        return [self.row.area, self.row.head, self.row.email, *standing, self.newcomer, self.address]


@dataclass(frozen=True)
class Paste:
    """All that bringing the rows in would do, or why they cannot be brought in."""

    lines: tuple[Line, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def new_areas(self) -> int:
        """How many areas are new."""
        return sum(line.area is None for line in self.lines)

    @property
    def newcomers(self) -> set[str]:
        """Who is new."""
        return {line.newcomer for line in self.lines if line.newcomer}

    @property
    def has_changes(self) -> bool:
        """Something new would stand in the portal afterwards."""
        return any(line.area is None or line.has_new_head or line.address for line in self.lines)

    def fingerprint(self) -> str:
        """The same rows against the same areas and people have the same one."""
        return sha256_of(sorted((line.facts() for line in self.lines), key=str))


@dataclass
class Standing:
    """The areas, heads and people that the rows meet, by the names and addresses that they are compared by."""

    areas: dict[str, Area]
    heads: dict[int, Person]
    by_name: dict[str, list[Person]]
    by_email: dict[str, Person]
    users: dict[str, User]
    pmo: set[int]
    added: dict[int, str] = field(default_factory=dict)  # person → the address that a row gives to them

    def email_of(self, person: Person) -> str:
        """A person's address, with the one that a row adds."""
        return person.email.lower() or self.added.get(person.pk, "")


def _standing(rows: tuple[Row, ...], on: date) -> Standing:
    lasting = Q(ends_on=None) | Q(ends_on__gte=on)
    people = list(Person.objects.select_related("user"))
    heads = Role.objects.filter(lasting, kind=Role.Kind.HEAD).select_related("person__user").order_by("-starts_on")
    by_name: dict[str, list[Person]] = defaultdict(list)
    for person in people:
        by_name[key(str(person))].append(person)
    emails = {row.email for row in rows if row.email}
    return Standing(
        # An area that still goes on comes last, and so wins its name over one that ends.
        areas={
            key(area.name): area
            for area in sorted(Area.objects.filter(lasting), key=lambda area: area.ends_on is None)
        },
        heads={role.area_id: role.person for role in heads},
        by_name=by_name,
        by_email={person.email.lower(): person for person in people if person.email},
        users={user.email.lower(): user for user in User.objects.filter(email__in=emails)},
        pmo=set(Appointment.objects.on(on).filter(office__in=PMO).values_list("user", flat=True)),
    )


def paste(pasted: Pasted, *, on: date) -> Paste:
    """What rows would bring on a day (`on`); with a problem, nothing."""
    if not pasted.rows:
        return Paste(problems=pasted.problems)
    stands = _standing(pasted.rows, on)
    _add_addresses(pasted.rows, stands)
    listed: dict[str, set[str]] = defaultdict(set)
    for row in pasted.rows:
        if row.email:
            listed[key(row.head)].add(row.email)
    found = [_line(row, stands, listed[key(row.head)]) for row in pasted.rows]
    problems = [each for each in found if isinstance(each, Problem)]
    lines = tuple(each for each in found if isinstance(each, Line))
    return Paste(lines, tuple(sorted({*pasted.problems, *problems})))


def _add_addresses(rows: tuple[Row, ...], stands: Standing) -> None:
    """A head who stands without an address gets the one beside their name."""
    for row in sorted(rows, key=lambda row: row.key):
        area = stands.areas.get(row.key)
        head = stands.heads.get(area.pk) if area else None
        is_theirs = head and key(str(head)) == key(row.head) and not stands.email_of(head)
        if head and is_theirs and row.email and row.email not in stands.by_email:
            stands.added[head.pk] = row.email
            stands.by_email[row.email] = head


def _line(row: Row, stands: Standing, listed: set[str]) -> Line | Problem:
    area = stands.areas.get(row.key)
    head = stands.heads.get(area.pk) if area else None
    if not row.head:
        return Line(row, area, head)
    owner = stands.by_email.get(row.email) if row.email else None
    if owner and owner.name and key(owner.name) != key(row.head):
        words = _("%(email)s belongs to %(name)s, and not to “%(head)s”.")
        return Problem(row.line, words % {"email": short(row.email), "name": owner, "head": short(row.head)})
    if head:
        return _standing_head(row, area, head, owner, stands)
    return _new_head(row, area, owner, stands, listed)


def _standing_head(
    row: Row, area: Area | None, head: Person, owner: Person | None, stands: Standing
) -> Line | Problem:
    is_same = owner == head if owner else key(str(head)) == key(row.head) and not row.email
    if not is_same:
        words = _("“%(area)s” has a head already: %(head)s. Empty the cell, or change the head under People.")
        named = f"{head} ({stands.email_of(head)})" if stands.email_of(head) else str(head)
        return Problem(row.line, words % {"area": area, "head": named})
    address = stands.added.get(head.pk, "") if row.email else ""
    barred = _barred(row, head, stands) if address else None
    return barred or Line(row, area, head, address=address)


def _new_head(
    row: Row, area: Area | None, owner: Person | None, stands: Standing, listed: set[str]
) -> Line | Problem:
    person, newcomer = owner, "" if owner else MAIL + row.email
    if not row.email:
        people = {each.pk: each for each in stands.by_name.get(key(row.head), [])}
        people |= {each.pk: each for email in listed if (each := stands.by_email.get(email))}
        newcomers = [MAIL + email for email in sorted(listed) if email not in stands.by_email]
        if len(people) + len(newcomers) > 1:
            words = _("more than one person is called “%(head)s”: give the e-mail address.")
            return Problem(row.line, words % {"head": short(row.head)})
        person = next(iter(people.values()), None)
        newcomer = "" if person else next(iter(newcomers), NAME + key(row.head))
    return _barred(row, person, stands) or Line(row, area, person=person, newcomer=newcomer)


def _barred(row: Row, person: Person | None, stands: Standing) -> Problem | None:
    """Who works in the PMO signs for the PMO alone, and an administrator decides nothing of the business."""
    user = person.user if person and person.user else stands.users.get(row.email)
    if (user and user.pk in stands.pmo) or (person and person.office in PMO):
        words = _("“%(head)s” works in the PMO, and nobody signs for both sides: an area needs another head.")
    elif user and user.is_staff:
        words = _("“%(head)s” comes in as an administrator, who decides nothing of the business: another head.")
    else:
        return None
    return Problem(row.line, words % {"head": short(row.head)})
