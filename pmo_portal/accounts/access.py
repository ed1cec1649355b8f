"""What a user may do for the PMO or as its issuer, and how lately they must have shown who they are."""

import time
from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from allauth.account.authentication import get_authentication_records
from allauth.core import ratelimit
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from pmo_portal.accounts.models import Appointment, User
from pmo_portal.common.errors import TooOften
from pmo_portal.common.models import Organisation, once, one_reading, today

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


# --- how lately somebody has shown who they are -------------------------------------------------
# Posts that ask for no fresh proof, beside those of the open routes: route → why.
WITHOUT_PROOF = {
    "home:theme": "only how the pages look to this person",
    "account_reauthenticate": "is itself the proof",
    "account_reauthenticate_by_code": "is itself the proof",
    "mfa_reauthenticate": "is itself the proof",
    "mfa_reauthenticate_webauthn": "is itself the proof",
    **dict.fromkeys(
        (
            "mfa_activate_totp",
            "mfa_deactivate_totp",
            "mfa_add_webauthn",
            "mfa_remove_webauthn",
            "mfa_generate_recovery_codes",
        ),
        "asks for a proof of the last minutes itself, by the factor where there is one (guard.fresh)",
    ),
    "account_change_password": "asks for the password that it changes",
    "admin:logout": "only gives up rights",
}


def signing(view: View) -> View:
    """Mark a view that signs or decides: its POST needs a proof of the last minutes (PROOF_FOR_SIGNING)."""
    view.is_signing = True  # type: ignore[attr-defined]
    return view


def proof_needed(request: HttpRequest, view: Any) -> int:
    """How many seconds old the proof may be for what this request does; 0 when it needs none."""
    name = request.resolver_match.view_name if request.resolver_match else ""
    is_open = not getattr(view, "login_required", True)
    if request.method in {"GET", "HEAD", "OPTIONS"} or is_open or name in WITHOUT_PROOF:
        return 0
    return settings.PROOF_FOR_SIGNING if getattr(view, "is_signing", False) else settings.PROOF_FOR_WRITING


def is_proven(request: HttpRequest, seconds: int) -> bool:
    """Whether this person has shown who they are, by whatever means, in the last so many seconds."""
    records = get_authentication_records(request, request.user)
    newest = max((record.get("at", 0) for record in records), default=0)
    return time.time() - newest < seconds


def hold_back(request: HttpRequest, key: str) -> None:
    """Count one more wish for a code from this visitor and for this key, in the cache that all processes share.

    Raises TooOften when it is one too many (ACCOUNT_RATE_LIMITS["send_code"]).
    """
    if not ratelimit.consume(request, action="send_code", key=key):
        raise TooOften(_("That was asked for several times in a short while."))
