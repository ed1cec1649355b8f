"""Bringing an organisation in, all of it or nothing."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from pmo_portal.audit.actions import note
from pmo_portal.common.errors import RuleBroken, Stale
from pmo_portal.common.models import Organisation
from stakeholders.areas.models import Area
from stakeholders.people.models import Person, Role
from stakeholders.reorganisation.reading import IMPORTED, End, Plan

Item = TypeVar("Item")
# Told how far it is: what is being written, how many are, of how many.
Progress = Callable[[str, int, int], None]
AT_ONCE = 500


def refuse_example() -> None:
    """The example is thrown away one day, and a real organisation must not go with it."""
    if Organisation.current().is_example:
        raise RuleBroken(
            _(
                "This is the example's database, which takes no organisation of your own: start yours with "
                "`make ours`, then run this again with PORTAL=ours before it (or look first, with --dry-run)."
            )
        )


def bring_in(plan: Plan, *, by: Any, now: datetime, progress: Progress | None = None) -> None:
    """Write what a plan says; a plan without changes writes nothing.

    Raises RuleBroken on the example and where the plan has problems, Stale where something changed since it was made.
    """
    refuse_example()
    if plan.problems:
        raise RuleBroken(_("The file has problems; nothing was brought in."), missing=list(plan.problems))
    if not (plan.has_changes or plan.is_later):
        return
    try:
        with transaction.atomic():
            _write(plan, by, now, progress or _say_nothing)
    except IntegrityError as error:
        raise Stale(_changed_meanwhile()) from error


def _write(plan: Plan, by: Any, now: datetime, progress: Progress) -> None:
    for end in plan.ends:
        _end(end)
    areas = _areas(plan, progress)
    people = _people(plan, progress)
    roles = [
        Role(person_id=people[begin.reference], area=areas[begin.unit], kind=begin.kind, starts_on=plan.on)
        for begin in plan.begins
    ]
    for part in _parts(roles, _("roles"), progress):
        Role.objects.bulk_create(part)
    verb, subject = IMPORTED
    note(by=by, verb=verb, subject=subject, now=now, **_account(plan))


def _end(end: End) -> None:
    """Compare and set: a role that was changed since the plan was made is somebody else's decision."""
    found = Role.objects.filter(pk=end.role.pk, starts_on=end.role.starts_on, ends_on=end.role.ends_on)
    # A role of the same day never held: to end it before it began would be no role at all.
    changed = found.update(ends_on=end.ends_on) if end.ends_on else found.delete()[0]
    if not changed:
        raise Stale(_changed_meanwhile())


def _areas(plan: Plan, progress: Progress) -> dict[str, Area]:
    areas = dict(plan.areas)
    for done, unit in enumerate(plan.new_units, 1):
        areas[unit.name] = Area.objects.begin(
            name=unit.name,
            parent=areas[unit.parent] if unit.parent else None,
            starts_on=plan.on,
        )
        progress(_("areas"), done, len(plan.new_units))
    return areas


def _people(plan: Plan, progress: Progress) -> dict[str, int]:
    """The key of everybody in the file, by reference."""
    new = [
        Person(post_reference=post.reference, post_title=post.title, office=plan.office_of(post))
        for post in plan.new_posts
    ]
    for part in _parts(new, _("people"), progress):
        Person.objects.bulk_create(part)
    for person, title in plan.titles.items():
        Person.objects.filter(pk=person.pk).update(post_title=title)
    for person, office in plan.offices.items():
        Person.objects.filter(pk=person.pk).update(office=office)
    return dict(Person.objects.exclude(post_reference="").values_list("post_reference", "pk"))


def _parts(items: Sequence[Item], what: str, progress: Progress) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), AT_ONCE):
        part = items[start : start + AT_ONCE]
        yield part
        progress(what, start + len(part), len(items))


def _account(plan: Plan) -> dict[str, Any]:
    """For the audit: the day, the counts, and all that stood before and is changed."""
    return {
        "on": plan.on.isoformat(),
        "pmo": plan.pmo.reference if plan.pmo else "",
        "issuer": plan.issuer.reference if plan.issuer else "",
        "areas": [unit.name for unit in plan.new_units],
        "people": len(plan.new_posts),
        "roles": len(plan.begins),
        "ended": [_ended(end) for end in plan.ends],
        "titles_before": {person.key: person.post_title for person in plan.titles},
        "offices_before": {person.key: person.office for person in plan.offices},
    }


def _ended(end: End) -> dict[str, Any]:
    role = end.role
    return {
        "person": role.person.key,
        "area": role.area.scope,
        "kind": role.kind,
        "starts_on": role.starts_on.isoformat(),
        "ends_on": end.ends_on.isoformat() if end.ends_on else None,
    }


def _changed_meanwhile() -> str:
    return _(
        "Areas or people were changed while the file was being read; nothing was brought in. Please run it again."
    )


def _say_nothing(what: str, done: int, total: int) -> None:
    pass
