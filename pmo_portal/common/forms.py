"""The one crispy helper: every form of the portal looks and fails alike."""

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.core.validators import MaxLengthValidator


class PlainHelper(FormHelper):
    """Fields only: the page owns the form tag, the token, the buttons and the error summary."""

    form_tag = False
    disable_csrf = True
    form_show_errors = True
    error_text_inline = True


LONGEST_TEXT = 4000


class Portal:
    """What both kinds of form share: the helper, and a limit on every text box."""

    required_css_class = "required"
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field.widget, forms.Textarea) and isinstance(field, forms.CharField):
                field.max_length = field.max_length or LONGEST_TEXT
                field.validators.append(MaxLengthValidator(field.max_length))
                field.widget.attrs.setdefault("rows", 3)

    @property
    def helper(self) -> FormHelper:
        return PlainHelper(self)


class PortalForm(Portal, forms.Form):
    """A form of the portal."""


class PortalModelForm(Portal, forms.ModelForm):
    """A form of the portal over one row."""


class DateField(forms.DateField):
    """A day, typed or picked; the browser's own control."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)
