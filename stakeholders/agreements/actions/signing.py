"""Signing and refusing: two sides, one text, one hash; the signer is always of the side that did not propose."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from mandate.models import MandateVersion
from pmo_portal.accounts.models import User
from pmo_portal.audit.actions import note
from pmo_portal.common.errors import NotAllowed, RuleBroken, Stale
from pmo_portal.common.models import today
from stakeholders.agreements import notices
from stakeholders.agreements.actions.draft import draft_to_write
from stakeholders.agreements.actions.held import Signer, State, locked, signer, tell
from stakeholders.agreements.actions.promises import make_promises
from stakeholders.agreements.models import AgreementRevision, Side, Signature
from stakeholders.needs.models import Need
from stakeholders.understanding.actions import acknowledge
from stakeholders.understanding.models import Acknowledgement


# --- putting words forward ------------------------------------------------------------------------
@transaction.atomic
def propose(revision: AgreementRevision, *, by: User, content_hash: str, now: datetime | None = None) -> Signature:
    """Sign a draft for the PMO, exactly as it was on the page: sealed under its hash, it waits for the head.

    It answers the area's own proposal where one waits: that one is closed.
    Raises NotAllowed for anybody but the lead or the deputy, Stale when a word or a clause has changed since,
    RuleBroken with the list of what is missing.
    """
    now = now or timezone.now()
    who = signer(revision, by, Side.PMO)
    draft_to_write(revision, by)
    revision = AgreementRevision.objects.with_rows().get(pk=revision.pk)
    revision.stand_on(MandateVersion.objects.live(now).first())
    signature = _put_forward(revision, who, content_hash, now)
    note(by=by, verb="propose_agreement", subject=revision.key, now=now, hash=revision.content_hash)
    tell("agreement_proposed", revision, now)
    notices.agreement_proposed(revision, now=now)
    return signature


@transaction.atomic
def counter(answer: AgreementRevision, *, by: User, content_hash: str, now: datetime | None = None) -> Signature:
    """Sign the area's own words, exactly as they were on the page: the PMO's proposal is answered, the sides swap.

    Nothing is in force by it: the PMO signs next. It confirms the needs in it, and the mandate version that it stands
    on counts as read by the person who signs.
    Raises NotAllowed for anybody but the area's head or deputy, Stale when the proposal waits no more or a word has
    changed since, RuleBroken with the list of what is missing.
    """
    now = now or timezone.now()
    who = signer(answer, by, Side.AREA)
    answer = locked(answer)
    if answer.state != State.DRAFT or answer.side != Side.AREA:
        raise Stale(_("This answer has been sent or put aside already. Nothing was signed."))
    if answer.answers is None or answer.answers.state != State.PROPOSED:
        raise Stale(_("The proposal that this answers waits no more. Nothing was signed."))
    answer = AgreementRevision.objects.with_rows().get(pk=answer.pk)
    signature = _put_forward(answer, who, content_hash, now)
    _confirm(answer, who, now)
    note(by=by, verb="counter_agreement", subject=answer.key, now=now, hash=content_hash)
    changes = sum(bool(row.changes()) for row in answer.rows.all())
    tell("agreement_countered", answer, now, by=who.name, changes=changes)
    notices.agreement_countered(answer, by=who.name, reply_to=by.email, changes=changes)
    return signature


def _put_forward(revision: AgreementRevision, who: Signer, content_hash: str, now: datetime) -> Signature:
    """Seal the words of the page under one side's signature; what waited for this side is answered with them."""
    if missing := revision.missing():
        raise RuleBroken(_("It cannot be proposed yet."), missing)
    if revision.fingerprint() != content_hash:
        raise Stale(_("The words have changed since you opened the page. Nothing was signed: read them again."))
    _answer_what_waits(revision, who, now)
    _make_needs(revision)
    revision.state, revision.sealed_at = State.PROPOSED, now
    revision.shared_at = revision.shared_at or now
    revision.content_hash = content_hash
    revision.save()
    return _sign(revision, who, now)


def _answer_what_waits(revision: AgreementRevision, who: Signer, now: datetime) -> None:
    waiting = revision.agreement.revisions.in_state(State.PROPOSED).first()
    if waiting is None:
        return
    if waiting.side == who.side:
        raise RuleBroken(_("A proposal of yours waits for an answer: take it back before you make another."))
    waiting.state, waiting.closed_at, waiting.closed_by = State.COUNTERED, now, who.user
    waiting.save(update_fields=["state", "closed_at", "closed_by"])


def _make_needs(revision: AgreementRevision) -> None:
    """Each *you need* becomes a need of the area, in its own words; the area's signature confirms it.

    The rows are saved with it, on the clauses that they now stand on.
    """
    standing = {need.text: need for need in Need.objects.filter(area=revision.agreement.area)}
    for row in revision.rows.all():
        row.need = standing.get(row.you_need) or Need.objects.create(
            area=revision.agreement.area, text=row.you_need,
            period_from=revision.period_from, period_to=revision.period_to,
        )  # fmt: skip
        row.save(update_fields=["need", "clause"])


# --- the other side's answer ----------------------------------------------------------------------
@transaction.atomic
def countersign(
    revision: AgreementRevision, *, by: User, content_hash: str, now: datetime | None = None
) -> Signature:
    """Sign for the side that did not propose, for exactly the hash that was on the page. From now on it is in force.

    It makes the promises of both sides and replaces the revision in force before; the area's signature also confirms
    the needs, and records the mandate version that it stands on as read by the person who signs.
    Raises NotAllowed for anybody who does not speak for that side and for who signed for the other one already,
    Stale for another text or state, and while the area is changing words of it, RuleBroken once its period is over.
    """
    now = now or timezone.now()
    who = signer(revision, by, revision.signs_next)
    revision = locked(revision)
    _refuse_unless_proposed(revision, content_hash)
    if revision.answered_with.unsent().exists():
        raise Stale(_("Somebody on your side is changing words of this. Sign with the changes, or take them back."))
    revision = AgreementRevision.objects.with_rows().get(pk=revision.pk)
    if revision.fingerprint() != content_hash:
        raise Stale(_("This is not the text that was proposed. Nothing was signed."))
    if revision.period_to < today():
        raise RuleBroken(_("The period of this is over, so nobody signs it. Say no, and a new one can be proposed."))
    if any(signature.by_id == by.pk for signature in revision.signatures.all()):
        raise NotAllowed(_("You have signed for the other side: nobody signs for both."))
    standing = revision.agreement.revisions.in_state(State.IN_FORCE)
    replaced = standing.update(state=State.SUPERSEDED, closed_at=now, closed_by=by)
    revision.state = State.IN_FORCE
    revision.save(update_fields=["state"])
    signature = _sign(revision, who, now)
    if who.side == Side.AREA:
        _confirm(revision, who, now)
    make_promises(revision)
    note(by=by, verb="countersign_agreement", subject=revision.key, now=now, hash=content_hash)
    signed_by = [signature.name for signature in revision.signatures.order_by("at")]
    tell("agreement_in_force", revision, now, signed_by=signed_by, renewed=bool(replaced))
    notices.agreement_answered(revision, by=who.name, reply_to=by.email)
    return signature


def _confirm(revision: AgreementRevision, who: Signer, now: datetime) -> None:
    """What the area's signature does besides: the needs are confirmed, and the mandate counts as read."""
    Need.objects.filter(pk__in=revision.rows.values("need"), confirmed_at=None).update(
        confirmed_at=now, confirmed_by=who.user
    )
    assert revision.mandate_version is not None  # noqa: S101 (a proposal always stands on one)
    assert who.person is not None  # noqa: S101 (who speaks for an area is a person)
    acknowledge(
        revision.mandate_version,
        person=who.person,
        by=who.user,
        content_hash=revision.mandate_version.content_hash,
        how=Acknowledgement.How.COUNTERSIGNATURE,
        now=now,
    )


def _sign(revision: AgreementRevision, who: Signer, now: datetime) -> Signature:
    return Signature.objects.create(
        revision=revision, side=who.side, by=who.user, name=who.name, capacity=who.capacity,
        content_hash=revision.content_hash, at=now,
    )  # fmt: skip


@transaction.atomic
def decline(
    revision: AgreementRevision, *, by: User, content_hash: str, reason: str, now: datetime | None = None
) -> None:
    """Say no to what the other side proposed, with a reason; what was in force before stays in force."""
    who = signer(revision, by, revision.signs_next)
    revision = locked(revision)
    _refuse_unless_proposed(revision, content_hash)
    _close(revision, State.DECLINED, who, reason, now or timezone.now())
    notices.agreement_answered(revision, by=who.name, reply_to=by.email)


@transaction.atomic
def withdraw(revision: AgreementRevision, *, by: User, reason: str, now: datetime | None = None) -> None:
    """Take a proposal back, for the side that made it, with a reason."""
    who = signer(revision, by, Side(revision.side))
    revision = locked(revision)
    if revision.state != State.PROPOSED:
        raise Stale(_("This proposal has been answered already."))
    _close(revision, State.WITHDRAWN, who, reason, now or timezone.now())
    notices.agreement_withdrawn(revision, by=who.name, reply_to=by.email)


def _close(revision: AgreementRevision, state: State, who: Signer, reason: str, now: datetime) -> None:
    """End a proposal with a reason; what the area was answering to it is put aside, and stays its own."""
    if not reason.strip():
        raise RuleBroken(_("Give a reason in a sentence: the other side reads it."))
    _end(revision, state, who, now, closed_reason=reason.strip())
    for answer in revision.answered_with.unsent().with_rows():
        _end(answer, State.WITHDRAWN, who, now, sealed_at=now, content_hash=answer.fingerprint())
    note(by=who.user, verb=f"{state}_agreement", subject=revision.key, now=now)
    tell(f"{'agreement' if revision.side == Side.PMO else 'counter'}_{state}", revision, now)


def _end(revision: AgreementRevision, state: State, who: Signer, now: datetime, **facts: object) -> None:
    facts = {"state": state, "closed_at": now, "closed_by": who.user, **facts}
    for name, value in facts.items():
        setattr(revision, name, value)
    revision.save(update_fields=list(facts))


def _refuse_unless_proposed(revision: AgreementRevision, content_hash: str) -> None:
    if revision.state != State.PROPOSED:
        raise Stale(_("This proposal does not wait for an answer any more."))
    if content_hash != revision.content_hash:
        raise Stale(_("The text has changed since you opened the page. Nothing was signed: read it again."))
