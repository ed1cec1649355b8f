"""A real SMTP server on loopback, and each way in which it can fail."""

import smtplib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from pmo_portal.outbox import actions, handover
from pmo_portal.outbox.letters import Letter
from pmo_portal.outbox.models import OutgoingEmail
from tests.outbox.sink import Sink
from tests.servers import HOST, free_port

pytestmark = pytest.mark.django_db
Posted = Callable[..., OutgoingEmail]


def delivered(email: OutgoingEmail) -> OutgoingEmail:
    actions.deliver(email.pk)
    email.refresh_from_db()
    return email


@contextmanager
def raw_server(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A loopback server that talks as the test says, one line at a time."""
    with socket.create_server((HOST, 0)) as server:

        def serve() -> None:
            while True:
                try:
                    line, _address = server.accept()
                except OSError:
                    return
                with line:
                    try:
                        talk(line)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def test_the_bytes_arrive_as_they_were_frozen(sink: Sink, posted: Posted) -> None:
    letter = Letter("Grüße 😀", ".dot\n..dots\nFrom here\n\ttab  \nä" + "x" * 2000, "<p>" + "é" * 3000 + "</p>")
    email = delivered(posted(letter=letter))
    assert email.state == "sent"
    assert sink.bytes == [bytes(email.raw)]
    assert sink.envelopes == [("pmo@localhost", ["sponsor@example.org"])]


def test_the_bytes_that_go_again_are_the_same(sink: Sink, posted: Posted) -> None:
    sink.answers = ["drop"]
    email = delivered(posted())
    assert (email.state, email.uncertain_times) == ("uncertain", 1)
    actions.deliver(email.pk, email.next_try_at)
    email.refresh_from_db()
    assert email.state == "sent"
    assert sink.bytes == [bytes(email.raw)] * 2
    assert sink.repeats == email.uncertain_times == 1


@pytest.mark.parametrize("answer", ["451 try later", "421 closing", "452 full", "mail:451 busy", "rcpt:450 grey"])
def test_a_passing_refusal_waits(sink: Sink, posted: Posted, answer: str) -> None:
    sink.answers = [answer]
    email = delivered(posted())
    assert email.state == "retry_wait"
    assert email.reason == answer.rpartition(":")[2]
    assert email.tries.get().outcome == "refused"
    assert sink.bytes == []


@pytest.mark.parametrize("answer", ["550 no such mailbox", "554 spam", "rcpt:550 unknown", "mail:552 too large"])
def test_a_refusal_for_good_fails(sink: Sink, posted: Posted, answer: str) -> None:
    sink.answers = [answer]
    email = delivered(posted())
    assert email.state == "failed"
    assert answer.rpartition(":")[2] in email.reason
    assert sink.bytes == []


def test_an_address_with_a_foreign_domain_arrives(sink: Sink, posted: Posted) -> None:
    assert delivered(posted(to="ana@bücher.example")).state == "sent"
    assert sink.envelopes == [("pmo@localhost", ["ana@xn--bcher-kva.example"])]


def test_odd_words_of_a_mail_server_are_kept_without_harm(sink: Sink, posted: Posted) -> None:
    sink.answers = ["550 no\x00 such\tmailbox \N{BELL}" + "x" * 400]
    email = delivered(posted())
    assert email.state == "failed"
    assert email.reason.startswith("Refused by the mail server: 550 no  such mailbox")
    assert len(email.reason) == 250


def test_a_server_that_lets_nobody_in_is_no_fault_of_the_letter(sink: Sink, posted: Posted) -> None:
    sink.answers = ["mail:530 authentication required"]
    assert delivered(posted()).state == "retry_wait"


def test_a_line_that_drops_before_the_message_waits(sink: Sink, posted: Posted) -> None:
    sink.answers = ["drop-before"]
    email = delivered(posted())
    assert (email.state, email.uncertain_times) == ("retry_wait", 0)
    assert email.reason == "The mail server closed the line."


def test_silence_after_the_message_is_uncertain(sink: Sink, posted: Posted, settings: Any) -> None:
    settings.EMAIL_TIMEOUT = 1
    sink.answers = ["hang"]
    started = time.monotonic()
    email = delivered(posted())
    assert time.monotonic() - started < 20, "the server is silent for half a minute"
    assert (email.state, email.uncertain_times) == ("uncertain", 1)
    assert email.reason == "The mail server did not answer within 1 seconds."


def test_nobody_at_the_port_waits(posted: Posted, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = HOST, free_port()
    email = delivered(posted())
    assert (email.state, email.reason) == ("retry_wait", "The mail server refused the connection.")


@pytest.mark.parametrize("greeting", [b"", b"554 no service here\r\n", b"421 busy\r\n"])
def test_a_server_that_does_not_even_greet_waits(posted: Posted, settings: Any, greeting: bytes) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_TIMEOUT = 1

    def talk(line: socket.socket) -> None:
        line.sendall(greeting)
        time.sleep(0 if greeting else 1.5)

    with raw_server(talk) as port:
        settings.EMAIL_HOST, settings.EMAIL_PORT = HOST, port
        assert delivered(posted()).state == "retry_wait"


def test_a_wrong_password_waits_for_the_one_who_can_mend_it(
    sink: Sink, posted: Posted, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    def login(*_: Any, **__: Any) -> None:
        raise smtplib.SMTPAuthenticationError(535, b"wrong password")

    monkeypatch.setattr(smtplib.SMTP, "login", login)
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = "portal"
    email = delivered(posted())
    assert (email.state, email.reason) == ("retry_wait", "535 wrong password")


def test_a_server_that_drips_is_cut_off(posted: Posted, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes within EMAIL_TIMEOUT; the whole would take for ever."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_TIMEOUT = 2
    monkeypatch.setattr(handover, "LONGEST_TALK", 1.0)

    def talk(line: socket.socket) -> None:
        line.sendall(b"220 here\r\n")
        line.recv(1000)
        line.sendall(b"250 hello\r\n")
        line.recv(1000)
        for _ in range(600):
            line.sendall(b"2")
            time.sleep(0.1)

    started = time.monotonic()
    with raw_server(talk) as port:
        settings.EMAIL_HOST, settings.EMAIL_PORT = HOST, port
        email = delivered(posted())
    assert email.state == "retry_wait"
    assert time.monotonic() - started < 30, "the server drips for a minute"
    assert email.tries.get().ended_at - email.posted_at < timedelta(seconds=30)


def test_a_good_bye_that_fails_does_not_undo_what_was_taken(
    sink: Sink, posted: Posted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def quit_badly(_self: smtplib.SMTP) -> None:
        raise smtplib.SMTPResponseException(500, b"no good-bye")

    monkeypatch.setattr(smtplib.SMTP, "quit", quit_badly)
    assert delivered(posted()).state == "sent"
