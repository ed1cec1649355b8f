"""Deciding on a version's words: send it to review, approve it, take that back, or send the version back."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from mandate import notices
from mandate.access import can_write, issuers, leads, wrote
from mandate.actions.draft import held_draft, hold
from mandate.actions.same_row import same_row
from mandate.models import Approval, Clause, MandateVersion, Revocation, SentBack, Suggestion, tidy
from pmo_portal.accounts.access import Office, acts_for, holds
from pmo_portal.accounts.models import Appointment, User
from pmo_portal.audit.actions import note
from pmo_portal.common.errors import NotAllowed, RuleBroken, Stale
from pmo_portal.common.forms import LONGEST_TEXT
from pmo_portal.common.models import sha256_of
from pmo_portal.journal.actions import record

Outcome = Suggestion.Outcome


@transaction.atomic
def seal(version: MandateVersion, *, by: User, now: datetime | None = None) -> MandateVersion:
    """Send a draft to review: number its clauses, take the hash, and let nothing change again.

    What the issuer suggested for the version before, and nobody answered, goes along with it.
    Raises RuleBroken with the list of what is missing, each line a part of the editor.
    """
    now = now or timezone.now()
    version = close_draft(held_draft(version, by), by, now)
    for issuer in issuers():
        notices.mandate_in_review(version, issuer, now=now)
    return version


@transaction.atomic
def remind(version: MandateVersion, *, by: User, now: datetime | None = None) -> list[User]:
    """Send the second letter about a version that waits for the issuer; returns those whom it went to.

    Raises Stale when it waits no more; RuleBroken while other words of theirs are open, when nobody is named, when
    the first letter is not three days old, or when two have gone.
    """
    now = now or timezone.now()
    if not can_write(by):
        raise NotAllowed(_("Only the PMO reminds the issuer."))
    hold()
    if MandateVersion.objects.waiting() != version:
        raise Stale(_("This version does not wait for the issuer any more."))
    if version.suggestions.open().exists():
        raise RuleBroken(_("The issuer has suggested other words: answer these first."))
    if not (standing := issuers()):
        raise RuleBroken(_("Nobody is named as issuer yet, so nobody can be reminded."))
    told = notices.in_review_again(version, standing, now=now)
    note(by=by, verb="remind", subject=version.key, now=now, to=[issuer.pk for issuer in told])
    return told


def close_draft(version: MandateVersion, by: User, now: datetime) -> MandateVersion:
    """The part of `seal` that writes; the caller holds the mandate, and tells the issuer."""
    version = MandateVersion.objects.with_parts().get(pk=version.pk)
    if missing := version.missing():
        raise RuleBroken(_("It cannot go to review yet."), missing)
    number_clauses(version)
    version = MandateVersion.objects.with_parts().get(pk=version.pk)
    version.sealed_at, version.sealed_by = now, by
    version.content_hash = version.fingerprint()
    version.save(update_fields=["sealed_at", "sealed_by", "content_hash"])
    note(by=by, verb="seal", subject=version.key, now=now, hash=version.content_hash)
    record(kind="mandate_in_review", subject=version.key, scope="office:issuer", at=now, number=version.number)
    carry_over(version, by, now)
    return version


def number_clauses(version: MandateVersion) -> None:
    """Keep the numbers that the clauses have by kind and place."""
    Clause.objects.bulk_update(version.numbered_clauses(), ["number"])


def carry_over(version: MandateVersion, by: User, now: datetime) -> None:
    """Open suggestions of older versions move to this one where the same words stand; else they are declined."""
    for suggestion in Suggestion.objects.open().exclude(version=version).select_related("version"):
        row, holder = same_row(suggestion, version) or ("", None)
        standing = str(getattr(holder, suggestion.field)) if holder else ""
        taken = version.suggestions.open().filter(part=suggestion.part, row=row, field=suggestion.field)
        if tidy(standing) == tidy(suggestion.before) and not taken.exists():
            answered(suggestion, Outcome.CARRIED, by, now, led_to=version)
            Suggestion.objects.create(version=version, **{**as_suggested(suggestion), "row": row, "before": standing})
        else:
            words = _("%(version)s says something else here: please read it there.") % {"version": version}
            answered(suggestion, Outcome.DECLINED, by, now, answer=words, led_to=version)


def as_suggested(suggestion: Suggestion) -> dict[str, object]:
    """What was suggested where, by whom and when; without the answer."""
    names = ("part", "row", "field", "before", "words", "reason", "by", "at")
    return {name: getattr(suggestion, name) for name in names}


def answered(
    suggestion: Suggestion, outcome: str, by: User, now: datetime, *, answer: str = "",
    led_to: MandateVersion | None = None,
) -> None:  # fmt: skip
    """Write an answer to an open suggestion; Stale when it has one."""
    changes = {"outcome": outcome, "answered_by": by, "answered_at": now, "answer": answer, "led_to": led_to}
    if not Suggestion.objects.open().filter(pk=suggestion.pk).update(**changes):
        raise Stale(_("Somebody has answered this suggestion meanwhile."))
    note(by=by, verb=f"suggestion_{outcome}", subject=suggestion.version.key, now=now, suggestion=suggestion.pk)


def as_issuer(version: MandateVersion, by: User) -> Appointment:
    """The appointment by which `by` decides on this version; the refusal for everybody else, an author too."""
    appointment = as_any_issuer(by)
    if wrote(by, version):
        raise NotAllowed(_("You wrote in this version: somebody else has to approve it."))
    return appointment


def as_any_issuer(by: User) -> Appointment:
    """The appointment by which `by` takes back what was issued, were it words of their own; or the refusal."""
    appointment = holds(by, Office.ISSUER)
    if appointment is None:
        raise NotAllowed(_("Only the executive whom the PMO reports to issues the mandate."))
    return appointment


def signed_by(appointment: Appointment, now: datetime) -> dict[str, Any]:
    """Who decides, in whose place, by which office and when: what stands in every row of a decision."""
    facts = {"by": appointment.user, "acting_for": acts_for(appointment)}
    return {**facts, "capacity": appointment.capacity, "at": now}


def noted(verb: str, version: MandateVersion, signed: dict[str, Any], **facts: Any) -> None:
    """Keep a decision in the audit, with the one in whose place a deputy took it."""
    if issuer := signed["acting_for"]:
        facts["acting_for"] = issuer.pk
    note(by=signed["by"], verb=verb, subject=version.key, now=signed["at"], **facts)


def issuing(version: MandateVersion, by: User, content_hash: str, now: datetime | None) -> dict[str, Any]:
    """Who issues this version for exactly this hash, and when, or the refusal; the mandate is held from here on.

    The time is taken when it is held: who had to wait for somebody else's decision decides after it.
    """
    appointment = as_issuer(version, by)
    hold()
    now = now or timezone.now()
    version = MandateVersion.objects.get(pk=version.pk)
    if version.is_overtaken_at(now):
        raise RuleBroken(_("A newer version has been published already."))
    if not version.is_sealed or content_hash != version.content_hash or version.fingerprint() != content_hash:
        raise Stale(_("This is not the text that you read. Read it again before you decide."))
    return signed_by(appointment, now)


def reason_given(reason: str, words: str) -> str:
    """A reason as it is kept; RuleBroken with these words when there is none, or it is longer than a text may be."""
    reason = tidy(reason)
    if not reason:
        raise RuleBroken(words)
    if len(reason) > LONGEST_TEXT:
        raise RuleBroken(_("The reason is too long: say it in a few words."))
    return reason


def told_of(*, but: User) -> list[User]:
    """Who has to know of a decision beside who took it: the PMO's leads, and who else may decide."""
    return [each for each in dict.fromkeys([*leads(), *issuers()]) if each != but]


def to_be_decided(version: MandateVersion, now: datetime | None = None) -> MandateVersion:
    """The version as it stands, when the issuer's decision on it is still open; the refusal in words otherwise.

    Call it while the mandate is held.
    """
    version = MandateVersion.objects.with_parts().get(pk=version.pk)
    refusals = [
        (not version.is_sealed, _("This version is still being written.")),
        (version.is_overtaken_at(now or timezone.now()), _("A newer version has been published already.")),
        (version.is_revoked, _("The approval of this version was taken back: the office writes the next.")),
        (version.standing, _("This version is published already, or waits for its moment.")),
        (hasattr(version, "approval"), _("This version is approved already: its words stand.")),
        (version.is_replaced, _("A newer version has been sent to review: decide on that one.")),
        (version.is_sent_back, _("This version was sent back: it waits for the office to write the next.")),
    ]
    for is_so, words in refusals:
        if is_so:
            raise RuleBroken(words)
    return version


@transaction.atomic
def approve(version: MandateVersion, *, by: User, content_hash: str, now: datetime | None = None) -> Approval:
    """The issuer's yes, for exactly the hash that was on the page; their own open suggestions are taken back by it.

    Raises NotAllowed for anybody else, an author and an administrator too; Stale for another hash; RuleBroken when
    the version was sent back, a newer one has been sent to review, or somebody else has approved it. Twice is once.
    """
    signed = issuing(version, by, content_hash, now)
    standing = Approval.objects.filter(version=version, revocation=None).select_related("by", "acting_for").first()
    if standing and standing.by != by:
        raise RuleBroken(_("%(name)s has approved this version already.") % {"name": standing.who})
    return standing or approved(version, signed)


def approved(version: MandateVersion, signed: dict[str, Any]) -> Approval:
    """The approval that stands, or a new one; the caller has asked `issuing`."""
    if standing := Approval.objects.filter(version=version, revocation=None).first():
        return standing
    by, now = signed["by"], signed["at"]
    version = to_be_decided(version, now)
    for suggestion in version.suggestions.open():
        answered(suggestion, Outcome.TAKEN_BACK, by, now)
    approval = Approval.objects.create(version=version, content_hash=version.content_hash, **signed)
    noted("approve", version, signed, hash=version.content_hash)
    return approval


@transaction.atomic
def revoke(version: MandateVersion, *, by: User, reason: str, now: datetime | None = None) -> Revocation:
    """Take an approval back while the version is not live: a publication that waits for its moment never happens.

    Raises NotAllowed for all but who decides on it; RuleBroken without a reason, without an approval, when a newer
    version has gone live, or when this one has: a live one is withdrawn.
    """
    appointment = as_issuer(version, by)
    hold()
    now = now or timezone.now()
    version = MandateVersion.objects.with_decisions().get(pk=version.pk)
    reason = reason_given(reason, _("Say in a few words why the approval is taken back."))
    refuse_to_revoke(version, now)
    signed = signed_by(appointment, now)
    revocation = Revocation.objects.create(approval=version.approval, reason=reason, **signed)
    noted("revoke", version, signed, hash=version.content_hash, reason_hash=sha256_of(reason))
    record(kind="mandate_revoked", subject=version.key, scope="office:pmo", at=now, number=version.number)
    for each in told_of(but=by):
        notices.approval_taken_back(revocation, each)
    return revocation


def refuse_to_revoke(version: MandateVersion, now: datetime) -> None:
    """Why the approval of a version cannot be taken back, where it cannot."""
    if not hasattr(version, "approval"):
        raise RuleBroken(_("There is no approval to take back."))
    if version.is_revoked:
        raise RuleBroken(
            _("%(name)s has taken the approval back already.") % {"name": version.approval.revocation.who}
        )
    if version.is_overtaken_at(now):
        raise RuleBroken(_("A newer version has been published already."))
    if any(each.is_due(now) for each in version.publications.all()):
        raise RuleBroken(_("This version has gone live, so its approval stands: withdraw the version instead."))


@transaction.atomic
def send_back(
    version: MandateVersion, *, by: User, content_hash: str, reason: str, now: datetime | None = None
) -> SentBack:
    """The issuer's no: the PMO writes the next version from it, and reads why.

    Raises NotAllowed, Stale as `approve` does; RuleBroken without a reason, or when there is nothing to decide.
    """
    signed = issuing(version, by, content_hash, now)
    now = signed["at"]
    version = to_be_decided(version, now)
    reason = reason_given(reason, _("Say in a few words what has to be different."))
    sent_back = SentBack.objects.create(version=version, reason=reason, **signed)
    noted("send_back", version, signed, hash=content_hash, reason_hash=sha256_of(reason))
    record(kind="mandate_sent_back", subject=version.key, scope="office:pmo", at=now, number=version.number)
    for lead in leads():
        notices.mandate_sent_back(sent_back, lead)
    return sent_back
