"""The issuer's letter: a version of the mandate is published."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse

from mandate.models import MandateVersion, Publication
from pmo_portal.accounts.models import User
from pmo_portal.common.links import address_of, sign, way_in
from pmo_portal.outbox import letters
from pmo_portal.outbox.letters import Letter, one_click
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.understanding.models import Follow

EVENT = "overview/mandate_published"


def _context(
    version: MandateVersion, message: str, issuer: str, to: User, name: str, meaning: Mapping[str, Any]
) -> dict[str, Any]:
    path = reverse("mandate:live")
    url = way_in(to.pk, path)
    leave_url = leaving(to) if meaning.get("may_leave") else ""
    return {
        "version": version, "message": message, "issuer": issuer, "to": name, "url": url, "leave_url": leave_url,
        **meaning,
    }  # fmt: skip


def leaving(to: User) -> str:
    """The address by which a follower leaves: one tap and a choice, or a mail program's one click (RFC 8058)."""
    return address_of("digests:leave", token=sign(Follow.LEAVE, to.pk))


def published(
    version: MandateVersion, message: str, *, issuer: str, to: User, name: str, meaning: Mapping[str, Any]
) -> Letter:
    """The letter as it would arrive; nothing is sent. `issuer` is the name that it comes from."""
    return letters.compose(EVENT, _context(version, message, issuer, to, name, meaning))


def mandate_published(
    publication: Publication, *, to: User, name: str, meaning: Mapping[str, Any], now: datetime
) -> OutgoingEmail:
    """Post it, in the issuer's name; replies go to who issued it.

    It is no digest: leaving the digest must not hide from somebody what the PMO is for, and the issuer was shown
    this very audience before publishing. It comes once per publication, tells and asks for nothing. Who gets it
    because they follow the mandate leaves by it.
    """
    version, issuer = publication.version, publication.who
    context = _context(version, publication.message, issuer, to, name, meaning)
    return letters.send(
        event=EVENT,
        to=to.email,
        kind=OutgoingEmail.Kind.NOTICE,
        about=version.key,
        sender_name=issuer,
        reply_to=publication.by.email,
        headers=one_click(context["leave_url"]) if context["leave_url"] else None,
        context=context,
        now=now,
    )
