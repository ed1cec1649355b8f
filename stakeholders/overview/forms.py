"""The shape of what is said about an area, and of publishing."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mandate.actions import LONGEST_LETTER
from pmo_portal.common.forms import PortalForm, PortalModelForm, SharedModelForm
from stakeholders.areas.models import Area
from stakeholders.understanding.models import Meaning


class AreaForm(PortalModelForm):
    class Meta:
        model = Area
        fields = ["name", "parent", "description"]
        labels = {"parent": _("Part of")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].empty_label = _("No other area")  # type: ignore[attr-defined]


class PublishForm(PortalForm):
    """The issuer's letter, and what is to happen with it."""

    SHOW, SEND, QUIET = "show", "send", "quiet"

    letter = forms.CharField(
        label=_("Why, in three sentences"),
        widget=forms.Textarea,
        required=False,
        max_length=LONGEST_LETTER,
        help_text=_("In your own words; it goes out in your name, and answers come to you."),
    )
    what = forms.ChoiceField(choices=[(SHOW, SHOW), (SEND, SEND), (QUIET, QUIET)], widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["letter"].widget.attrs |= {"rows": 6, "dir": "auto"}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("what") == self.SEND and not cleaned.get("letter") and "letter" not in self.errors:
            self.add_error("letter", _("Write the letter, or publish without one."))
        return cleaned


class MeaningForm(SharedModelForm):
    """One sentence on what a clause means in an area; left empty, it means the same as for everybody."""

    class Meta:
        model = Meaning
        fields = ["text"]
        labels = {"text": _("What it means there, in one sentence")}
        widgets = {"text": forms.Textarea}
        help_texts = {
            "text": _("For its people, in their words. Leave it empty where it means the same as for everybody.")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].required = False
        self.fields["text"].widget.attrs |= {"rows": 3, "dir": "auto"}


class MatrixForm(PortalForm):
    """What the table of clauses and areas is narrowed to."""

    q = forms.CharField(required=False, max_length=120)
    page = forms.IntegerField(required=False, min_value=1)

    def wanted(self) -> dict[str, Any]:
        """The name that is looked for and the page, as far as they make sense."""
        known = self.cleaned_data if self.is_valid() else getattr(self, "cleaned_data", {})
        return {name: value for name in ("q", "page") if (value := known.get(name))}
