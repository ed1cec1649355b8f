"""The doorbell: a broker that is down or silent holds one page up for a moment, and none after it."""

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.db import transaction
from django.utils import timezone

from pmo_portal.common.links import Doorbell
from pmo_portal.outbox import actions
from pmo_portal.outbox.models import OutgoingEmail
from tests.outbox.conftest import LETTER
from tests.outbox.processes import own_redis
from tests.servers import HOST, free_port

MOST_SECONDS = 10.0  # patience is two seconds; without it, a page would wait for most of a minute


def timed(what: Callable[[], Any]) -> tuple[Any, float]:
    started = time.monotonic()
    return what(), time.monotonic() - started


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Doorbell]:
    """A doorbell of a broker at an address."""

    def at(url: str) -> Doorbell:
        monkeypatch.setattr(current_app.conf, "broker_url", url)
        monkeypatch.setattr(current_app.conf, "broker_write_url", url)
        return Doorbell()

    return at


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Takes every line, and never says a word."""
    with socket.create_server((HOST, 0), backlog=100) as server:
        yield server.getsockname()[1]


def test_a_broker_that_refuses_costs_nothing(broker: Any) -> None:
    bell = broker(f"redis://{HOST}:{free_port()}/0")
    rung, seconds = timed(lambda: [bell.knock("outbox.tick") for _ in range(20)])
    assert not any(rung)
    assert seconds < MOST_SECONDS


def test_a_broker_that_takes_the_line_and_says_nothing_costs_one_moment(broker: Any, silent_port: int) -> None:
    bell = broker(f"redis://{HOST}:{silent_port}/0")
    rung, first = timed(lambda: bell.knock("outbox.tick"))
    assert (rung, first < MOST_SECONDS) == (False, True)
    rung, rest = timed(lambda: [bell.knock("outbox.tick") for _ in range(100)])
    assert not any(rung)
    assert rest < 1, "none of a hundred waited"


def test_only_one_page_finds_out_whether_it_is_back(broker: Any, silent_port: int) -> None:
    bell = broker(f"redis://{HOST}:{silent_port}/0")
    bell.knock("outbox.tick")
    bell.resting_until = time.monotonic() - 1
    asked: list[float] = []
    send = bell._send

    def slow(*task: Any) -> None:
        asked.append(timed(lambda: bell.knock("outbox.tick"))[1])  # a second page, while the first one waits
        send(*task)

    bell._send = slow
    assert bell.knock("outbox.tick") is False
    assert asked[0] < 0.9, "it did not wait for the line"


@pytest.mark.redis
def test_a_line_that_stood_and_falls_silent_costs_one_moment(broker: Any, tmp_path: Path) -> None:
    with own_redis(tmp_path) as server:
        bell = broker(server.url)
        assert bell.knock("outbox.tick") is True
        server.fall_silent()
        rung, seconds = timed(lambda: [bell.knock("outbox.tick") for _ in range(20)])
        assert not any(rung)
        assert seconds < MOST_SECONDS
        server.speak()
        assert bell.knock("outbox.tick") is False
        bell.resting_until = time.monotonic() - 1
        assert bell.knock("outbox.tick") is True


@pytest.mark.redis
def test_a_redis_that_was_restarted_is_rung_again_at_once(broker: Any, tmp_path: Path) -> None:
    with own_redis(tmp_path) as server:
        bell = broker(server.url)
        assert bell.knock("outbox.tick") is True
        server.stop()
        server.start()
        assert bell.knock("outbox.tick") is True


def test_a_ring_on_the_embedded_broker_reaches_its_worker(broker: Any) -> None:
    bell = broker("memory://")
    with current_app.connection_for_read("memory://") as line:
        queue = line.SimpleQueue("celery")
        queue.clear()  # what other tests rang for in this process
        assert bell.knock("outbox.tick") is True
        message = queue.get(timeout=30)
        message.ack()
    assert message.headers["task"] == "outbox.tick"


@pytest.mark.django_db(transaction=True)
def test_a_persons_work_is_done_and_the_letter_kept_while_the_broker_is_silent(
    ledger: None, broker: Any, silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pmo_portal.common.links.ring", broker(f"redis://{HOST}:{silent_port}/0").ring)

    def work() -> None:
        with transaction.atomic():
            for number in range(5):
                to = f"a{number}@example.org"
                actions.post(kind="action", event="agreements/signed", to=to, letter=LETTER)

    _, seconds = timed(work)
    assert seconds < MOST_SECONDS
    assert OutgoingEmail.objects.due(timezone.now()).count() == 5
