"""Adding an entry, laying the chain, and verifying it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.utils import timezone

from pmo_portal.audit.models import Entry, Link


def note(
    *, by: Any, verb: str, subject: str, now: datetime | None = None, via: str = "session", **details: Any
) -> Entry:
    """Add an entry; call it inside the verb's own transaction. `by` is a user, or None for the portal itself."""
    return Entry.objects.create(
        at=now or timezone.now(),
        by=by,
        via=via if by else "portal",
        verb=verb,
        subject=subject,
        details=details,
    )


def chain(limit: int = 1000) -> int:
    """Link the entries not chained yet, in order; returns how many. Two at once: the later one gives way.

    Laid in the tick and not inside each verb: a chain locked by every verb would deadlock nested ones.
    """
    try:
        with transaction.atomic():
            return _extend(limit)
    except IntegrityError:
        return 0


def _extend(limit: int) -> int:
    last = Link.objects.order_by("-pk").first()
    entries = Entry.objects.filter(link=None).order_by("pk")[:limit]
    for entry in entries:
        previous = last
        last = Link.objects.create(
            entry=entry, previous=previous, hash=entry.fingerprint(previous.hash if previous else "")
        )
    return len(entries)


def broken() -> Iterator[str]:
    """Each place where something is not as it was written, in words: the chain, and every sealed text.

    A model that keeps a hash of its words tells by `untrue()` which of its rows no longer match it.
    """
    yield from _broken_links()
    for model in apps.get_models():
        if hasattr(model, "untrue"):
            yield from model.untrue()


def _broken_links() -> Iterator[str]:
    previous: Link | None = None
    for link in Link.objects.select_related("entry").order_by("pk").iterator():
        expected = link.entry.fingerprint(previous.hash if previous else "")
        if link.previous_id != (previous.pk if previous else None):
            yield f"entry {link.entry_id}: a link before it is missing"
        elif link.hash != expected:
            yield f"entry {link.entry_id} ({link.entry.verb} {link.entry.subject}): changed after it was written"
        previous = link
