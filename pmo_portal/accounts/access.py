"""What a user may do for the PMO or as its issuer, what counts as signing, and how often a code may be asked for."""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from allauth.core import ratelimit
from django.http import HttpRequest
from django.utils.translation import gettext as _

from pmo_portal.accounts.models import Appointment, User
from pmo_portal.common.errors import TooOften
from pmo_portal.common.models import Organisation, once, today

Office = Appointment.Office
View = TypeVar("View", bound=Callable[..., Any])


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


def acts_for(appointment: Appointment, on: date | None = None) -> User | None:
    """In whose place a deputy acts: who holds the office in their own right that day; None for all but deputies."""
    if not appointment.is_deputy:
        return None
    standing = Appointment.objects.on(on or today()).filter(office=appointment.office, is_deputy=False)
    held = standing.exclude(user=appointment.user).select_related("user").order_by("starts_on", "pk").first()
    return held.user if held else None


def zone_of(user: Any) -> str:
    """The name of the time zone that a user reads moments in: their own, else the organisation's."""
    return str(getattr(user, "time_zone", "") or Organisation.current().time_zone)


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


def signing(view: View) -> View:
    """Mark a view that signs or decides: its POST needs a proof of the last minutes (PROOF_FOR_SIGNING)."""
    view.is_signing = True  # type: ignore[attr-defined]
    return view


def hold_back(request: HttpRequest, key: str) -> None:
    """Count one more wish for a code from this visitor and for this key, in the cache that all processes share.

    Raises TooOften when it is one too many (ACCOUNT_RATE_LIMITS["send_code"]).
    """
    if not ratelimit.consume(request, action="send_code", key=key):
        raise TooOften(_("That was asked for several times in a short while."))
