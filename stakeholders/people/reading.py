"""What the PMO's pages about people show; writes nothing."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from pmo_portal.common.words import day
from stakeholders.people.models import Person, Role


@dataclass(frozen=True)
class Line:
    """One person in the list."""

    person: Person
    roles: list[str]
    status: dict[str, Any]


def people(search: str = "") -> QuerySet[Person]:
    """Everybody, with their roles of today and how far they are in."""
    today = Prefetch("roles", Role.objects.on().select_related("area"), to_attr="current_roles")
    found = Person.objects.select_related("user").prefetch_related(today)
    found = found.annotate(invited_at=Max("invitations__at")).order_by("name", "post_title", "pk")
    return found.filter(Q(name__icontains=search) | Q(post_title__icontains=search)) if search else found


def line(person: Person) -> Line:
    """A person of `people()` as the list shows them."""
    roles = [
        _("%(role)s, %(area)s") % {"role": role.get_kind_display(), "area": role.area}
        for role in person.current_roles  # type: ignore[attr-defined]
    ]
    return Line(person, roles, standing(person))


def standing(person: Person) -> dict[str, Any]:
    """How far somebody is in: came in, invited, not invited, without an address."""
    if person.user and person.user.last_login:
        return {"word": _("Came in"), "tone": "good"}
    if invited_at := person.invited_at:  # type: ignore[attr-defined]
        return {"word": _("Invited %(day)s") % {"day": day(invited_at)}, "tone": "info"}
    if person.email:
        return {"word": _("Not invited"), "tone": "neutral"}
    return {"word": _("No address yet"), "tone": "neutral"}
