"""Which roles begin and end with a file. What a person did by hand, or later than the file, is never undone."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from stakeholders.areas.models import Area
from stakeholders.people.models import Person, Role
from stakeholders.reorganisation.organogram import Organogram, Post, Problem
from stakeholders.reorganisation.reading.standing import Standing

Kind = Role.Kind


@dataclass(frozen=True)
class Begin:
    """A role that begins on the day of the file."""

    reference: str
    unit: str
    kind: str


@dataclass(frozen=True)
class End:
    """A role that ends the day before the file's; without a day it began on that very day and never held."""

    role: Role
    ends_on: date | None


def settle(
    organogram: Organogram, stands: Standing, *, on: date, areas: dict[str, Area], people: dict[str, Person]
) -> tuple[tuple[Begin, ...], tuple[End, ...], list[Problem]]:
    """The roles that begin, those that end, and where the file gives way to what stands."""
    heads = {unit.head.reference for unit in organogram.units}
    settler = _Settler(on, stands.roles)
    for post in organogram.posts:
        settler.settle(post, post.reference in heads, people.get(post.reference), areas.get(post.unit))
    return tuple(settler.begins), tuple(settler.ends.values()), settler.notes


class _Settler:
    def __init__(self, on: date, roles: tuple[Role, ...]) -> None:
        self.on = on
        self.held: dict[int | None, list[Role]] = defaultdict(list)
        self.heads: dict[int | None, list[Role]] = defaultdict(list)
        for role in roles:
            self.held[role.person_id].append(role)
            if role.kind == Kind.HEAD:
                self.heads[role.area_id].append(role)
        self.begins: list[Begin] = []
        self.ends: dict[int, End] = {}
        self.notes: list[Problem] = []

    def settle(self, post: Post, is_head: bool, person: Person | None, area: Area | None) -> None:
        """Give a post its role, where it does not hold it already."""
        held = self.held[person.pk] if person else []
        places = {(role.area_id, role.kind) for role in held} if area else set()
        if is_head and area and (area.pk, Kind.HEAD) in places:
            return
        others = self._heads_besides(person, area) if is_head else []
        if kept := [role for role in others if not self._may_end(role)]:
            self._note_kept_head(post, kept[0])
            is_head, others = False, []
        kind = Kind.HEAD if is_head else Kind.SENIOR
        if area and (area.pk, kind) in places:
            return
        if later := [role for role in held if role.starts_on > self.on]:
            self._note_later(post, later[0])
            return
        for role in (*held, *others):
            self.ends[role.pk] = self._end(role)
        self.begins.append(Begin(post.reference, post.unit, kind))

    def _heads_besides(self, person: Person | None, area: Area | None) -> list[Role]:
        heads = self.heads[area.pk] if area else []
        return [role for role in heads if person is None or role.person_id != person.pk]

    def _may_end(self, role: Role) -> bool:
        return bool(role.person.post_reference) and role.starts_on <= self.on

    def _end(self, role: Role) -> End:
        return End(role, self.on - timedelta(days=1) if role.starts_on < self.on else None)

    def _note_kept_head(self, post: Post, role: Role) -> None:
        words = _("post %(post)s comes as senior staff: “%(area)s” is headed by %(head)s, as the portal was told.")
        told = {"post": post.reference, "area": role.area, "head": role.person}
        self.notes.append(Problem(post.line, words % told))

    def _note_later(self, post: Post, role: Role) -> None:
        words = _("post %(post)s gets no role: in “%(area)s” it has one that begins later, on %(day)s.")
        told = {"post": post.reference, "area": role.area, "day": date_format(role.starts_on)}
        self.notes.append(Problem(post.line, words % told))
