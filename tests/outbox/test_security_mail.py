"""Sign-in letters: sent at once, erased, listed nowhere, and never the reason for an error page."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from pmo_portal.outbox import actions, letters
from pmo_portal.outbox.handover import How, Result
from pmo_portal.outbox.models import OutgoingEmail
from tests.outbox.sink import Sink
from tests.servers import HOST, free_port

pytestmark = pytest.mark.django_db
Commits = Callable[..., Any]
BLANK = {"subject": "", "text": "", "html": "", "raw": b"", "sha256": ""}


def send_code(code: str = "271828") -> OutgoingEmail:
    return letters.send_security(event="accounts/login_code", to="head@example.org", context={"code": code})


def content(email: OutgoingEmail) -> dict[str, Any]:
    email.refresh_from_db()
    return {name: getattr(email, name) if name != "raw" else bytes(email.raw) for name in BLANK}


def test_a_code_goes_out_straight_after_the_commit(django_capture_on_commit_callbacks: Commits) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        send_code()
        assert mail.outbox == []
    [message] = mail.outbox
    assert b"271828" in message.message().as_bytes()


def test_it_is_erased_once_it_is_handed_over(django_capture_on_commit_callbacks: Commits) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        email = send_code()
    assert content(email) == BLANK
    assert email.state == "sent"


def test_it_is_erased_when_it_is_refused_for_good(sink: Sink, django_capture_on_commit_callbacks: Commits) -> None:
    sink.answers = ["550 no such mailbox"]
    with django_capture_on_commit_callbacks(execute=True):
        email = send_code()
    assert content(email) == BLANK
    assert email.state == "failed"


def test_nobody_can_list_it(settings: Any, django_capture_on_commit_callbacks: Commits) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        send_code()
    assert not OutgoingEmail.objects.listable().exists()
    settings.EXAMPLE = True
    assert OutgoingEmail.objects.listable().count() == 1


def test_the_example_keeps_its_codes_for_everybody_to_see(
    settings: Any, django_capture_on_commit_callbacks: Commits
) -> None:
    settings.EXAMPLE = True
    with django_capture_on_commit_callbacks(execute=True):
        email = send_code()
    assert "271828" in content(email)["text"]


def test_nothing_rings_for_it(silent_bell: list[Any], django_capture_on_commit_callbacks: Commits) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        send_code()
    assert silent_bell == []


def test_no_code_without_a_commit() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        send_code()
        raise ZeroDivisionError
    assert mail.outbox == []
    assert not OutgoingEmail.objects.exists()


def test_a_mail_server_that_is_down_leaves_it_to_the_tick(
    settings: Any, silent_bell: list[Any], django_capture_on_commit_callbacks: Commits
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = HOST, free_port()
    with django_capture_on_commit_callbacks(execute=True):
        email = send_code()
    email.refresh_from_db()
    assert email.state == "retry_wait"
    actions.sweep(timezone.now() + timedelta(minutes=2))
    assert silent_bell == [("outbox.deliver", email.pk)]


def test_after_a_quarter_of_an_hour_it_is_erased_unsent(silent_bell: list[Any]) -> None:
    email = send_code()
    actions.sweep(email.posted_at + timedelta(minutes=14))
    assert "271828" in content(email)["text"]
    actions.sweep(email.posted_at + timedelta(minutes=16))
    assert content(email) == BLANK
    assert (email.state, email.reason) == ("skipped", "stale")


def test_a_code_that_has_run_out_is_not_sent_by_a_late_ring() -> None:
    email = send_code()
    assert actions.deliver(email.pk, email.posted_at + timedelta(minutes=16)) is False
    assert actions.deliver(email.pk, email.posted_at + timedelta(minutes=14)) is True


@pytest.mark.parametrize("seconds", [5, 25])
def test_while_the_mail_server_fails_the_next_page_does_not_wait_for_it(
    silent_bell: list[Any], now: datetime, seconds: int, django_capture_on_commit_callbacks: Commits
) -> None:
    failed = actions.take(send_code().pk, timezone.now())
    assert failed is not None
    actions.close(failed, Result(How.LATER, "451 later"), now - timedelta(seconds=seconds))
    with django_capture_on_commit_callbacks(execute=True):
        email = send_code()
    assert mail.outbox == []
    assert silent_bell == [("outbox.deliver", email.pk)]


def test_while_the_mail_server_hangs_the_next_page_does_not_wait_for_it(
    silent_bell: list[Any], now: datetime, django_capture_on_commit_callbacks: Commits
) -> None:
    email = send_code()
    actions.take(email.pk, email.posted_at + timedelta(microseconds=1))
    assert actions.mail_is_in_trouble(now) is False
    assert actions.mail_is_in_trouble(now + timedelta(seconds=4)) is True
    assert actions.mail_is_in_trouble(now + timedelta(seconds=40)) is False


def test_half_a_minute_after_a_failure_a_page_tries_it_again(
    now: datetime, django_capture_on_commit_callbacks: Commits
) -> None:
    failed = actions.take(send_code().pk, timezone.now())
    assert failed is not None
    actions.close(failed, Result(How.LATER, "451 later"), now - timedelta(seconds=31))
    with django_capture_on_commit_callbacks(execute=True):
        send_code()
    assert len(mail.outbox) == 1


def test_one_that_was_in_hand_when_its_worker_ended_is_erased_too() -> None:
    email = send_code()
    actions.take(email.pk, timezone.now())
    actions.sweep(email.posted_at + timedelta(minutes=16))
    assert content(email) == BLANK
    assert email.state == "skipped"


def test_no_log_line_tells_the_address_or_the_code(
    sink: Sink, django_capture_on_commit_callbacks: Commits, capsys: Any, caplog: Any
) -> None:
    sink.answers = ["rcpt:550 <head@example.org> unknown"]
    with django_capture_on_commit_callbacks(execute=True):
        send_code()
    said = "".join(capsys.readouterr()) + caplog.text
    assert "email_failed" in said
    assert "head@example.org" not in said
    assert "271828" not in said


@pytest.mark.django_db(transaction=True)
def test_the_sign_in_page_goes_on_when_the_mail_server_is_down(
    ledger: None, client: Any, settings: Any, tmp_path: Path
) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = HOST, free_port()
    get_user_model().objects.create_user("head@example.org", "Ana Lima")
    answer = client.post(reverse("door:address"), {"email": "head@example.org"})
    assert answer.status_code == 302
    assert OutgoingEmail.objects.get().state == "retry_wait"
