"""Real Celery workers on a Redis of their own: killed, cut off, and left without work for a while."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum

from pmo_portal.outbox.models import Attempt, OutgoingEmail
from tests.outbox.processes import environment, own_redis, tick, workers
from tests.outbox.sink import running_sink, wait_until

pytestmark = [pytest.mark.redis, pytest.mark.django_db(transaction=True)]
LETTERS = 60
LEASE = 6  # seconds: longer than a letter ever takes here, and not too long to wait for
SOON = 90  # seconds within which a process does its work on a busy machine; a calm one waits for none of them
AT_ONCE = 4  # letters in the very act, one for each child of the worker
Posted = Callable[..., OutgoingEmail]


def count(*states: str) -> int:
    return OutgoingEmail.objects.filter(state__in=states).count()


def test_a_killed_worker_loses_no_letter_and_repeats_only_those_in_hand(
    ledger: None, posted: Posted, tmp_path: Path
) -> None:
    emails = {email.message_id: email for email in (posted() for _ in range(LETTERS))}
    with running_sink() as sink, own_redis(tmp_path) as redis:
        sink.most = LETTERS // 3
        around = environment(redis_url=redis.url, smtp_port=sink.port, lease=LEASE)
        with workers(tmp_path, around) as start:
            first = start()
            wait_until(first.is_ready, SOON, "the worker is ready")
            tick(redis.url)
            wait_until(lambda: len(sink.counts) == LETTERS // 3 + AT_ONCE, SOON, "a third has arrived, and four wait")
            first.kill()
            sink.most = None
            time.sleep(0.3)  # a commit that was on its way to the database may still land
            in_hand, unsent = count("sending"), count("waiting")
            assert count("sent") > 0
            assert unsent > 0
            assert 0 < in_hand <= AT_ONCE

            second = start()
            wait_until(second.is_ready, SOON, "the second worker is ready")
            ended = time.monotonic() + SOON
            while count("sent") < LETTERS and time.monotonic() < ended:
                tick(redis.url)
                time.sleep(0.5)
            assert count("sent") == LETTERS, second.said

    assert set(sink.counts) == set(emails)
    assert sink.repeats <= in_hand
    uncertain = OutgoingEmail.objects.filter(uncertain_times__gt=0)
    assert uncertain.aggregate(times=Sum("uncertain_times"))["times"] == in_hand
    assert Attempt.objects.filter(outcome="uncertain").count() == in_hand
    repeated = {message_id for message_id, times in sink.counts.items() if times > 1}
    assert repeated <= set(uncertain.values_list("message_id", flat=True))
    assert set(sink.bytes) == {bytes(email.raw) for email in emails.values()}
    assert not Attempt.objects.filter(outcome="open").exists()


def test_a_redis_that_stops_or_falls_silent_is_found_again_without_hands(
    ledger: None, posted: Posted, tmp_path: Path
) -> None:
    def goes_out(what: str) -> None:
        email = posted()
        deadline = time.monotonic() + SOON
        while OutgoingEmail.objects.get(pk=email.pk).state != "sent":
            assert time.monotonic() < deadline, f"{what}: {worker.said}"
            tick(redis.url)
            time.sleep(0.5)

    with running_sink() as sink, own_redis(tmp_path) as redis:
        around = environment(redis_url=redis.url, smtp_port=sink.port, lease=LEASE)
        with workers(tmp_path, around) as start:
            worker = start()
            wait_until(worker.is_ready, SOON, "the worker is ready")
            time.sleep(6)  # idle for longer than its socket timeout
            goes_out("after an idle time")
            assert "onnection to broker lost" not in worker.said

            redis.stop()
            posted()
            redis.start()
            goes_out("after a restart")

            redis.fall_silent()
            time.sleep(6)
            redis.speak()
            goes_out("after a silence")
    assert sink.repeats == 0
    assert count("sent") == 4


def test_a_letter_in_hand_when_redis_stops_is_finished_and_not_repeated(
    ledger: None, posted: Posted, tmp_path: Path
) -> None:
    with running_sink() as sink, own_redis(tmp_path) as redis:
        sink.most = 0
        around = environment(redis_url=redis.url, smtp_port=sink.port, lease=60)
        with workers(tmp_path, around) as start:
            worker = start()
            wait_until(worker.is_ready, SOON, "the worker is ready")
            posted()
            tick(redis.url)
            wait_until(lambda: sink.counts.total() == 1, SOON, "the mail server has it")
            redis.stop()
            redis.start()
            sink.most = None
            wait_until(lambda: count("sent") == 1, SOON, worker.said)
            assert OutgoingEmail.objects.get().uncertain_times == 0


def test_a_mail_server_that_hangs_does_not_stop_the_others(
    ledger: None, posted: Posted, tmp_path: Path, settings: Any
) -> None:
    with running_sink() as sink, own_redis(tmp_path) as redis:
        sink.answers = ["hang"]
        around = environment(redis_url=redis.url, smtp_port=sink.port, lease=LEASE)
        with workers(tmp_path, around) as start:
            worker = start()
            wait_until(worker.is_ready, SOON, "the worker is ready")
            for _ in range(8):
                posted()
            tick(redis.url)
            wait_until(lambda: count("sent") == 7, SOON, "the others have arrived")
            assert count("sending", "uncertain") == 1
