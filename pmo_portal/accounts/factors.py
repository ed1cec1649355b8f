"""Second factors: allauth's pages in our order, each behind a fresh proof, and the page “Your sign-in”."""

import base64
import hashlib
import json
from typing import Any

import qrcode
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.views import AuthenticateView, ReauthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    LoginWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from allauth.usersessions.models import UserSession
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pmo_portal.accounts import actions
from pmo_portal.accounts.access import SignedInRequest
from pmo_portal.accounts.guard import factors_of, fresh, needs_factor
from pmo_portal.accounts.sessions import places
from pmo_portal.common.models import Organisation

Kind = Authenticator.Type


def key_of(secret: str) -> Fernet:
    """The key that keeps second factors unreadable in the database and its copies, from one of our secrets."""
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"portal.factors:{secret}".encode()).digest()))


class Factors(DefaultMFAAdapter):
    """What allauth asks of us about second factors."""

    def keys(self) -> MultiFernet:
        """The key of today, and those before it."""
        return MultiFernet([key_of(each) for each in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])

    def encrypt(self, text: str) -> str:
        return self.keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return self.keys().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        """What the person's app calls the entry."""
        organisation = Organisation.current()
        return f"{organisation.office_name} {organisation.name}".strip()

    def _get_site_name(self) -> str:
        return self.get_totp_issuer()

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002 (allauth's own name)
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return _("Passkey %(number)s") % {"number": count + 1} if count else _("My passkey")

    def build_totp_svg(self, url: str) -> SafeString:
        """The address as a QR code: an image inside the page, dark on light in both looks, without a style."""
        code = qrcode.QRCode(border=3)
        code.add_data(url)
        cells = code.get_matrix()
        dark = "".join(f"M{x} {y}h1v1h-1z" for y, line in enumerate(cells) for x, is_on in enumerate(line) if is_on)
        size = len(cells)
        return mark_safe(  # noqa: S308 (numbers only)
            f'<svg viewBox="0 0 {size} {size}" width="208" height="208" role="img" shape-rendering="crispEdges"'
            f' aria-labelledby="qr-name"><path fill="#fff" d="M0 0h{size}v{size}h-{size}z"/>'
            f'<path fill="#000" d="{dark}"/></svg>'
        )


def proved(request: HttpRequest, authenticator: Authenticator) -> None:
    """Whoever has just set a factor up has shown that they hold it: this session need not show it again."""
    record_authentication(
        request, authenticator.user, "mfa", id=authenticator.pk, type=authenticator.type, reauthenticated=True
    )


def newest(request: HttpRequest, kind: str) -> Authenticator:
    """The factor of this kind that somebody set up last."""
    return Authenticator.objects.filter(user_id=request.user.pk, type=kind).latest("pk")


def end_others(request: HttpRequest) -> None:
    """A factor counts from now on everywhere: sessions that were opened without it end."""
    actions.end_sessions(request.user, by=request.user, but=request.session.session_key or "", why="factor")  # type: ignore[arg-type]


# --- signing in ---------------------------------------------------------------------------------
class WithOptions:
    """A page with a passkey: what the browser is to ask the device, as JSON in an attribute."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        options: dict[str, Any] = next(iter(context.get("js_data", {}).values()), {})
        return {**context, "options": json.dumps(options, cls=DjangoJSONEncoder)}


class Ask(WithOptions, AuthenticateView):
    """The second factor, after the first."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kinds = factors_of(self.stage.login.user)
        return {
            **super().get_context_data(**kwargs),
            "has_passkey": Kind.WEBAUTHN in kinds,
            "has_app": Kind.TOTP in kinds,
        }


class AskPasskeyAgain(WithOptions, ReauthenticateWebAuthnView):
    """The passkey once more."""

    def form_invalid(self, form: Any) -> HttpResponse:
        """Back to this very page, not to the sign-in."""
        for message in form.errors.get("credential", []):
            messages.error(self.request, message)
        return redirect(self.request.get_full_path())


takes = require_http_methods(["GET", "HEAD", "POST"])
authenticate = takes(Ask.as_view())
reauthenticate = takes(ReauthenticateView.as_view())
reauthenticate_by_passkey = takes(AskPasskeyAgain.as_view())
come_in_by_passkey = takes(LoginWebAuthnView.as_view())


# --- the page, and what can be set up on it -----------------------------------------------------
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
        "places": places(request.user, request.session.session_key),
    }
    return render(request, "mfa/index.html", context)


class AddApp(ActivateTOTPView):
    """An authenticator app, proved by its first code."""

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        app = newest(self.request, Kind.TOTP)
        # The code that set it up is used; it signs nobody in.
        app.wrap().validate_code(form.cleaned_data["code"])
        proved(self.request, app)
        end_others(self.request)
        return response


class AddPasskey(WithOptions, AddWebAuthnView):
    """A passkey: on this device, in a password manager, or a security key."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        options = json.loads(context["options"])
        # Kept on the device where it can be, so that it also opens the door without an address.
        options["publicKey"]["authenticatorSelection"] |= {"residentKey": "preferred", "requireResidentKey": False}
        return {**context, "options": json.dumps(options)}

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        proved(self.request, newest(self.request, Kind.WEBAUTHN))
        end_others(self.request)
        return response


add_app = takes(fresh(AddApp.as_view()))
remove_app = takes(fresh(DeactivateTOTPView.as_view()))
add_passkey = takes(fresh(AddPasskey.as_view()))
remove_passkey = takes(fresh(RemoveWebAuthnView.as_view()))
new_codes = takes(fresh(GenerateRecoveryCodesView.as_view()))


@require_safe
@fresh
def codes(request: SignedInRequest) -> HttpResponse:
    """My recovery codes that are not used yet."""
    kept = get_object_or_404(Authenticator, user=request.user, type=Kind.RECOVERY_CODES)
    return render(request, "mfa/recovery_codes/index.html", {"codes": kept.wrap().get_unused_codes()})


# --- sessions -----------------------------------------------------------------------------------
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
