"""From a template's name and a context to a letter in two forms, and on to the post."""

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

import css_inline
from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from pmo_portal.common.errors import RuleBroken
from pmo_portal.common.models import Organisation
from pmo_portal.outbox import actions
from pmo_portal.outbox.message import Letter
from pmo_portal.outbox.models import OutgoingEmail
from pmo_portal.outbox.reading import has_asked

__all__ = ["Letter", "compose", "one_click", "send", "send_each", "send_security"]
T = TypeVar("T")

COLUMNS = 72
URL = re.compile(r"\S*https?://\S+")
# At-rules stay: they carry the dark mode. Nothing is ever fetched.
INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def compose(event: str, context: Mapping[str, Any], *, is_second: bool = False) -> Letter:
    """Write the letter `room/event` from its three templates; a second one says so in its subject and first line."""
    folder = f"emails/{event}"
    organisation = context.get("organisation") or Organisation.current()
    words = {**context, "organisation": organisation, "portal_url": settings.PORTAL_URL, "is_second": is_second}
    subject = " ".join(render_to_string(f"{folder}/subject.txt", words).split())
    if is_second:
        subject = _("Second letter: %(subject)s") % {"subject": subject}
    words["subject"] = subject
    return Letter(
        subject=subject,
        text=wrap(render_to_string(f"{folder}/body.txt", words)),
        html=INLINER.inline(render_to_string(f"{folder}/body.html", words)),
    )


def send(
    *,
    event: str,
    to: str,
    kind: str,
    context: Mapping[str, Any],
    about: str = "",
    sender_name: str = "",
    reply_to: str = "",
    headers: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> OutgoingEmail:
    """Write a letter and post it, in the caller's transaction.

    Raises RuleBroken when two letters have asked this of this address already, or the first is not three days old.
    """
    again = has_asked(event, about, to) if kind == OutgoingEmail.Kind.ACTION else False
    return actions.post(
        kind=kind,
        event=event,
        to=to,
        letter=compose(event, context, is_second=again),
        about=about,
        sender_name=sender_name or office(),
        reply_to=reply_to or answers(),
        headers=headers,
        name=str(context.get("to") or to),
        now=now,
    )


def send_each(send_one: Callable[[T], Any], to: Iterable[T]) -> list[T]:
    """Send a letter to each of several people to whom one may still go; returns them.

    Raises the RuleBroken of the first when it may go to none of them.
    """
    told, refusals = [], []
    for one in to:
        try:
            with transaction.atomic():
                send_one(one)
            told.append(one)
        except RuleBroken as refusal:
            refusals.append(refusal)
    if refusals and not told:
        raise refusals[0]
    return told


def send_security(*, event: str, to: str, context: Mapping[str, Any]) -> OutgoingEmail:
    """Write a sign-in letter and hand it over right after the commit, in this process.

    A mail server that fails leaves it to the workers and the tick; the page that asked for it goes on.
    """
    email = actions.freeze(
        kind=OutgoingEmail.Kind.SECURITY,
        event=event,
        to=to,
        letter=compose(event, context),
        sender_name=office(),
        reply_to=answers(),
    )
    transaction.on_commit(lambda: actions.deliver_now(email.pk), robust=True)
    return email


def one_click(leave_url: str) -> dict[str, str]:
    """The headers by which a mail program leaves for its reader: one POST without cookies (RFC 8058).

    No mailto beside it: nobody reads a mailbox for it yet, and an address that goes nowhere is worse than none.
    """
    return {"List-Unsubscribe": f"<{leave_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def office() -> str:
    """Whose name a letter bears when no person's does."""
    organisation = Organisation.current()
    return str(organisation.sender_name or organisation.office_name)


def answers() -> str:
    """Where answers go to a letter that nobody signs; empty: nowhere."""
    return str(Organisation.current().reply_to)


def wrap(text: str) -> str:
    """Plain text in 72 columns: no URL is broken and each stands on its own line; at most one blank line."""
    lines = [line for source in text.strip().splitlines() for line in folded(source.rstrip())]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def folded(line: str) -> Iterator[str]:
    """One line as several where it is too long or has a URL among words."""
    indent = " " * (len(line) - len(line.lstrip(" -*•")))
    first = line[: len(indent)]
    for part in re.split(rf"({URL.pattern})", line[len(indent) :]):
        if not part.strip():
            continue
        yield from (
            [first + part]
            if URL.fullmatch(part)
            else textwrap.wrap(
                part.strip(),
                COLUMNS,
                initial_indent=first,
                subsequent_indent=indent,
                break_long_words=False,
                break_on_hyphens=False,
            )
        )
        first = indent
    if first == line[: len(indent)] and not line.strip(" -*•"):
        yield line
