"""Letting an approved version hold, now or at a moment to come, and taking that back."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from mandate import notices
from mandate.access import leads
from mandate.actions.draft import hold
from mandate.actions.sign_off import approved, as_any_issuer, issuing, noted, reason_given, signed_by, told_of
from mandate.models import (
    Cancellation,
    MandateVersion,
    Proclaimed,
    Publication,
    Untold,
    Withdrawal,
    tidy,
)
from pmo_portal.accounts.models import User
from pmo_portal.common.errors import RuleBroken, Stale
from pmo_portal.common.models import sha256_of
from pmo_portal.common.words import moment
from pmo_portal.journal.actions import EVERYBODY, record

LONGEST_LETTER = 1200  # signs
KEEP, CANCEL = "keep", "cancel"
# A moment further off than this is a slip of the year, and nobody would notice it for as long.
FURTHEST = timedelta(days=366)
LONGEST_PAUSE = timedelta(hours=1)


@transaction.atomic
def publish(
    version: MandateVersion, *, by: User, content_hash: str, letter: str = "", at: datetime | None = None,
    others: str = "", now: datetime | None = None,
) -> Publication:  # fmt: skip
    """Let an approved version hold from now on, or from a moment to come. With a `letter` the audience is told then.

    `others` says what becomes of another version that waits for its moment: KEEP or CANCEL. None stays that would
    put older words in the place of newer ones.
    Raises NotAllowed, Stale as `approve` does, and RuleBroken when it is not approved, published already, the moment
    has passed, another is scheduled and nobody said what becomes of it, or the letter is longer than one should be.
    """
    signed = issuing(version, by, content_hash, now)
    now = signed["at"]
    version = MandateVersion.objects.with_decisions().get(pk=version.pk)
    refuse_to_publish(version, content_hash)
    refuse_moment(at, now)
    letter = tidy(letter)
    if len(letter) > LONGEST_LETTER:
        raise RuleBroken(_("The letter is too long: say why in three sentences."))
    _settle_others(version, others, by, at=at or now, now=now)
    publication = Publication.objects.create(
        version=version, approval=version.approval, publish_at=at or now, message=letter, **signed
    )
    noted("publish", version, signed, hash=content_hash, **publication.facts())
    if publication.is_due(now):
        proclaim_one(publication, now)
    else:
        record(kind="mandate_scheduled", subject=version.key, scope="office:pmo", at=now, number=version.number)
    return publication


def refuse_to_publish(version: MandateVersion, content_hash: str) -> None:
    """Why a version cannot be published, where it cannot."""
    if version.is_revoked:
        raise RuleBroken(_("The approval of this version was taken back: the office writes the next."))
    if not hasattr(version, "approval") or version.approval.content_hash != content_hash:
        raise RuleBroken(_("Approve this version before you publish it."))
    if standing := version.standing:
        words = {"name": standing.who, "moment": moment(standing.publish_at)}
        raise RuleBroken(_("%(name)s has published this version already, to hold from %(moment)s.") % words)


def refuse_moment(at: datetime | None, now: datetime) -> None:
    """Why a version cannot go live at a moment, where it cannot; None is now."""
    if at is not None and at < now:
        raise RuleBroken(_("This moment has passed: choose one to come, or publish now."))
    if at is not None and at > now + FURTHEST:
        raise RuleBroken(_("This is more than a year ahead: look at the year again."))


def _settle_others(version: MandateVersion, others: str, by: User, *, at: datetime, now: datetime) -> None:
    """Cancel what else is scheduled, or let it stand, as the issuer chose; ask when nobody did."""
    for other in Publication.objects.scheduled(now).exclude(version=version).select_related("version"):
        words = {"version": other.version, "moment": moment(other.publish_at)}
        if others not in {KEEP, CANCEL}:
            raise RuleBroken(
                _("%(version)s goes live on %(moment)s already: say whether it stays or is cancelled.") % words
            )
        if others == KEEP and not other.may_stay_beside(version, at):
            raise RuleBroken(
                _("%(version)s cannot stay: on %(moment)s older words would take the place of newer ones.") % words
            )
        if others == CANCEL:
            cancel(other, by=by, now=now)


@transaction.atomic
def issue(
    version: MandateVersion, *, by: User, content_hash: str, letter: str = "", at: datetime | None = None,
    others: str = "", now: datetime | None = None,
) -> Publication:  # fmt: skip
    """Approve where that is still open, and publish: one decision, for exactly this hash. Raises as both do."""
    signed = issuing(version, by, content_hash, now)
    approved(version, signed)
    return publish(version, by=by, content_hash=content_hash, letter=letter, at=at, others=others, now=signed["at"])


@transaction.atomic
def cancel(publication: Publication, *, by: User, now: datetime | None = None) -> Cancellation:
    """Take a publication back before its moment; the approval stays. Twice is once.

    Raises NotAllowed for all but an issuer, RuleBroken when somebody else has done it, or when its moment has come:
    then it is withdrawn.
    """
    appointment = as_any_issuer(by)
    hold()
    now = now or timezone.now()
    publication = Publication.objects.with_fate().get(pk=publication.pk)
    if publication.is_cancelled:
        return _cancelled_before(publication, by)
    if publication.publish_at <= now:
        raise RuleBroken(_("Its moment has come: there is nothing to cancel any more."))
    signed, version = signed_by(appointment, now), publication.version
    made = Cancellation.objects.create(publication=publication, **signed)
    noted("cancel_publication", version, signed, publication=publication.pk)
    record(kind="mandate_cancelled", subject=version.key, scope="office:pmo", at=now, number=version.number)
    for each in told_of(but=by):
        notices.publication_cancelled(made, each)
    return made


def _cancelled_before(publication: Publication, by: User) -> Cancellation:
    """The cancellation that the same person pressed for twice; the refusal for anybody else."""
    if not hasattr(publication, "cancellation"):
        raise RuleBroken(_("The approval was taken back meanwhile: it does not go live."))
    if publication.cancellation.by != by:
        raise RuleBroken(_("%(name)s has cancelled it already.") % {"name": publication.cancellation.who})
    return publication.cancellation


@transaction.atomic
def withdraw(version: MandateVersion, *, by: User, reason: str, now: datetime | None = None) -> Withdrawal:
    """Take the live version back: none is live from now on, and the page says so, with the reason.

    Raises NotAllowed for all but an issuer, Stale when it is not the live one, RuleBroken without a reason.
    """
    appointment = as_any_issuer(by)
    hold()
    now = now or timezone.now()
    reason = reason_given(reason, _("Say in a few words why it is withdrawn: the readers see it."))
    held = Publication.objects.held(now).with_fate().filter(withdrawal=None, version=version).first()
    if held is None:
        raise Stale(_("This version does not hold any more: look at the mandate as it is now."))
    signed, version = signed_by(appointment, now), held.version
    made = Withdrawal.objects.create(publication=held, reason=reason, **signed)
    noted("withdraw", version, signed, publication=held.pk, reason_hash=sha256_of(reason))
    record(
        kind="mandate_withdrawn", subject=version.key, scope=EVERYBODY, at=now, number=version.number,
        reason=reason, issuer=made.who,
    )  # fmt: skip
    for each in told_of(but=by):
        notices.mandate_withdrawn(made, each)
    return made


@transaction.atomic
def proclaim_one(publication: Publication, now: datetime) -> bool:
    """Write into the journal, once, that a publication's moment has come; the clock knocks with it.

    Nothing that readers see waits for it: the version is live by query. Letters follow from the journal.
    False when somebody else has done it, or when it was cancelled while we waited to look.
    """
    hold()
    standing = Publication.objects.due(now).filter(pk=publication.pk).select_related("version", "by", "acting_for")
    if (found := standing.first()) is None:
        return False
    _row, is_ours = Proclaimed.objects.get_or_create(publication=found, defaults={"at": now})
    version = found.version
    if is_ours:
        record(
            kind="mandate_published", subject=version.key, scope=EVERYBODY, at=found.publish_at,
            number=version.number, material=version.is_material, note=version.change_note,
            issuer=found.who, first=version.is_first_at(now),
        )  # fmt: skip
    return is_ours


# --- when telling people fails --------------------------------------------------------------------
@transaction.atomic
def note_untold(publication: Publication, *, now: datetime, letters: int = 0) -> Untold:
    """Mark that people could not be told of a publication, and when it is tried again: later each time, to an hour.

    It stays live. `letters` counts those that could not be written.
    """
    row = Untold.objects.filter(publication=publication).first() or Untold(publication=publication, since=now)
    if row.mended_at:
        row.since, row.tries, row.mended_at = now, 0, None
    row.tries, row.letters = row.tries + 1, letters
    row.again_at = now + pause_after(row.tries)
    row.save()
    return row


def pause_after(tries: int) -> timedelta:
    """How long to wait after so many tries: a minute, two, four, at most an hour."""
    return min(timedelta(minutes=2 ** min(tries - 1, 10)), LONGEST_PAUSE)


@transaction.atomic
def tell_untold(untold: Untold, *, now: datetime) -> bool:
    """Tell the PMO's leads, once for each publication; false when there is none, or somebody else has done it."""
    told = leads()
    if not told or not Untold.objects.open().filter(pk=untold.pk, told_at=None).update(told_at=now):
        return False
    for lead in told:
        notices.announcement_failed(untold, lead)
    return True


def mend(told: Iterable[Publication], *, now: datetime) -> int:
    """Take the mark off those of which everybody has been told after all."""
    return Untold.objects.open().filter(publication__in=list(told)).update(mended_at=now)
