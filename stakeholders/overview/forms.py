"""The shape of what is said about an area."""

from django.utils.translation import gettext_lazy as _

from pmo_portal.common.forms import PortalModelForm
from stakeholders.areas.models import Area


class AreaForm(PortalModelForm):
    class Meta:
        model = Area
        fields = ["name", "parent", "description"]
        labels = {"parent": _("Part of")}
