"""A revision, its rows, its promises and its signatures as lines of a page."""

from collections.abc import Collection
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from pmo_portal.common.models import Organisation, fingerprint_of
from pmo_portal.common.prose import plain
from pmo_portal.common.words import day, moment
from stakeholders.agreements.models import AgreementRevision, Promise, Row, Side
from stakeholders.agreements.reading.changes import row_changes
from stakeholders.agreements.words import KINDS, WORDS

State = AgreementRevision.State
TONES = {
    State.DRAFT: "neutral", State.PROPOSED: "info", State.IN_FORCE: "good",
    State.SUPERSEDED: "done", State.DECLINED: "bad", State.WITHDRAWN: "neutral",
    State.COUNTERED: "neutral",
}  # fmt: skip
# How the area's own words are called, where it is not as with those of the PMO; by state, and whether never sent.
OF_THE_AREA = {
    (State.DRAFT, True): gettext_noop("Your changes, not sent yet"),
    (State.WITHDRAWN, True): gettext_noop("Your changes, put aside"),
    (State.PROPOSED, False): gettext_noop("Waits for the %(office)s's signature"),
}
PROMISE_TONES = {Promise.State.OPEN: "neutral", Promise.State.IN_PROGRESS: "info", Promise.State.KEPT: "good"}


def period(revision: AgreementRevision) -> str:
    """The period in words."""
    return _("%(first)s to %(last)s") % {"first": day(revision.period_from), "last": day(revision.period_to)}


def status(revision: AgreementRevision, side: Side | None = None) -> dict[str, Any]:
    """The state as a word and a tone, for one of the sides; a period that is over is said."""
    state = State(revision.state)
    if state == State.PROPOSED and side == revision.signs_next:
        return {"word": _("Waits for your signature"), "tone": "warn"}
    if revision.side == Side.AREA and (words := OF_THE_AREA.get((state, revision.was_never_sent))):
        return {"word": _(words) % {"office": Organisation.current().office_name}, "tone": "info"}
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


def row_line(row: Row, area: str, office: str, *, against: AgreementRevision | None = None) -> dict[str, Any]:
    """A row as the component shows it; with what changed in it `against` the revision that its own one answers."""
    return {
        "row": row, "need": row.you_need, "we_commit": row.we_commit, "you_commit": row.you_commit,
        "notice": row.you_will_notice, "area": area, "office": office, "note": row.area_note,
        "due": day(row.due_on), "anchor": f"row-{row.pk}", "known_as": row.pk,
        "clause": f"{row.clause.number} {plain(row.clause.text)}".strip() if row.clause else "",
        "clause_url": f"{reverse('mandate:live')}#clause-{row.clause.key}" if row.clause else "",
        "promises": [
            {**promise_line(promise), "side": office if promise.side == Side.PMO else area}
            for promise in row.promises.all()
        ],
        **(_against(row, area, office) if against else _marked(row)),
    }  # fmt: skip


def _marked(row: Row) -> dict[str, Any]:
    """Who of the area changed this row in a draft that both sides write."""
    if row.changed_by is None:
        return {}
    return {"changed": _("Changed by %(name)s on %(day)s") % {"name": row.changed_by, "day": day(row.changed_at)}}


def _against(row: Row, area: str, office: str) -> dict[str, Any]:
    """What a row says otherwise than the one that it answers."""
    before = row.came_from
    if before is None:
        return {"is_new": True}
    told: dict[str, Any] = {"changes": row_changes(row), "seen": fingerprint_of(row, list(Row.SAYS))}
    told["foreign"] = _foreign(row, told["changes"], area, office)
    if row.revision.side == Side.AREA:
        # The proposal's row stands for the answer's: its address and its note stay when the answer is taken back.
        told |= {"anchor": f"row-{before.pk}", "known_as": before.pk, "note": before.area_note}
    return told


def _foreign(row: Row, changes: Collection[str], area: str, office: str) -> dict[str, str]:
    """The changed cells in which one side has reworded the other's own, with words that say so."""
    by_area = row.revision.side == Side.AREA
    names = {"by": area, "owner": office} if by_area else {"by": office, "owner": area}
    words = _("Reworded by %(by)s; %(owner)s has to agree.") % names
    return {cell: words for cell in changes if cell in Row.CELLS and (cell in Row.OF_THE_AREA) is not by_area}


def signatures(revision: AgreementRevision) -> list[dict[str, Any]]:
    """Both sides' signatures, the open one with whom it waits for."""
    office, area = Organisation.current().office_name, revision.agreement.area.name
    standing = {signature.side: signature for signature in revision.signatures.all()}
    shown = []
    for side, words in (
        (Side.PMO, _("For the %(name)s") % {"name": office}),
        (Side.AREA, _("For %(name)s") % {"name": area}),
    ):
        signature = standing.get(side)
        shown.append(
            {
                "side": words,
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
    if revision.state in AgreementRevision.ANSWERED:
        return []
    office = {"office": Organisation.current().office_name}
    labels = [_("Draft"), _("Shared"), _("Signed by the %(office)s") % office, _("Signed by both")]
    reached = {State.DRAFT: 1 if revision.shared_at else 0, State.PROPOSED: 2}
    if revision.side == Side.AREA:
        theirs = _("Your words") if revision.was_never_sent else _("The area's words")
        labels = [_("Proposed by the %(office)s") % office, theirs, _("Signed by the area"), _("Signed by both")]
        reached = {State.DRAFT: 1, State.PROPOSED: 2}
    done = reached.get(State(revision.state), 4)
    return [
        {
            "label": label,
            "state": "done" if i <= done and done == 4 or i < done else "current" if i == done else "todo",
        }
        for i, label in enumerate(labels)
    ]


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
