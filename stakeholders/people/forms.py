"""The shape of what is said about a person."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pmo_portal.common.forms import DateField, PortalForm, PortalModelForm
from pmo_portal.common.models import one_line
from stakeholders.areas.models import Area
from stakeholders.people.models import Person, Role

MOST_AT_ONCE = 200
NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)


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


class ListForm(PortalForm):
    """What the list of people is narrowed to; what is no choice narrows nothing."""

    q = forms.CharField(label=_("Name or post"), required=False, max_length=200)
    state = forms.ChoiceField(choices=[("", ""), *Person.State.choices], required=False)
    kind = forms.ChoiceField(label=_("Role"), choices=[("", _("All roles")), *Role.Kind.choices], required=False)
    area = forms.IntegerField(label=_("Area"), required=False, min_value=1, max_value=2**31)

    def wanted(self) -> dict[str, Any]:
        """The list's own question, as `Person.objects.wanted` takes it."""
        self.is_valid()
        asked = {name: self.cleaned_data.get(name) for name in ("state", "kind", "area")}
        return {name: value for name, value in {**asked, "search": self.cleaned_data.get("q")}.items() if value}


class InviteesForm(PortalForm):
    """The people who were ticked; what is no person is passed over."""

    who = forms.TypedMultipleChoiceField(required=False, coerce=int)

    def chosen(self) -> list[int]:
        """The keys of at most as many people as the list shows at once."""
        ticked = self["who"].data or []
        return list(dict.fromkeys(int(each) for each in ticked if NUMBER.fullmatch(each)))[:MOST_AT_ONCE]


class RoleForm(PortalForm):
    """A role in an area from a day on, with its last day where it is known."""

    kind = forms.ChoiceField(label=_("Role"), choices=Role.Kind.choices)
    area = forms.ModelChoiceField(label=_("Area"), queryset=Area.objects.none())
    starts_on = DateField(label=_("From"))
    ends_on = DateField(label=_("Last day"), required=False, help_text=_("Empty: until you end it."))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].queryset = Area.objects.current()  # type: ignore[attr-defined]
