"""A real SMTP server on loopback that counts what it takes, and fails in the ways that servers fail."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.servers import HOST, free_port


class Sink:
    """Counts letters by their Message-ID. Each answer is used once, then all is well again.

    Answers: a reply such as "451 later"; "drop" closes the line after the message was taken; "hang" says
    nothing after it was; "drop-before" closes the line at MAIL FROM; "mail:…" and "rcpt:…" answer there.
    """

    def __init__(self) -> None:
        self.most: int | None = None  # how many letters get their answer; further ones are taken and held
        self.answers: list[str] = []
        self.bytes: list[bytes] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.counts: Counter[str] = Counter()
        self.port = 0

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answers and self.answers[0] == "drop-before":
            self.answers.pop(0)
            server.transport.abort()
            return "421 gone"
        if self.answers and self.answers[0].startswith("mail:"):
            return self.answers.pop(0).removeprefix("mail:")
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answers and self.answers[0].startswith("rcpt:"):
            return self.answers.pop(0).removeprefix("rcpt:")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.answers.pop(0) if self.answers else ""
        if answer[:1] in ("4", "5"):
            return answer
        self.take(envelope)
        if answer == "drop":
            server.transport.abort()
            return "421 gone"
        if answer == "hang":
            await asyncio.sleep(30)
        place = self.counts.total()
        while self.most is not None and place > self.most:
            await asyncio.sleep(0.02)
        return "250 taken"

    def take(self, envelope: Envelope) -> None:
        content: Any = envelope.original_content
        self.bytes.append(content)
        self.envelopes.append((str(envelope.mail_from), list(envelope.rcpt_tos)))
        self.counts[message_from_bytes(content)["Message-ID"]] += 1

    @property
    def repeats(self) -> int:
        return self.counts.total() - len(self.counts)


@contextmanager
def running_sink() -> Iterator[Sink]:
    sink = Sink()
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # the server's own, with the whole talk in it
    controller = Controller(sink, hostname=HOST, port=free_port(), ready_timeout=60)
    controller.start()
    sink.port = controller.port
    try:
        yield sink
    finally:
        controller.stop()


def wait_until(is_so: Any, seconds: float, what: str) -> None:
    """Look again and again; AssertionError when it is not so in time."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)
