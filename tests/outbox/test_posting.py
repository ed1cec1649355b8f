"""Posting freezes a letter: its bytes, its headers, and the refusals."""

import hashlib
from collections.abc import Callable
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Any

import pytest
from django.db import transaction

from pmo_portal.common.errors import RuleBroken
from pmo_portal.outbox.letters import Letter
from pmo_portal.outbox.models import OutgoingEmail
from tests.outbox.conftest import LETTER

pytestmark = pytest.mark.django_db
Posted = Callable[..., OutgoingEmail]


def read(email: OutgoingEmail) -> EmailMessage:
    email.refresh_from_db()
    message = message_from_bytes(bytes(email.raw), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def part(message: EmailMessage, subtype: str) -> str:
    body = message.get_body((subtype,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_the_bytes_are_kept_with_their_hash(posted: Posted) -> None:
    email = posted()
    email.refresh_from_db()
    assert email.sha256 == hashlib.sha256(bytes(email.raw)).hexdigest()
    assert email.message_id in bytes(email.raw).decode("ascii")
    assert email.state == "waiting"


def test_the_headers_are_those_of_an_automatic_letter_of_ours(posted: Posted, settings: Any, now: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "pmo@portal.example.org"
    message = read(posted(sender_name="Ana Lima", reply_to="ana.lima@example.org", now=now))
    assert message["From"] == "Ana Lima <pmo@portal.example.org>"
    assert message["To"] == "sponsor@example.org"
    assert message["Reply-To"] == "ana.lima@example.org"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@portal.example.org>")
    assert message["Date"].datetime == now.replace(microsecond=0)
    assert message["Bcc"] is None


def test_every_line_ends_as_smtp_wants_it_and_is_short_enough(posted: Posted) -> None:
    long = Letter("Subject", "one\ntwo\r\nthree\n" + "ä" * 3000, "<p>" + "word " * 1000 + "</p>")
    raw = bytes(posted(letter=long).raw)
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert raw.isascii()


def test_text_and_html_read_back_as_they_were_written(posted: Posted) -> None:
    written = Letter("Größe 😀 عربى", "Grüße.\n.one dot\nFrom here = there\n", "<p>Grüße, عربى 😀</p>")
    message = read(posted(letter=written))
    assert message.get_content_type() == "multipart/alternative"
    assert part(message, "plain") == written.text
    assert part(message, "html").strip() == written.html
    assert message["Subject"] == written.subject


@pytest.mark.parametrize(
    "name",
    [
        "Ana Lima",
        "Lima, Ana",
        'Ana "the" Lima',
        "Zoë Ångström",
        "Müller, Jörg (PMO)",
        "محمد علي",
        "山田太郎" * 20,
        "a@b.example <x@y.example>",
        "=?utf-8?q?Ana?=",
        "A\\B",
        "😀 Ana, Ltd.",
    ],
)
def test_any_name_of_a_sender_stays_a_name(posted: Posted, name: str) -> None:
    message = message_from_bytes(bytes(posted(sender_name=name).raw))
    [(found, address)] = getaddresses([message["From"]])
    assert address == "pmo@localhost"
    if not name.startswith("=?"):
        assert str(make_header(decode_header(found))) == name


def test_a_long_unsubscribe_address_stays_whole_in_its_header(posted: Posted) -> None:
    value = f"<https://portal.example.org/leave/{'t0k3n' * 60}>, <mailto:pmo@example.org?subject=leave>"
    raw = bytes(posted(headers={"List-Unsubscribe": value}).raw)
    assert f"\r\nList-Unsubscribe: {value}\r\n".encode() in raw


def test_only_a_digest_is_a_list(posted: Posted) -> None:
    assert read(posted(kind="digest"))["List-Id"] == "<digest.localhost>"
    assert read(posted(kind="action"))["List-Id"] is None
    assert read(posted(kind="digest", headers={"List-Id": "<own.example>"}))["List-Id"] == "<own.example>"


@pytest.mark.parametrize("bad", ["Ana\r\nBcc: all@example.org", "Ana\nX: y", "Ana\x00", "Ana\u2028Bcc: x"])
def test_a_line_break_in_a_header_is_refused(posted: Posted, bad: str) -> None:
    for changes in (
        {"sender_name": bad},
        {"letter": Letter(bad, "text", "")},
        {"headers": {"X-Area": bad}},
        {"headers": {bad: "value"}},
        {"reply_to": f"{bad}@example.org"},
        {"to": f"{bad}@example.org"},
    ):
        with pytest.raises(RuleBroken):
            posted(**changes)
    assert not OutgoingEmail.objects.exists()


@pytest.mark.parametrize("bad", ["", "ana", "ana@", "a@b@c", "a@example.org, b@example.org", "Ana <a@example.org>"])
def test_what_is_no_address_is_refused_in_plain_words(posted: Posted, bad: str) -> None:
    with pytest.raises(RuleBroken, match="is not an e-mail address"):
        posted(to=bad)


@pytest.mark.parametrize("name", ["Bcc", "bcc", "From", "Subject", "Content-Type", "Message-ID", "X Y", "X:"])
def test_a_room_cannot_add_a_header_that_is_the_post_rooms_own(posted: Posted, name: str) -> None:
    with pytest.raises(RuleBroken, match="cannot carry the header"):
        posted(headers={name: "value"})


def test_an_address_with_a_foreign_domain_is_written_as_mail_servers_read_it(posted: Posted) -> None:
    email = posted(to="ana@bücher.example")
    assert email.to == "ana@bücher.example"
    assert read(email)["To"] == "ana@xn--bcher-kva.example"


def test_a_very_long_subject_is_cut(posted: Posted) -> None:
    assert len(posted(letter=Letter("ä" * 1000, "text", "")).subject) == 250


def test_a_letter_without_html_is_plain_text(posted: Posted) -> None:
    assert read(posted(letter=Letter("Subject", "text\n", ""))).get_content_type() == "text/plain"


def test_a_nul_in_a_letter_does_not_stop_it(posted: Posted) -> None:
    assert part(read(posted(letter=Letter("Subject", "a\x00b\n", "<p>a\x00b</p>"))), "plain") == "ab\n"


def test_the_bell_rings_after_the_commit_and_with_one_id(
    posted: Posted, silent_bell: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        email = posted()
        assert silent_bell == []
    assert silent_bell == [("outbox.deliver", email.pk)]


def test_what_is_rolled_back_was_never_posted(posted: Posted, silent_bell: list[Any]) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        posted(letter=LETTER)
        raise ZeroDivisionError
    assert not OutgoingEmail.objects.exists()
    assert silent_bell == []
