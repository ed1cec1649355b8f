"""The page “Your sign-in”: address, factors, recovery codes, and where one is signed in."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from pmo_portal.accounts import actions, reading
from pmo_portal.accounts.access import SignedInRequest
from pmo_portal.accounts.proofs import Kind, factors_of, needs_factor


@require_safe
def mine(request: SignedInRequest) -> HttpResponse:
    """How I come in: address, factors, recovery codes, and where I am signed in."""
    factors = list(Authenticator.objects.filter(user=request.user).order_by("pk"))
    codes = next((each for each in factors if each.type == Kind.RECOVERY_CODES), None)
    context = {
        "app": next((each for each in factors if each.type == Kind.TOTP), None),
        "passkeys": [each for each in factors if each.type == Kind.WEBAUTHN],
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
        "has_codes": bool(codes),
        "must": needs_factor(request.user) and not factors_of(request.user),
        "required": needs_factor(request.user),
        "next": reading.onward(request),
        "places": reading.places(request.user, request.session.session_key),
    }
    return render(request, "mfa/index.html", context)


@require_POST
def end_session(request: SignedInRequest, pk: int) -> HttpResponse:
    """End one of my sessions; this one too."""
    session = get_object_or_404(UserSession, pk=pk, user=request.user)
    if session.session_key == request.session.session_key:
        logout(request)
        return redirect("/")
    actions.end_session(session, by=request.user)
    messages.success(request, _("That device is signed out."))
    return redirect("mfa_index")


@require_POST
def end_other_sessions(request: SignedInRequest) -> HttpResponse:
    """End all of my sessions but this one."""
    actions.end_sessions(request.user, by=request.user, but=request.session.session_key or "", why="own")
    messages.success(request, _("All other devices are signed out."))
    return redirect("mfa_index")
