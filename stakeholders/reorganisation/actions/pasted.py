"""Bringing pasted rows in: areas with their heads, all of them or none; nobody is written to."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from pmo_portal.accounts.access import is_pmo
from pmo_portal.accounts.models import User
from pmo_portal.audit.actions import note
from pmo_portal.common.errors import NotAllowed, RuleBroken, Stale
from pmo_portal.common.models import Organisation, today
from stakeholders.areas.models import Area
from stakeholders.people.actions import give_role, keep
from stakeholders.people.models import Person, Role
from stakeholders.reorganisation import pasted
from stakeholders.reorganisation.reading import Line, Paste, paste


def bring_rows_in(text: str, *, by: User, seen: str) -> Paste:
    """Bring in the rows of a text, exactly as the preview with the fingerprint `seen` told; returns what was done.

    Raises NotAllowed for anybody but the PMO, RuleBroken where the rows have problems, Stale where areas or people
    have changed since the preview. Then nothing was brought in.
    """
    if not is_pmo(by):
        raise NotAllowed(_("Only the PMO brings areas in."))
    try:
        with transaction.atomic():
            # Two who paste at once follow each other (on SQLite the transaction itself is the lock).
            Organisation.objects.select_for_update().filter(pk=1).first()
            plan = paste(pasted.read(text), on=today())
            if plan.problems:
                raise RuleBroken(_("The rows have problems; nothing was brought in."), missing=list(plan.problems))
            if plan.fingerprint() != seen:
                raise Stale(_changed_meanwhile())
            _write(plan, by)
    except IntegrityError as error:
        raise Stale(_changed_meanwhile()) from error
    return plan


def _write(plan: Paste, by: User) -> None:
    newcomers: dict[str, Person] = {}
    for line in plan.lines:
        area = line.area or Area.objects.begin(name=line.row.area)
        if line.head and line.address:
            line.head.email = line.address
            keep(line.head, by=by)
        if line.has_new_head:
            give_role(_person(line, newcomers, by), area=area, kind=Role.Kind.HEAD, by=by)
    if plan.has_changes:
        areas = [line.row.area for line in plan.lines if line.area is None]
        note(by=by, verb="paste_areas", subject="organisation:1", areas=areas, people=len(newcomers))


def _person(line: Line, newcomers: dict[str, Person], by: User) -> Person:
    """Who becomes the head: somebody known, or somebody new, who is kept once."""
    if line.person:
        return line.person
    if line.newcomer not in newcomers:
        newcomers[line.newcomer] = keep(Person(name=line.row.head, email=line.newcomer_email), by=by)
    return newcomers[line.newcomer]


def _changed_meanwhile() -> str:
    return _("Areas or people have changed since you looked; nothing was brought in. Please look again.")
