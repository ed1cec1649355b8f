"""Who sees which area and which person, by role and date."""

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

from pmo_portal.accounts.access import is_pmo
from pmo_portal.common.models import once
from stakeholders.areas.models import Area
from stakeholders.people.models import Role

# Those who speak for an area: its head, and the deputy in their dates.
ANSWERING = (Role.Kind.HEAD, Role.Kind.DEPUTY)
# A sponsor or a customer comes for the letter; the area's page is its head's, with those who help the head.
PAGE_ROLES = (Role.Kind.HEAD, Role.Kind.DEPUTY, Role.Kind.ASSISTANT)


def roles_of(user: Any) -> list[Role]:
    """The roles that the person behind a user holds today."""
    if not user.is_authenticated:
        return []
    return once(("roles", user.pk), lambda: list(Role.objects.on().of_user(user).select_related("person", "area")))


def areas_as(user: Any, kinds: Collection[str]) -> list[int]:
    """The keys of the areas in which a user holds one of these roles today."""
    return [role.area_id for role in roles_of(user) if role.kind in kinds]


def visible_areas(user: Any) -> QuerySet[Area]:
    """The areas whose page this user may open; any other is a 404 to them."""
    if is_pmo(user):
        return Area.objects.all()
    return Area.objects.current().filter(pk__in=areas_as(user, PAGE_ROLES))


def answering_role(user: Any, area: Area) -> Role | None:
    """The role by which a user speaks for an area (its head before a deputy), or None; never an administrator."""
    if user.is_staff:
        return None
    mine = [role for role in roles_of(user) if role.area_id == area.pk and role.kind in ANSWERING]
    return min(mine, key=lambda role: role.kind != Role.Kind.HEAD, default=None)


def has_role(user: Any) -> bool:
    """The person behind this user holds any role today."""
    return bool(roles_of(user))
