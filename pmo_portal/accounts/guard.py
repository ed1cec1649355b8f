"""How well a session is proved: who needs a second factor, how fresh the proof is, what opens without it."""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from pmo_portal.accounts.access import is_pmo
from pmo_portal.common.models import once

View = Callable[..., HttpResponse]
Kind = Authenticator.Type

FRESH = 15 * 60  # seconds
SEEN_EVERY = timedelta(minutes=10)


def factors_of(user: Any) -> set[str]:
    """The kinds of second factor that a user has; recovery codes alone are none."""
    if not user.is_authenticated:
        return set()
    kinds = Authenticator.objects.filter(user_id=user.pk).exclude(type=Kind.RECOVERY_CODES)
    return once(("factors", user.pk), lambda: set(kinds.values_list("type", flat=True)))


def needs_factor(user: Any) -> bool:
    """Whether this user may not go on without a second factor: the PMO and administrators, where it is required."""
    return bool(settings.MFA_REQUIRED and user.is_authenticated and (user.is_staff or is_pmo(user)))


def proofs(request: HttpRequest) -> list[dict[str, Any]]:
    """How this session was proved that counts: by a second factor, where its user has one; else in any way."""
    records = get_authentication_records(request, request.user)
    return [each for each in records if each["method"] == "mfa"] if factors_of(request.user) else records


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person has proved within a quarter of an hour that it is still them."""
    return any(time.time() - each["at"] < FRESH for each in proofs(request))


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
    back = back or (request.get_full_path() if request.method == "GET" else reverse("mfa_index"))
    return HttpResponseRedirect(f"{way_to_prove(request)}?{urlencode({'next': back})}")


def fresh(view: View) -> View:
    """Let a view be used by who has just proved that it is still them; the others prove it first."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs) if is_fresh(request) else prove_first(request)

    return guarded


class SessionMiddleware:
    """Keeps the list of where somebody is signed in: each session stands in it, however it began."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Afterwards, because the request itself may have been the signing in or out.
        if request.user.is_authenticated and request.session.session_key:
            self.see(request)
        return response

    def see(self, request: HttpRequest) -> None:
        """Note that a session lives: when it is new, and then now and then, because most pages only read."""
        now = timezone.now()
        mine = UserSession.objects.filter(session_key=request.session.session_key, user_id=request.user.pk)
        seen = mine.values_list("last_seen_at", flat=True).first()
        if seen is None:
            UserSession.objects.create_from_request(request)
        elif now - seen > SEEN_EVERY:
            mine.update(last_seen_at=now)


# What is left to who must set up a second factor first.
OPEN_WITHOUT_FACTOR = {
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_view_recovery_codes",
    "account_reauthenticate",
    "account_reauthenticate_by_code",
    "account_logout",
    "home:accent",
    "home:healthz",
    "home:readyz",
}
# Where who has a factor gives it once more, and the ways out.
OPEN_WITHOUT_PROOF = {"account_logout", "home:accent", "home:healthz", "home:readyz"}


class FactorMiddleware:
    """A session of somebody with a second factor was proved by it; who must have one reaches nothing before."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Turn away a session that is not good enough for this page."""
        if not request.user.is_authenticated:
            return None
        page = request.resolver_match.view_name if request.resolver_match else ""
        if factors_of(request.user):
            return None if page in OPEN_WITHOUT_PROOF or proofs(request) else self.out(request)
        if needs_factor(request.user) and page not in OPEN_WITHOUT_FACTOR:
            return HttpResponseRedirect(reverse("mfa_index"))
        return None

    def out(self, request: HttpRequest) -> HttpResponse:
        """End a session that began before the factor was set, or past it; the person signs in with it."""
        logout(request)
        return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
