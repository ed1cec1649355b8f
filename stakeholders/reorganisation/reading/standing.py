"""What stands in the portal on the day of a file: areas, people known by a post, their roles, the last file's day."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from pmo_portal.audit.models import Entry
from stakeholders.areas.models import Area
from stakeholders.people.models import Person, Role

# The verb in the audit, and its subject.
IMPORTED = ("import_organogram", "organisation:1")
# The two kinds of role that an organogram tells; all others are given by hand and stay as they are.
TOLD_KINDS = (Role.Kind.HEAD, Role.Kind.SENIOR)


@dataclass(frozen=True)
class Standing:
    """Those areas and roles that hold on the day or begin after it."""

    areas: tuple[Area, ...] = ()
    people: tuple[Person, ...] = ()
    roles: tuple[Role, ...] = ()
    last_on: date | None = None


def standing(on: date) -> Standing:
    """What a file of this day meets."""
    lasting = Q(ends_on=None) | Q(ends_on__gte=on)
    return Standing(
        # An area that still goes on comes last, and so wins its name over one that ends.
        areas=tuple(sorted(Area.objects.filter(lasting), key=lambda area: area.ends_on is None)),
        people=tuple(Person.objects.exclude(post_reference="", office="")),
        roles=tuple(Role.objects.filter(lasting, kind__in=TOLD_KINDS).select_related("person", "area")),
        last_on=last_imported_on(),
    )


def last_imported_on() -> date | None:
    """The day of the latest file that was brought in."""
    verb, subject = IMPORTED
    entry = Entry.objects.filter(verb=verb, subject=subject).order_by("-pk").first()
    return date.fromisoformat(entry.details["on"]) if entry else None
