"""Letting an approved version hold, now or at a moment to come, and taking that back."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from mandate import notices
from mandate.actions.draft import hold
from mandate.actions.sign_off import approve, issuing, reason_given, told_of
from mandate.models import Cancellation, MandateVersion, Proclaimed, Publication, Withdrawal, tidy
from pmo_portal.accounts.access import Office, holds
from pmo_portal.accounts.models import Appointment, User
from pmo_portal.audit.actions import note
from pmo_portal.common.errors import NotAllowed, RuleBroken, Stale
from pmo_portal.journal.actions import EVERYBODY, record

LONGEST_LETTER = 1200  # signs
KEEP, CANCEL = "keep", "cancel"


@transaction.atomic
def publish(
    version: MandateVersion, *, by: User, content_hash: str, letter: str = "", at: datetime | None = None,
    others: str = "", now: datetime | None = None,
) -> Publication:  # fmt: skip
    """Let an approved version hold from now on, or from a moment to come. With a `letter` the audience is told then.

    `others` says what becomes of another version that waits for its moment: KEEP or CANCEL.
    Raises NotAllowed, Stale as `approve` does, and RuleBroken when it is not approved, published already, the moment
    has passed, another is scheduled and nobody said what becomes of it, or the letter is longer than one should be.
    """
    now = now or timezone.now()
    appointment = issuing(version, by, content_hash)
    version = MandateVersion.objects.with_decisions().get(pk=version.pk)
    if not hasattr(version, "approval") or version.is_revoked or version.approval.content_hash != content_hash:
        raise RuleBroken(_("Approve this version before you publish it."))
    if version.standing:
        raise RuleBroken(_("This version is published already, or waits for its moment."))
    if at is not None and at < now:
        raise RuleBroken(_("This moment has passed: choose one to come, or publish now."))
    letter = tidy(letter)
    if len(letter) > LONGEST_LETTER:
        raise RuleBroken(_("The letter is too long: say why in three sentences."))
    _settle_others(version, others, by, now)
    publication = Publication.objects.create(
        version=version, approval=version.approval, publish_at=at or now, by=by, capacity=appointment.capacity,
        at=now, message=letter,
    )  # fmt: skip
    note(
        by=by, verb="publish", subject=version.key, now=now, hash=content_hash, letter=bool(letter),
        publish_at=publication.publish_at.isoformat(),
    )  # fmt: skip
    if publication.is_due(now):
        _proclaim(publication, now)
    else:
        record(kind="mandate_scheduled", subject=version.key, scope="office:pmo", at=now, number=version.number)
    return publication


def _settle_others(version: MandateVersion, others: str, by: User, now: datetime) -> None:
    """Cancel what else is scheduled, or let it stand, as the issuer chose; ask when nobody did."""
    for other in Publication.objects.scheduled(now).exclude(version=version).select_related("version"):
        if others not in {KEEP, CANCEL}:
            raise RuleBroken(
                _("%(version)s waits for its moment already: say whether it stays or is cancelled.")
                % {"version": other.version}
            )
        if others == CANCEL:
            cancel(other, by=by, now=now)


@transaction.atomic
def issue(
    version: MandateVersion, *, by: User, content_hash: str, letter: str = "", at: datetime | None = None,
    others: str = "", now: datetime | None = None,
) -> Publication:  # fmt: skip
    """Approve where that is still open, and publish: one decision, for exactly this hash. Raises as both do."""
    now = now or timezone.now()
    approve(version, by=by, content_hash=content_hash, now=now)
    return publish(version, by=by, content_hash=content_hash, letter=letter, at=at, others=others, now=now)


@transaction.atomic
def cancel(publication: Publication, *, by: User, now: datetime | None = None) -> Cancellation:
    """Take a publication back before its moment; the approval stays. Twice is once.

    Raises NotAllowed for all but an issuer, RuleBroken when its moment has come: then it is withdrawn.
    """
    now = now or timezone.now()
    appointment = _as_issuer(by)
    hold()
    publication = Publication.objects.select_related("version", "approval__revocation", "cancellation").get(
        pk=publication.pk
    )
    if hasattr(publication, "cancellation"):
        return publication.cancellation
    if publication.publish_at <= now or publication.is_cancelled:
        raise RuleBroken(_("Its moment has come: there is nothing to cancel any more."))
    made = Cancellation.objects.create(publication=publication, by=by, capacity=appointment.capacity, at=now)
    version = publication.version
    note(by=by, verb="cancel_publication", subject=version.key, now=now, publication=publication.pk)
    record(kind="mandate_cancelled", subject=version.key, scope="office:pmo", at=now, number=version.number)
    for each in told_of(version, but=by):
        notices.publication_cancelled(made, each)
    return made


@transaction.atomic
def withdraw(version: MandateVersion, *, by: User, reason: str, now: datetime | None = None) -> Withdrawal:
    """Take the live version back: none is live from now on, and the page says so, with the reason.

    Raises NotAllowed for all but an issuer, Stale when it is not the live one, RuleBroken without a reason.
    """
    now = now or timezone.now()
    appointment = _as_issuer(by)
    hold()
    reason = reason_given(reason, _("Say in a few words why it is withdrawn: the readers see it."))
    live = MandateVersion.objects.live(now).with_decisions().first()
    if live is None or live != version or live.standing is None:
        raise Stale(_("This version does not hold any more: look at the mandate as it is now."))
    made = Withdrawal.objects.create(
        publication=live.standing, reason=reason, by=by, capacity=appointment.capacity, at=now
    )
    note(by=by, verb="withdraw", subject=live.key, now=now, publication=made.publication_id)
    record(
        kind="mandate_withdrawn", subject=live.key, scope=EVERYBODY, at=now, number=live.number, reason=reason,
        issuer=str(by),
    )  # fmt: skip
    for each in told_of(live, but=by):
        notices.mandate_withdrawn(made, each)
    return made


def _as_issuer(by: User) -> Appointment:
    appointment = holds(by, Office.ISSUER)
    if appointment is None:
        raise NotAllowed(_("Only the executive whom the PMO reports to issues the mandate."))
    return appointment


def proclaim(now: datetime) -> int:
    """Write into the journal each publication whose moment has come, once; the clock knocks with it.

    Nothing that readers see waits for it: the version is live by query. Letters follow from the journal.
    """
    waiting = Publication.objects.due(now).filter(proclaimed=None).order_by("publish_at", "pk")
    return sum(_proclaim(publication, now) for publication in waiting.select_related("version", "by"))


@transaction.atomic
def _proclaim(publication: Publication, now: datetime) -> bool:
    """False when somebody else has done it."""
    _row, is_ours = Proclaimed.objects.get_or_create(publication=publication, defaults={"at": now})
    version = publication.version
    if is_ours:
        record(
            kind="mandate_published", subject=version.key, scope=EVERYBODY, at=publication.publish_at,
            number=version.number, material=version.is_material, note=version.change_note,
            issuer=str(publication.by), first=version.is_first,
        )  # fmt: skip
    return is_ours
