"""Letters about the mandate."""

from mandate.models import MandateVersion
from pmo_portal.accounts.models import User
from pmo_portal.common.links import address_of
from pmo_portal.outbox import letters
from pmo_portal.outbox.models import OutgoingEmail


def mandate_in_review(version: MandateVersion, to: User) -> None:
    """Tell the issuer that a version waits to be read."""
    letters.send(
        event="mandate/mandate_in_review",
        to=to.email,
        kind=OutgoingEmail.Kind.ACTION,
        about=version.key,
        context={"version": version, "to": to, "url": address_of("mandate:version", number=version.number)},
    )
