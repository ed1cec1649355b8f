"""What the pages of an agreement show; writes nothing."""

from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from mandate.models import MandateVersion
from pmo_portal.common.models import Organisation
from pmo_portal.common.words import day, moment
from pmo_portal.outbox.reading import asked
from stakeholders.agreements.access import can_countersign, can_propose, side_of
from stakeholders.agreements.models import AgreementRevision, Promise, Row, Side
from stakeholders.agreements.notices import ASKING
from stakeholders.agreements.words import KINDS, WORDS
from stakeholders.people.models import Person, Role
from stakeholders.people.reading import Offer

State = AgreementRevision.State
# The letters that ask the area about a revision, by its state, as the post room knows them.
ASKED_BY = ASKING
DUE_SOON = timedelta(days=14)
ROW_TOOLS = "stakeholders/agreements/parts/row_tools.html"
TONES = {
    State.DRAFT: "neutral", State.PROPOSED: "info", State.IN_FORCE: "good",
    State.SUPERSEDED: "done", State.DECLINED: "bad", State.WITHDRAWN: "neutral",
}  # fmt: skip
PROMISE_TONES = {Promise.State.OPEN: "neutral", Promise.State.IN_PROGRESS: "info", Promise.State.KEPT: "good"}


def period(revision: AgreementRevision) -> str:
    """The period in words."""
    return _("%(first)s to %(last)s") % {"first": day(revision.period_from), "last": day(revision.period_to)}


def status(revision: AgreementRevision, side: Side | None = None) -> dict[str, Any]:
    """The state as a word and a tone, for one of the sides; a period that is over is said."""
    state = State(revision.state)
    if state == State.PROPOSED and side == Side.AREA:
        return {"word": _("Waits for your signature"), "tone": "warn"}
    if revision.has_ended:
        return {"word": _("Ended %(day)s") % {"day": day(revision.period_to)}, "tone": "done"}
    if state == State.DRAFT and revision.shared_at:
        return {"word": _("Shared draft"), "tone": "info"}
    return {"word": state.label, "tone": TONES[state]}


def promise_line(promise: Promise) -> dict[str, Any]:
    """A promise as the component shows it; late is said before its state."""
    state = Promise.State(promise.state)
    word, tone = (_("Late"), "bad") if promise.is_late else (str(state.label), PROMISE_TONES[state])
    return {
        "text": promise.text, "word": word, "tone": tone,
        "due": promise.evidence if state == Promise.State.KEPT else _("by %(day)s") % {"day": day(promise.due_on)},
        "url": reverse("agreements:promise", kwargs={"pk": promise.pk}),
    }  # fmt: skip


def row_line(row: Row, area: str, office: str) -> dict[str, Any]:
    """A row as the component shows it."""
    return {
        "row": row, "anchor": f"row-{row.pk}", "need": row.you_need,
        "we_commit": row.we_commit, "you_commit": row.you_commit,
        "notice": row.you_will_notice, "area": area, "office": office, "note": row.area_note,
        "due": day(row.due_on),
        "clause": f"{row.clause.number} {row.clause.text}".strip() if row.clause else "",
        "clause_url": f"{reverse('mandate:live')}#clause-{row.clause.key}" if row.clause else "",
        "promises": [
            {**promise_line(promise), "side": office if promise.side == Side.PMO else area}
            for promise in row.promises.all()
        ],
    }  # fmt: skip


def signatures(revision: AgreementRevision) -> list[dict[str, Any]]:
    """Both sides' signatures, the open one with whom it waits for."""
    office, area = Organisation.current().office_name, revision.agreement.area.name
    standing = {signature.side: signature for signature in revision.signatures.all()}
    shown = []
    for side, name in ((Side.PMO, office), (Side.AREA, area)):
        signature = standing.get(side)
        shown.append(
            {
                "side": _("For %(name)s") % {"name": name},
                "name": signature.name if signature else "",
                "capacity": signature.capacity if signature else "",
                "at_text": moment(signature.at) if signature else "",
                "hash_short": " ".join((signature.content_hash[:4], signature.content_hash[4:8]))
                if signature
                else "",
            }
        )
    return shown


def steps(revision: AgreementRevision) -> list[dict[str, Any]]:
    """How far a revision has come."""
    labels = [_("Draft"), _("Shared"), _("Signed by the PMO"), _("Signed by both")]
    reached = {State.DRAFT: 1 if revision.shared_at else 0, State.PROPOSED: 2}
    if revision.state in {State.DECLINED, State.WITHDRAWN}:
        return []
    done = reached.get(State(revision.state), 4)
    return [
        {
            "label": label,
            "state": "done" if i <= done and done == 4 or i < done else "current" if i == done else "todo",
        }
        for i, label in enumerate(labels)
    ]


def page(revision: AgreementRevision, user: Any) -> dict[str, Any]:
    """A revision as this user sees it, with what they may do next."""
    area, office = revision.agreement.area, Organisation.current().office_name
    side = side_of(user, area)
    is_draft = revision.state == State.DRAFT
    if is_draft:
        revision.stand_on(MandateVersion.objects.live().first())
    return {
        "revision": revision,
        "agreement": revision.agreement,
        "area": area,
        "office": office,
        "status": status(revision, side),
        "steps": steps(revision),
        "content_hash": revision.content_hash or revision.fingerprint(),
        "open_notes": [row.area_note for row in revision.rows.all() if is_draft and row.area_note],
        "rows": [row_line(row, area.name, office) for row in revision.rows.all()],
        "signatures": signatures(revision) if not is_draft else [],
        "facts": [
            {"label": _("Area"), "value": area.name, "url": area.get_absolute_url() if side else ""},
            {"label": _("Period"), "value": period(revision)},
            {"label": _("Revision"), "value": revision.number},
        ],
        "row_tools": ROW_TOOLS if (is_draft and side) or revision.state == State.IN_FORCE else "",
        "can_edit": is_draft and side == Side.PMO,
        "can_note": is_draft and side == Side.AREA,
        "can_share": is_draft and side == Side.PMO and revision.shared_at is None,
        "can_propose": is_draft and can_propose(user),
        "can_withdraw": revision.state == State.PROPOSED and can_propose(user),
        "can_countersign": can_countersign(user, revision),
        "can_revise": not is_draft and revision.state != State.PROPOSED and side == Side.PMO,
        "missing": revision.missing() if is_draft and side == Side.PMO else [],
        "note": revision.closed_reason,
    }


def words_to_start_from(revision: AgreementRevision) -> list[dict[str, Any]]:
    """The rows to start from, by kind of area; those whose *you need* stands in the draft are marked."""
    needs = {row.you_need.casefold() for row in revision.rows.all()}
    return [
        {
            "kind": kind,
            "title": title,
            "rows": [
                {"id": f"id_rows_{place}", "words": words, "stands": str(words.you_need).casefold() in needs}
                for place, words in enumerate(WORDS)
                if words.kind == kind
            ],
        }
        for kind, title in KINDS.items()
    ]


def own_promises(revision: AgreementRevision) -> list[dict[str, Any]]:
    """What the area itself will have promised once it has signed, restated before it does."""
    return [
        {"label": row.you_commit, "value": day(row.due_on or revision.period_to)}
        for row in revision.rows.all()
        if row.you_commit
    ]


# --- what could be asked of a person, besides the signature -----------------------------------------
def open_for(person: Person, on: date) -> list[Offer]:
    """Shared drafts without a note and promises late or due soon, of the areas that a person speaks for that day."""
    areas = list(Role.objects.signing(on).filter(person=person).values_list("area", flat=True))
    return [*_drafts_for(person, areas), *_promises_for(areas, on)] if areas else []


def _drafts_for(person: Person, areas: list[int]) -> list[Offer]:
    shared = AgreementRevision.objects.in_state(State.DRAFT).filter(
        agreement__area__in=areas, shared_at__isnull=False
    )
    drafts = shared.exclude(pk__in=Row.objects.exclude(area_note="").values("revision")).order_by("shared_at", "pk")
    found = list(drafts.select_related("agreement__area"))
    sent = asked([draft.key for draft in found])
    address = person.user.email if person.user else ""
    return [
        _draft_offer(draft, len(thing.at) if (thing := sent.get((ASKED_BY[State.DRAFT], draft.key, address))) else 0)
        for draft in found
    ]


def _draft_offer(draft: AgreementRevision, letters: int) -> Offer:
    words = {"area": draft.agreement.area, "office": Organisation.current().office_name}
    return Offer(
        kind="draft",
        key=draft.key,
        title=_("Read the draft agreement of %(area)s") % words,
        text=_("The %(office)s shares a draft of the agreement with %(area)s: say what should change.") % words,
        path=draft.agreement.get_absolute_url(),
        action=_("Read the draft"),
        hint=period(draft),
        letters=letters,
    )


def _promises_for(areas: list[int], on: date) -> list[Offer]:
    due = Promise.objects.open().filter(
        side=Side.AREA, row__revision__state=State.IN_FORCE, row__revision__agreement__area__in=areas,
        due_on__lte=on + DUE_SOON,
    )  # fmt: skip
    return [_promise_offer(promise, on) for promise in due.select_related("row__revision__agreement__area")]


def _promise_offer(promise: Promise, on: date) -> Offer:
    is_late = promise.due_on < on
    text = Truncator(" ".join(promise.text.split())).chars(160)
    words = {"area": promise.row.revision.agreement.area, "text": text, "day": day(promise.due_on)}
    return Offer(
        kind="late" if is_late else "due",
        key=f"promise:{promise.pk}",
        title=_("Say how your promise stands: %(text)s") % words,
        text=_("You promised for %(area)s: %(text)s") % words,
        path=reverse("agreements:promise", kwargs={"pk": promise.pk}),
        action=_("Say how it stands"),
        hint=(_("Was due on %(day)s") if is_late else _("Due on %(day)s")) % words,
    )
