"""What a user may do for the PMO or as its issuer; an administrator's rights give nothing here."""

from collections.abc import Callable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from pmo_portal.accounts.models import Appointment, User
from pmo_portal.common.models import Organisation, once, one_reading, today

Office = Appointment.Office


class SignedInRequest(HttpRequest):
    """A request behind the door: LoginRequiredMiddleware has seen to it that its user is one of ours."""

    user: User


def appointments(user: Any, on: date | None = None) -> list[Appointment]:
    """The appointments that a user holds on a day (today)."""
    if not user.is_authenticated or not user.is_active:
        return []
    day = on or today()
    return once(("appointments", user.pk, day), lambda: list(Appointment.objects.on(day).filter(user=user)))


def holds(user: Any, *offices: str, on: date | None = None) -> Appointment | None:
    """The appointment by which a user holds one of these offices, in their own right before as a deputy."""
    mine = [a for a in appointments(user, on) if a.office in offices]
    return min(mine, key=lambda a: a.is_deputy, default=None)


def is_pmo(user: Any) -> bool:
    """A PMO member, or its lead."""
    return holds(user, Office.MEMBER, Office.LEAD) is not None


def is_lead(user: Any) -> bool:
    """The PMO lead, or a deputy in their dates."""
    return holds(user, Office.LEAD) is not None


def is_issuer(user: Any) -> bool:
    """The executive who issues the mandate, or a deputy in their dates."""
    return holds(user, Office.ISSUER) is not None


def can_set_up(user: Any) -> bool:
    """Who sets the organisation's names and look: the PMO lead, and an administrator."""
    return is_lead(user) or bool(user.is_active and user.is_staff)


def is_set_up() -> bool:
    """Somebody is appointed, or was once: from then on nobody sets this portal up by an address."""
    return Appointment.objects.exists()


class ViewerMiddleware:
    """Shows each page in the viewer's own time zone, else the organisation's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with one_reading():
            if not request.user.is_authenticated:
                return self.get_response(request)
            with timezone.override(ZoneInfo(request.user.time_zone or Organisation.current().time_zone)):
                return self.get_response(request)
