"""The verbs of an agreement: draft, share, propose, countersign, decline, withdraw, revise; and keeping promises."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from mandate.models import MandateVersion
from pmo_portal.accounts.access import Office, holds
from pmo_portal.accounts.models import User
from pmo_portal.audit.actions import note
from pmo_portal.common.errors import NotAllowed, RuleBroken, Stale
from pmo_portal.common.models import refuse_overtaken
from pmo_portal.journal.actions import record
from stakeholders.agreements import notices
from stakeholders.agreements.access import can_draft, side_of
from stakeholders.agreements.models import Agreement, AgreementRevision, Promise, Row, Side, Signature
from stakeholders.agreements.words import BY_KEY, CELLS, WORDS
from stakeholders.areas.models import Area
from stakeholders.needs.models import Need
from stakeholders.people.access import answering_role
from stakeholders.people.models import Role
from stakeholders.understanding.actions import acknowledge
from stakeholders.understanding.models import Acknowledgement

State = AgreementRevision.State


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
    """The draft to write in: the one that stands, or a new one with the words of the newest revision."""
    _refuse_unless_pmo(by)
    _hold(agreement.pk)
    newest = agreement.revisions.with_rows()[0]
    if newest.state == State.DRAFT:
        return newest
    if newest.state == State.PROPOSED:
        raise RuleBroken(_("A proposal waits for an answer: withdraw it before you change the words."))
    draft = AgreementRevision.objects.create(
        agreement=agreement, number=newest.number + 1, aim=newest.aim, drafted_by=by,
        period_from=newest.period_from, period_to=newest.period_to,
    )  # fmt: skip
    cells = ("position", "clause", "you_need", "we_commit", "you_commit", "you_will_notice", "due_on")
    for row in newest.rows.all():
        Row.objects.create(revision=draft, **{name: getattr(row, name) for name in cells})
    note(by=by, verb="revise_agreement", subject=draft.key, number=draft.number)
    return draft


@transaction.atomic
def save_draft(thing: AgreementRevision | Row, *, by: User, fields: list[str] | None = None, seen: str = "") -> None:
    """Keep these `fields` of a draft or one of its rows; half-written is always kept.

    `seen` is the fingerprint of the words that the writer had before them. Raises Stale when it was proposed
    meanwhile, Overtaken when somebody else saved the same row.
    """
    revision = _draft(thing.revision if isinstance(thing, Row) else thing, by)
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
    draft = _draft(revision, by)
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
    _draft(row.revision, by)
    refuse_overtaken(row, [], "")
    row.delete()


@transaction.atomic
def share(revision: AgreementRevision, *, by: User, now: datetime | None = None) -> list[str]:
    """Show a draft to the area's head and deputy, who may leave a note on each row; returns whom a letter told."""
    now = now or timezone.now()
    revision = _draft(revision, by)
    if not revision.rows.exists():
        raise RuleBroken(_("Write at least one row before you share the draft."))
    if revision.shared_at:
        return []
    revision.shared_at = now
    revision.save(update_fields=["shared_at"])
    note(by=by, verb="share_agreement", subject=revision.key, now=now)
    _record("agreement_shared", revision, now)
    return notices.agreement_shared(revision, now=now)


@transaction.atomic
def remind(revision: AgreementRevision, *, by: User, now: datetime | None = None) -> list[str]:
    """Send the second letter about a proposal or a shared draft to those who speak for the area; returns their names.

    Raises Stale when it does not wait for the area, RuleBroken when nobody can be written to, when the first letter
    is not three days old, or when two have gone.
    """
    now = now or timezone.now()
    _refuse_unless_pmo(by)
    revision = _locked(revision)
    waits = revision.state == State.PROPOSED or (revision.state == State.DRAFT and revision.shared_at)
    if not waits:
        raise Stale(_("This does not wait for the area any more."))
    told = notices.AGAIN[State(revision.state)](revision, now=now)
    if not told:
        raise RuleBroken(_("Nobody can be reminded: the area has no head with a way in. Invite them under People."))
    note(by=by, verb="remind", subject=revision.key, now=now, to=told)
    return told


@transaction.atomic
def leave_note(row: Row, *, text: str, by: User) -> None:
    """Keep the area's one note on a row of a shared draft."""
    revision = _locked(row.revision)
    if side_of(by, revision.agreement.area) != Side.AREA:
        raise NotAllowed(_("Only the area's head, or the deputy, leaves a note for the area."))
    if revision.state != State.DRAFT or revision.shared_at is None:
        raise Stale(_("This draft is not open for notes any more."))
    Row.objects.filter(pk=row.pk).update(area_note=text)


@transaction.atomic
def propose(revision: AgreementRevision, *, by: User, content_hash: str, now: datetime | None = None) -> Signature:
    """Sign a draft for the PMO, exactly as it was on the page: sealed under its hash, it waits for the head.

    Raises NotAllowed for anybody but the lead or the deputy, Stale when a word or a clause has changed since,
    RuleBroken with the list of what is missing.
    """
    now = now or timezone.now()
    appointment = holds(by, Office.LEAD)
    if appointment is None:
        raise NotAllowed(_("Only the PMO lead, or the deputy, signs for the PMO."))
    _draft(revision, by)
    revision = AgreementRevision.objects.with_rows().get(pk=revision.pk)
    revision.stand_on(MandateVersion.objects.live(now).first())
    if missing := revision.missing():
        raise RuleBroken(_("It cannot be proposed yet."), missing)
    if revision.fingerprint() != content_hash:
        raise Stale(_("The words have changed since you opened the page. Nothing was signed: read them again."))
    _make_needs(revision)
    revision.state, revision.sealed_at = State.PROPOSED, now
    revision.shared_at = revision.shared_at or now
    revision.content_hash = content_hash
    revision.save()
    signature = _sign(revision, Side.PMO, by, str(by), appointment.capacity, now)
    note(by=by, verb="propose_agreement", subject=revision.key, now=now, hash=revision.content_hash)
    _record("agreement_proposed", revision, now)
    notices.agreement_proposed(revision, now=now)
    return signature


def _make_needs(revision: AgreementRevision) -> None:
    """Each *you need* becomes a need of the area, in its own words; the countersignature will confirm it.

    The rows are saved with it, on the clauses that they now stand on.
    """
    standing = {need.text: need for need in Need.objects.filter(area=revision.agreement.area)}
    for row in revision.rows.all():
        row.need = standing.get(row.you_need) or Need.objects.create(
            area=revision.agreement.area, text=row.you_need,
            period_from=revision.period_from, period_to=revision.period_to,
        )  # fmt: skip
        row.save(update_fields=["need", "clause"])


@transaction.atomic
def countersign(
    revision: AgreementRevision, *, by: User, content_hash: str, now: datetime | None = None
) -> Signature:
    """Sign for the area, for exactly the hash that was on the page. From now on it is in force.

    It also confirms the needs in it, makes the promises of both sides, replaces the revision in force before,
    and records the mandate version that it stands on as read by the person who signs.
    Raises NotAllowed for anybody but the area's head or deputy, Stale for another text or state.
    """
    now = now or timezone.now()
    role = _answering(revision, by)
    revision = _locked(revision)
    _refuse_unless_proposed(revision, content_hash)
    revision = AgreementRevision.objects.with_rows().get(pk=revision.pk)
    if revision.fingerprint() != content_hash:
        raise Stale(_("This is not the text that was proposed. Nothing was signed."))
    replaced = revision.agreement.revisions.in_state(State.IN_FORCE).update(state=State.SUPERSEDED, closed_at=now)
    revision.state = State.IN_FORCE
    revision.save(update_fields=["state"])
    signature = _sign(revision, Side.AREA, by, str(role.person), _capacity(role), now)
    Need.objects.filter(pk__in=revision.rows.values("need"), confirmed_at=None).update(
        confirmed_at=now, confirmed_by=by
    )
    _make_promises(revision)
    assert revision.mandate_version is not None  # noqa: S101 (a proposal always stands on one)
    acknowledge(
        revision.mandate_version,
        person=role.person,
        by=by,
        content_hash=revision.mandate_version.content_hash,
        how=Acknowledgement.How.COUNTERSIGNATURE,
        now=now,
    )
    note(by=by, verb="countersign_agreement", subject=revision.key, now=now, hash=content_hash)
    signed_by = [signature.name for signature in revision.signatures.order_by("at")]
    _record("agreement_in_force", revision, now, signed_by=signed_by, renewed=bool(replaced))
    notices.agreement_answered(revision, by=str(role.person))
    return signature


def _capacity(role: Role) -> str:
    """The role in words under a signature; a deputy's names the head as well."""
    if role.kind == Role.Kind.HEAD:
        return _("Head of %(area)s") % {"area": role.area}
    head = Role.objects.on().filter(area=role.area, kind=Role.Kind.HEAD).select_related("person").first()
    named = {"area": role.area, "head": head.person if head else _("the head")}
    return _("Deputy head of %(area)s, for %(head)s") % named


def _make_promises(revision: AgreementRevision) -> None:
    """The two commit cells of each row become promises, due on the row's day or at the end of the period."""
    Promise.objects.bulk_create(
        Promise(row=row, side=side, text=text, due_on=row.due_on or revision.period_to)
        for row in revision.rows.all()
        for side, text in ((Side.PMO, row.we_commit), (Side.AREA, row.you_commit))
        if text
    )


@transaction.atomic
def decline(
    revision: AgreementRevision, *, by: User, content_hash: str, reason: str, now: datetime | None = None
) -> None:
    """Say no to a proposal, for the area, with a reason; what was in force before stays in force."""
    role = _answering(revision, by)
    revision = _locked(revision)
    _refuse_unless_proposed(revision, content_hash)
    _close(revision, State.DECLINED, by, reason, now or timezone.now())
    notices.agreement_answered(revision, by=str(role.person))


@transaction.atomic
def withdraw(revision: AgreementRevision, *, by: User, reason: str, now: datetime | None = None) -> None:
    """Take a proposal back, for the PMO, with a reason."""
    if holds(by, Office.LEAD) is None:
        raise NotAllowed(_("Only the PMO lead, or the deputy, withdraws what was proposed."))
    _close(_locked(revision), State.WITHDRAWN, by, reason, now or timezone.now())


def _close(revision: AgreementRevision, state: State, by: User, reason: str, now: datetime) -> None:
    if not revision.can_move_to(state):
        raise Stale(_("This proposal has been answered already."))
    if not reason.strip():
        raise RuleBroken(_("Give a reason in a sentence: the other side reads it."))
    revision.state, revision.closed_at, revision.closed_reason = state, now, reason.strip()
    revision.save(update_fields=["state", "closed_at", "closed_reason"])
    note(by=by, verb=f"{state}_agreement", subject=revision.key, now=now)
    _record(f"agreement_{state}", revision, now)
    if state == State.WITHDRAWN:
        notices.agreement_withdrawn(revision)


@transaction.atomic
def move_promise(promise: Promise, *, to: str, by: User, evidence: str = "", now: datetime | None = None) -> Promise:
    """Say how a promise stands; only its own side does. Kept needs a line on how, and is the end.

    Raises NotAllowed for the other side, RuleBroken when the move is not in the table or the line is missing.
    """
    now = now or timezone.now()
    _hold(promise.row.revision.agreement_id)
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


def _sign(revision: AgreementRevision, side: Side, by: User, name: str, capacity: str, now: datetime) -> Signature:
    return Signature.objects.create(
        revision=revision, side=side, by=by, name=name, capacity=capacity,
        content_hash=revision.content_hash, at=now,
    )  # fmt: skip


def _record(kind: str, revision: AgreementRevision, now: datetime, **facts: object) -> None:
    """Write the journal's line with what a letter needs to tell it later."""
    area = revision.agreement.area
    record(
        kind=kind, subject=revision.key, scope=area.scope, at=now, area=area.name, number=revision.number,
        period_from=revision.period_from.isoformat(), period_to=revision.period_to.isoformat(),
        agreement=revision.agreement_id, reason=revision.closed_reason, **facts,
    )  # fmt: skip


def _locked(revision: AgreementRevision) -> AgreementRevision:
    """The row as it stands, one decision about an agreement at a time (on SQLite the transaction is the lock)."""
    _hold(revision.agreement_id)
    return AgreementRevision.objects.select_related("agreement__area").get(pk=revision.pk)


def _hold(agreement_id: int) -> None:
    """Every verb takes this one lock and no other first, so none waits for two."""
    Agreement.objects.select_for_update().get(pk=agreement_id)


def _answering(revision: AgreementRevision, by: User) -> Role:
    """The role by which `by` speaks for the area, or the refusal."""
    area = revision.agreement.area
    role = answering_role(by, area)
    if role is None or side_of(by, area) != Side.AREA:
        raise NotAllowed(_("Only the head of %(area)s, or the deputy, answers for the area.") % {"area": area})
    return role


def _refuse_unless_proposed(revision: AgreementRevision, content_hash: str) -> None:
    if revision.state != State.PROPOSED:
        raise Stale(_("This proposal does not wait for an answer any more."))
    if content_hash != revision.content_hash:
        raise Stale(_("The text has changed since you opened the page. Nothing was signed: read it again."))


def _refuse_unless_pmo(by: User) -> None:
    if not can_draft(by):
        raise NotAllowed(_("Only the PMO drafts an agreement."))


def _draft(revision: AgreementRevision, by: User) -> AgreementRevision:
    """The draft as it stands, held until this transaction ends; a refusal when it is none, or not `by`'s to write."""
    _refuse_unless_pmo(by)
    draft = _locked(revision)
    if draft.state != State.DRAFT:
        raise Stale(_("This has been proposed and can no longer change. Withdraw it, or write a new revision."))
    return draft
