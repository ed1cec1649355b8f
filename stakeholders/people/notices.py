"""Letters about people: the invitation."""

from datetime import datetime
from typing import Any

from django.urls import reverse

from pmo_portal.accounts.models import User
from pmo_portal.common.links import way_in
from pmo_portal.outbox import letters
from pmo_portal.outbox.letters import Letter
from pmo_portal.outbox.models import OutgoingEmail
from pmo_portal.outbox.reading import has_asked
from stakeholders.people.models import Invitation, Person

EVENT = Invitation.LETTER


def _context(person: Person, by: User) -> dict[str, Any]:
    roles = person.roles.on().select_related("area")
    return {
        "to": person,
        "by": by,
        "roles": roles,
        "sign_in_url": way_in(person.user_id, reverse("home:home")),
        "mandate_url": way_in(person.user_id, reverse("mandate:live")),
    }


def invitation(person: Person, *, by: User) -> Letter:
    """The letter as it would arrive; nothing is sent."""
    return letters.compose(EVENT, _context(person, by), is_second=has_asked(EVENT, person.key, person.email))


def invited(person: Person, *, by: User, now: datetime | None = None) -> None:
    """Send the invitation; replies go to the one who invites.

    Raises RuleBroken when two have gone to this address, or the first is not three days old.
    """
    letters.send(
        event=EVENT,
        to=person.email,
        kind=OutgoingEmail.Kind.ACTION,
        about=person.key,
        sender_name=str(by),
        reply_to=by.email,
        context=_context(person, by),
        now=now,
    )
