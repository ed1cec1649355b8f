"""Pasted rows in words: what they would bring, what is wrong with them, and what was brought in."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stakeholders.reorganisation.reading.pasted import Line, Paste

MOST_PROBLEMS = 30


def preview(plan: Paste) -> dict[str, Any]:
    """What the page shows before anything is brought in."""
    if plan.problems:
        return {"problems": plan.problems[:MOST_PROBLEMS], "more": max(0, len(plan.problems) - MOST_PROBLEMS)}
    return {
        "is_preview": True,
        "has_changes": plan.has_changes,
        "news": news(plan),
        "lines": [_shown(line) for line in plan.lines],
        "seen": plan.fingerprint(),
    }


def news(plan: Paste) -> list[str]:
    """How much is new."""
    areas, people = plan.new_areas, len(plan.newcomers)
    heads = sum(line.has_new_head for line in plan.lines)
    addresses = sum(bool(line.address) for line in plan.lines)
    return [
        words % {"n": n}
        for n, words in (
            (areas, ngettext("%(n)d new area", "%(n)d new areas", areas)),
            (people, ngettext("%(n)d new person", "%(n)d new people", people)),
            (heads, ngettext("%(n)d area gets a head", "%(n)d areas get a head", heads)),
            (addresses, ngettext("%(n)d address is added", "%(n)d addresses are added", addresses)),
        )
        if n
    ]


def brought(plan: Paste) -> str:
    """What was done, when it is done."""
    if not plan.has_changes:
        return _("All of it stood already; nothing was brought in.")
    return _("Brought in: %(what)s. Nobody has been written to.") % {"what": ", ".join(news(plan))}


def _shown(line: Line) -> dict[str, Any]:
    known = line.head or line.person
    return {
        "area": line.area.name if line.area else line.row.area,
        "area_status": _status(line.area is None, _("New area")),
        "head": str(known or line.row.head),
        "email": line.address or (known.email if known else line.newcomer_email),
        "head_status": _head_status(line),
    }


def _status(is_new: bool, words: str) -> dict[str, str]:
    return {"word": words, "tone": "info"} if is_new else {"word": _("Stands already"), "tone": "done"}


def _head_status(line: Line) -> dict[str, str] | None:
    if line.address:
        return _status(True, _("Gets this address"))
    if line.head:
        return _status(False, "")
    if line.person:
        return _status(True, _("Known, becomes head"))
    return _status(True, _("New, becomes head")) if line.newcomer else None
