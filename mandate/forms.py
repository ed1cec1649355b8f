"""The shape of what is written into a mandate, a form for each part."""

from typing import Any, ClassVar

from mandate.models import Clause, MandateVersion, Objective, Service
from pmo_portal.common.forms import DateField, PortalModelForm


class WhyForm(PortalModelForm):
    class Meta:
        model = MandateVersion
        fields = ["why_before", "why_asked_by", "why_noticed"]


class PurposeForm(PortalModelForm):
    class Meta:
        model = MandateVersion
        fields = ["purpose"]


class HelpsForm(PortalModelForm):
    class Meta:
        model = MandateVersion
        fields = ["helps"]


class ChangeForm(PortalModelForm):
    class Meta:
        model = MandateVersion
        fields = ["change_note", "is_material"]


class ObjectiveForm(PortalModelForm):
    due_on = DateField(label=Objective._meta.get_field("due_on").verbose_name, required=False)

    class Meta:
        model = Objective
        fields = ["text", "measure", "due_on"]


class ServiceForm(PortalModelForm):
    class Meta:
        model = Service
        fields = ["name", "what_you_get", "when", "how_to_ask", "who", "what_we_need"]


class ClauseForm(PortalModelForm):
    """A clause asks only for what its kind needs."""

    NEEDED: ClassVar[dict[str, list[str]]] = {
        Clause.Kind.DOES: ["example"],
        Clause.Kind.SHARED: ["our_part", "your_part", "example"],
        Clause.Kind.DOES_NOT: ["who_instead", "how_to_reach", "example"],
    }

    class Meta:
        model = Clause
        fields = ["kind", "text", "our_part", "your_part", "who_instead", "how_to_reach", "example"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        needed = {"kind", "text", *self.NEEDED[self.instance.kind]}
        for name in set(self.fields) - needed:
            del self.fields[name]


TEXT_PARTS: dict[str, type[PortalModelForm]] = {
    "why": WhyForm,
    "purpose": PurposeForm,
    "helps": HelpsForm,
    "change": ChangeForm,
}
ROW_PARTS: dict[str, type[PortalModelForm]] = {
    "objectives": ObjectiveForm,
    "services": ServiceForm,
    "clauses": ClauseForm,
}
