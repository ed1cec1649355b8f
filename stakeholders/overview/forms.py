"""The shape of what is said about an area, and of publishing."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mandate.actions import CANCEL, KEEP, LONGEST_LETTER, refuse_moment
from pmo_portal.common.errors import RuleBroken
from pmo_portal.common.forms import (
    DateField,
    PortalForm,
    PortalModelForm,
    SharedModelForm,
    TimeField,
    moment_typed,
)
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
    """When a version goes live, what becomes of another that waits, the issuer's letter, and what is to happen."""

    SHOW, SEND, QUIET, CHANGE = "show", "send", "quiet", "change"
    NOW, AT = "now", "at"

    when = forms.ChoiceField(
        label=_("When"),
        choices=[(NOW, _("Now")), (AT, _("At a day and a time"))],
        widget=forms.RadioSelect,
        initial=NOW,
        required=False,
    )
    day = DateField(label=_("Day"), required=False)
    time = TimeField(label=_("Time"), required=False)
    others = forms.ChoiceField(
        label=_("The other version"),
        choices=[(KEEP, _("It stays")), (CANCEL, _("It is cancelled"))],
        widget=forms.RadioSelect,
        required=False,
    )
    letter = forms.CharField(
        label=_("Why, in three sentences"),
        widget=forms.Textarea,
        required=False,
        max_length=LONGEST_LETTER,
        help_text=_("In your own words; it goes out in your name, and answers come to you."),
    )
    what = forms.ChoiceField(choices=[(each, each) for each in (SHOW, SEND, QUIET, CHANGE)], widget=forms.HiddenInput)
    # The moment that was on the page, in the form that computers write: none is chosen that nobody saw.
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, asks_of_others: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asks_of_others = asks_of_others
        self.fields["letter"].widget.attrs |= {"rows": 6, "dir": "auto"}

    @property
    def at(self) -> datetime | None:
        """The moment that was chosen; None for now, for one that cannot be, and before anything was chosen."""
        return self.cleaned_data.get("at") if self.is_bound else None

    @property
    def is_decided(self) -> bool:
        """It was pressed to publish, and a moment to come had been on the page."""
        goes = self.cleaned_data["what"] in {self.SEND, self.QUIET}
        return goes and (self.at is None or self.at.isoformat() == self.cleaned_data["seen"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        what, goes = cleaned.get("what"), cleaned.get("what") in {self.SEND, self.QUIET}
        if what == self.SEND and not cleaned.get("letter") and "letter" not in self.errors:
            self.add_error("letter", _("Write the letter, or publish without one."))
        if cleaned.get("when") == self.AT and what != self.CHANGE:
            self._moment(cleaned)
        if goes and self.asks_of_others and not cleaned.get("others"):
            self.add_error("others", _("Say what becomes of the version that waits for its moment."))
        return cleaned

    def _moment(self, cleaned: dict[str, Any]) -> None:
        """Take the day and the time for one moment, or say why they make none."""
        for name, words in (("day", _("Choose the day.")), ("time", _("Choose the time."))):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, words)
        if {"day", "time"} & self.errors.keys():
            return
        try:
            at = moment_typed(cleaned["day"], cleaned["time"])
            refuse_moment(at, timezone.now())
        except (forms.ValidationError, RuleBroken) as refusal:
            self.add_error("time", refusal.message)
        else:
            cleaned["at"] = at


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
