"""Forms of the door: an address, and six digits."""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from pmo_portal.common.forms import PortalForm


class AddressForm(PortalForm):
    """Who wants to come in."""

    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )


class ProofForm(PortalForm):
    """A code that can be refused after it was read."""

    def refuse(self, words: Any) -> None:
        """Say why it was not taken, at the box where something was typed, and leave that empty for the next one."""
        self.add_error("code" if self.cleaned_data.get("code") else None, str(words))
        self.data = {name: value for name, value in self.data.items() if name != self.add_prefix("code")}


class CodeForm(ProofForm):
    """Six digits from the mail, typed or pasted as they stand there."""

    code = forms.CharField(
        label=_("The six digits from the mail"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "autofocus": True,
                "spellcheck": "false",
                "class": "form-control-code",
            }
        ),
    )

    def clean_code(self) -> str:
        """The digits alone: people type and paste spaces and hyphens between them."""
        digits = re.sub(r"[\s\-\u2010-\u2015]", "", unicodedata.normalize("NFKC", self.cleaned_data["code"]))
        if not re.fullmatch(r"[0-9]{6}", digits):
            raise ValidationError(_("These are not six digits, such as 123 456."))
        return digits
