"""Writing a draft of the mandate: start it, fill its parts, move and remove rows."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from mandate.access import can_write
from mandate.models import Clause, DecisionStep, Mandate, MandateVersion, Part, same_words
from mandate.paste import MOST_ROWS, WrongLine, is_blank, too_long
from mandate.reading import TWO_WORDINGS, subject_of
from mandate.words import WORDS
from pmo_portal.accounts.models import User
from pmo_portal.audit.actions import note
from pmo_portal.audit.models import Entry
from pmo_portal.common.errors import NotAllowed, RuleBroken, Stale
from pmo_portal.common.forms import LONGEST_TEXT
from pmo_portal.common.models import refuse_overtaken

Line = tuple[int, str, str]


@transaction.atomic
def start_draft(*, by: User) -> MandateVersion:
    """The draft to write in: the one that stands, or a new one that begins with the words of the newest version."""
    if not can_write(by):
        raise NotAllowed(_("Only the PMO writes the mandate."))
    mandate = hold()
    if draft := MandateVersion.objects.drafts().first():
        return draft
    return next_draft(mandate, by)


def next_draft(mandate: Mandate, by: User, *, keep_change: bool = False) -> MandateVersion:
    """A new draft with the words of the newest version; with what it says of its change too when they are kept."""
    newest = mandate.versions.with_parts().first()
    draft = MandateVersion(mandate=mandate, number=newest.number + 1 if newest else 1, started_by=by)
    if newest:
        for field in (
            *MandateVersion.TEXTS, *MandateVersion.DATES, *(("change_note", "is_material") if keep_change else ())
        ):  # fmt: skip
            setattr(draft, field, getattr(newest, field))
    draft.authors = [by.pk]
    draft.save()
    if newest:
        _copy_parts(newest, draft)
    note(by=by, verb="start_draft", subject=draft.key, number=draft.number)
    return draft


def _copy_parts(source: MandateVersion, target: MandateVersion) -> None:
    """Each row of one version into another; clauses keep their keys."""
    for part in MandateVersion.LISTS:
        for row in getattr(source, part).all():
            row.pk, row.version = None, target
            row._state.adding = True
            row.save()


@transaction.atomic
def save_part(row: MandateVersion | Part, *, by: User, fields: list[str] | None = None, seen: str = "") -> None:
    """Keep a draft's words (these `fields` of the row) and remember who wrote them; half-written is always kept.

    `seen` is the fingerprint of the words that the writer had before them. Raises Stale when the version was
    sealed meanwhile, Overtaken when somebody else saved the same row.
    """
    version = held_draft(row if isinstance(row, MandateVersion) else row.version, by)
    refuse_overtaken(row, fields or [], seen)
    if isinstance(row, Part) and row.pk is None:
        if fields and (same := _same_row(row)):
            row.pk = same.pk
            return
        row.position = type(row)._default_manager.filter(version=version).count() + 1  # type: ignore[misc]
    row.save(update_fields=fields if row.pk else None)
    remember(version, by)


def _same_row(row: Part) -> Part | None:
    """The row that says the very same already: a form sent twice adds it once."""
    said = {name: getattr(row, name) for name in row.FACTS if name not in {"key", "number"}}
    return type(row)._default_manager.filter(version=row.version, **said).first()  # type: ignore[misc]


@transaction.atomic
def keep_both(row: MandateVersion | Part, *, by: User, wordings: Sequence[tuple[str, str, str]]) -> None:
    """Keep both wordings of fields that two people wrote at once: (field, the one that stands, `by`'s own).

    They are kept where nothing is ever changed, so whichever is used, the other can be read.
    """
    subject = subject_of(row)
    kept = [list(each) for each in wordings]
    last = Entry.objects.filter(verb=TWO_WORDINGS, subject=subject).last()
    if last is None or last.details["wordings"] != kept:
        note(by=by, verb=TWO_WORDINGS, subject=subject, wordings=kept)


@transaction.atomic
def add_words(version: MandateVersion, part: str, keys: Sequence[str], *, by: User) -> list[Part]:
    """Add the words to start from with these keys to a part of a draft; what stands there already is passed over.

    Returns the rows that were added, in the order of the list.
    """
    draft = held_draft(version, by)
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
    draft = held_draft(version, by)
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
    remember(draft, by)


@transaction.atomic
def remove_part(row: Part, *, by: User) -> None:
    """Take a row out of a draft."""
    version = held_draft(row.version, by)
    refuse_overtaken(row, [], "")
    row.delete()
    remember(version, by)


@transaction.atomic
def move_part(row: Part, *, up: bool, by: User) -> None:
    """Move a row one place up or down among its equals: a clause among its kind, a step along its path."""
    groups = _held_groups(row, by)
    equals = next(group for group in groups if row in group)
    _swap(equals, equals.index(row), up)
    _keep_order(row, groups, by)


@transaction.atomic
def move_path(step: DecisionStep, *, up: bool, by: User) -> None:
    """Move the whole path of a step, all that decides one matter, one place up or down among the paths."""
    groups = _held_groups(step, by)
    _swap(groups, next(place for place, group in enumerate(groups) if step in group), up)
    _keep_order(step, groups, by)


def _held_groups(row: Part, by: User) -> list[list[Any]]:
    """The rows of a part as they stand, in order, equals together; the draft is held."""
    held_draft(row.version, by)
    refuse_overtaken(row, [], "")
    rows = list(type(row)._default_manager.filter(version=row.version))  # type: ignore[misc]
    first = {key: place for place, key in reversed(list(enumerate(map(_equal_to, rows))))}
    rows.sort(key=lambda each: first[_equal_to(each)])
    return [list(group) for _key, group in groupby(rows, key=_equal_to)]


def _equal_to(row: Any) -> str:
    return row.kind if isinstance(row, Clause) else row.same_matter if isinstance(row, DecisionStep) else ""


def _swap(items: list[Any], here: int, up: bool) -> None:
    there = here - 1 if up else here + 1
    if 0 <= there < len(items):
        items[here], items[there] = items[there], items[here]


def _keep_order(row: Part, groups: list[list[Any]], by: User) -> None:
    rows = [each for group in groups for each in group]
    for position, each in enumerate(rows, start=1):
        each.position = position
    type(row)._default_manager.bulk_update(rows, ["position"])
    remember(held_draft(row.version, by), by)


def remember(version: MandateVersion, by: User) -> None:
    """Keep who wrote in a draft: none of them may approve it."""
    if by.pk not in version.authors:
        version.authors.append(by.pk)
        version.save(update_fields=["authors"])


def hold() -> Mandate:
    """One decision about the mandate at a time (on SQLite the transaction itself is the lock)."""
    Mandate.objects.get_or_create(pk=1)
    return Mandate.objects.select_for_update().get(pk=1)


def held_draft(version: MandateVersion, by: User) -> MandateVersion:
    """The draft as it stands, held until this transaction ends; a refusal when it is none, or not `by`'s to write."""
    if not can_write(by):
        raise NotAllowed(_("Only the PMO writes the mandate."))
    hold()
    draft = MandateVersion.objects.drafts().filter(pk=version.pk).first()
    if draft is None:
        raise Stale(_("This version has gone to review and can no longer change. Start a new draft to go on."))
    return draft
