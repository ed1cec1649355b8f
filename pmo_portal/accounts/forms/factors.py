"""The forms of second factors: allauth's own with our words, calm whatever a browser sends, and one of ours."""

from typing import Any

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from cryptography.exceptions import InvalidSignature
from django import forms
from django.utils.translation import gettext_lazy as _

from pmo_portal.accounts.forms.door import ProofForm

# What the libraries underneath raise at a credential that is none, or is signed by somebody else.
ODD = (ValueError, TypeError, KeyError, AttributeError, InvalidSignature)
CODE = _("Code from your app, or a recovery code")
ODD_WORDS = _("The passkey did not work. Please try once more.")


def code_field(label: Any = CODE, **more: Any) -> forms.CharField:
    """Where a code is typed: digits on a phone, offered by the device where it knows the code."""
    attributes = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
    return forms.CharField(label=label, max_length=32, widget=forms.TextInput(attrs=attributes), **more)


class SecondCode(AuthenticateForm):
    code = code_field()


class SecondCodeAgain(ReauthenticateForm):
    code = code_field()


class FirstCode(ActivateTOTPForm):
    code = code_field(_("Code that the app shows now"))


class FactorForm(ProofForm):
    """A code of the app or a recovery code, or what a passkey answered: the form only takes it in."""

    code = code_field(required=False)
    credential = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, has_app: bool, has_passkey: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_app:
            self.fields["code"].label = _("Recovery code")
        # Where a passkey is the way, no keyboard covers its button.
        self.fields["code"].widget.attrs["autofocus"] = not has_passkey

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        given = super().clean() or {}
        if not (given.get("code") or given.get("credential") or self.errors):
            self.add_error("code", _("Give a code."))
        return given


class NewPasskey(AddWebAuthnForm):
    name = forms.CharField(label=_("What you call it"), max_length=60, required=False)
    # Every device decides itself whether it can be used without an address: nothing to tick.
    passwordless = None

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except ODD as problem:
            raise forms.ValidationError(ODD_WORDS) from problem


class PasskeyName(EditWebAuthnForm):
    name = forms.CharField(label=_("What you call it"), max_length=60)


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
