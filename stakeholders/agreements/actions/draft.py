"""A draft of the PMO: begin it, write it, share it, take the words of the newest revision again."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from pmo_portal.accounts.models import User
from pmo_portal.audit.actions import note
from pmo_portal.common.errors import NotAllowed, RuleBroken, Stale
from pmo_portal.common.models import refuse_overtaken
from stakeholders.agreements import notices
from stakeholders.agreements.access import can_draft, side_of
from stakeholders.agreements.actions.held import State, copy_rows, hold, locked, next_number, tell
from stakeholders.agreements.models import Agreement, AgreementRevision, Row, Side
from stakeholders.agreements.words import BY_KEY, CELLS, WORDS
from stakeholders.areas.models import Area


@transaction.atomic
def start(area: Area, *, by: User, period_from: date, period_to: date) -> AgreementRevision:
    """Begin an agreement with an area: its first draft.

    Raises RuleBroken when the area has an agreement already: that one is revised.
    """
    _refuse_unless_pmo(by)
    Area.objects.select_for_update().get(pk=area.pk)  # one agreement an area, also when two begin at once
    if Agreement.objects.filter(area=area).exists():
        raise RuleBroken(
            _("There is an agreement with %(area)s already: write a new revision of it.") % {"area": area}
        )
    agreement = Agreement.objects.create(area=area, started_by=by)
    draft = AgreementRevision.objects.create(
        agreement=agreement, number=1, drafted_by=by, period_from=period_from, period_to=period_to
    )
    note(by=by, verb="start_agreement", subject=draft.key, area=area.pk)
    return draft


@transaction.atomic
def revise(agreement: Agreement, *, by: User) -> AgreementRevision:
    """The PMO's draft to write in: the one that stands, or a new one.

    It begins with the words that the area proposes, where they wait for an answer; else with the newest words that
    the PMO wrote or both signed. Raises RuleBroken while a proposal of the PMO waits.
    """
    _refuse_unless_pmo(by)
    hold(agreement.pk)
    revisions = list(agreement.revisions.sent().with_rows())
    if standing := next((each for each in revisions if each.state == State.DRAFT), None):
        return standing
    waiting = next((each for each in revisions if each.state == State.PROPOSED), None)
    if waiting and waiting.side == Side.PMO:
        raise RuleBroken(_("A proposal waits for an answer: withdraw it before you change the words."))
    settled = {State.IN_FORCE, State.SUPERSEDED}
    newest = waiting or next(each for each in revisions if each.side == Side.PMO or each.state in settled)
    draft = AgreementRevision.objects.create(
        agreement=agreement, number=next_number(agreement), aim=newest.aim, drafted_by=by, answers=waiting,
        period_from=newest.period_from, period_to=newest.period_to,
    )  # fmt: skip
    copy_rows(newest, draft)
    note(by=by, verb="revise_agreement", subject=draft.key, number=draft.number)
    return draft


@transaction.atomic
def save_draft(thing: AgreementRevision | Row, *, by: User, fields: list[str] | None = None, seen: str = "") -> None:
    """Keep these `fields` of a draft or one of its rows; half-written is always kept.

    `seen` is the fingerprint of the words that the writer had before them. Raises Stale when it was proposed
    meanwhile, Overtaken when somebody else saved the same row.
    """
    revision = draft_to_write(thing.revision if isinstance(thing, Row) else thing, by)
    refuse_overtaken(thing, fields or [], seen)
    if isinstance(thing, Row) and thing.pk is None:
        thing.position = revision.rows.count() + 1
    thing.save(update_fields=fields if thing.pk else None)


@transaction.atomic
def add_words(revision: AgreementRevision, *, keys: Collection[str], by: User) -> list[Row]:
    """Put rows to start from behind the rows of a draft, in the writer's language; returns those that were added.

    One whose *you need* stands in the draft already is passed over. Their clauses are left to choose.
    Raises RuleBroken for a key that is none.
    """
    if unknown := set(keys) - set(BY_KEY):
        raise RuleBroken(_("There is no such row to start from."), sorted(unknown))
    draft = draft_to_write(revision, by)
    needs = {row.you_need.casefold() for row in draft.rows.all()}
    chosen = [words for words in WORDS if words.key in keys and str(words.you_need).casefold() not in needs]
    start = draft.rows.aggregate(last=Max("position", default=0))["last"] + 1
    rows = [
        Row(revision=draft, position=place, **{cell: str(getattr(words, cell)) for cell in CELLS})
        for place, words in enumerate(chosen, start)
    ]
    if rows:
        Row.objects.bulk_create(rows)
        note(by=by, verb="add_words", subject=draft.key, rows=[words.key for words in chosen])
    return rows


@transaction.atomic
def remove_row(row: Row, *, by: User) -> None:
    """Take a row out of a draft."""
    draft_to_write(row.revision, by)
    refuse_overtaken(row, [], "")
    row.delete()


@transaction.atomic
def share(revision: AgreementRevision, *, by: User, now: datetime | None = None) -> list[str]:
    """Show a draft to the area's head and deputy, who may leave a note on each row; returns whom a letter told."""
    now = now or timezone.now()
    revision = draft_to_write(revision, by)
    if not revision.rows.exists():
        raise RuleBroken(_("Write at least one row before you share the draft."))
    if revision.shared_at:
        return []
    revision.shared_at = now
    revision.save(update_fields=["shared_at"])
    note(by=by, verb="share_agreement", subject=revision.key, now=now)
    tell("agreement_shared", revision, now)
    return notices.agreement_shared(revision, now=now)


@transaction.atomic
def remind(revision: AgreementRevision, *, by: User, now: datetime | None = None) -> list[str]:
    """Send the second letter about a proposal or a shared draft to those who speak for the area; returns their names.

    Raises Stale when it does not wait for the area, RuleBroken when nobody can be written to, when the first letter
    is not three days old, or when two have gone.
    """
    now = now or timezone.now()
    _refuse_unless_pmo(by)
    revision = locked(revision)
    if revision.side != Side.PMO or not revision.is_open_to_the_area:
        raise Stale(_("This does not wait for the area any more."))
    told = notices.AGAIN[State(revision.state)](revision, now=now)
    if not told:
        raise RuleBroken(_("Nobody can be reminded: the area has no head with a way in. Invite them under People."))
    note(by=by, verb="remind", subject=revision.key, now=now, to=told)
    return told


@transaction.atomic
def leave_note(row: Row, *, text: str, by: User) -> None:
    """Keep the area's one note on a row of a shared draft, or of a proposal that waits for the area."""
    revision = locked(row.revision)
    if side_of(by, revision.agreement.area) != Side.AREA:
        raise NotAllowed(_("Only the area's head, or the deputy, leaves a note for the area."))
    if revision.side != Side.PMO or not revision.is_open_to_the_area:
        raise Stale(_("This is not open for notes any more."))
    Row.objects.filter(pk=row.pk).update(area_note=text)


def draft_to_write(revision: AgreementRevision, by: User) -> AgreementRevision:
    """The PMO's draft as it stands, held until this transaction ends; a refusal when it is none, or not `by`'s."""
    _refuse_unless_pmo(by)
    if revision.was_never_sent:
        raise NotAllowed(_("These are the area's own words: the PMO does not write in them."))
    draft = locked(revision)
    if draft.state != State.DRAFT:
        raise Stale(_("This has been proposed and can no longer change. Withdraw it, or write a new revision."))
    return draft


def _refuse_unless_pmo(by: User) -> None:
    if not can_draft(by):
        raise NotAllowed(_("Only the PMO drafts an agreement."))
