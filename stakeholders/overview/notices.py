"""The issuer's letter: a version of the mandate is published."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse

from mandate.models import MandateVersion, Publication
from mandate.reading import letter_to_start_from
from pmo_portal.accounts.models import User
from pmo_portal.common.links import absolute, address_of, sign, way_in
from pmo_portal.common.models import Organisation
from pmo_portal.outbox import letters
from pmo_portal.outbox.letters import Letter, one_click
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.understanding.models import Follow

EVENT = "overview/mandate_published"
TO_COPY = "emails/overview/to_copy"


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


def to_copy(publication: Publication) -> Letter:
    """The same for everybody, to copy into a mail program, a chat or an intranet; nothing is sent.

    It knows no reader: no name, no word on one area, and the plain address of the mandate in place of a person's own.
    """
    version = publication.version
    words = {
        "version": version,
        "organisation": Organisation.current(),
        "message": publication.message or letter_to_start_from(version),
        "issuer": publication.who,
        "url": absolute(reverse("mandate:live")),
    }
    subject, text, html = (
        render_to_string(template, words).strip()
        for template in (f"emails/{EVENT}/subject.txt", f"{TO_COPY}.txt", f"{TO_COPY}.html")
    )
    return Letter(subject=subject, text=text, html=html)


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
