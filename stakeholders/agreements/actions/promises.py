"""Promises: made when both have signed, then moved by the side that made them."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from pmo_portal.accounts.models import User
from pmo_portal.audit.actions import note
from pmo_portal.common.errors import NotAllowed, RuleBroken
from pmo_portal.journal.actions import record
from stakeholders.agreements.access import side_of
from stakeholders.agreements.actions.held import hold
from stakeholders.agreements.models import AgreementRevision, Promise, Side


def make_promises(revision: AgreementRevision) -> None:
    """The two commit cells of each row become promises, due on the row's day or at the end of the period."""
    Promise.objects.bulk_create(
        Promise(row=row, side=side, text=text, due_on=row.due_on or revision.period_to)
        for row in revision.rows.all()
        for side, text in ((Side.PMO, row.we_commit), (Side.AREA, row.you_commit))
        if text
    )


@transaction.atomic
def move_promise(promise: Promise, *, to: str, by: User, evidence: str = "", now: datetime | None = None) -> Promise:
    """Say how a promise stands; only its own side does. Kept needs a line on how, and is the end.

    Raises NotAllowed for the other side, RuleBroken when the move is not in the table or the line is missing.
    """
    now = now or timezone.now()
    hold(promise.row.revision.agreement_id)
    promise = Promise.objects.select_related("row__revision__agreement__area").get(pk=promise.pk)
    revision = promise.row.revision
    if side_of(by, revision.agreement.area) != promise.side:
        raise NotAllowed(_("Only the side that made a promise says how it stands."))
    if to not in Promise.State.values or not promise.can_move_to(Promise.State(to)):
        raise RuleBroken(_("A promise that is “%(state)s” stays so.") % {"state": promise.get_state_display()})
    if to == Promise.State.KEPT and not evidence.strip():
        raise RuleBroken(_("Say in a line how it was kept."))
    promise.state, promise.evidence, promise.moved_at = to, evidence.strip(), now
    promise.save(update_fields=["state", "evidence", "moved_at"])
    note(by=by, verb="move_promise", subject=f"promise:{promise.pk}", now=now, to=to)
    if to == Promise.State.KEPT:
        area = revision.agreement.area
        record(
            kind="promise_kept", subject=f"promise:{promise.pk}", scope=area.scope, at=now,
            area=area.name, side=promise.side, text=promise.text, evidence=promise.evidence,
        )  # fmt: skip
    return promise
