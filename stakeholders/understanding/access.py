"""Whom a version of the mandate is told: the audience of the issuer's letter."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q

from mandate.access import may_read
from pmo_portal.accounts.access import Office
from pmo_portal.accounts.models import Appointment, User
from pmo_portal.common.models import today
from stakeholders.people.models import Role


@dataclass
class Reader:
    """Somebody who is told, with the roles of the day that make them one."""

    user: User
    name: str
    roles: list[Role] = field(default_factory=list)
    is_pmo: bool = False


def audience(day: date | None = None, *, but: User, only: Iterable[int] | None = None) -> list[Reader]:
    """Everybody with a role on a day (today) and a way in who may read the mandate, and the PMO; by name.

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
    found.pop(but.pk, None)
    readers = [each for each in found.values() if each.is_pmo or may_read(each.user, has_role=True)]
    return sorted(readers, key=lambda reader: (reader.name.casefold(), reader.user.pk))
