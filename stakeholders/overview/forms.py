"""The shape of what is said about an area."""

from django import forms
from django.utils.translation import gettext_lazy as _

from pmo_portal.common.forms import PortalModelForm
from stakeholders.areas.models import Area


class AreaForm(PortalModelForm):
    class Meta:
        model = Area
        fields = ["name", "parent", "description"]
        labels = {"parent": _("Part of")}

    def clean_parent(self) -> Area | None:
        """An area is no part of itself, nor of one of its own parts."""
        above = parent = self.cleaned_data["parent"]
        while above:
            if above == self.instance:
                raise forms.ValidationError(_("This would make the area a part of itself."))
            above = above.parent
        return parent

    def clean_name(self) -> str:
        """A current area's name is its own; the constraint says the same and would not say it as kindly."""
        name = self.cleaned_data["name"]
        if Area.objects.filter(name__iexact=name, ends_on=None).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("There is an area of this name already."))
        return name
