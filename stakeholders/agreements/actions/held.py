"""What every verb of an agreement begins and ends with: the one lock, whose turn it is, the journal's line."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _

from pmo_portal.accounts.access import Office, holds
from pmo_portal.accounts.models import User
from pmo_portal.common.errors import NotAllowed, Stale
from pmo_portal.journal.actions import record
from stakeholders.agreements.access import side_of
from stakeholders.agreements.models import Agreement, AgreementRevision, Row, Side
from stakeholders.people.access import answering_role
from stakeholders.people.models import Person, Role

State = AgreementRevision.State
COPIED = ("position", "clause", *Row.SAYS)


def hold(agreement_id: int) -> None:
    """Every verb takes this one lock and no other first, so none waits for two."""
    Agreement.objects.select_for_update().get(pk=agreement_id)


def locked(revision: AgreementRevision) -> AgreementRevision:
    """The row as it stands, one decision about an agreement at a time (on SQLite the transaction is the lock).

    Raises Stale when it is gone: an answer that was not sent can be taken back.
    """
    hold(revision.agreement_id)
    standing = AgreementRevision.objects.select_related("agreement__area", "answers").filter(pk=revision.pk).first()
    if standing is None:
        raise Stale(_("Somebody else has taken these changes back meanwhile."))
    return standing


@dataclass(frozen=True)
class Signer:
    """Who speaks for a side, and how it stands under their signature."""

    side: Side
    user: User
    name: str
    capacity: str
    person: Person | None = None


def signer(revision: AgreementRevision, by: User, side: Side) -> Signer:
    """The one who speaks for a side of this agreement.

    Raises NotAllowed: for the PMO only its lead or the deputy signs, for the area only its head or the deputy, and
    never a member of the PMO.
    """
    return _for_the_pmo(by) if side == Side.PMO else _for_the_area(revision, by)


def _for_the_pmo(by: User) -> Signer:
    appointment = holds(by, Office.LEAD)
    if appointment is None:
        raise NotAllowed(_("Only the PMO lead, or the deputy, signs and answers for the PMO."))
    return Signer(Side.PMO, by, str(by), appointment.capacity)


def _for_the_area(revision: AgreementRevision, by: User) -> Signer:
    area = revision.agreement.area
    role = answering_role(by, area)
    if role is None or side_of(by, area) != Side.AREA:
        raise NotAllowed(_("Only the head of %(area)s, or the deputy, answers for the area.") % {"area": area})
    return Signer(Side.AREA, by, str(role.person), _capacity(role), role.person)


def _capacity(role: Role) -> str:
    """The role in words under a signature; a deputy's names the head as well."""
    if role.kind == Role.Kind.HEAD:
        return _("Head of %(area)s") % {"area": role.area}
    head = Role.objects.on().filter(area=role.area, kind=Role.Kind.HEAD).select_related("person").first()
    named = {"area": role.area, "head": head.person if head else _("the head")}
    return _("Deputy head of %(area)s, for %(head)s") % named


def next_number(agreement: Agreement) -> int:
    """The number of a new revision."""
    return 1 + (agreement.revisions.aggregate(last=Max("number"))["last"] or 0)


def copy_rows(source: AgreementRevision, into: AgreementRevision) -> None:
    """The same rows in another revision, each knowing which one it came from."""
    for row in source.rows.all():
        Row.objects.create(revision=into, came_from=row, **{name: getattr(row, name) for name in COPIED})


def tell(kind: str, revision: AgreementRevision, now: datetime, **facts: object) -> None:
    """Write the journal's line with what a letter needs to tell it later."""
    area = revision.agreement.area
    record(
        kind=kind, subject=revision.key, scope=area.scope, at=now, area=area.name, number=revision.number,
        period_from=revision.period_from.isoformat(), period_to=revision.period_to.isoformat(),
        agreement=revision.agreement_id, reason=revision.closed_reason, **facts,
    )  # fmt: skip
