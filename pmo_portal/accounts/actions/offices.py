"""Giving somebody an office of the PMO, or the issuer's."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from pmo_portal.accounts.models import Appointment, User
from pmo_portal.audit.actions import note
from pmo_portal.common.errors import RuleBroken
from pmo_portal.common.models import today


@transaction.atomic
def appoint(
    user: User, office: str, *, by: Any, is_deputy: bool = False, starts_on: date | None = None
) -> Appointment:
    """Give a user an office from a day on (today).

    Raises RuleBroken where Appointment.clean refuses: the user is on the other side, or the office is taken.
    """
    day = starts_on or today()
    held = Appointment.objects.on(day).filter(user=user, office=office, is_deputy=is_deputy).first()
    if held:
        return held
    appointment = Appointment(user=user, office=office, is_deputy=is_deputy, starts_on=day)
    try:
        appointment.full_clean()
    except ValidationError as refusal:
        raise RuleBroken(" ".join(refusal.messages)) from refusal
    appointment.save()
    note(by=by, verb="appoint", subject=f"user:{user.pk}", office=office, deputy=is_deputy)
    return appointment
