"""Giving somebody an office of the PMO, or the issuer's."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from pmo_portal.accounts.models import Appointment, User
from pmo_portal.audit.actions import note
from pmo_portal.common.errors import RuleBroken

Office = Appointment.Office


@transaction.atomic
def appoint(
    user: User, office: str, *, by: Any, is_deputy: bool = False, starts_on: date | None = None
) -> Appointment:
    """Give a user an office from a day on (today). The issuer and the PMO are never the same person.

    Raises RuleBroken when the user is on the other side, or the office is taken by somebody else.
    """
    day = starts_on or timezone.localdate()
    held = Appointment.objects.on(day).filter(user=user)
    others = {Office.MEMBER, Office.LEAD} if office == Office.ISSUER else {Office.ISSUER}
    if held.filter(office__in=others).exists():
        raise RuleBroken(
            _("%(name)s cannot work in the PMO and issue its mandate: the two need different people.")
            % {"name": user}
        )
    if same := held.filter(office=office, is_deputy=is_deputy).first():
        return same
    standing = Appointment.objects.on(day).filter(office=Office.ISSUER, is_deputy=False).first()
    if office == Office.ISSUER and not is_deputy and standing:
        raise RuleBroken(_("%(name)s is the issuer until that appointment ends.") % {"name": standing.user})
    appointment = Appointment.objects.create(user=user, office=office, is_deputy=is_deputy, starts_on=day)
    note(by=by, verb="appoint", subject=f"user:{user.pk}", office=office, deputy=is_deputy)
    return appointment
