"""What the pages of the mandate show; writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandate import paste
from mandate.models import Clause, MandateVersion, Missing, same_words
from mandate.notices import IN_REVIEW
from mandate.words import WORDS
from pmo_portal.common.models import Organisation

State = MandateVersion.State
# What may be done at each place of a version, by its name in an address; see reading.suggestions.places.
Places = Mapping[str, dict[str, Any]]

PART_TITLES = {
    "why": gettext_lazy("Why this office exists"),
    "purpose": gettext_lazy("Purpose"),
    "helps": gettext_lazy("How it helps the business"),
    "objectives": gettext_lazy("Objectives"),
    "services": gettext_lazy("Services"),
    "clauses": gettext_lazy("Clauses: does, shared, does not"),
    "change": gettext_lazy("What changed"),
}
PART_HINTS = {
    "why": gettext_lazy("The business problem, who asked for help with it, and how people notice."),
    "purpose": gettext_lazy("One paragraph that a department head would repeat."),
    "helps": gettext_lazy("What the business gains from it."),
    "objectives": gettext_lazy("What will be reached, by which measure, and when."),
    "services": gettext_lazy("What people get, when, how to ask, and what you need from them."),
    "clauses": gettext_lazy("One sentence each; what you do not do names who does."),
    "change": gettext_lazy("For those who know the version before."),
}
# The letter that asks the issuer about a version, as the post room knows it.
ASKED_BY = IN_REVIEW
TONES = {
    State.DRAFT: "neutral", State.IN_REVIEW: "info", State.APPROVED: "info", State.LIVE: "good",
    State.SENT_BACK: "warn", State.SUPERSEDED: "done", State.REVOKED: "warn", State.SCHEDULED: "info",
    State.WITHDRAWN: "warn",
}  # fmt: skip


# How far a version had come, where its state says what became of it.
STOOD_AT = {
    State.SENT_BACK: State.IN_REVIEW, State.REVOKED: State.IN_REVIEW, State.SCHEDULED: State.APPROVED,
    State.SUPERSEDED: State.LIVE, State.WITHDRAWN: State.LIVE,
}  # fmt: skip


def state_of(version: MandateVersion, live: MandateVersion | None) -> State:
    """Where a version stands, seen from the live one: worked out from its rows, kept nowhere."""
    held = [each for each in version.publications.all() if each.is_due()]
    found = [
        (not version.is_sealed, State.DRAFT),
        (live and version.pk == live.pk, State.LIVE),
        (held and held[0].is_withdrawn, State.WITHDRAWN),
        (held or (live and version.number < live.number), State.SUPERSEDED),
        (version.is_sent_back, State.SENT_BACK),
        (version.is_revoked, State.REVOKED),
        (version.standing, State.SCHEDULED),
        (hasattr(version, "approval"), State.APPROVED),
    ]
    return next((state for is_so, state in found if is_so), State.IN_REVIEW)


def status(
    version: MandateVersion, live: MandateVersion | None, newest: MandateVersion | None = None
) -> dict[str, Any]:
    """The state as a word and a tone; `newest` sent to review is decided, and none before it any more."""
    state = state_of(version, live)
    if newest and newest.number > version.number and state in (State.IN_REVIEW, State.APPROVED):
        return {"word": _("Overtaken by version %(number)s") % {"number": newest.number}, "tone": "done"}
    return {"word": state.label, "tone": TONES[state]}


@dataclass(frozen=True)
class Task:
    """One line of a task list."""

    title: Any
    url: str
    hint: Any = ""
    status: dict[str, Any] | None = None


def part_url(part: str) -> str:
    """Where a part of the draft is written."""
    return reverse("mandate:part", kwargs={"part": part})


def parts(draft: MandateVersion) -> list[Task]:
    """The parts of a draft, each with what it still needs."""
    lacking: dict[str, int] = {}
    for gap in draft.missing():
        lacking[gap.part] = lacking.get(gap.part, 0) + 1
    tells_of_change = bool(draft.change_note) or not draft.is_first
    return [
        Task(title, part_url(part), PART_HINTS[part], _part_status(lacking.get(part, 0)))
        for part, title in PART_TITLES.items()
        if part != "change" or tells_of_change
    ]


def _part_status(lacking: int) -> dict[str, Any]:
    if not lacking:
        return {"word": _("Ready"), "tone": "done"}
    return {"word": _("%(count)s to do") % {"count": lacking}, "tone": "neutral"}


def gaps(missing: list[Missing]) -> list[dict[str, Any]]:
    """What is missing, each line with the address where it is written."""
    return [
        {
            "words": gap.words,
            "url": reverse("mandate:row", kwargs={"part": gap.part, "pk": gap.row.pk})
            if gap.row
            else part_url(gap.part),
        }
        for gap in missing
    ]


NO_ROWS = {
    "objectives": gettext_lazy("What you want to have reached, so that people can tell whether it helps."),
    "services": gettext_lazy("What people can have from you. It spares them guessing, and you the wrong requests."),
    "clauses": gettext_lazy("What you do, what you share, what others do. It spares you work that is not yours."),
}


def row_groups(version: MandateVersion, part: str) -> list[dict[str, Any]]:
    """The rows of a part as the editor lists them: clauses numbered, and each kind under its own title."""
    if part != "clauses":
        rows = list(getattr(version, part).all())
        return [{"title": "", "rows": rows}] if rows else []
    clauses = version.numbered_clauses()
    groups = [{"title": kind.label, "rows": [row for row in clauses if row.kind == kind]} for kind in Clause.Kind]
    return [group for group in groups if group["rows"]]


def words_to_start_from(version: MandateVersion, part: str, ticked: list[str]) -> list[dict[str, Any]]:
    """The usual rows of a part in groups; each says whether it stands in the draft already."""
    standing = {row.same_words for row in getattr(version, part).all()}
    titles: dict[Any, Any] = dict(Clause.Kind.choices) if part == "clauses" else {None: _("Services")}
    groups: dict[Any, list[dict[str, Any]]] = {kind: [] for kind in titles}
    for place, words in enumerate(WORDS[part]):
        row = words.row()
        groups[getattr(row, "kind", None)].append(
            {
                "key": words.key,
                "id": f"id_words_{place}",
                "text": str(row),
                "stands": row.same_words in standing,
                "ticked": words.key in ticked,
                "facts": _facts_to_show(row),
                "to_do": _to_do(row),
            }
        )
    return [{"title": titles[kind], "rows": rows} for kind, rows in groups.items()]


def _facts_to_show(row: Any) -> list[dict[str, Any]]:
    shown = (
        "what_you_get",
        "when",
        "what_we_need",
        "our_part",
        "your_part",
        "who_instead",
        "how_to_reach",
        "example",
    )
    facts = [(row._meta.get_field(name), getattr(row, name)) for name in shown if hasattr(row, name)]
    return [{"label": field.verbose_name, "text": value} for field, value in facts if value]


def _to_do(row: Any) -> str:
    """What will be left to say when this row is added."""
    wanted = ("who_instead", "how_to_reach") if getattr(row, "kind", "") == Clause.Kind.DOES_NOT else ()
    empty = [str(row._meta.get_field(name).verbose_name) for name in wanted if not getattr(row, name)]
    left = ", ".join(empty + row.placeholders())
    return _("You add: %(what)s") % {"what": left} if left else ""


def preview_lines(version: MandateVersion, forms: Any) -> list[dict[str, Any]]:
    """The lines of a preview, each with where the same words stand already."""
    where = {clause.same_words: _("In the draft already") for clause in version.clauses.all()}
    texts = [form["text"].value() or "" for form in forms]
    if paste.begins_with_title(texts):
        where.setdefault(same_words(texts[0]), _("Looks like a title"))
    lines = []
    for form, text in zip(forms, texts, strict=True):
        words = same_words(text)
        lines.append({"form": form, "stands": where.get(words, "") if words else ""})
        where.setdefault(words, _("Same as a line above"))
    return lines


def preview(version: MandateVersion, rows: list[str], leave_out: str) -> list[dict[str, str]]:
    """What is proposed for each pasted row: the kind it sounds like; to leave out a title, and what stands."""
    taken = {clause.same_words for clause in version.clauses.all()}
    if paste.begins_with_title(rows):
        taken.add(same_words(rows[0]))
    proposed = []
    for text in rows:
        known = same_words(text) in taken
        taken.add(same_words(text))
        proposed.append({"kind": leave_out if known else paste.guess(text), "text": text})
    return proposed


def steps(version: MandateVersion, live: MandateVersion | None) -> list[dict[str, Any]]:
    """How far a version has come: written, in review, approved, published."""
    order = [State.DRAFT, State.IN_REVIEW, State.APPROVED, State.LIVE]
    labels = [_("Written"), _("In review"), _("Approved"), _("Published")]
    state = state_of(version, live)
    state = STOOD_AT.get(state, state)
    reached = len(order) if state == State.LIVE else order.index(state)
    return [
        {"label": label, "state": "done" if i < reached else "current" if i == reached else "todo"}
        for i, label in enumerate(labels)
    ]


def mandate_title() -> str:
    """The heading of the mandate's page, in the organisation's own names."""
    return _("What the %(office)s is for") % {"office": Organisation.current().office_name}
