"""The shape of what is written into a mandate, a form for each part."""

from typing import Any, ClassVar

from mandate.models import Clause, MandateVersion, Objective, Service
from pmo_portal.common.forms import DateField, SharedModelForm


class WhyForm(SharedModelForm):
    class Meta:
        model = MandateVersion
        fields = ["why_before", "why_asked_by", "why_noticed"]


class PurposeForm(SharedModelForm):
    class Meta:
        model = MandateVersion
        fields = ["purpose"]


class HelpsForm(SharedModelForm):
    class Meta:
        model = MandateVersion
        fields = ["helps"]


class ChangeForm(SharedModelForm):
    class Meta:
        model = MandateVersion
        fields = ["change_note", "is_material"]


class ObjectiveForm(SharedModelForm):
    due_on = DateField(label=Objective._meta.get_field("due_on").verbose_name, required=False)

    class Meta:
        model = Objective
        fields = ["text", "measure", "due_on"]


class ServiceForm(SharedModelForm):
    class Meta:
        model = Service
        fields = ["name", "what_you_get", "when", "how_to_ask", "who", "what_we_need"]


class ClauseForm(SharedModelForm):
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
        needed = {"seen", "kind", "text", *self.NEEDED[self.instance.kind]}
        for name in set(self.fields) - needed:
            del self.fields[name]
        self.initial["seen"] = self.fingerprint(self.instance)

    def written(self) -> list[str]:
        """All of the clause: what its kind does not need is emptied."""
        return list(self.Meta.fields)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        for name in set(self.written()) - set(self.fields):
            setattr(self.instance, name, "")
        return cleaned


TEXT_PARTS: dict[str, type[SharedModelForm]] = {
    "why": WhyForm,
    "purpose": PurposeForm,
    "helps": HelpsForm,
    "change": ChangeForm,
}
ROW_PARTS: dict[str, type[SharedModelForm]] = {
    "objectives": ObjectiveForm,
    "services": ServiceForm,
    "clauses": ClauseForm,
}
