"""The area's own words: in a draft that both sides write, and as an answer to a proposal; taking them back."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from pmo_portal.accounts.models import User
from pmo_portal.audit.actions import note
from pmo_portal.common.errors import NotAllowed, Stale
from pmo_portal.common.models import fingerprint_of, refuse_overtaken
from stakeholders.agreements.actions.held import State, copy_rows, locked, next_number, signer
from stakeholders.agreements.models import AgreementRevision, Row, Side


@transaction.atomic
def change_words(row: Row, *, by: User, fields: Collection[str], seen: str = "", now: datetime | None = None) -> Row:
    """Keep these `fields` of a row as the area would have them; returns the row that says so now.

    In a shared draft the area writes its own cells. On a proposal the first change opens the area's own revision, a
    copy of it; there every cell can be reworded, because the PMO signs it next. What reads again as proposed is no
    change, and an answer without changes is gone.
    `seen` is the fingerprint of the words that the writer had before them. Raises NotAllowed for anybody but the
    head or the deputy and for the PMO's cells of a draft, Stale when nothing waits any more, Overtaken when somebody
    else changed the same row.
    """
    signer(row.revision, by, Side.AREA)
    revision = locked(row.revision)
    _refuse_foreign(fields, Row.SAYS)
    if not revision.is_open_to_the_area:
        raise Stale(_("This is not open for changes any more. Nothing was kept of them."))
    if revision.side == Side.PMO and revision.state == State.DRAFT:
        _refuse_foreign(fields, Row.OF_THE_AREA)
    target = _in_answer(row, revision, by, fields) if revision.state == State.PROPOSED else row
    refuse_overtaken(target, list(fields), seen)
    target.changed_by, target.changed_at = by, now or timezone.now()
    target.save(update_fields=[*fields, "changed_by", "changed_at"])
    note(by=by, verb="change_words", subject=target.revision.key, now=now, row=target.pk, cells=list(fields))
    _drop_unless_changed(target.revision)
    return target


def _refuse_foreign(fields: Collection[str], own: Collection[str]) -> None:
    if set(fields) - set(own):
        raise NotAllowed(_("In a draft each side changes its own cells: leave a note on the PMO's."))


def _in_answer(row: Row, proposal: AgreementRevision, by: User, fields: Collection[str]) -> Row:
    """The row of the area's own answer with the written words in it; opens the answer when there is none."""
    answer = proposal.answered_with.unsent().first() or _open(proposal, by)
    target = answer.rows.select_related("revision__agreement__area", "came_from").get(came_from=row.pk)
    for name in fields:
        setattr(target, name, getattr(row, name))
    return target


def _open(proposal: AgreementRevision, by: User) -> AgreementRevision:
    """The area's own revision: the proposal word for word, on the same version of the mandate."""
    answer = AgreementRevision.objects.create(
        agreement=proposal.agreement, number=next_number(proposal.agreement), side=Side.AREA, answers=proposal,
        aim=proposal.aim, period_from=proposal.period_from, period_to=proposal.period_to,
        mandate_version=proposal.mandate_version, drafted_by=by,
    )  # fmt: skip
    copy_rows(proposal, answer)
    note(by=by, verb="open_answer", subject=answer.key, answers=proposal.key)
    return answer


def _drop_unless_changed(revision: AgreementRevision) -> None:
    """An answer that says what was proposed is none."""
    if not revision.was_never_sent:
        return
    if not any(row.changes() for row in revision.rows.select_related("came_from")):
        revision.delete()


@transaction.atomic
def take_back(row: Row, *, by: User, seen: str) -> None:
    """Give a row of the area's answer the PMO's words again.

    `seen` is the fingerprint of its words as they were on the page. Raises Stale when they changed since.
    """
    signer(row.revision, by, Side.AREA)
    proposal = locked(row.revision)
    target = row.as_answered()
    if target.pk == row.pk or fingerprint_of(target, list(Row.SAYS)) != seen:
        raise Stale(_("Somebody else has changed this row since you opened the page. Nothing was taken back."))
    for name in Row.SAYS:
        setattr(target, name, getattr(row, name))
    target.changed_by = target.changed_at = None
    target.save()
    note(by=by, verb="take_back_words", subject=target.revision.key, answers=proposal.key, row=target.pk)
    _drop_unless_changed(target.revision)


@transaction.atomic
def take_all_back(answer: AgreementRevision, *, by: User, content_hash: str) -> None:
    """Throw the area's answer away before it is sent, as it was on the page; the proposal waits as before."""
    signer(answer, by, Side.AREA)
    answer = locked(answer)
    if answer.state != State.DRAFT or not answer.was_never_sent:
        raise Stale(_("This is no answer of yours that could be taken back."))
    if AgreementRevision.objects.with_rows().get(pk=answer.pk).fingerprint() != content_hash:
        raise Stale(_("Somebody else has changed words since you opened the page. Nothing was taken back."))
    note(by=by, verb="take_all_back", subject=answer.key)
    answer.delete()
