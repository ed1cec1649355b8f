"""What the tests of the door share: codes from the mail, and a browser whose proof has grown old."""

import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.core import mail
from django.db import connection
from django.test import Client

from pmo_portal.common import links
from tests.conftest import come_in

HOUR = 3600


@pytest.fixture(autouse=True)
def _silent_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Letters of other kinds wait in the outbox here."""
    monkeypatch.setattr(links.bell, "knock", lambda *task: True)


def newest_code() -> str:
    """The digits of the newest letter."""
    found = re.search(r"\b\d{6}\b", text_of(mail.outbox[-1]))
    assert found, "no code in the letter"
    return found[0]


def text_of(letter: Any) -> str:
    return str(letter.message().as_bytes().decode())


def ask_for_a_code(client: Client, email: str, next_path: str = "/") -> str:
    client.post("/in/", {"email": email, "next": next_path})
    return newest_code()


def another(code: str) -> str:
    """Six digits that are not these."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


def is_in(client: Client) -> bool:
    return client.get("/me/").status_code == 200


def signed_in(who: Any, *, ago: float = 0) -> Client:
    """A browser of somebody who has shown so many seconds ago who they are."""
    client = Client()
    come_in(client, who)
    grow_old(client, ago)
    return client


def grow_old(client: Client, seconds: float) -> None:
    session = client.session
    for record in session[AUTHENTICATION_METHODS_SESSION_KEY]:
        record["at"] = time.time() - seconds
    session.save()


def all_at_once(count: int, what: Callable[[int], Any]) -> list[Any]:
    """Run one thing in several threads that start together."""
    start = threading.Barrier(count)

    def run(number: int) -> Any:
        try:
            start.wait()
            return what(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
