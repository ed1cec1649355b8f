"""The shape of what is said about an area."""

from pmo_portal.common.forms import PortalModelForm
from stakeholders.areas.models import Area


class AreaForm(PortalModelForm):
    class Meta:
        model = Area
        fields = ["name", "parent", "description"]
