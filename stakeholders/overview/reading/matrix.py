"""Clauses × areas: which area leans on which clause, what serves nobody, and who is served by nothing."""

from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mandate.models import Clause, MandateVersion
from pmo_portal.common.prose import plain
from stakeholders.agreements.models import AgreementRevision, Row
from stakeholders.areas.models import Area
from stakeholders.overview.reading.meanings import (
    is_overtaken,
    material_changes,
    said_by,
    to_look_at,
    write_url,
)
from stakeholders.understanding.models import Meaning

ON_A_PAGE = 6  # columns: more do not fit a screen
MOST_LINES = 20
Kind = Clause.Kind


def leaning() -> QuerySet[Row]:
    """The rows of agreements in force, of areas that exist today, that stand on a clause."""
    return Row.objects.filter(
        revision__in=AgreementRevision.objects.in_force(),
        revision__agreement__area__in=Area.objects.current(),
        clause__isnull=False,
    ).order_by()


@dataclass
class Facts:
    """What the cells of one page of the table are made of."""

    rows: dict[tuple[str, int], tuple[int, int]]  # clause key, area → agreement, how many rows of it
    meanings: dict[tuple[str, int], Meaning]
    changes: dict[str, int]
    leaning: dict[str, int]  # clause key → how many areas, on all pages
    meant: dict[str, int]
    back: str = ""
    served: dict[int, int] = field(default_factory=dict)  # area → how many clauses


def matrix(version: MandateVersion, *, search: str = "", page: str | None = None, back: str = "") -> dict[str, Any]:
    """One page of the table, its totals, and what it tells; a fixed number of queries."""
    keys = [clause.key for clause in version.clauses.all()]
    shown = Paginator(_columns(keys, search), ON_A_PAGE).get_page(page)
    facts = _facts(shown, keys, material_changes(version), back)
    rows = [_row(clause, shown, facts) for clause in version.numbered_clauses()]
    unserved = _unserved(keys)
    return {
        "version": version,
        "page_obj": shown,
        "search": search,
        "columns": [_column(area, facts) for area in shown],
        "groups": [
            {"label": kind.label, "rows": lines}
            for kind in Kind
            if (lines := [row for row in rows if row["kind"] == kind])
        ],
        "finding": _finding(rows, unserved["count"], Area.objects.current().count()),
        "unserved": unserved,
        "again": _again(version, facts.changes, back),
        "kept": _kept(version),
        "lost": _lost(keys),
    }


def _columns(keys: list[str], search: str) -> QuerySet[Area]:
    """The areas that lean on a clause or mean something of their own by one; any area whose name is looked for.

    Of ten thousand areas those are a few pages, and the first meaning of an area can be written all the same.
    """
    current = Area.objects.current().order_by("name", "pk")
    if search:
        return current.filter(name__icontains=search)
    leans = leaning().filter(clause__key__in=keys).values("revision__agreement__area")
    means = Meaning.objects.filter(clause_key__in=keys).values("area")
    return current.filter(Q(pk__in=leans) | Q(pk__in=means))


def _facts(shown: Page[Area], keys: list[str], changes: dict[str, int], back: str) -> Facts:
    areas = [area.pk for area in shown]
    cited = leaning().filter(revision__agreement__area__in=areas, clause__key__in=keys)
    counted = cited.values_list("clause__key", "revision__agreement__area", "revision__agreement")
    rows = {(key, area): (agreement, rows) for key, area, agreement, rows in counted.annotate(rows=Count("pk"))}
    meanings = Meaning.objects.in_areas(areas).select_related("version")
    areas_of = Count("revision__agreement__area", distinct=True)
    facts = Facts(
        rows=rows,
        meanings={(meaning.clause_key, meaning.area_id): meaning for meaning in meanings},
        changes=changes,
        leaning=dict(leaning().values_list("clause__key").annotate(areas=areas_of)),
        meant=dict(Meaning.objects.order_by().values_list("clause_key").annotate(areas=Count("pk"))),
        back=back,
    )
    for _key, area in rows:
        facts.served[area] = facts.served.get(area, 0) + 1
    return facts


def _column(area: Area, facts: Facts) -> dict[str, Any]:
    clauses = facts.served.get(area.pk, 0)
    total = ngettext("%(n)s clause", "%(n)s clauses", clauses) % {"n": clauses} if clauses else _("none")
    return {"name": area.name, "url": area.get_absolute_url(), "total": total}


def _row(clause: Clause, shown: Page[Area], facts: Facts) -> dict[str, Any]:
    areas, meant = facts.leaning.get(clause.key, 0), facts.meant.get(clause.key, 0)
    can_serve = clause.kind != Kind.DOES_NOT
    return {
        "kind": clause.kind,
        "number": clause.number,
        "text": plain(clause.text),
        "url": reverse("mandate:clause", kwargs={"clause": clause.number}),
        "serves_nobody": can_serve and not areas,
        "total": (ngettext("%(n)s area", "%(n)s areas", areas) % {"n": areas}) if can_serve else _("Others do it"),
        "meant": ngettext("%(n)s meaning", "%(n)s meanings", meant) % {"n": meant} if meant else "",
        "cells": [_cell(clause, area, facts) for area in shown],
    }


def _cell(clause: Clause, area: Area, facts: Facts) -> dict[str, Any]:
    agreement, rows = facts.rows.get((clause.key, area.pk), (0, 0))
    meaning = facts.meanings.get((clause.key, area.pk))
    return {
        "agreement": reverse("agreements:agreement", kwargs={"pk": agreement}) if agreement else "",
        "rows": ngettext("In the agreement", "In the agreement, %(n)s rows", rows) % {"n": rows},
        "write": write_url(area, clause.key, facts.back),
        "meaning": meaning.text if meaning else "",
        "again": is_overtaken(meaning, facts.changes) if meaning else False,
        "name": _("clause %(number)s in %(area)s") % {"number": clause.number, "area": area.name},
    }


def _finding(rows: list[dict[str, Any]], unserved: int, areas: int) -> str:
    """What the table tells, in a sentence or two."""
    idle = [row["number"] for row in rows if row["serves_nobody"]]
    if unserved == areas:
        return _("No agreement in force stands on a clause yet, so the mandate serves nobody on paper.")
    if not idle and not unserved:
        return _("Every clause serves an area, and every area is served.")
    first = (
        ngettext("Clause %(numbers)s serves nobody.", "Clauses %(numbers)s serve nobody.", len(idle))
        % {"numbers": get_text_list(idle, _("and"))}
        if idle
        else _("Every clause serves an area.")
    )
    second = (
        ngettext(
            "%(n)s of %(all)s areas is served by nothing.", "%(n)s of %(all)s areas are served by nothing.", unserved
        )
        % {"n": unserved, "all": areas}
        if unserved
        else _("Every area is served.")
    )
    return f"{first} {second}"


# --- beside the table ---------------------------------------------------------------------------
def _unserved(keys: list[str]) -> dict[str, Any]:
    """The areas that no clause serves: without an agreement in force, or with one that stands on no live clause."""
    served = leaning().filter(clause__key__in=keys).values("revision__agreement__area")
    found = Area.objects.current().exclude(pk__in=served)
    agreed = AgreementRevision.objects.in_force().filter(agreement__area=OuterRef("pk"))
    return {
        "count": (count := found.count()),
        "more": max(count - MOST_LINES, 0),
        "lines": [
            {
                "name": area.name,
                "url": area.get_absolute_url(),
                "why": _("Its agreement stands on no clause of today")
                if area.is_agreed
                else _("No agreement in force"),
            }
            for area in found.annotate(is_agreed=Exists(agreed))[:MOST_LINES]
        ],
    }


def _again(version: MandateVersion, changes: dict[str, int], back: str) -> dict[str, Any]:
    """The meanings whose clause has changed materially since they were written."""
    clauses = {clause.key: clause for clause in version.clauses.all()}
    found = to_look_at(version, changes).select_related("area")
    return {
        "count": (count := found.count()),
        "more": max(count - MOST_LINES, 0),
        "lines": [
            {
                "area": meaning.area.name,
                "text": meaning.text,
                "number": clauses[meaning.clause_key].number,
                "since": changes[meaning.clause_key],
                "url": write_url(meaning.area, meaning.clause_key, back),
            }
            for meaning in found[:MOST_LINES]
        ],
    }


def _kept(version: MandateVersion) -> dict[str, Any]:
    """The meanings whose clause is gone: kept, and shown to no reader."""
    found = Meaning.objects.homeless(version).select_related("area", "version")
    lines = list(found[:MOST_LINES])
    words = {
        clause.key: said_by(clause)
        for clause in Clause.objects.filter(
            key__in={each.clause_key for each in lines}, version__in={each.version_id for each in lines}
        )
    }
    return {
        "count": (count := found.count()),
        "more": max(count - MOST_LINES, 0),
        "lines": [
            {
                "area": meaning.area.name,
                "text": meaning.text,
                "clause": words.get(meaning.clause_key, ""),
                "version": meaning.version,
            }
            for meaning in lines
        ],
    }


def _lost(keys: list[str]) -> dict[str, Any]:
    """The agreements in force that stand on a clause which is gone."""
    found = leaning().exclude(clause__key__in=keys).select_related("clause", "revision__agreement__area")
    found = found.order_by("revision__agreement__area__name", "position", "pk")
    return {
        "count": (count := found.count()),
        "more": max(count - MOST_LINES, 0),
        "lines": [
            {
                "area": row.revision.agreement.area.name,
                "url": row.revision.agreement.get_absolute_url(),
                "clause": said_by(row.clause) if row.clause else "",
            }
            for row in found[:MOST_LINES]
        ],
    }
