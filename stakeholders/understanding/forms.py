"""The shape of the PMO's choices about who reads the mandate."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pmo_portal.common.forms import PortalForm
from stakeholders.areas.models import Area
from stakeholders.people.models import Role
from stakeholders.understanding.models import OVERDUE, Readership, State


class ListForm(PortalForm):
    """What the list is narrowed to; what is no choice narrows nothing."""

    state = forms.ChoiceField(choices=[*State.choices, (OVERDUE, OVERDUE)], required=False)
    area = forms.IntegerField(required=False, min_value=1, max_value=2**31)

    def wanted(self) -> dict[str, Any]:
        """The list's own question, as `wanted_readers` takes it."""
        self.is_valid()
        return {name: value for name in ("state", "area") if (value := self.cleaned_data.get(name))}


class ReadersForm(PortalForm):
    """Who is asked, and by when; nothing ticked is everybody."""

    kinds = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=Role.Kind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: every role."),
    )
    areas = forms.ModelMultipleChoiceField(
        label=_("Areas"),
        queryset=Area.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: every area, those that you add later as well."),
    )
    days = forms.IntegerField(
        label=_("Days to read it"),
        required=False,
        min_value=1,
        max_value=365,
        help_text=_("From the day it is published; for somebody new from the day their role begins. Empty: no day."),
    )

    def __init__(self, *args: Any, readership: Readership, **kwargs: Any) -> None:
        chosen = readership.chosen_areas()
        initial = {"kinds": readership.kinds, "areas": chosen, "days": readership.days}
        super().__init__(*args, initial=initial, **kwargs)
        standing = Area.objects.current() | Area.objects.filter(pk__in=[area.pk for area in chosen])
        self.fields["areas"].queryset = standing.order_by("name")  # type: ignore[attr-defined]


class WaiverForm(PortalForm):
    """Why somebody need not read it."""

    reason = forms.CharField(
        label=_("Why"),
        widget=forms.Textarea,
        max_length=500,
        help_text=_("Such as: away until June. It stands in the list and cannot be changed afterwards."),
    )
