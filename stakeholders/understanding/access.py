"""Whom the mandate is told, who follows it, who is asked to read it, and who reads what it means in an area."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q

from mandate.access import can_see_drafts, is_open_to, may_read
from pmo_portal.accounts.access import Office, is_pmo
from pmo_portal.accounts.models import Appointment, User
from pmo_portal.common.models import today
from stakeholders.areas.models import Area
from stakeholders.people.access import areas_as, has_role, roles_of
from stakeholders.people.models import Role
from stakeholders.understanding.models import Follow, Meaning, MeaningQuerySet


@dataclass
class Reader:
    """Somebody who is told, with what makes them one: the roles of the day, the PMO, or that they follow it."""

    user: User
    name: str
    roles: list[Role] = field(default_factory=list)
    is_pmo: bool = False
    follows: bool = False

    @property
    def only_follows(self) -> bool:
        """Nothing but their own wish brings them the letter, so they may leave."""
        return self.follows and not (self.roles or self.is_pmo)


def audience(day: date | None = None, *, but: User, only: Iterable[int] | None = None) -> list[Reader]:
    """Everybody with a role on a day (today) and a way in who may read the mandate, the PMO, and followers; by name.

    `but` is who publishes: nobody gets a letter from themselves. `only` narrows it to some users, by key.
    """
    day, found = day or today(), dict[int, Reader]()
    who, whose = (Q(), Q()) if only is None else (Q(person__user__in=only), Q(user__in=only))
    roles = Role.objects.on(day).filter(who, person__user__is_active=True)
    for role in roles.select_related("person__user", "area").order_by("area__name", "kind"):
        user = role.person.user
        assert user is not None  # noqa: S101 (the query sees to it)
        found.setdefault(user.pk, Reader(user, str(role.person))).roles.append(role)
    pmo = Appointment.objects.on(day).filter(whose, office__in=[Office.MEMBER, Office.LEAD])
    for appointment in pmo.select_related("user"):
        user = appointment.user
        found.setdefault(user.pk, Reader(user, str(user))).is_pmo = True
    for follow in Follow.objects.open().filter(whose, user__is_active=True).select_related("user"):
        # Who came in by a domain that was taken out since reads no more, and is told nothing.
        if follow.user_id in found or is_open_to(follow.user):
            found.setdefault(follow.user_id, Reader(follow.user, str(follow.user))).follows = True
    found.pop(but.pk, None)
    readers = [each for each in found.values() if each.is_pmo or each.follows or may_read(each.user, has_role=True)]
    return sorted(readers, key=lambda reader: (reader.name.casefold(), reader.user.pk))


def is_told_anyway(user: Any) -> bool:
    """The letter comes to this user by what they are: by a role, of the PMO, or as its issuer."""
    return has_role(user) or can_see_drafts(user)


def can_follow(user: Any) -> bool:
    """A reader who is signed in and is not told anyway."""
    return user.is_authenticated and is_open_to(user) and not is_told_anyway(user)


def follows(user: Any) -> bool:
    """This user wanted the letters and has not left."""
    return Follow.objects.open().filter(user=user).exists()


def areas_of(user: Any) -> list[Area]:
    """The areas that somebody has a role in today, by the weight of the role: who heads one comes for that one."""
    order = list(Role.Kind)
    roles = sorted(roles_of(user), key=lambda role: order.index(Role.Kind(role.kind)))
    return list({role.area_id: role.area for role in roles if role.area.is_current}.values())


def visible_meanings(user: Any) -> MeaningQuerySet:
    """What clauses mean in the areas that a user has a role in; the PMO, which writes them, reads all."""
    return Meaning.objects.all() if is_pmo(user) else Meaning.objects.in_areas(areas_as(user, Role.Kind.values))
