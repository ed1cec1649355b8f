"""What the tests of the post room share."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from pmo_portal.outbox import actions
from pmo_portal.outbox.letters import Letter
from pmo_portal.outbox.models import OutgoingEmail
from tests.outbox.sink import Sink, running_sink

LETTER = Letter("Two decisions wait for you", "Two decisions wait for you.\n", "<p>Two decisions wait.</p>")


@pytest.fixture
def ledger(transactional_db: None) -> None:
    """The database with real commits, for threads and processes."""


@pytest.fixture
def silent_bell(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Rings are noted instead of sent."""
    rung: list[tuple[Any, ...]] = []

    def knock(*task: Any) -> bool:
        rung.append(task)
        return True

    monkeypatch.setattr("pmo_portal.common.links.knock", knock)
    monkeypatch.setattr("pmo_portal.common.links.bell.knock", knock)
    return rung


@pytest.fixture
def posted(silent_bell: list[tuple[Any, ...]]) -> Callable[..., OutgoingEmail]:
    """Posts a letter without ringing for it."""

    def post(**changes: Any) -> OutgoingEmail:
        facts = {"kind": "digest", "event": "digests/weekly", "to": "sponsor@example.org", "letter": LETTER}
        return actions.post(**{**facts, **changes})

    return post


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    """A real SMTP server that the portal sends through."""
    with running_sink() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@pytest.fixture
def now() -> Any:
    return timezone.now()
