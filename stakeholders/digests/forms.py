"""How often the digest comes, what one does who leaves it, and which letters to list."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pmo_portal.common.forms import PortalForm, PortalModelForm
from pmo_portal.common.models import Organisation
from pmo_portal.common.zones import ZoneField
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.digests.models import DigestPreference


class PreferenceForm(PortalModelForm):
    """The sentence: send … on … at … in …"""

    hour = forms.TypedChoiceField(
        label=_("Hour"), coerce=int, choices=[(hour, f"{hour:02}:00") for hour in DigestPreference.HOURS]
    )
    zone = ZoneField()

    class Meta:
        model = DigestPreference
        fields = DigestPreference.SETTING

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["zone"].offer(self.instance.zone, Organisation.current().time_zone)  # type: ignore[attr-defined]
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


class StopForm(PortalForm):
    """No more letters about new versions of the mandate; nothing is preselected here either."""

    STOP, KEEP = "stop", "keep"

    choice = forms.ChoiceField(
        label=_("What would you like?"),
        choices=[(STOP, _("Stop them")), (KEEP, _("Keep them"))],
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
