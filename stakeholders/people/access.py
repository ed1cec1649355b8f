"""Who sees which area and which person, by role and date."""

from typing import Any

from django.db.models import QuerySet

from pmo_portal.accounts.access import is_pmo
from stakeholders.areas.models import Area
from stakeholders.people.models import Role

# A sponsor or a customer comes for the letter; the area's page is its head's, with those who help the head.
PAGE_ROLES = (Role.Kind.HEAD, Role.Kind.DEPUTY, Role.Kind.ASSISTANT)


def visible_areas(user: Any) -> QuerySet[Area]:
    """The areas whose page this user may open; any other is a 404 to them."""
    if is_pmo(user):
        return Area.objects.all()
    mine = Role.objects.on().of_user(user).filter(kind__in=PAGE_ROLES)
    return Area.objects.current().filter(pk__in=mine.values("area"))


def answering_role(user: Any, area: Area) -> Role | None:
    """The role by which a user speaks for an area (its head before a deputy), or None."""
    roles = Role.objects.on().of_user(user).filter(area=area).answering().select_related("person")
    return min(roles, key=lambda role: role.kind != Role.Kind.HEAD, default=None)


def has_role(user: Any) -> bool:
    """The person behind this user holds any role today."""
    return Role.objects.on().of_user(user).exists()
