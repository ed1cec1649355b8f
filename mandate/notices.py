"""Letters about the mandate."""

from django.urls import reverse

from mandate.models import MandateVersion
from pmo_portal.accounts.models import User
from pmo_portal.common.links import way_in
from pmo_portal.outbox import letters
from pmo_portal.outbox.models import OutgoingEmail


def mandate_in_review(version: MandateVersion, to: User) -> None:
    """Tell the issuer that a version waits to be read."""
    letters.send(
        event="mandate/mandate_in_review",
        to=to.email,
        kind=OutgoingEmail.Kind.ACTION,
        about=version.key,
        context={
            "version": version,
            "to": to,
            "url": way_in(to.pk, reverse("mandate:version", kwargs={"number": version.number})),
        },
    )
