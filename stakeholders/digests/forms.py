"""How often the digest comes, what one does who leaves it, and which letters to list."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from pmo_portal.common.forms import PortalForm, PortalModelForm
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.digests.models import DigestPreference

CONTINENTS = (
    "Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
)  # fmt: skip


@cache
def zone_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """The zones of the world by continent, as people find them."""
    names = sorted(available_timezones())
    by_continent = [(c, [(n, n.replace("_", " ")) for n in names if n.startswith(f"{c}/")]) for c in CONTINENTS]
    return [("UTC", [("UTC", "UTC")]), *by_continent]


class PreferenceForm(PortalModelForm):
    """The sentence: send … on … at … in …"""

    hour = forms.TypedChoiceField(
        label=_("Hour"), coerce=int, choices=[(hour, f"{hour:02}:00") for hour in DigestPreference.HOURS]
    )
    zone = forms.ChoiceField(label=_("Time zone"), choices=zone_choices)

    class Meta:
        model = DigestPreference
        fields = DigestPreference.SETTING

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # In a sentence there is no room for labels to see; the names are read out all the same.
            field.widget.attrs |= {"class": "form-select my-1", "aria-label": field.label}


class LeaveForm(PortalForm):
    """Nothing is preselected: some mail scanners submit the forms that they find."""

    choice = forms.ChoiceField(
        label=_("What would you like?"),
        choices=[
            (DigestPreference.Rhythm.MONTHLY, _("Send it once a month")),
            (DigestPreference.Rhythm.OFF, _("Stop it")),
        ],
        error_messages={"required": _("Choose one of the two.")},
        widget=forms.RadioSelect,
    )


class OutboxForm(PortalForm):
    """Which letters to list."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All states")), *OutgoingEmail.State.choices],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
