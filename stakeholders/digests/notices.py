"""The digest as a letter."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.urls import reverse

from pmo_portal.common.links import address_of, sign, way_in
from pmo_portal.common.models import Organisation
from pmo_portal.outbox import letters
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.digests.models import Delivery

LEAVE = "digest-leave"


def digest(
    delivery: Delivery,
    *,
    fact: str,
    sections: Sequence[Any],
    why: str,
    rhythm: str,
    organisation: Organisation,
    now: datetime,
) -> OutgoingEmail:
    """Freeze and post the letter of one delivery; call it inside the transaction that claims what it tells."""
    person = delivery.person
    assert person.user is not None  # noqa: S101 (nobody is written to before they are invited)
    leave_url = address_of("digests:leave", token=sign(LEAVE, person.pk))
    return letters.send(
        event="digests/digest",
        to=person.user.email,
        kind=OutgoingEmail.Kind.DIGEST,
        about=f"delivery:{delivery.pk}",
        sender_name=str(organisation.office_name),
        headers=letters.one_click(leave_url),
        context={
            "organisation": organisation,
            "fact": fact,
            "sections": [for_one(section, person.user.pk) for section in sections],
            "why": why,
            "rhythm": rhythm,
            "whole_url": way_in(person.user.pk, reverse("digests:whole", kwargs={"pk": delivery.pk})),
            "preferences_url": way_in(person.user.pk, reverse("digests:preferences")),
            "leave_url": leave_url,
        },
        now=now,
    )


def for_one(section: Any, user_id: int) -> Any:
    """A section whose lines lead through the door, as one person's own letter does."""
    lines = [replace(line, url=way_in(user_id, line.url)) if line.url else line for line in section.lines]
    return replace(section, lines=lines)
