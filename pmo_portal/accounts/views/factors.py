"""Second factors: allauth's pages in our order, each behind a fresh proof."""

import json
from http import HTTPStatus
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from allauth.mfa.base.views import AuthenticateView, ReauthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    EditWebAuthnView,
    LoginWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from pmo_portal.accounts import actions
from pmo_portal.accounts.access import SignedInRequest
from pmo_portal.accounts.forms.factors import ODD_WORDS
from pmo_portal.accounts.proofs import Kind, factors_of, fresh
from pmo_portal.accounts.reading import START, going_on, inside, onward
from pmo_portal.common.links import absolute


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


class ComeInByPasskey(LoginWebAuthnView):
    """A passkey instead of address and code."""

    def form_invalid(self, form: Any) -> HttpResponse:
        """Back to the door, which still leads to the page wanted; why a passkey fails says nothing to a person."""
        messages.error(self.request, str(ODD_WORDS))
        return redirect(going_on(reverse("door:address"), onward(self.request)))


takes = require_http_methods(["GET", "HEAD", "POST"])
ask = Ask.as_view()


@login_not_required
@takes
def authenticate(request: HttpRequest) -> HttpResponse:
    """The second factor, after the first; who took too long begins again and still comes to the page wanted."""
    under_way = request.session.get(LOGIN_SESSION_KEY) or {}
    response: HttpResponse = ask(request)
    if response.status_code == HTTPStatus.FOUND and response["Location"] == reverse("account_login"):
        messages.info(request, _("That took too long to be safe. Please sign in once more."))
        return redirect(going_on(reverse("door:address"), inside(under_way.get("redirect_url") or START)))
    return response


reauthenticate = takes(ReauthenticateView.as_view())
reauthenticate_by_passkey = takes(AskPasskeyAgain.as_view())
come_in_by_passkey = takes(ComeInByPasskey.as_view())


# --- what can be set up -------------------------------------------------------------------------
class GoingOn:
    """A page that stands between somebody and the page they wanted, and leads on to it."""

    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return {**context, "next": onward(self.request)}

    def get_success_url(self) -> str:
        return going_on(super().get_success_url(), onward(self.request))  # type: ignore[misc]


class AddApp(GoingOn, ActivateTOTPView):
    """An authenticator app, proved by its first code."""

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        app = newest(self.request, Kind.TOTP)
        # The code that set it up is used; it signs nobody in.
        app.wrap().validate_code(form.cleaned_data["code"])
        proved(self.request, app)
        end_others(self.request)
        return response


class AddPasskey(GoingOn, WithOptions, AddWebAuthnView):
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


class RenamePasskey(EditWebAuthnView):
    """Another name for a passkey: it is how its owner tells their devices apart."""

    success_url = reverse_lazy("mfa_index")


rename_passkey = takes(RenamePasskey.as_view())


def my_codes(request: SignedInRequest) -> list[str]:
    """Somebody's recovery codes that are not used yet; 404 for who has no factor."""
    kept = get_object_or_404(Authenticator, user=request.user, type=Kind.RECOVERY_CODES)
    return list(kept.wrap().get_unused_codes())


@require_safe
@fresh
def codes(request: SignedInRequest) -> HttpResponse:
    """My recovery codes that are not used yet."""
    context = {"codes": my_codes(request), "next": onward(request)}
    return render(request, "mfa/recovery_codes/index.html", context)


@require_safe
@fresh
def codes_as_file(request: SignedInRequest) -> HttpResponse:
    """The same as a plain text to keep: whose, where, of which day; no copy stays on the way."""
    context = {"codes": my_codes(request), "day": timezone.localdate(), "address": absolute("/")}
    answer = render(request, "mfa/recovery_codes/file.txt", context, "text/plain; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="recovery-codes.txt"'
    return answer
