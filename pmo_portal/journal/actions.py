"""Writing a line into the journal."""

from datetime import datetime
from typing import Any

from pmo_portal.journal.models import Event

EVERYBODY = "everybody"


def record(*, kind: str, subject: str, scope: str, at: datetime, **facts: Any) -> Event:
    """Note that `kind` happened to `subject`; call it inside the verb's own transaction.

    `facts` are what a letter needs to tell it later as it was then (names, numbers, dates as text).
    """
    return Event.objects.create(kind=kind, subject=subject, scope=scope, at=at, facts=facts)
