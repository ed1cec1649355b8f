"""Letters about the mandate."""

from collections.abc import Iterable
from datetime import datetime

from mandate.models import MandateVersion
from pmo_portal.accounts.models import User
from pmo_portal.common.links import address_of
from pmo_portal.outbox import letters
from pmo_portal.outbox.models import OutgoingEmail

IN_REVIEW = "mandate/mandate_in_review"


def mandate_in_review(version: MandateVersion, to: User, *, now: datetime | None = None) -> None:
    """Tell the issuer that a version waits to be read."""
    letters.send(
        event=IN_REVIEW,
        to=to.email,
        kind=OutgoingEmail.Kind.ACTION,
        about=version.key,
        context={"version": version, "to": to, "url": address_of("mandate:version", number=version.number)},
        now=now,
    )


def in_review_again(version: MandateVersion, to: Iterable[User], *, now: datetime) -> list[User]:
    """The same letter once more, to those to whom it may still go; RuleBroken when it may go to none of them."""
    return letters.send_each(lambda issuer: mandate_in_review(version, issuer, now=now), to)
