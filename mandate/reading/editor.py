"""What the editor shows of a draft: its parts, its rows, what is missing; writes nothing."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mandate.models import Clause, DecisionStep, MandateVersion, Missing, Objective, Part, Power
from pmo_portal.audit.models import Entry
from pmo_portal.common.words import day, moment

PART_TITLES = {
    "why": gettext_lazy("Why this office exists"),
    "purpose": gettext_lazy("Purpose"),
    "helps": gettext_lazy("How it helps the business"),
    "objectives": gettext_lazy("Objectives"),
    "services": gettext_lazy("Services"),
    "clauses": gettext_lazy("Clauses: does, shared, does not"),
    "powers": gettext_lazy("Authority"),
    "decisions": gettext_lazy("Who decides what"),
    "measures": gettext_lazy("Measures of success"),
    "message": gettext_lazy("A word from the issuer"),
    "frame": gettext_lazy("Reports to, and how long it holds"),
    "change": gettext_lazy("What changed"),
}
NEW_ROW = {
    "objectives": gettext_lazy("Add an objective"),
    "services": gettext_lazy("Add a service"),
    "clauses": gettext_lazy("Add a clause"),
    "powers": gettext_lazy("Add what the office may do by itself"),
    "decisions": gettext_lazy("Add who decides"),
    "measures": gettext_lazy("Add a measure"),
}
PART_HINTS = {
    "why": gettext_lazy("The business problem, who asked for help with it, and how people notice."),
    "purpose": gettext_lazy("One paragraph that a department head would repeat."),
    "helps": gettext_lazy("What the business gains from it."),
    "objectives": gettext_lazy("What will be reached, by which measure, and when."),
    "services": gettext_lazy("What people get, when, how to ask, and what you need from them."),
    "clauses": gettext_lazy("One sentence each; what you do not do names who does."),
    "powers": gettext_lazy("What the office may decide, demand or stop of its own right, and within which limit."),
    "decisions": gettext_lazy("For each matter who decides, up to which limit, and how soon they answer."),
    "measures": gettext_lazy("How anybody can tell whether the office succeeds, and where to see it."),
    "message": gettext_lazy("Why this office matters, in the issuer's own words: they stand beside their name."),
    "frame": gettext_lazy("The area that the office reports to, from when to when, and when it is looked at again."),
    "change": gettext_lazy("For those who know the version before."),
}
# Parts that may stay empty; the first hour does not need them.
FOLDED = ("powers", "decisions", "measures", "message", "frame")
NO_ROWS = {
    "objectives": gettext_lazy("What you want to have reached, so that people can tell whether it helps."),
    "services": gettext_lazy("What people can have from you. It spares them guessing, and you the wrong requests."),
    "clauses": gettext_lazy("What you do, what you share, what others do. It spares you work that is not yours."),
    "powers": gettext_lazy("What nobody has to allow you each time. It spares you asking, and others guessing."),
    "decisions": gettext_lazy(
        "Whom to ask, and who is next when it is beyond them. It spares everybody a wrong door."
    ),
    "measures": gettext_lazy("What anybody can look up. It spares you having to say that things go well."),
}
TWO_WORDINGS = "two_wordings"


@dataclass(frozen=True)
class Task:
    """One line of a task list."""

    title: Any
    url: str
    hint: Any = ""
    status: dict[str, Any] | None = None
    may_stay_empty: bool = False


def part_url(part: str) -> str:
    """Where a part of the draft is written."""
    return reverse("mandate:part", kwargs={"part": part})


def draft_page(draft: MandateVersion) -> dict[str, Any]:
    """A draft as a task list: what review asks for, what may stay empty, and all that is missing."""
    tasks = parts(draft)
    return {
        "tasks": [task for task in tasks if not task.may_stay_empty],
        "more": [task for task in tasks if task.may_stay_empty],
        "is_more_open": any(says_something(draft, part) for part in FOLDED),
        "missing": gaps(draft.missing()),
    }


def parts(draft: MandateVersion) -> list[Task]:
    """The parts of a draft, each with what it still needs."""
    lacking: dict[str, int] = {}
    for gap in draft.missing():
        lacking[gap.part] = lacking.get(gap.part, 0) + 1
    tells_of_change = bool(draft.change_note) or not draft.is_first
    return [
        Task(
            title,
            part_url(part),
            PART_HINTS[part],
            _part_status(draft, part, lacking.get(part, 0)),
            may_stay_empty=part in FOLDED,
        )
        for part, title in PART_TITLES.items()
        if part != "change" or tells_of_change
    ]


def _part_status(draft: MandateVersion, part: str, lacking: int) -> dict[str, Any]:
    if lacking:
        return {"word": _("%(count)s to do") % {"count": lacking}, "tone": "neutral"}
    if part in FOLDED and not says_something(draft, part):
        return {"word": _("Nothing yet, and may stay so"), "tone": "neutral", "icon": "minus"}
    return {"word": _("Ready"), "tone": "done"}


def says_something(draft: MandateVersion, part: str) -> bool:
    """Whether anything is written in a part that may stay empty."""
    if part == "frame":
        return any(getattr(draft, name) for name in ("reports_to", *MandateVersion.DATES))
    return bool(draft.message) if part == "message" else bool(getattr(draft, part).all())


def gaps(missing: Iterable[Missing]) -> list[dict[str, Any]]:
    """What is missing, each line with the address of the very field where it is written."""
    return [{"words": gap.words, "url": _place_of(gap)} for gap in missing]


def _place_of(gap: Missing) -> str:
    page = reverse("mandate:row", kwargs={"part": gap.part, "pk": gap.row.pk}) if gap.row else part_url(gap.part)
    return f"{page}#id_{gap.field}" if gap.field else page


# --- rows ---------------------------------------------------------------------------------------
def row_title(row: Part) -> str:
    """A row as a list names it, also while it has no words yet."""
    if isinstance(row, DecisionStep):
        return row.who or _("Nobody named yet")
    return str(row) if getattr(row, row.CELLS[0]) else _("No words yet")


def _hint(row: Part) -> str:
    """What else a row says, in one line."""
    facts: list[str] = []
    if isinstance(row, DecisionStep):
        facts = [row.limit, _days(row.answer_days)]
    elif isinstance(row, Power):
        facts = [row.get_kind_display(), row.limit]
    elif isinstance(row, Objective):
        facts = [row.measure, _("by %(day)s") % {"day": day(row.due_on)} if row.due_on else ""]
    return " · ".join(fact for fact in facts if fact)


def _days(count: int | None) -> str:
    if count is None:
        return ""
    words = ngettext("answers within %(count)s working day", "answers within %(count)s working days", count)
    return words % {"count": count}


def row_groups(version: MandateVersion, part: str) -> list[dict[str, Any]]:
    """The rows of a part as the editor lists them: clauses by kind and numbered, steps of one matter as a path."""
    if part == "decisions":
        return _grouped(version.decisions.all(), lambda step: step.same_matter, lambda step: step.matter)
    if part != "clauses":
        return _grouped(getattr(version, part).all(), lambda _row: "", lambda _row: "")
    return _grouped(version.numbered_clauses(), lambda row: row.kind, lambda row: Clause.Kind(row.kind).label)


def _grouped(rows: Iterable[Any], same: Callable[[Any], str], title: Callable[[Any], Any]) -> list[dict[str, Any]]:
    """Rows in groups of those that are the same in some way, in the order of the first of each."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        group = found.setdefault(same(row), {"title": title(row), "first": row.pk, "rows": []})
        group["rows"].append({"pk": row.pk, "title": row_title(row), "hint": _hint(row)})
    return list(found.values())


# --- both wordings ------------------------------------------------------------------------------
def subject_of(row: MandateVersion | Part) -> str:
    """What both wordings are kept under: the version, or one of its rows."""
    return row.key if isinstance(row, MandateVersion) else f"{row.version.key}:{row._meta.model_name}:{row.pk}"


def two_wordings(row: MandateVersion | Part, fields: Collection[str], most: int = 3) -> list[dict[str, Any]]:
    """Where two people wrote the same of these fields at once: both wordings, as they were; the newest first."""
    kept = Entry.objects.filter(verb=TWO_WORDINGS, subject=subject_of(row)).select_related("by").order_by("-pk")
    found = []
    for entry in kept[:20] if row.pk else ():
        lines = [
            {"label": capfirst(row._meta.get_field(name).verbose_name), "theirs": theirs, "mine": mine}  # type: ignore[union-attr]
            for name, theirs, mine in entry.details["wordings"]
            if name in fields
        ]
        if lines:
            found.append({"by": str(entry.by), "at": moment(entry.at), "lines": lines})
    return found[:most]
