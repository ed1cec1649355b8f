"""Second factors: allauth's pages in our order, each behind a fresh proof."""

import json
from typing import Any

from allauth.account.internal.flows.login import record_authentication
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
from django.contrib import messages
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from pmo_portal.accounts import actions
from pmo_portal.accounts.access import SignedInRequest
from pmo_portal.accounts.proofs import Kind, factors_of, fresh


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


# --- what can be set up -------------------------------------------------------------------------
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
