"""The shape of what is pasted."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from pmo_portal.common.forms import PortalForm

# In the worst writing (three bytes a letter, each sent as three) this still fits into what a request may carry.
MOST_TYPED = 220_000


class PastedField(forms.CharField):
    """A text with its tabs and line ends as they came; a NUL, which no text holds, is dropped."""

    widget = forms.Textarea(
        attrs={
            "rows": 10,
            "class": "paste-box--rows",
            "spellcheck": "false",
            "autocomplete": "off",
            "maxlength": MOST_TYPED,
        }
    )
    default_error_messages: ClassVar = {
        "required": _("Paste at least one row."),
        "max_length": _("This is more than 200 KB, the most that is read at once: paste it in parts."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)
        self.max_length = MOST_TYPED  # the base of our forms lays the validator

    def to_python(self, value: Any) -> str:
        return super().to_python(without_nul(value)) or ""

    def bound_data(self, data: Any, initial: Any) -> Any:
        return without_nul(data)


def without_nul(text: Any) -> Any:
    """The text as a page can show it again."""
    return text.replace("\0", "") if isinstance(text, str) else text


class PasteForm(PortalForm):
    """Rows of a spreadsheet."""

    rows = PastedField(
        label=_("Rows"),
        help_text=_(
            "A line for each area, such as “Finance, Anna Berg, anna@example.org”, with or without a header line. "
            "Only the area is needed."
        ),
    )
    status = 422
