"""How, and how lately, a session has shown whose it is; what a request needs of that, and where it can be shown."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from pmo_portal.accounts.access import is_pmo
from pmo_portal.common.models import once

View = Callable[..., HttpResponse]
Kind = Authenticator.Type


def factors_of(user: Any) -> set[str]:
    """The kinds of second factor that a user has; recovery codes alone are none."""
    if not user.is_authenticated:
        return set()
    return once(("factors", user.pk), lambda: _factors_kept(user))


def _factors_kept(user: Any) -> set[str]:
    kinds = Authenticator.objects.filter(user_id=user.pk).exclude(type=Kind.RECOVERY_CODES)
    return set(kinds.values_list("type", flat=True))


def needs_factor(user: Any) -> bool:
    """Whether this user may not go on without a second factor: the PMO and administrators, where it is required."""
    return bool(settings.MFA_REQUIRED and user.is_authenticated and (user.is_staff or is_pmo(user)))


def proofs(request: HttpRequest) -> list[dict[str, Any]]:
    """How this session was proved that counts: by a second factor, where its user has one; else in any way."""
    records = get_authentication_records(request, request.user)
    return [each for each in records if each["method"] == "mfa"] if factors_of(request.user) else records


def is_proven(request: HttpRequest, seconds: int) -> bool:
    """Whether this person has shown who they are in the last so many seconds: by the factor, where they have one."""
    return any(time.time() - each.get("at", 0) < seconds for each in proofs(request))


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person has shown within a quarter of an hour that it is still them, as for signing."""
    return is_proven(request, settings.PROOF_FOR_SIGNING)


# --- what a request needs -----------------------------------------------------------------------
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
        "asks for a proof of the last minutes itself, by the factor where there is one (proofs.fresh)",
    ),
    "account_change_password": "asks for the password that it changes",
    "admin:logout": "only gives up rights",
}


def proof_needed(request: HttpRequest, view: Any) -> int:
    """How many seconds old the proof may be for what this request does; 0 when it needs none."""
    name = request.resolver_match.view_name if request.resolver_match else ""
    is_open = not getattr(view, "login_required", True)
    if request.method in {"GET", "HEAD", "OPTIONS"} or is_open or name in WITHOUT_PROOF:
        return 0
    # Whoever opens doors and gives offices in the administrator's room could as well sign.
    is_signing = getattr(view, "is_signing", False) or name.startswith("admin:")
    return settings.PROOF_FOR_SIGNING if is_signing else settings.PROOF_FOR_WRITING


# --- where it can be shown ----------------------------------------------------------------------
def way_to_prove(request: HttpRequest) -> str:
    """The address where this person proves that it is still them, by the best that they have."""
    user: Any = request.user
    kinds = factors_of(user)
    if Kind.TOTP in kinds:
        return reverse("mfa_reauthenticate")
    if Kind.WEBAUTHN in kinds:
        return reverse("mfa_reauthenticate_webauthn")
    return reverse("account_reauthenticate" if user.has_usable_password() else "account_reauthenticate_by_code")


def prove_first(request: HttpRequest, back: str = "") -> HttpResponse:
    """Send somebody to prove that it is still them, and back; a form that was sent is to be sent again."""
    back = back or (request.get_full_path() if request.method in {"GET", "HEAD"} else reverse("mfa_index"))
    return HttpResponseRedirect(f"{way_to_prove(request)}?{urlencode({'next': back})}")


def fresh(view: View) -> View:
    """Let a view be used by who has just proved that it is still them; the others prove it first."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs) if is_fresh(request) else prove_first(request)

    return guarded
