"""A version as its readers see it, whole, in the fixed order; writes nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby
from typing import Any

from django.db import connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from mandate.models import Clause, DecisionStep, MandateVersion, Power, Publication
from mandate.reading.document import held
from mandate.reading.pages import TONES, Places, State, status
from pmo_portal.common.prose import plain, prose
from pmo_portal.common.words import day

FIRST_HALF, SECOND_HALF = "mandate/parts/first_half.html", "mandate/parts/second_half.html"


def page(version: MandateVersion, live: MandateVersion | None, places: Places | None = None) -> dict[str, Any]:
    """A version as its readers see it, in the fixed order; `live` is the version that holds now.

    `places` says what may be done at each place, for those who may suggest other words. A clause of the live version
    carries its own address.
    """
    return {
        "version": version,
        "status": status(version, live),
        "meta": meta(version),
        **body(version, places or {}, is_live=bool(live and live.pk == version.pk)),
    }


def body(version: MandateVersion, places: Places, *, is_live: bool) -> dict[str, Any]:
    """All that a version itself says, made to strings once (a template's lookups cost more)."""
    clauses = [clause_row(clause, places, with_address=is_live) for clause in version.clauses.all()]
    of_kind = {kind: [row for row in clauses if row["kind"] == kind] for kind in Clause.Kind}
    found = {
        "facts": facts(version),
        "reports_to_place": places.get("reports_to"),
        "why": [
            _text(version, places, "why_before", _("Before this office")),
            _text(version, places, "why_asked_by", _("Who asked for it")),
            _text(version, places, "why_noticed", _("How you notice")),
        ],
        "purpose": _text(version, places, "purpose", _("What we are here for")),
        "message": _text(version, places, "message", _("A word from the issuer")),
        "services": [_service(row, places.get(f"services-{number}")) for number, row in _rows(version, "services")],
        "does": of_kind[Clause.Kind.DOES],
        "shared": of_kind[Clause.Kind.SHARED],
        "does_not": of_kind[Clause.Kind.DOES_NOT],
        "powers": _powers(version, places),
        "helps": _text(version, places, "helps", _("How it helps you")),
        "matters": _matters(version, places),
        "objectives": [
            {"text": row.text, "measure": row.measure, "due": day(row.due_on), "place": places.get(f"objectives-{n}")}
            for n, row in _rows(version, "objectives")
        ],
        "measures": [
            {"text": row.text, "target": row.target, "where": row.where, "place": places.get(f"measures-{n}")}
            for n, row in _rows(version, "measures")
        ],
    }  # fmt: skip
    return {**found, "index": _index(found)}


def _rows(version: MandateVersion, part: str) -> Iterator[tuple[int, Any]]:
    """The rows of a part, each with its place in the list."""
    return enumerate(getattr(version, part).all(), 1)


def _text(version: MandateVersion, places: Places, field: str, label: str) -> dict[str, Any]:
    words = getattr(version, field)
    return {"label": label, "value": words, "html": prose(words), "place": places.get(field)}


def _service(row: Any, place: Any) -> dict[str, Any]:
    return {
        "name": row.name, "what_you_get": row.what_you_get, "when": row.when, "how_to_ask": row.how_to_ask,
        "who": row.who, "what_we_need": row.what_we_need, "place": place,
    }  # fmt: skip


def _index(found: dict[str, Any]) -> list[dict[str, str]]:
    """The sections that there are, in the fixed order."""
    sections = [
        ("why", _("Why we exist"), True),
        ("message", _("A word from the issuer"), found["message"]["value"]),
        ("do", _("What we do"), True),
        ("may", _("What we may decide, demand and stop"), found["powers"]),
        ("not", _("What we don't do, and who does"), True),
        ("helps", _("How it helps you"), True),
        ("who", _("Who decides what"), found["matters"]),
        ("tell", _("How to tell that we succeed"), True),
    ]
    return [{"label": label, "url": f"#{anchor}"} for anchor, label, is_there in sections if is_there]


def clause_row(clause: Clause, places: Places | None = None, *, with_address: bool = False) -> dict[str, Any]:
    """A clause as the component shows it, made to strings once (a template's lookups cost more)."""
    return {
        "place": (places or {}).get(f"clauses-{clause.key}"),
        "kind": clause.kind, "number": clause.number, "example": clause.example,
        "text": prose(clause.text), "source": clause.text,
        "we_do": clause.our_part, "you_do": clause.your_part,
        "who_instead": clause.who_instead, "how_to_reach": clause.how_to_reach,
        "key": clause.key, "anchor": f"clause-{clause.key}",
        "url": reverse("mandate:clause", kwargs={"clause": clause.number}) if with_address else "",
    }  # fmt: skip


def _powers(version: MandateVersion, places: Places) -> list[dict[str, Any]]:
    """What the office may do of its own right, by kind; a kind of which there is nothing is left out."""
    rows = [(row, places.get(f"powers-{number}")) for number, row in _rows(version, "powers")]
    groups = [(kind, [(row, place) for row, place in rows if row.kind == kind]) for kind in Power.Kind]
    return [
        {
            "title": kind.label,
            "rows": [{"text": row.text, "limit": row.limit, "place": place} for row, place in found],
        }
        for kind, found in groups
        if found
    ]


def _matters(version: MandateVersion, places: Places) -> list[dict[str, Any]]:
    """Who decides what: each matter once, with the steps of its path in their order."""
    numbered = list(_rows(version, "decisions"))
    order = list(dict.fromkeys(step.same_matter for _number, step in numbered))
    numbered.sort(key=lambda each: order.index(each[1].same_matter))
    paths = [list(path) for _key, path in groupby(numbered, key=lambda each: each[1].same_matter)]
    return [
        {
            "matter": path[0][1].matter,
            "steps": [
                _step(step, turn if len(path) > 1 else 0, places.get(f"decisions-{number}"))
                for turn, (number, step) in enumerate(path, 1)
            ],
        }
        for path in paths
    ]


def _step(step: DecisionStep, turn: int, place: Any) -> dict[str, Any]:
    """One step; `turn` counts those of a path of several."""
    days = step.answer_days
    words = ngettext("%(days)s working day", "%(days)s working days", days or 0) % {"days": days} if days else ""
    return {"turn": turn, "who": step.who, "limit": step.limit, "answer": words, "place": place}


def meta(version: MandateVersion) -> list[str]:
    """Since when a version holds and who signed it; when it was sent to review, where it never held."""
    if publication := held(version):
        return signed(publication)
    return [_("Sent to review on %(day)s") % {"day": day(version.sealed_at)}] if version.is_sealed else []


def signed(publication: Publication) -> list[str]:
    """When a version was published, and who signed it in which office."""
    return [_("Published on %(day)s") % {"day": day(publication.publish_at)}, signed_by(publication)]


def signed_by(publication: Publication) -> str:
    """Who signed it, in which office."""
    return _("Signed by %(name)s") % {"name": publication.signed}


def head(publication: Publication) -> dict[str, Any]:
    """What stands at the head of the live version's page."""
    return {
        "version": publication.version,
        "status": {"word": State.LIVE.label, "tone": TONES[State.LIVE]},
        "meta": signed(publication),
    }


def facts(version: MandateVersion) -> list[dict[str, str]]:
    """What frames a version: to whom the office reports, for how long it holds, when it is looked at again."""
    found = [
        (_("The office reports to"), version.reports_to),
        (_("Holds"), _period(version)),
        (_("Looked at again"), _("by %(day)s") % {"day": day(version.review_on)} if version.review_on else ""),
    ]
    return [{"label": label, "value": value} for label, value in found if value]


def _period(version: MandateVersion) -> str:
    words = {"begins": day(version.period_from), "ends": day(version.period_to)}
    if version.period_from and version.period_to:
        return _("%(begins)s to %(ends)s") % words
    if version.period_from:
        return _("from %(begins)s") % words
    return _("until %(ends)s") % words if version.period_to else ""


# --- ready-made -----------------------------------------------------------------------------------
def ready_made(version: MandateVersion, *, is_live: bool = True) -> dict[str, Any]:
    """A sealed version's index and its two halves as HTML, between which stands what differs by reader.

    What a hash stands for never changes, so the halves are made once in each process. They hold nothing of a reader
    or of the organisation: there is nothing to forget, and nobody can be served another's page.
    """
    return _made(version.pk, version.content_hash, is_live, get_language() or "")


@lru_cache(maxsize=64)
def _made(pk: int, content_hash: str, is_live: bool, language: str) -> dict[str, Any]:
    version = MandateVersion.objects.with_parts().get(pk=pk, content_hash=content_hash)
    context = body(version, {}, is_live=is_live)
    halves = {"first_half": FIRST_HALF, "second_half": SECOND_HALF}
    between = {"index": context["index"], "helps": context["helps"]}
    return {**between, **{name: render_to_string(half, context) for name, half in halves.items()}}


# --- what readers may know of the versions before ---------------------------------------------------
def standing(now: datetime) -> Publication | None:
    """The publication by which the live version holds, with version and issuer; None where none is live."""
    told = _newest(now)
    return None if told is None or told[-1] else _kept(*told[:-1])


def newest_publication(now: datetime) -> Publication | None:
    """The last one whose moment has come, withdrawn or not."""
    due = Publication.objects.due(now).with_fate()
    return due.order_by("-publish_at", "-pk").first()


# By whom it was published, and in whose place, as they are called today.
NAMES = ("by__name", "by__email", "acting_for__name", "acting_for__email")
SOME_MOMENT = datetime(1999, 12, 31, 23, 59, 59, 123456, tzinfo=UTC)


def _newest(now: datetime) -> tuple[Any, ...] | None:
    """Key, hash, issuer's name and address, and withdrawal of the newest publication; asked at each reading."""
    sql, params = _question()
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(sql, [adapt(now) if value == adapt(SOME_MOMENT) else value for value in params])
        found: tuple[Any, ...] | None = cursor.fetchone()
    return found


@lru_cache(maxsize=1)
def _question() -> tuple[str, tuple[Any, ...]]:
    """What `_newest` asks, as SQL: putting it together costs four times as much as the answer, at each page."""
    due = Publication.objects.due(SOME_MOMENT).order_by("-publish_at", "-pk")
    asked = due.values_list("pk", "version__content_hash", *NAMES, "withdrawal")[:1]
    return asked.query.sql_with_params()


@lru_cache(maxsize=16)
def _kept(pk: int, content_hash: str, *_names: str | None) -> Publication:
    """What never changes, read once in each process for this key, hash and issuer as they are called today."""
    return Publication.objects.select_related("version", "by", "acting_for").get(
        pk=pk, version__content_hash=content_hash
    )


def history(now: datetime) -> list[dict[str, Any]]:
    """Every publication whose moment has come, newest first: what it published, until when it held, and why."""
    due = Publication.objects.due(now).with_fate()
    found = list(due.order_by("-publish_at", "-pk"))
    return [
        history_row(publication, after, is_first=publication is found[-1])
        for publication, after in zip(found, [None, *found], strict=False)
    ]


def history_row(publication: Publication, after: Publication | None, *, is_first: bool) -> dict[str, Any]:
    """One publication in words; `after` is the one that took its place."""
    version = publication.version
    withdrawal = publication.withdrawal if publication.is_withdrawn else None
    ended_at = withdrawal.at if withdrawal else after.publish_at if after else None
    state = State.WITHDRAWN if withdrawal else State.SUPERSEDED if after else State.LIVE
    weight = _("Changes what somebody may expect") if version.is_material else _("Other words, the same meaning")
    return {
        "publication": publication,
        "version": version,
        "after": after.version if after else None,
        "url": reverse("mandate:history_version", kwargs={"number": version.number}),
        "status": {"word": state.label, "tone": TONES[state]},
        "is_live": state == State.LIVE,
        "held": _held_from_to(publication, ended_at),
        "signed": signed_by(publication),
        "weight": _("The first version") if is_first else weight,
        "note": "" if is_first else prose(version.change_note),
        "withdrawal": withdrawal,
    }


def _held_from_to(publication: Publication, ended_at: datetime | None) -> str:
    words = {"begins": day(publication.publish_at), "ends": day(ended_at)}
    return _("%(begins)s to %(ends)s") % words if ended_at else _("since %(begins)s") % words


# --- the address of a clause ------------------------------------------------------------------------
def clause_page(version: MandateVersion, number: str) -> dict[str, Any] | None:
    """One clause of the live version, and the section that it stands in; None where there is no such number."""
    rows = [clause_row(clause, with_address=True) for clause in version.clauses.all()]
    row = next((each for each in rows if each["number"] == number), None)
    if row is None:
        return None
    kind = Clause.Kind(row["kind"])
    return {
        "version": version,
        "clause": row,
        "key": row["key"],
        "kind": SECTIONS[kind],
        "section_url": f"{reverse('mandate:live')}#{'not' if kind == Clause.Kind.DOES_NOT else 'do'}",
        "neighbours": [each for each in rows if each["kind"] == kind],
        "says": says(kind),
        "short": " ".join([str(says(kind)), plain(row["source"])]).strip(),
    }


def says(kind: str) -> Any:
    """What stands before a clause that is read alone: one that is not done would sound like a service."""
    before = {Clause.Kind.SHARED: _("Together with you:"), Clause.Kind.DOES_NOT: _("We do not:")}
    return before.get(Clause.Kind(kind), "")


SECTIONS = {
    Clause.Kind.DOES: gettext_lazy("What we do"),
    Clause.Kind.SHARED: gettext_lazy("What we do together"),
    Clause.Kind.DOES_NOT: gettext_lazy("What we don't do, and who does"),
}


def clause_of_before(number: str, live: MandateVersion, now: datetime) -> tuple[Clause, Clause | None] | None:
    """What bore this number in the newest published version that had it, and what that clause is now, by its key."""
    published = MandateVersion.objects.published(now)
    found = Clause.objects.filter(version__in=published, number=number).select_related("version")
    was = found.order_by("-version__number").first()
    return (was, live.clauses.filter(key=was.key).first()) if was else None
