"""The shape of what is said about a person."""

from django import forms
from django.utils.translation import gettext_lazy as _

from pmo_portal.common.forms import DateField, PortalForm, PortalModelForm
from pmo_portal.common.models import one_line
from stakeholders.areas.models import Area
from stakeholders.people.models import Person, Role


class PersonForm(PortalModelForm):
    """Name, address and post; one of name and post is enough."""

    class Meta:
        model = Person
        fields = ["name", "email", "post_title"]

    def clean(self) -> None:
        super().clean()
        if not (self.cleaned_data.get("name") or self.cleaned_data.get("post_title")):
            self.add_error("name", _("Give a name, or at least the post."))


class IssuerForm(PortalForm):
    """The executive whom the PMO reports to."""

    name = forms.CharField(label=_("Name"), max_length=120, validators=[one_line])
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    post_title = forms.CharField(
        label=_("Post"), max_length=200, required=False, validators=[one_line],
        help_text=_("Such as chief operating officer."),
    )  # fmt: skip


class RoleForm(PortalForm):
    """A role in an area from a day on."""

    kind = forms.ChoiceField(label=_("Role"), choices=Role.Kind.choices)
    area = forms.ModelChoiceField(label=_("Area"), queryset=Area.objects.none())
    starts_on = DateField(label=_("From"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].queryset = Area.objects.current()  # type: ignore[attr-defined]
