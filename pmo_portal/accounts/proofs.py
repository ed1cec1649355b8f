"""The forms of second factors: allauth's own, with our words, and calm whatever a browser sends."""

from typing import Any

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from cryptography.exceptions import InvalidSignature
from django import forms
from django.utils.translation import gettext_lazy as _

# What the libraries underneath raise at a credential that is none, or is signed by somebody else.
ODD = (ValueError, TypeError, KeyError, AttributeError, InvalidSignature)
ODD_WORDS = _("The passkey did not work. Please try once more.")


def code_field(label: Any, help_text: Any = "") -> forms.CharField:
    """Where a code is typed: digits on a phone, offered by the device where it knows the code."""
    attributes = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
    return forms.CharField(label=label, help_text=help_text, max_length=32, widget=forms.TextInput(attrs=attributes))


class CodeForm(AuthenticateForm):
    code = code_field(_("Code from your app, or a recovery code"))


class CodeAgainForm(ReauthenticateForm):
    code = code_field(_("Code from your app, or a recovery code"))


class FirstCodeForm(ActivateTOTPForm):
    code = code_field(_("Code that the app shows now"))


class PasskeyForm(AddWebAuthnForm):
    name = forms.CharField(label=_("What you call it"), max_length=60, required=False)
    # Every device decides itself whether it can be used without an address: nothing to tick.
    passwordless = None

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except ODD as problem:
            raise forms.ValidationError(ODD_WORDS) from problem


class Passkey:
    """Proof by a passkey that was set up before."""

    def clean_credential(self) -> Any:
        """The factor that signed; a refusal in words when none of this person's did."""
        try:
            return super().clean_credential()  # type: ignore[misc]
        except ODD as problem:
            raise forms.ValidationError(ODD_WORDS) from problem


class PasskeyProof(Passkey, AuthenticateWebAuthnForm):
    pass


class PasskeyProofAgain(Passkey, ReauthenticateWebAuthnForm):
    pass


class PasskeyEntry(Passkey, LoginWebAuthnForm):
    pass
