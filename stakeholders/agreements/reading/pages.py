"""The page of a revision, and the page that is checked before a signature, for one viewer."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from mandate.models import MandateVersion
from pmo_portal.common.models import Organisation
from pmo_portal.common.words import day
from stakeholders.agreements.access import can_answer, can_propose, can_withdraw, side_of, speaks_for
from stakeholders.agreements.models import AgreementRevision, Missing, Row, Side
from stakeholders.agreements.reading.changes import changed_rows, count, frame_changes, left_out
from stakeholders.agreements.reading.lines import period, row_line, signatures, status, steps

State = AgreementRevision.State
SIGNED_BY_BOTH = (State.IN_FORCE, State.SUPERSEDED)
ROW_TOOLS = "stakeholders/agreements/parts/row_tools.html"


def page(revision: AgreementRevision, user: Any) -> dict[str, Any]:
    """A revision as this user sees it, with what they may do next."""
    area, office = revision.agreement.area, Organisation.current().office_name
    side = side_of(user, area)
    is_draft = revision.state == State.DRAFT
    if is_draft and revision.side == Side.PMO:
        revision.stand_on(MandateVersion.objects.live().first())
    # Marks are for who still decides, or reads what came of it; words that both signed stand as they were signed.
    marks = revision.state not in SIGNED_BY_BOTH
    answered = revision.answers if marks else None
    return {
        "revision": revision,
        "agreement": revision.agreement,
        "area": area,
        "office": office,
        "status": status(revision, speaks_for(user, area)),
        "steps": steps(revision),
        "content_hash": revision.content_hash or revision.fingerprint(),
        "open_notes": [row.area_note for row in revision.rows.all() if is_draft and row.area_note],
        "rows": [row_line(row, area.name, office, against=answered) for row in revision.rows.all()],
        "signatures": signatures(revision) if not is_draft else [],
        "facts": [
            {"label": _("Area"), "value": area.name, "url": area.get_absolute_url() if side else ""},
            {"label": _("Period"), "value": period(revision)},
            {"label": _("Revision"), "value": revision.number},
        ],
        "frame_changes": frame_changes(revision) if marks else [],
        "left_out": left_out(revision) if marks else [],
        "note": revision.closed_reason,
        **(_for_the_pmo(revision, user) if side == Side.PMO else _for_the_area(revision) if side else {}),
        **_for_both(revision, user, side),
    }


def _for_both(revision: AgreementRevision, user: Any, side: Side | None) -> dict[str, Any]:
    """What either side may do with a proposal, and what stands under its rows."""
    is_proposed = revision.state == State.PROPOSED
    return {
        "row_tools": ROW_TOOLS if _has_ways(revision, side) else "",
        "can_sign": can_answer(user, revision) and not _answer_to(revision, side),
        "can_withdraw": is_proposed and can_withdraw(user, revision),
        "waits_for_other": is_proposed and side == revision.side,
        "signed_on": day(revision.sealed_at),
    }


def _has_ways(revision: AgreementRevision, side: Side | None) -> bool:
    """Something stands under the rows of this page: what may be done with them, notes, promises."""
    if revision.state == State.IN_FORCE or side is None:
        return revision.state == State.IN_FORCE
    if side == Side.AREA:
        return revision.is_open_to_the_area
    noted = any(row.area_note or (row.came_from and row.came_from.area_note) for row in revision.rows.all())
    return revision.state == State.DRAFT or (revision.state == State.PROPOSED and noted)


def _for_the_pmo(revision: AgreementRevision, user: Any) -> dict[str, Any]:
    is_draft, is_proposed = revision.state == State.DRAFT, revision.state == State.PROPOSED
    waiting = revision.answers if is_draft and revision.answers else None
    return {
        "can_edit": is_draft,
        "can_share": is_draft and revision.shared_at is None,
        "can_propose": is_draft and can_propose(user),
        "can_revise": not is_draft and not is_proposed,
        "can_write_answer": is_proposed and revision.side == Side.AREA,
        "shows_notes": is_draft or is_proposed,
        "missing": gaps(revision, Side.PMO) if is_draft else [],
        "waiting": waiting if waiting and waiting.state == State.PROPOSED else None,
    }


def _for_the_area(revision: AgreementRevision) -> dict[str, Any]:
    """The head's way: change words and leave notes; the words that are not sent yet, counted and with their hash."""
    is_draft = revision.state == State.DRAFT
    is_own = is_draft and revision.side == Side.AREA
    is_open = revision.is_open_to_the_area
    return {
        "can_reword": is_open,
        "can_note": is_open,
        "is_asked": is_draft and is_open and not is_own,
        "is_own": is_own,
        "changes_made": count(revision) if is_own else 0,
        "missing": gaps(revision, Side.AREA) if is_own else [],
        "is_put_aside": revision.was_never_sent and not is_draft,
        "own_answer": _answer_to(revision, Side.AREA),
    }


def _answer_to(revision: AgreementRevision, side: Side | None) -> bool:
    """The area has words of its own for this proposal, not sent yet: it signs them, or takes them back."""
    if side != Side.AREA or revision.state != State.PROPOSED or revision.side != Side.PMO:
        return False
    return revision.answered_with.unsent().exists()


def gaps(revision: AgreementRevision, side: Side) -> list[dict[str, Any]]:
    """What is missing before a signature, each line with the address where this side writes it, if it can."""
    place = _where_the_pmo_writes if side == Side.PMO else _where_the_area_writes
    return [{"words": gap.words, "url": place(revision, gap)} for gap in revision.missing()]


def _where_the_pmo_writes(revision: AgreementRevision, gap: Missing) -> str:
    here = {"pk": revision.agreement_id}
    if gap.row:
        return f"{reverse('agreements:row', kwargs={**here, 'row_pk': gap.row.pk})}#id_{gap.at}"
    pages = {
        "aim": f"{reverse('agreements:frame', kwargs=here)}#id_aim",
        "period_to": f"{reverse('agreements:frame', kwargs=here)}#id_period_to",
        "rows": reverse("agreements:add_row", kwargs=here),
        "mandate": reverse("mandate:draft"),
        "people": reverse("people:people"),
    }
    return pages.get(gap.at, "")


def _where_the_area_writes(revision: AgreementRevision, gap: Missing) -> str:
    """Every cell of a proposal and its day can be reworded by the area; nothing else is the area's to write."""
    if not gap.row or gap.at not in Row.SAYS:
        return ""
    return _page_of_change(revision, gap.row, Side.AREA, gap.at)


def sign_page(revision: AgreementRevision, user: Any) -> dict[str, Any]:
    """What a side checks before it signs: what changed, its own promises restated, the whole text."""
    side = Side.AREA if revision.was_never_sent else revision.signs_next
    shown = page(revision, user)
    return {
        **shown,
        "side": side,
        "signs_for": shown["office"] if side == Side.PMO else shown["area"].name,
        "is_answer": revision.was_never_sent,
        "changed_rows": changed_rows(revision) if revision.answers else [],
        "own": own_promises(revision, side),
    }


def own_promises(revision: AgreementRevision, side: Side = Side.AREA) -> list[dict[str, Any]]:
    """What a side itself will have promised once both have signed, each with its row's page of change."""
    return [
        {"label": text, "value": day(row.due_on or revision.period_to), "url": _page_of_change(revision, row, side)}
        for row in revision.rows.all()
        if (text := row.you_commit if side == Side.AREA else row.we_commit)
    ]


def _page_of_change(revision: AgreementRevision, row: Row, side: Side, cell: str = "you_commit") -> str:
    if side == Side.PMO:
        return ""
    # An answer of one's own is changed further; the PMO's answer to it opens another.
    known_as = row.came_from_id if revision.was_never_sent else row.pk
    page = reverse("agreements:change", kwargs={"pk": revision.agreement_id, "row_pk": known_as})
    return f"{page}#id_{cell}"
