"""Posting a letter, delivering it, and the sweep that leaves none behind.

Every move of a letter is one compare-and-set update, so that any number of workers and tickers may run.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from pmo_portal.audit import actions as audit
from pmo_portal.common import links
from pmo_portal.common.errors import RuleBroken
from pmo_portal.common.words import day as in_words
from pmo_portal.journal import actions as journal
from pmo_portal.outbox import handover, message
from pmo_portal.outbox.handover import How, Result
from pmo_portal.outbox.message import Letter
from pmo_portal.outbox.models import Attempt, OutgoingEmail
from pmo_portal.outbox.reading import MOST_LETTERS, next_letter_from

log = structlog.get_logger()
Kind, State, Outcome = OutgoingEmail.Kind, OutgoingEmail.State, Attempt.Outcome

MOST_ATTEMPTS = 8
PAUSES = [1, 5, 15, 60, 240]  # minutes after the first, second … failure; the last one again and again
SECURITY_LIFE = timedelta(minutes=15)  # a code is worth nothing later
SLOW = timedelta(seconds=3)  # an attempt without an answer for so long may well hang
REST = timedelta(seconds=30)  # pages that want a code do not try a failing mail server for so long
AT_ONCE = 200  # letters per step of one sweep; the next one takes the rest
ERASED: dict[str, Any] = {"subject": "", "text": "", "html": "", "raw": b"", "sha256": ""}


# --- two letters at most, then call -------------------------------------------------------------
def turn_of(*, kind: str, event: str, about: str, to: str, name: str = "", now: datetime | None = None) -> int | None:
    """Which letter this would be that asks the same thing of the same address: 1, 2, or None when it only tells.

    The same thing is the same `event` about the same `about`; a new version has a key of its own. Raises
    RuleBroken for a third, and for a second that comes sooner than three days after the first.
    """
    if kind != Kind.ACTION:
        return None
    now = now or timezone.now()
    sent = list(OutgoingEmail.objects.asking().filter(event=event, about=about, to=to).order_by("posted_at"))
    named = {"name": name or to}
    if len(sent) >= MOST_LETTERS:
        raise RuleBroken(_("Two letters have gone to %(name)s about this. Call %(name)s.") % named)
    if sent and now < (earliest := next_letter_from(sent[-1].posted_at)):
        words = _("A letter went to %(name)s on %(sent)s. A second one may follow from %(day)s on.")
        raise RuleBroken(words % {**named, "sent": in_words(sent[-1].posted_at), "day": in_words(earliest)})
    return 1 if not sent else ({1, 2} - {email.turn for email in sent}).pop()


# --- posting ------------------------------------------------------------------------------------
def post(
    *,
    kind: str,
    event: str,
    to: str,
    letter: Letter,
    about: str = "",
    sender_name: str = "",
    reply_to: str = "",
    headers: Mapping[str, str] | None = None,
    name: str = "",
    now: datetime | None = None,
) -> OutgoingEmail:
    """Freeze a letter in the caller's transaction; it goes out after the commit.

    RuleBroken when an address is none, when a header would carry a line break, or when it would be the third letter
    that asks the same thing of the same address; `name` is what a person calls whoever it goes to.
    """
    email = freeze(
        kind=kind,
        event=event,
        to=to,
        letter=letter,
        about=about,
        sender_name=sender_name,
        reply_to=reply_to,
        headers=headers,
        name=name,
        now=now,
    )
    links.ring("outbox.deliver", email.pk)
    return email


def freeze(
    *,
    kind: str,
    event: str,
    to: str,
    letter: Letter,
    about: str = "",
    sender_name: str = "",
    reply_to: str = "",
    headers: Mapping[str, str] | None = None,
    name: str = "",
    now: datetime | None = None,
) -> OutgoingEmail:
    """Build the message once and keep it, without asking anybody to send it yet."""
    at = now or timezone.now()
    turn = turn_of(kind=kind, event=event, about=about, to=to, name=name, now=at)
    # PostgreSQL keeps no NUL, and no letter needs one.
    text, html = letter.text.replace("\x00", ""), letter.html.replace("\x00", "")
    listed = {"List-Id": list_id()} if kind == Kind.DIGEST else {}
    built = message.build(
        to=to,
        subject=letter.subject,
        text=text,
        html=html,
        sender_name=sender_name,
        reply_to=reply_to,
        headers={**listed, **(headers or {})},
        now=at,
    )
    email = OutgoingEmail(
        kind=kind,
        event=event,
        about=about,
        to=to,
        turn=turn,
        subject=built.subject,
        text=text,
        html=html,
        raw=built.raw,
        message_id=built.message_id,
        sha256=hashlib.sha256(built.raw).hexdigest(),
        posted_at=at,
        next_try_at=at,
    )
    return keep(email, name)


def keep(email: OutgoingEmail, name: str) -> OutgoingEmail:
    """Keep a new letter; of two that ask the same at the same moment the database takes one."""
    try:
        with transaction.atomic():
            email.save()
    except IntegrityError as taken:
        if email.turn is None:
            raise
        words = _("A letter about this has just gone to %(name)s.")
        raise RuleBroken(words % {"name": name or email.to}) from taken
    return email


def list_id() -> str:
    """The digests as a list, for mail programs that sort by it (RFC 2919)."""
    return f"<digest.{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2].rstrip('>')}>"


# --- delivering ---------------------------------------------------------------------------------
def deliver(pk: int, now: datetime | None = None) -> bool:
    """Hand one letter over, if it is due and in nobody's hands; true when this call took it.

    Written down before and after, never during: whoever dies in between leaves a lease that ends.
    """
    email = take(pk, now or timezone.now())
    if email is None:
        return False
    result = handover.hand_over(
        message.FrozenMail(to=email.to, subject=email.subject, text=email.text, raw=bytes(email.raw))
    )
    close(email, result, now or timezone.now())
    return True


def deliver_now(pk: int) -> None:
    """Hand a letter over in this process, for somebody who waits for it.

    While the mail server fails or hangs the workers get it instead: else every page that asks for a code
    would hold a thread of the web server until its time is over.
    """
    if mail_is_in_trouble(timezone.now()):
        links.knock("outbox.deliver", pk)
    else:
        deliver(pk)


def mail_is_in_trouble(now: datetime) -> bool:
    """Whether the newest attempt of all failed a moment ago, or has had no answer for a while."""
    newest = Attempt.objects.order_by("-pk").first()
    if newest is None or newest.outcome == Outcome.SENT:
        return False
    since = newest.ended_at or newest.started_at + SLOW
    return since <= now < since + REST


@transaction.atomic(durable=True)
def take(pk: int, now: datetime) -> OutgoingEmail | None:
    """Claim a due letter for one attempt; None when somebody else was first."""
    lease_until = now + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
    due = OutgoingEmail.objects.due(now).filter(pk=pk).exclude(stale(now))
    if not due.update(state=State.SENDING, lease_until=lease_until, attempts=F("attempts") + 1):
        return None
    email = OutgoingEmail.objects.get(pk=pk)
    Attempt.objects.create(email=email, number=email.attempts, started_at=now)
    return email


@transaction.atomic
def close(email: OutgoingEmail, result: Result, now: datetime) -> bool:
    """Write down how an attempt ended; false when its lease was over and the letter is no longer ours."""
    changes, outcome = after(email, result, now)
    ours = OutgoingEmail.objects.filter(pk=email.pk, state=State.SENDING, attempts=email.attempts)
    if not ours.update(lease_until=None, **changes):
        log.warning("outbox_late", email=email.pk, attempt=email.attempts)
        return False
    Attempt.objects.filter(email=email, number=email.attempts).update(
        outcome=outcome, ended_at=now, reply=result.words[:250]
    )
    if changes["state"] == State.FAILED:
        tell_failure(email, now, changes["reason"])
    return True


def after(email: OutgoingEmail, result: Result, now: datetime) -> tuple[dict[str, Any], str]:
    """The row's new values, and the attempt's outcome."""
    if result.how == How.SENT:
        return {"state": State.SENT, "sent_at": now, "reason": "", **erased(email)}, Outcome.SENT
    if result.how == How.NEVER:
        return failed(email, _("Refused by the mail server: %(words)s"), result.words), Outcome.REFUSED
    uncertain = result.how == How.UNCERTAIN
    outcome = Outcome.UNCERTAIN if uncertain else Outcome.REFUSED
    more = {"uncertain_times": F("uncertain_times") + 1} if uncertain else {}
    if email.attempts >= MOST_ATTEMPTS:
        return {**failed(email, _("Tried eight times. The last: %(words)s"), result.words), **more}, outcome
    state = State.UNCERTAIN if uncertain else State.RETRY
    next_try_at = now + pause(email.pk, email.attempts)
    return {"state": state, "next_try_at": next_try_at, "reason": result.words[:250], **more}, outcome


def failed(email: OutgoingEmail, sentence: str, words: str) -> dict[str, Any]:
    return {"state": State.FAILED, "reason": (sentence % {"words": words})[:250], **erased(email)}


def erased(email: OutgoingEmail) -> dict[str, Any]:
    """Nothing but blanks for security mail that is done with; the example's sign-ins can be read by all."""
    return ERASED if email.kind == Kind.SECURITY and not settings.EXAMPLE else {}


def pause(pk: int, attempts: int) -> timedelta:
    """How long to wait after so many attempts: longer each time, and not all letters at one moment."""
    minutes = PAUSES[min(attempts, len(PAUSES)) - 1]
    spread = 1 + (pk * 7919 % 100) / 500  # up to a fifth longer, by the letter's own number
    return timedelta(minutes=minutes * spread)


def tell_failure(email: OutgoingEmail, now: datetime, reason: str) -> None:
    """Let the people who look after the portal find out: in the journal and the audit."""
    subject = f"email:{email.pk}"
    journal.record(
        kind="email_failed", subject=subject, scope="pmo", at=now, event=email.event, about=email.about, reason=reason
    )
    audit.note(by=None, verb="email_failed", subject=subject, now=now, event=email.event, about=email.about)
    log.error("email_failed", email=email.pk, event_name=email.event, attempts=email.attempts)


# --- the sweep ----------------------------------------------------------------------------------
def sweep(now: datetime) -> None:
    """What the clock does each minute: ended leases, stale sign-ins, a ring for every letter that is due."""
    end_leases(now)
    erase_stale(now)
    ring_due(now)


def end_leases(now: datetime) -> int:
    """Letters held longer than the lease: nobody knows whether they arrived, so the same bytes go again."""
    over = OutgoingEmail.objects.lease_over(now).order_by("lease_until")[:AT_ONCE]
    return sum(end_lease(email, now) for email in over)


@transaction.atomic
def end_lease(email: OutgoingEmail, now: datetime) -> bool:
    reason = _("The worker ended while it was sending: nobody knows whether the letter arrived.")
    changes: dict[str, Any] = {"state": State.UNCERTAIN, "next_try_at": now, "reason": reason}
    if email.attempts >= MOST_ATTEMPTS:
        changes = failed(email, _("Tried eight times. The last: %(words)s"), reason)
    held = OutgoingEmail.objects.lease_over(now).filter(pk=email.pk, attempts=email.attempts)
    if not held.update(lease_until=None, uncertain_times=F("uncertain_times") + 1, **changes):
        return False
    Attempt.objects.filter(email=email, number=email.attempts).update(
        outcome=Outcome.UNCERTAIN, ended_at=now, reply=reason
    )
    log.warning("outbox_lease_over", email=email.pk, attempt=email.attempts)
    if changes["state"] == State.FAILED:
        tell_failure(email, now, changes["reason"])
    return True


def erase_stale(now: datetime) -> int:
    """Sign-in letters that could not be handed over in time are erased: their codes are worth nothing now."""
    waiting = OutgoingEmail.objects.filter(stale(now), state__in=State.open())
    return waiting.update(state=State.SKIPPED, reason="stale", **ERASED)


def stale(now: datetime) -> Q:
    """Sign-in letters whose codes have run out."""
    return Q(kind=Kind.SECURITY, posted_at__lt=now - SECURITY_LIFE)


def ring_due(now: datetime) -> int:
    """Ask for each due letter once; again only when its turn came anew or the ring seems lost.

    A slow queue is thus not filled with a second ring each minute for the same letter.
    """
    lost = now - timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)  # a ring that nobody followed for so long
    unasked = Q(rung_at=None) | Q(rung_at__lt=F("next_try_at")) | Q(rung_at__lt=lost)
    due = OutgoingEmail.objects.due(now).filter(unasked)
    rung = 0
    for pk in due.order_by("next_try_at").values_list("pk", flat=True)[:AT_ONCE]:
        if not due.filter(pk=pk).update(rung_at=now):
            continue
        if not links.knock("outbox.deliver", pk):
            OutgoingEmail.objects.filter(pk=pk, rung_at=now).update(rung_at=None)
            break
        rung += 1
    return rung
