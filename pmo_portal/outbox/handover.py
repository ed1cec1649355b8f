"""Handing one letter to the mail server, and telling in three words how it went."""

import smtplib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.conf import settings
from django.core.mail import get_connection
from django.utils.translation import gettext as _

from pmo_portal.outbox.message import CONTROL, FrozenMail

# Each step of the talk with a mail server may take EMAIL_TIMEOUT; all of them together no longer than this.
# Celery's time limits guard the same, but not in a web process, nor in its threads and solo pools.
LONGEST_TALK = 25.0
# What says that we may not send at all is no fault of the letter: RFC 4954, 6.
NOT_LET_IN = (530, 534, 535, 538)


class How(Enum):
    """How a hand-over ended."""

    SENT = "sent"
    LATER = "later"
    NEVER = "never"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class Result:
    """How it ended, and in words for the people who look after it."""

    how: How
    words: str = ""


class Talk:
    """One connection; knows whether the message itself has begun to cross it."""

    def __init__(self) -> None:
        self.connection: Any = get_connection()
        self.has_begun = False

    def open(self) -> None:
        self.connection.open()
        line = self.line
        if line is None:
            return
        send = line.send

        # smtplib sends commands as text and only the message as bytes: a line that drops before that
        # has delivered nothing, one that drops after it may have.
        def watched(data: Any) -> None:
            self.has_begun = self.has_begun or isinstance(data, bytes)
            send(data)

        line.send = watched  # type: ignore[method-assign, assignment]

    @property
    def line(self) -> smtplib.SMTP | None:
        """The SMTP session, where the configured connection has one."""
        line = getattr(self.connection, "connection", None)
        return line if isinstance(line, smtplib.SMTP) else None

    def end(self) -> None:
        """Say good-bye; one that fails changes nothing, for the letter was taken, or was not, before it."""
        line = self.line
        with suppress(Exception):
            self.connection.close()
        if line is not None:
            line.close()

    def cut(self) -> None:
        """End a talk that takes too long; the side that waits for an answer then finds the line closed."""
        sock = getattr(self.line, "sock", None)
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def hand_over(mail: FrozenMail) -> Result:
    """Give the letter to the configured mail connection; never raises what a mail server can cause."""
    talk = Talk()
    with no_longer_than(LONGEST_TALK, talk):
        try:
            talk.open()
            talk.connection.send_messages([mail])
            result = Result(How.SENT)
        except Exception as problem:  # noqa: BLE001 (whatever a mail backend raises is told, and tried again)
            result = told(problem, talk)
        talk.end()
    return result


@contextmanager
def no_longer_than(seconds: float, talk: Talk) -> Iterator[None]:
    timer = threading.Timer(seconds, talk.cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def told(problem: Exception, talk: Talk) -> Result:
    """What a failure means for the letter."""
    if talk.line is None:
        # Refused while coming in (greeting, encryption, password): not this letter's fault.
        return Result(How.LATER, words_of(problem))
    if isinstance(problem, smtplib.SMTPException) and (answer := answer_of(problem)):
        code, words = answer
        never = 500 <= code < 600 and code not in NOT_LET_IN
        return Result(How.NEVER if never else How.LATER, words)
    return Result(How.UNCERTAIN if talk.has_begun else How.LATER, words_of(problem))


def answer_of(problem: smtplib.SMTPException) -> tuple[int, str] | None:
    """The code and the words of a mail server that answered; None when it only went away."""
    text: bytes | str
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(problem.recipients.values()))
    elif isinstance(problem, smtplib.SMTPResponseException):
        code, text = problem.smtp_code, problem.smtp_error
    else:
        return None
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return code, f"{code} {CONTROL.sub(' ', words)}"


def words_of(problem: Exception) -> str:
    """A failure in words."""
    if isinstance(problem, smtplib.SMTPException) and (answer := answer_of(problem)):
        return answer[1]
    if isinstance(problem, ConnectionRefusedError):
        return _("The mail server refused the connection.")
    if isinstance(problem, TimeoutError) or "timed out" in str(problem):
        return _("The mail server did not answer within %(seconds)s seconds.") % {"seconds": settings.EMAIL_TIMEOUT}
    if isinstance(problem, smtplib.SMTPServerDisconnected | ConnectionError):
        return _("The mail server closed the line.")
    return CONTROL.sub(" ", f"{type(problem).__name__}: {problem}")
