"""The bytes of a letter: built once when it is posted, and handed over unchanged however often it goes."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.utils import format_datetime, parseaddr
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage as DjangoMessage
from django.core.validators import validate_email
from django.utils.encoding import punycode
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from pmo_portal.common.errors import RuleBroken

LONGEST_SUBJECT = 250
LONGEST_LINE = 998  # RFC 5322, 2.1.1
CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
NAME_OF_A_HEADER = re.compile(r"[!-9;-~]+")  # RFC 5322, 2.2
OURS = {
    *("from", "sender", "to", "cc", "bcc", "reply-to", "subject", "date", "message-id"),
    *("mime-version", "content-type", "content-transfer-encoding", "auto-submitted"),
}


class UnfoldedPolicy(policy.EmailPolicy):
    """SMTP's policy, but plain ASCII headers stay on one line.

    The standard one turns a long address without spaces (List-Unsubscribe) into an encoded word, which no
    mail program follows.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        text = str(value)
        if text.isascii() and len(name) + len(text) + 2 <= LONGEST_LINE:
            return f"{name}: {text}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


POLICY = UnfoldedPolicy(linesep="\r\n", utf8=False)


@dataclass(frozen=True)
class Letter:
    """What a person reads: the fact in one line, and the same words as text and as HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Built:
    """A message as it goes out, and what the ledger keeps beside it."""

    subject: str
    message_id: str
    raw: bytes


def build(
    *,
    to: str,
    subject: str,
    text: str,
    html: str,
    sender_name: str,
    reply_to: str,
    headers: Mapping[str, str],
    now: datetime,
) -> Built:
    """Build the whole message; RuleBroken when a header would carry a line break or an address is none."""
    name, own = parseaddr(settings.DEFAULT_FROM_EMAIL)
    subject = Truncator(one_line(subject)).chars(LONGEST_SUBJECT)
    message = EmailMessage(policy=POLICY)
    message["From"] = Address(display_name=one_line(sender_name or name), addr_spec=own)
    message["To"] = Address(addr_spec=ascii_address(to))
    if reply_to:
        message["Reply-To"] = Address(addr_spec=ascii_address(reply_to))
    message["Subject"] = subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{uuid.uuid4()}@{own.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834
    for header, value in headers.items():
        message[extra_header(header)] = one_line(value)
    message.set_content(text, cte=encoding_of(text))
    if html:
        message.add_alternative(html, subtype="html", cte="quoted-printable")
    for part in message.iter_parts():
        del part["MIME-Version"]  # a header of the whole; the standard library writes it into each part
    return Built(subject, str(message["Message-ID"]), message.as_bytes())


def one_line(value: str) -> str:
    """The value of a header; RuleBroken when it has a line break or another control character in it."""
    if CONTROL.search(value):
        raise RuleBroken(_("A name or a subject in a letter cannot have line breaks in it."))
    return value.strip()


def extra_header(name: str) -> str:
    """The name of a header that a room may add; RuleBroken for those that are the post room's own."""
    if not NAME_OF_A_HEADER.fullmatch(name) or name.lower() in OURS:
        raise RuleBroken(_("A letter cannot carry the header “%(name)s”.") % {"name": name})
    return name


def ascii_address(value: str) -> str:
    """An e-mail address with its domain as mail servers read it; RuleBroken when it is none."""
    try:
        validate_email(value)
    except ValidationError:
        raise RuleBroken(_("“%(value)s” is not an e-mail address.") % {"value": value[:100]}) from None
    local, _at, domain = value.rpartition("@")
    return f"{local}@{punycode(domain)}"


def encoding_of(text: str) -> str:
    """What passes every mail server unchanged and can still be read in the raw: 7bit where that is enough."""
    short = all(len(line) <= LONGEST_LINE for line in text.splitlines())
    return "7bit" if text.isascii() and short else "quoted-printable"


class Frozen(Message):
    """A parsed message whose bytes are those it was parsed from, not those a generator would make again."""

    raw: bytes

    @classmethod
    def of(cls, raw: bytes) -> Self:
        message = message_from_bytes(raw, _class=cls)
        message.raw = raw
        return message

    def as_bytes(self, unixfrom: bool = False, policy: Any = None, *, linesep: str = "\n") -> bytes:
        return self.raw if linesep == "\r\n" else self.raw.replace(b"\r\n", linesep.encode("ascii"))


class FrozenMail(DjangoMessage):
    """What Django's mail connections take, for one address and with frozen bytes."""

    def __init__(self, *, to: str, subject: str, text: str, raw: bytes) -> None:
        super().__init__(subject, text, parseaddr(settings.DEFAULT_FROM_EMAIL)[1], [to])
        self.raw = raw

    def message(self, **_: Any) -> Any:
        return Frozen.of(self.raw)
