"""Addresses for letters, signed tokens for one purpose each, and the doorbell."""

import time
from typing import Any, ClassVar

import structlog
from celery import current_app
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from kombu.pools import producers

log = structlog.get_logger()


def absolute(path: str) -> str:
    """The whole address of a path of ours, for a letter."""
    return f"{settings.PORTAL_URL.rstrip('/')}{path}"


def address_of(name: str, **kwargs: Any) -> str:
    """The whole address of a named page, for a letter."""
    return absolute(reverse(name, kwargs=kwargs))


WAY_IN = "way-in"
WAY_IN_LIFE = 180 * 24 * 3600  # seconds; a digest is read long after it was sent


def way_in(user_id: int | None, path: str) -> str:
    """The address for a letter by which one person comes to a page of ours; it logs nobody in.

    It carries the user's number and the path, signed, and no address; without a user it is the page's own address.
    """
    if user_id is None:
        return absolute(path)
    return address_of("door:letter", token=sign(WAY_IN, [user_id, path]))


def bearer(token: str) -> tuple[int, str] | None:
    """The user's number and the path that `way_in` wrote; None when forged, too old, or of another purpose."""
    found = unsign(WAY_IN, token, WAY_IN_LIFE)
    return (found[0], found[1]) if isinstance(found, list) and len(found) == 2 else None


def sign(purpose: str, value: Any) -> str:
    """A token that carries `value` for one purpose and no other."""
    return signing.dumps(value, salt=f"portal.{purpose}", compress=False)


def unsign(purpose: str, token: str, max_age: int | None = None) -> Any | None:
    """What the token carries, or None when it is forged, for another purpose, or older than `max_age` seconds."""
    try:
        return signing.loads(token, salt=f"portal.{purpose}", max_age=max_age)
    except signing.BadSignature:
        return None


class Id:
    """The number of a row in an address: no longer than a database counts."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


class Doorbell:
    """Rings Celery tasks by name after commit. The database is the ledger: a ring that is lost costs a minute.

    A broker that is down or silent must never hold up a person's page: after one failed ring the bell
    rests for half a minute, and the tick finds the work.
    """

    REST_SECONDS = 30.0
    # On lines of its own, less patient than a worker's: together under two seconds, and no second try.
    PATIENCE: ClassVar[dict[str, Any]] = {
        "socket_connect_timeout": 1.0,
        "socket_timeout": 1.0,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
    }

    def __init__(self) -> None:
        self.resting_until = 0.0

    def ring(self, task: str, *args: Any) -> None:
        """Ask for `task(*args)` once this transaction is committed; never raises."""
        transaction.on_commit(lambda: self.knock(task, *args), robust=True)

    def knock(self, task: str, *args: Any) -> bool:
        """Send now; True when the broker took it."""
        if time.monotonic() < self.resting_until:
            return False
        if self.resting_until:
            # One page finds out whether the broker is back; the others need not wait with it.
            self.resting_until = time.monotonic() + self.REST_SECONDS
        try:
            self._send(task, args)
        except Exception as problem:  # noqa: BLE001 (whatever the broker's client raises, the page goes on)
            self.resting_until = time.monotonic() + self.REST_SECONDS
            log.warning("doorbell_silent", task=task, problem=type(problem).__name__)
            return False
        self.resting_until = 0.0
        return True

    def _send(self, task: str, args: tuple[Any, ...]) -> None:
        line = current_app.connection_for_write(connect_timeout=1, transport_options=self.PATIENCE)
        with producers[line].acquire(block=True, timeout=1) as producer:
            current_app.send_task(task, args=args, retry=False, producer=producer)


bell = Doorbell()
ring = bell.ring
knock = bell.knock
