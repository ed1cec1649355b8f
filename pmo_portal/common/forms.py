"""The one crispy helper: every form of the portal looks and fails alike."""

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms


class PlainHelper(FormHelper):
    """Fields only: the page owns the form tag, the token, the buttons and the error summary."""

    form_tag = False
    disable_csrf = True
    form_show_errors = True
    error_text_inline = True


class PortalForm(forms.Form):
    """A form with the portal's helper."""

    required_css_class = "required"

    @property
    def helper(self) -> FormHelper:
        return PlainHelper(self)


class PortalModelForm(forms.ModelForm):
    """A model form with the portal's helper; NUL characters never reach the database."""

    required_css_class = "required"

    @property
    def helper(self) -> FormHelper:
        return PlainHelper(self)


class DateField(forms.DateField):
    """A day, typed or picked; the browser's own control."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def text(rows: int, **attrs: Any) -> forms.Textarea:
    """A text box of so many lines."""
    return forms.Textarea(attrs={"rows": rows, **attrs})
