"""The shape of the organisation's settings."""

from typing import ClassVar

from pmo_portal.common.forms import SharedModelForm
from pmo_portal.common.models import Organisation


class OrganisationForm(SharedModelForm):
    """Names first; what most leave as it is comes last."""

    class Meta:
        model = Organisation
        fields: ClassVar = [
            "name",
            "office_name",
            "mandate_readers",
            "mail_domains",
            "time_zone",
            "sender_name",
            "reply_to",
            "footer",
            "accent",
        ]
