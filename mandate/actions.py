"""The verbs of the mandate: start a draft, seal it, approve it, publish it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from mandate import notices
from mandate.access import can_write, issuers, wrote
from mandate.models import Approval, Clause, Mandate, MandateVersion, Part, Publication, same_words
from mandate.paste import MOST_ROWS, WrongLine, is_blank, too_long
from mandate.words import WORDS
from pmo_portal.accounts.access import Office, holds
from pmo_portal.accounts.models import Appointment, User
from pmo_portal.audit.actions import note
from pmo_portal.common.errors import NotAllowed, RuleBroken, Stale
from pmo_portal.common.forms import LONGEST_TEXT
from pmo_portal.common.models import refuse_overtaken
from pmo_portal.journal.actions import EVERYBODY, record

Line = tuple[int, str, str]


@transaction.atomic
def start_draft(*, by: User) -> MandateVersion:
    """The draft to write in: the one that stands, or a new one that begins with the words of the newest version."""
    if not can_write(by):
        raise NotAllowed(_("Only the PMO writes the mandate."))
    mandate = _hold()
    if draft := MandateVersion.objects.drafts().first():
        return draft
    newest = mandate.versions.with_parts().first()
    draft = MandateVersion(mandate=mandate, number=newest.number + 1 if newest else 1, started_by=by)
    if newest:
        for field in ("why_before", "why_asked_by", "why_noticed", "purpose", "helps"):
            setattr(draft, field, getattr(newest, field))
    draft.authors = [by.pk]
    draft.save()
    if newest:
        _copy_parts(newest, draft)
    note(by=by, verb="start_draft", subject=draft.key, number=draft.number)
    return draft


def _copy_parts(source: MandateVersion, target: MandateVersion) -> None:
    """Each row of one version into another; clauses keep their keys."""
    for rows in (source.objectives.all(), source.services.all(), source.clauses.all()):
        for row in rows:
            row.pk, row.version = None, target
            row._state.adding = True
            row.save()


@transaction.atomic
def save_part(row: MandateVersion | Part, *, by: User, fields: list[str] | None = None, seen: str = "") -> None:
    """Keep a draft's words (these `fields` of the row) and remember who wrote them; half-written is always kept.

    `seen` is the fingerprint of the words that the writer had before them. Raises Stale when the version was
    sealed meanwhile, Overtaken when somebody else saved the same row.
    """
    version = _draft(row if isinstance(row, MandateVersion) else row.version, by)
    refuse_overtaken(row, fields or [], seen)
    if isinstance(row, Part) and row.pk is None:
        row.position = type(row)._default_manager.filter(version=version).count() + 1  # type: ignore[misc]
    row.save(update_fields=fields if row.pk else None)
    _remember(version, by)


@transaction.atomic
def add_words(version: MandateVersion, part: str, keys: Sequence[str], *, by: User) -> list[Part]:
    """Add the words to start from with these keys to a part of a draft; what stands there already is passed over.

    Returns the rows that were added, in the order of the list.
    """
    draft = _draft(version, by)
    standing = {row.same_words for row in getattr(draft, part).all()}
    rows: list[Part] = [words.row() for words in WORDS[part] if words.key in keys]
    rows = [row for row in rows if row.same_words not in standing]
    _append(draft, rows, by)
    return rows


@transaction.atomic
def add_clauses(version: MandateVersion, lines: Sequence[Line], *, by: User) -> list[Clause]:
    """Add clauses to a draft from lines of (number on the page, kind, text): all of them, or none.

    Raises RuleBroken with a WrongLine for each that has no words, too many, or those of another clause.
    """
    draft = _draft(version, by)
    if not lines:
        raise RuleBroken(_("Every line is left out: choose at least one to add."))
    if len(lines) > MOST_ROWS:
        raise RuleBroken(_("At most %(most)s clauses can be added at once.") % {"most": MOST_ROWS})
    if wrong := _wrong_lines(draft, lines):
        raise RuleBroken(_("Nothing was added yet."), wrong)
    rows = [Clause(kind=kind, text=text.strip()) for _line, kind, text in lines]
    _append(draft, rows, by)
    return rows


def _wrong_lines(draft: MandateVersion, lines: Sequence[Line]) -> list[WrongLine]:
    """Each line that cannot be a clause, with the reason."""
    taken = {clause.same_words for clause in draft.clauses.all()}
    wrong = []
    for line, _kind, text in lines:
        if refusal := _why_no_clause(text, line, taken):
            wrong.append(WrongLine(line, refusal))
        taken.add(same_words(text))
    return wrong


def _why_no_clause(text: str, line: int, taken: set[str]) -> str:
    if is_blank(text):
        return _("There are no words in this line. Write some, or leave it out.")
    if len(text) > LONGEST_TEXT:
        return too_long(text, line)
    return _("This clause stands already. Leave it out, or change its words.") if same_words(text) in taken else ""


def _append(draft: MandateVersion, rows: Sequence[Part], by: User) -> None:
    """Put new rows of one kind after those that stand."""
    if not rows:
        return
    manager = type(rows[0])._default_manager
    last = manager.filter(version=draft).aggregate(last=Max("position"))["last"] or 0  # type: ignore[misc]
    for position, row in enumerate(rows, start=last + 1):
        row.version, row.position = draft, position
    manager.bulk_create(rows)
    _remember(draft, by)


@transaction.atomic
def remove_part(row: Part, *, by: User) -> None:
    """Take a row out of a draft."""
    version = _draft(row.version, by)
    refuse_overtaken(row, [], "")
    row.delete()
    _remember(version, by)


@transaction.atomic
def move_part(row: Part, *, up: bool, by: User) -> None:
    """Move a row one place up or down among its equals: a clause among those of its kind."""
    version = _draft(row.version, by)
    refuse_overtaken(row, [], "")
    equals = {"kind": row.kind} if isinstance(row, Clause) else {}
    rows = list(type(row)._default_manager.filter(version=row.version, **equals))  # type: ignore[misc]
    here = rows.index(row)
    there = here - 1 if up else here + 1
    if 0 <= there < len(rows):
        rows[here], rows[there] = rows[there], rows[here]
    for position, each in enumerate(rows, start=1):
        each.position = position
    type(row)._default_manager.bulk_update(rows, ["position"])
    _remember(version, by)


def _remember(version: MandateVersion, by: User) -> None:
    """Keep who wrote in a draft: none of them may approve it."""
    if by.pk not in version.authors:
        version.authors.append(by.pk)
        version.save(update_fields=["authors"])


def _hold() -> Mandate:
    """One decision about the mandate at a time (on SQLite the transaction itself is the lock)."""
    Mandate.objects.get_or_create(pk=1)
    return Mandate.objects.select_for_update().get(pk=1)


def _draft(version: MandateVersion, by: User) -> MandateVersion:
    """The draft as it stands, held until this transaction ends; a refusal when it is none, or not `by`'s to write."""
    if not can_write(by):
        raise NotAllowed(_("Only the PMO writes the mandate."))
    _hold()
    draft = MandateVersion.objects.drafts().filter(pk=version.pk).first()
    if draft is None:
        raise Stale(_("This version has gone to review and can no longer change. Start a new draft to go on."))
    return draft


@transaction.atomic
def seal(version: MandateVersion, *, by: User, now: datetime | None = None) -> MandateVersion:
    """Send a draft to review: number its clauses, take the hash, and let nothing change again.

    Raises RuleBroken with the list of what is missing, each line a part of the editor.
    """
    now = now or timezone.now()
    _draft(version, by)
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
    for issuer in issuers():
        notices.mandate_in_review(version, issuer, now=now)
    return version


@transaction.atomic
def remind(version: MandateVersion, *, by: User, now: datetime | None = None) -> list[User]:
    """Send the second letter about a version that waits for the issuer; returns those whom it went to.

    Raises Stale when it waits no more, RuleBroken when nobody is named, when the first letter is not three days old,
    or when two have gone.
    """
    now = now or timezone.now()
    if not can_write(by):
        raise NotAllowed(_("Only the PMO reminds the issuer."))
    _hold()
    if MandateVersion.objects.waiting() != version:
        raise Stale(_("This version does not wait for the issuer any more."))
    if not (standing := issuers()):
        raise RuleBroken(_("Nobody is named as issuer yet, so nobody can be reminded."))
    told = notices.in_review_again(version, standing, now=now)
    note(by=by, verb="remind", subject=version.key, now=now, to=[issuer.pk for issuer in told])
    return told


def number_clauses(version: MandateVersion) -> None:
    """Keep the numbers that the clauses have by kind and place."""
    Clause.objects.bulk_update(version.numbered_clauses(), ["number"])


def _issuing(version: MandateVersion, by: User, content_hash: str) -> Appointment:
    """The appointment by which `by` may issue this version, or the refusal."""
    appointment = holds(by, Office.ISSUER)
    if appointment is None:
        raise NotAllowed(_("Only the executive whom the PMO reports to issues the mandate."))
    if wrote(by, version):
        raise NotAllowed(_("You wrote in this version: somebody else has to approve it."))
    _hold()
    version = MandateVersion.objects.get(pk=version.pk)
    if version.is_overtaken:
        raise RuleBroken(_("A newer version has been published already."))
    if not version.is_sealed or content_hash != version.content_hash or version.fingerprint() != content_hash:
        raise Stale(_("This is not the text that you read. Read it again before you decide."))
    return appointment


@transaction.atomic
def approve(version: MandateVersion, *, by: User, content_hash: str, now: datetime | None = None) -> Approval:
    """The issuer's yes, for exactly the hash that was on the page.

    Raises NotAllowed for anybody else, an author and an administrator too; Stale for another hash.
    """
    now = now or timezone.now()
    appointment = _issuing(version, by, content_hash)
    if approval := Approval.objects.filter(version=version).first():
        return approval
    approval = Approval.objects.create(
        version=version, content_hash=content_hash, by=by, capacity=appointment.capacity, at=now
    )
    note(by=by, verb="approve", subject=version.key, now=now, hash=content_hash)
    return approval


@transaction.atomic
def publish(version: MandateVersion, *, by: User, content_hash: str, now: datetime | None = None) -> Publication:
    """Let an approved version hold from now on.

    Raises NotAllowed, Stale as `approve` does, and RuleBroken when it is not approved or already published.
    """
    now = now or timezone.now()
    appointment = _issuing(version, by, content_hash)
    approval = Approval.objects.filter(version=version, content_hash=content_hash).first()
    if approval is None:
        raise RuleBroken(_("Approve this version before you publish it."))
    if Publication.objects.filter(version=version).exists():
        raise RuleBroken(_("This version is published already."))
    publication = Publication.objects.create(
        version=version, approval=approval, publish_at=now, by=by, capacity=appointment.capacity, at=now
    )
    note(by=by, verb="publish", subject=version.key, now=now, hash=content_hash)
    record(
        kind="mandate_published", subject=version.key, scope=EVERYBODY, at=now,
        number=version.number, material=version.is_material, note=version.change_note, issuer=str(by),
    )  # fmt: skip
    return publication
