"""Delivering: one taker, one attempt row, pauses in the row, eight times at most; and the sweep."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction

from pmo_portal.audit.models import Entry
from pmo_portal.journal.models import Event
from pmo_portal.outbox import actions, handover, reading
from pmo_portal.outbox.handover import How, Result
from pmo_portal.outbox.models import Attempt, OutgoingEmail

pytestmark = pytest.mark.django_db
Posted = Callable[..., OutgoingEmail]
MINUTE = timedelta(minutes=1)


def fails(monkeypatch: pytest.MonkeyPatch, how: How, words: str = "451 later") -> None:
    monkeypatch.setattr(handover, "hand_over", lambda _mail: Result(how, words))


def outcomes(email: OutgoingEmail) -> list[tuple[int, str]]:
    return list(email.tries.values_list("number", "outcome"))


def test_a_delivered_letter_is_sent_with_one_attempt(posted: Posted) -> None:
    email = posted()
    assert actions.deliver(email.pk) is True
    email.refresh_from_db()
    assert (email.state, email.attempts, email.lease_until) == ("sent", 1, None)
    assert email.sent_at is not None
    assert outcomes(email) == [(1, "sent")]


def test_exactly_the_frozen_bytes_are_handed_over(posted: Posted) -> None:
    email = posted()
    actions.deliver(email.pk)
    [message] = mail.outbox
    content: Any = message.message()
    assert content.as_bytes(linesep="\r\n") == bytes(email.raw)
    assert content.as_bytes() == bytes(email.raw).replace(b"\r\n", b"\n")
    assert content["Message-ID"] == email.message_id
    assert (message.from_email, message.recipients()) == ("pmo@localhost", ["sponsor@example.org"])


def test_a_second_ring_for_a_sent_letter_does_nothing(posted: Posted) -> None:
    email = posted()
    actions.deliver(email.pk)
    assert actions.deliver(email.pk) is False
    assert len(mail.outbox) == 1


def test_a_letter_that_is_not_due_yet_is_left_alone(posted: Posted, now: datetime) -> None:
    email = posted(now=now + MINUTE)
    assert actions.deliver(email.pk, now) is False
    assert actions.deliver(email.pk, now + MINUTE) is True


def test_the_claim_is_committed_before_the_letter_is_handed_over(posted: Posted) -> None:
    email = posted()
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        actions.deliver(email.pk)


def test_the_lease_is_longer_than_any_talk_with_a_mail_server(settings: Any) -> None:
    from pmo_portal.outbox import tasks

    assert settings.EMAIL_TIMEOUT < handover.LONGEST_TALK < tasks.deliver.soft_time_limit
    assert tasks.deliver.soft_time_limit < tasks.deliver.time_limit < settings.OUTBOX_LEASE_SECONDS - 60


@pytest.mark.django_db(transaction=True)
def test_two_deliverers_at_once_hand_it_over_once(ledger: None, posted: Posted) -> None:
    emails = [posted() for _ in range(10)]
    taken: list[tuple[int, bool]] = []
    start = threading.Barrier(4)

    def deliver_all() -> None:
        start.wait()
        taken.extend((email.pk, actions.deliver(email.pk)) for email in emails)
        connection.close()

    threads = [threading.Thread(target=deliver_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 40
    assert sorted(pk for pk, mine in taken if mine) == [email.pk for email in emails]
    assert len(mail.outbox) == 10
    assert Attempt.objects.filter(outcome="sent").count() == Attempt.objects.count() == 10


def test_a_passing_failure_waits_in_the_row_longer_each_time(
    posted: Posted, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(monkeypatch, How.LATER)
    email = posted(now=now)
    pauses = []
    for _ in range(7):
        before = OutgoingEmail.objects.get(pk=email.pk).next_try_at
        actions.deliver(email.pk, before)
        email.refresh_from_db()
        assert (email.state, email.reason) == ("retry_wait", "451 later")
        pauses.append((email.next_try_at - before) / MINUTE)
    assert [minimum <= pause <= minimum * 1.2 for pause, minimum in zip(pauses, actions.PAUSES, strict=False)]
    assert pauses == sorted(pauses)
    assert 60 * 12 < sum(pauses) < 60 * 24


def test_letters_that_failed_together_do_not_come_back_together() -> None:
    assert len({actions.pause(pk, 3) for pk in range(100)}) > 50


def test_the_eighth_failure_is_the_last_and_somebody_is_told(
    posted: Posted, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(monkeypatch, How.LATER)
    email = posted(now=now, about="agreement:3")
    for _ in range(8):
        actions.deliver(email.pk, OutgoingEmail.objects.get(pk=email.pk).next_try_at)
    email.refresh_from_db()
    assert (email.state, email.attempts) == ("failed", 8)
    assert email.reason == "Tried eight times. The last: 451 later"
    assert actions.deliver(email.pk, now + timedelta(days=365)) is False
    told = Event.objects.get(kind="email_failed")
    assert (told.subject, told.facts["about"]) == (f"email:{email.pk}", "agreement:3")
    assert Entry.objects.get(verb="email_failed").subject == f"email:{email.pk}"
    assert "sponsor" not in str(told.facts)


def test_a_refusal_for_good_is_final_at_once(posted: Posted, monkeypatch: pytest.MonkeyPatch) -> None:
    fails(monkeypatch, How.NEVER, "550 no such mailbox")
    email = posted()
    actions.deliver(email.pk)
    email.refresh_from_db()
    assert (email.state, email.attempts) == ("failed", 1)
    assert email.reason == "Refused by the mail server: 550 no such mailbox"
    assert outcomes(email) == [(1, "refused")]
    assert Event.objects.filter(kind="email_failed").count() == 1


def test_what_nobody_knows_is_uncertain_counted_and_goes_again(
    posted: Posted, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        fails(patched, How.UNCERTAIN, "closed")
        email = posted(now=now)
        actions.deliver(email.pk, now)
    email.refresh_from_db()
    assert (email.state, email.uncertain_times) == ("uncertain", 1)
    assert actions.deliver(email.pk, now + 2 * MINUTE) is True
    email.refresh_from_db()
    assert (email.state, email.uncertain_times) == ("sent", 1)
    assert outcomes(email) == [(1, "uncertain"), (2, "sent")]


# --- the sweep ----------------------------------------------------------------------------------
def test_a_lease_that_is_over_leaves_the_letter_uncertain_and_due(posted: Posted, now: datetime) -> None:
    email = posted(now=now)
    actions.take(email.pk, now)
    actions.sweep(now + 2 * MINUTE)
    email.refresh_from_db()
    assert email.state == "sending"
    later = now + 4 * MINUTE
    actions.sweep(later)
    email.refresh_from_db()
    assert (email.state, email.uncertain_times, email.lease_until) == ("uncertain", 1, None)
    assert outcomes(email) == [(1, "uncertain")]
    assert actions.deliver(email.pk, later) is True


def test_who_comes_back_after_the_lease_changes_nothing(posted: Posted, now: datetime) -> None:
    email = posted(now=now)
    late = actions.take(email.pk, now)
    assert late is not None
    later = now + 4 * MINUTE
    actions.sweep(later)
    assert actions.close(late, Result(How.NEVER, "550"), later) is False
    again = actions.take(email.pk, later)
    assert again is not None
    assert actions.close(late, Result(How.SENT), later) is False
    assert actions.close(again, Result(How.SENT), later) is True
    assert outcomes(email) == [(1, "uncertain"), (2, "sent")]


def test_a_letter_that_ends_its_worker_eight_times_is_not_tried_again(posted: Posted, now: datetime) -> None:
    email = posted(now=now)
    for _ in range(8):
        assert actions.take(email.pk, now) is not None
        now += 4 * MINUTE
        actions.sweep(now)
    email.refresh_from_db()
    assert (email.state, email.attempts, email.uncertain_times) == ("failed", 8, 8)
    assert Event.objects.filter(kind="email_failed").count() == 1


def test_each_due_letter_is_rung_for_once(posted: Posted, silent_bell: list[Any], now: datetime) -> None:
    emails = [posted(now=now) for _ in range(3)]
    posted(now=now + timedelta(hours=1))
    actions.sweep(now)
    assert silent_bell == [("outbox.deliver", email.pk) for email in emails]


def test_a_slow_queue_is_not_filled_with_a_ring_a_minute(
    posted: Posted, silent_bell: list[Any], now: datetime
) -> None:
    posted(now=now)
    for minute in range(10):
        actions.sweep(now + minute * MINUTE)
    assert len(silent_bell) == 3  # every lease, in case the ring was lost


def test_a_pause_that_is_over_rings_anew(
    posted: Posted, silent_bell: list[Any], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(monkeypatch, How.LATER)
    email = posted(now=now)
    actions.sweep(now)
    actions.deliver(email.pk, now)
    actions.sweep(now + MINUTE / 2)
    assert len(silent_bell) == 1
    actions.sweep(now + 2 * MINUTE)
    assert len(silent_bell) == 2


def test_one_sweep_rings_for_so_many_and_the_next_for_the_rest(
    posted: Posted, silent_bell: list[Any], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "AT_ONCE", 4)
    emails = [posted(now=now) for _ in range(6)]
    actions.sweep(now)
    assert len(silent_bell) == 4
    actions.sweep(now)
    assert silent_bell == [("outbox.deliver", email.pk) for email in emails]


def test_a_bell_that_stays_silent_leaves_the_letters_for_the_next_sweep(
    posted: Posted, silent_bell: list[Any], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted(now=now)
    with monkeypatch.context() as patched:
        patched.setattr("pmo_portal.common.links.knock", lambda *_: False)
        actions.sweep(now)
    actions.sweep(now)
    assert len(silent_bell) == 1


@pytest.mark.django_db(transaction=True)
def test_any_number_of_tickers_at_once_move_and_ring_once(
    ledger: None, posted: Posted, silent_bell: list[Any], now: datetime
) -> None:
    held = [posted(now=now) for _ in range(6)]
    silent_bell.clear()
    for email in held:
        actions.take(email.pk, now)
    later = now + 4 * MINUTE
    start = threading.Barrier(4)

    def tick() -> None:
        start.wait()
        actions.sweep(later)
        connection.close()

    threads = [threading.Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(OutgoingEmail.objects.values_list("uncertain_times", flat=True)) == [1] * 6
    assert sorted(silent_bell) == [("outbox.deliver", email.pk) for email in held]


def test_the_age_of_the_oldest_due_letter_is_told(posted: Posted, now: datetime) -> None:
    assert reading.age_of_oldest_due(now) == timedelta()
    posted(now=now - 7 * MINUTE)
    posted(now=now + MINUTE)
    assert reading.age_of_oldest_due(now) == 7 * MINUTE
    actions.deliver(OutgoingEmail.objects.due(now).get().pk, now)
    assert reading.age_of_oldest_due(now) == timedelta()
