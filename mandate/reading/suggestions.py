"""Other words in place: what differs, where, and what became of it; writes nothing."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandate.models import Cell, Clause, MandateVersion, Part, Suggestion, tidy
from mandate.reading.pages import Places
from pmo_portal.common.compare import Kind, compare, one_side
from pmo_portal.common.models import Organisation
from pmo_portal.common.words import day

Holders = Mapping[tuple[str, str], MandateVersion | Part]


def name_of(cell: Cell, holder: MandateVersion | Part) -> str:
    """The thing that a cell belongs to, in words."""
    if isinstance(holder, Clause):
        return _("Clause %(number)s") % {"number": holder.number}
    if isinstance(holder, Part):
        return _("%(what)s “%(name)s”") % {"what": ROW_NAMES[cell.part], "name": holder.short_name}
    return str(TEXT_NAMES[cell.field])


TEXT_NAMES = {
    "why_before": gettext_lazy("Before this office"),
    "why_asked_by": gettext_lazy("Who asked for it"),
    "why_noticed": gettext_lazy("How you notice"),
    "purpose": gettext_lazy("Purpose"),
    "helps": gettext_lazy("How it helps you"),
    "message": gettext_lazy("A word from the issuer"),
    "reports_to": gettext_lazy("Reports to"),
}
ROW_NAMES = {
    "objectives": gettext_lazy("Objective"),
    "services": gettext_lazy("Service"),
    "powers": gettext_lazy("Authority"),
    "decisions": gettext_lazy("Who decides"),
    "measures": gettext_lazy("Measure"),
}


def field_name(cell: Cell, holder: MandateVersion | Part) -> str:
    """The name of a cell within its row; empty where the row's own name says it, and for a text of its own."""
    is_main = not cell.part or cell.field == "text"
    return "" if is_main else str(getattr(holder._meta.get_field(cell.field), "verbose_name", ""))


def places(version: MandateVersion, suggestions: Iterable[Suggestion], *, may_suggest: bool) -> Places:
    """What each place of a version offers to those who may suggest, and what they suggested there."""
    holders = version.holders()
    found: dict[str, dict[str, Any]] = {}
    for cell in version.cells() if may_suggest else ():
        holder = holders[cell.part, cell.row]
        url = reverse("mandate:suggest", kwargs={"number": version.number, "place": cell.place})
        found.setdefault(
            cell.place,
            {"name": name_of(cell, holder), "url": url, "anchor": f"at-{cell.place}", "suggestions": []},
        )
    for each in suggestions:
        if each.cell.place in found:
            found[each.cell.place]["suggestions"].append(suggestion_line(each, holders))
    return found


def place_to_suggest(version: MandateVersion, place: str) -> dict[str, Any] | None:
    """One place of a version for who may suggest other words: its name, and each cell with the words of its box.

    A suggestion that waits stands in the box in place of the old words. None when there is no such place.
    """
    cells = {cell: words for cell, words in version.cells().items() if cell.place == place}
    if not cells:
        return None
    waiting = {each.cell: each for each in version.suggestions.select_related("by").open() if each.cell in cells}
    holders = version.holders()
    first = next(iter(cells))
    holder = holders[first.part, first.row]
    return {
        "name": name_of(first, holder),
        "cells": {
            cell: (
                capfirst(field_name(cell, holder)) or _("The words"),
                waiting[cell].words if cell in waiting else words,
            )
            for cell, words in cells.items()
        },
        "waiting": [suggestion_line(each, holders) for each in waiting.values()],
    }


def word_of_issuer() -> dict[str, Any]:
    """What the issuer has said of the newest version that was sent to them: nothing yet, sent back, other words."""
    newest = MandateVersion.objects.sealed().with_decisions().first()
    if newest is None:
        return {}
    return {
        "newest": newest,
        "in_review": newest if newest.waits else None,
        "sent_back": newest.sent_back if newest.is_sent_back else None,
        "revoked": newest.approval.revocation if newest.is_revoked else None,
        "withdrawn": next((each.withdrawal for each in newest.publications.all() if each.is_withdrawn), None)
        if not newest.standing
        else None,
        "suggested": newest if newest.suggestions.open().exists() else None,
    }


def _becomes(suggestion: Suggestion) -> str:
    """What became of a suggestion, in words; while it is open, for whom it waits."""
    if suggestion.outcome == Suggestion.Outcome.OPEN:
        return _("Waits for the %(office)s") % {"office": Organisation.current().office_name}
    return str(suggestion.get_outcome_display())


def suggestion_line(suggestion: Suggestion, holders: Holders) -> dict[str, Any]:
    """A suggestion in words: where, both wordings with what differs, why, and what became of it."""
    cell, holder = suggestion.cell, holders[suggestion.part, suggestion.row]
    pieces = compare(suggestion.before, suggestion.words)
    return {
        "suggestion": suggestion,
        "pk": suggestion.pk,
        "name": name_of(cell, holder),
        "field": field_name(cell, holder),
        "pieces": pieces,
        "before": one_side(pieces, Kind.GONE),
        "after": one_side(pieces, Kind.NEW),
        "by": str(suggestion.by),
        "on": day(suggestion.at),
        "reason": suggestion.reason,
        "answer": suggestion.answer,
        "answered_by": str(suggestion.answered_by or ""),
        "status": {"word": _becomes(suggestion), "tone": OUTCOME_TONES[suggestion.outcome]},
    }


OUTCOME_TONES = {
    "open": "info",
    "accepted": "good",
    "declined": "warn",
    "taken_back": "neutral",
    "carried": "neutral",
}


def suggestions_on(version: MandateVersion) -> dict[str, Any]:
    """All that was suggested and answered around a version: open, declined, and accepted into one to come."""
    rows = list(version.suggestions.select_related("by", "answered_by", "led_to"))
    holders = version.holders()
    outcome = Suggestion.Outcome
    coming = [each for each in rows if each.outcome == outcome.ACCEPTED and each.led_to and not each.led_to.is_sealed]
    declined = [each for each in rows if each.outcome == outcome.DECLINED]
    return {
        "goes_at_once": any(each.is_open for each in rows) and version.goes_on_at_once(),
        "open_rows": [each for each in rows if each.is_open],
        "open": [suggestion_line(each, holders) for each in rows if each.is_open],
        "coming": [suggestion_line(each, holders) for each in coming],
        "declined": [suggestion_line(each, holders) for each in declined],
    }


def changes_since(version: MandateVersion) -> dict[str, Any] | None:
    """What the issuer's accepted suggestions made of the version before; None where there were none.

    Taken from what both versions say, not from what was suggested. `alone` is true when all else is the same,
    to the letter and the number.
    """
    answers = version.answered_suggestions.select_related("by", "answered_by", "version")
    accepted = [each for each in answers if each.outcome == Suggestion.Outcome.ACCEPTED]
    if not accepted:
        return None
    before = MandateVersion.objects.with_parts().get(pk=accepted[0].version_id)
    old, new, holders = before.cells(), version.cells(), version.holders()
    changed = [cell for cell in new if tidy(old.get(cell, "")) != tidy(new[cell])]
    return {
        "before": before,
        "alone": _frame(before) == _frame(version),
        "lines": [
            {
                "name": name_of(cell, holders[cell.part, cell.row]),
                "field": field_name(cell, holders[cell.part, cell.row]),
                "pieces": compare(old.get(cell, ""), new[cell]),
                "url": f"#at-{cell.place}",
            }
            for cell in changed
        ],
        "declined": [
            suggestion_line(each, before.holders())
            for each in answers
            if each.outcome == Suggestion.Outcome.DECLINED and each.version_id == before.pk
        ],
    }


def _frame(version: MandateVersion) -> list[Any]:
    """All that a version says beside the words of its cells: kinds, keys, numbers, days, the note on what changed."""
    rows = [holder for holder in version.holders().values() if isinstance(holder, Part)]
    facts = [{name: value for name, value in row.content().items() if name not in row.CELLS} for row in rows]
    change = [tidy(version.change_note), version.is_material]
    return [facts, sorted(cell.place + cell.field for cell in version.cells()), change]


def letter_to_start_from(version: MandateVersion) -> str:
    """Why, in three sentences, for the issuer to make their own: what changed and what for, or the start of each why.

    Of what changed no sentence is left out while there is room; where no office was before is no news any more.
    """
    if version.change_note and not version.is_first:
        said = [*_sentences(version.change_note), *_sentences(version.purpose)[:1]]
    else:
        whys = (version.why_before, version.why_asked_by, version.why_noticed)
        said = [first for text in whys for first in _sentences(text)[:1]]
    return " ".join(said[:3])


def _sentences(text: str) -> list[str]:
    """Each sentence of a text; the lines of a list are sentences too, without their dashes."""
    lines = (" ".join(line.split()) for line in re.split(r"\n\s*(?:[-*+]\s+|\d+[.)]\s+|\n)", f"\n{text}"))
    found = [sentence for line in lines for sentence in re.findall(r"\S.*?(?:[.!?](?=\s|$)|$)", line)]
    return [sentence if sentence[-1] in ".!?" else f"{sentence}." for sentence in found]
