"""What the pages of the mandate show; writes nothing."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from mandate import paste
from mandate.models import Clause, MandateVersion, same_words
from mandate.notices import IN_REVIEW
from mandate.words import WORDS
from pmo_portal.common.models import Organisation

State = MandateVersion.State
# What may be done at each place of a version, by its name in an address; see reading.suggestions.places.
Places = Mapping[str, dict[str, Any]]

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


def state_of(version: MandateVersion, live: MandateVersion | None, *, to_readers: bool = False) -> State:
    """Where a version stands, seen from the live one: worked out from its rows, kept nowhere.

    `to_readers`: of a version that they know already, because it held once, they do not learn that it comes again.
    """
    publications = version.publications.all()
    held = [each for each in publications if each.is_due()]
    is_told = not (to_readers and held)
    found = [
        (not version.is_sealed, State.DRAFT),
        (live and version.pk == live.pk, State.LIVE),
        (is_told and any(each.is_scheduled() for each in publications), State.SCHEDULED),
        (held and held[0].is_withdrawn, State.WITHDRAWN),
        (held or (live and version.number < live.number), State.SUPERSEDED),
        (version.is_sent_back, State.SENT_BACK),
        (version.is_revoked, State.REVOKED),
        (hasattr(version, "approval"), State.APPROVED),
    ]
    return next((state for is_so, state in found if is_so), State.IN_REVIEW)


def status(
    version: MandateVersion, live: MandateVersion | None, newest: MandateVersion | None = None, *,
    to_readers: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """The state as a word and a tone; `newest` sent to review is decided, and none before it any more."""
    state = state_of(version, live, to_readers=to_readers)
    if newest and newest.number > version.number and state in (State.IN_REVIEW, State.APPROVED):
        return {"word": _("Overtaken by version %(number)s") % {"number": newest.number}, "tone": "done"}
    return {"word": state.label, "tone": TONES[state]}


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
