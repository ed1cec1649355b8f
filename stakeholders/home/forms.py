"""The shape of the organisation's settings, of the first page of a new portal, and of what may be uploaded."""

from typing import Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy

from pmo_portal.common.errors import RuleBroken
from pmo_portal.common.forms import PortalModelForm, SharedModelForm
from pmo_portal.common.models import Organisation, one_line
from pmo_portal.common.zones import ZoneField, zone_of_machine
from stakeholders.home import logo


class LogoField(forms.FileField):
    """A picture, given back as the PNG that the portal keeps."""

    widget = forms.FileInput
    default_error_messages: ClassVar = {"empty": gettext_lazy("This file is empty. Give a PNG, JPEG or WebP file.")}

    def __init__(self) -> None:
        words = gettext_lazy("PNG, JPEG or WebP, up to 2 MB. It is shown at most 320 by 96 pixels large.")
        super().__init__(label=gettext_lazy("Logo"), required=False, help_text=words)
        self.widget.attrs["accept"] = "image/png,image/jpeg,image/webp"

    def clean(self, data: Any, initial: Any = None) -> bytes | None:
        """The bytes to keep, None where nothing was sent."""
        file = super().clean(data, initial)
        if not isinstance(file, UploadedFile):
            return None
        try:
            # One byte more than is allowed is enough to know that it is too much.
            return logo.redraw(file.read(logo.MOST_BYTES + 1))
        except RuleBroken as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


class OrganisationForm(SharedModelForm):
    """Names first; what most leave as it is comes last."""

    time_zone = ZoneField()
    logo = LogoField()

    # What stands together on the page, by the headings of the template.
    GROUPS: ClassVar = {
        "names": ["name", "office_name", "time_zone"],
        "readers": ["mandate_readers", "mail_domains"],
        "letters": ["sender_name", "reply_to", "footer"],
        "look": ["logo", "accent"],
    }

    class Meta:
        model = Organisation
        fields: ClassVar = [
            "name",
            "office_name",
            "time_zone",
            "mandate_readers",
            "mail_domains",
            "sender_name",
            "reply_to",
            "footer",
            "accent",
        ]
        # Three whole sentences: a closed list would cut them on a phone.
        widgets: ClassVar = {"mandate_readers": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].offer(self.instance.time_zone)  # type: ignore[attr-defined]

    def groups(self) -> dict[str, list[Any]]:
        """The fields, by the heading they stand under."""
        return {group: [self[name] for name in names] for group, names in self.GROUPS.items()}


class SetUpForm(PortalModelForm):
    """What a new portal has to know before anybody can come in; the rest can wait, or is folded."""

    your_name = forms.CharField(label=gettext_lazy("Your name"), max_length=120, validators=[one_line])
    email = forms.EmailField(
        label=gettext_lazy("Your e-mail"), max_length=254,
        help_text=gettext_lazy("You come in with a code that is sent there. Nobody needs a password."),
    )  # fmt: skip
    time_zone = ZoneField()
    logo = LogoField()

    MAIN = ("name", "office_name", "your_name", "email", "time_zone")
    FOLDED = ("logo", "accent")

    class Meta:
        model = Organisation
        fields: ClassVar = ["name", "office_name", "time_zone", "accent"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = self.instance.time_zone if Organisation.objects.filter(pk=1).exists() else zone_of_machine()
        self.initial["time_zone"] = zone
        self.fields["time_zone"].offer(zone)  # type: ignore[attr-defined]
        for name, kind in (("name", "organization"), ("your_name", "name"), ("email", "email")):
            self.fields[name].widget.attrs["autocomplete"] = kind

    @property
    def main(self) -> list[Any]:
        """What everybody fills in."""
        return [self[name] for name in self.MAIN]

    @property
    def folded(self) -> list[Any]:
        """What can wait."""
        return [self[name] for name in self.FOLDED]

    @property
    def is_unfolded(self) -> bool:
        """What is folded holds an error, so it is shown."""
        return bool(set(self.FOLDED) & set(self.errors))
