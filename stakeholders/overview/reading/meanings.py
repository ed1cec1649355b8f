"""What the mandate means in one area: for its own people, and for the PMO that writes it."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import Min, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from mandate.models import Clause, MandateVersion
from mandate.reading import clause_row
from pmo_portal.accounts.access import is_pmo
from pmo_portal.common.models import Organisation
from pmo_portal.common.prose import plain
from stakeholders.agreements.access import visible_revisions
from stakeholders.agreements.models import AgreementRevision
from stakeholders.areas.models import Area
from stakeholders.understanding.access import areas_of, visible_meanings
from stakeholders.understanding.models import Meaning, MeaningQuerySet

MOST_CHOICES = 200
MOST_BENEFITS = 3


def material_changes(live: MandateVersion) -> dict[str, int]:
    """When each clause last changed materially, by key and version number, as far back as there is a meaning.

    What an editorial version changed is no change: it says that nobody has to look again.
    """
    oldest = Meaning.objects.aggregate(oldest=Min("version__number"))["oldest"]
    if oldest is None:
        return {}
    found = MandateVersion.objects.published().filter(number__gte=oldest, number__lte=live.number)
    versions = list(found.order_by("number").prefetch_related("clauses"))
    changes: dict[str, int] = {}
    for before, after in zip(versions, versions[1:], strict=False):
        if after.is_material:
            changes |= {clause.key: after.number for clause in changed_clauses(before, after)}
    return changes


def changed_clauses(before: MandateVersion, after: MandateVersion) -> list[Clause]:
    """The clauses of `after` that are new, or read otherwise than in `before`; another number is no change."""
    known = {clause.key: clause for clause in before.clauses.all()}
    return [clause for clause in after.numbered_clauses() if not clause.reads_as(known.get(clause.key))]


def said_by(clause: Clause) -> str:
    """A clause as it reads by itself, away from the heading that it stands under on the mandate's page."""
    words = plain(clause.text)
    if clause.kind != Clause.Kind.DOES_NOT:
        return words
    return _("The %(office)s does not: %(text)s") % {"office": Organisation.current().office_name, "text": words}


def alone(clause: Clause) -> dict[str, Any]:
    """A clause of the live version as the component shows it, by itself."""
    return {**clause_row(clause, with_address=True), "text": said_by(clause)}


def write_url(area: Area, key: str, back: str = "") -> str:
    """Where the PMO writes what a clause means in an area; `back` is the page of the table to come back to."""
    return reverse("mandate:meaning", kwargs={"slug": area.slug, "key": key}) + back


# --- on the mandate's page ----------------------------------------------------------------------
def helps_here(user: Any, version: MandateVersion, wanted: str = "") -> dict[str, Any]:
    """How the mandate helps in the reader's own area, or in the one they want; nothing for who has none.

    Everybody chooses among the areas of their own roles, and another is not there for them; the PMO reads along in
    any. What a clause means in an area, and what is agreed with it, is the area's own.
    """
    own = areas_of(user)
    picked = next((each for each in own if each.slug == wanted), None) or _for_the_pmo(user, wanted)
    area = picked or next(iter(own), None)
    choices = _worth_reading(version) if is_pmo(user) else own
    if not (area or choices):
        return {}
    return {
        "area": area,
        "is_own": area in own,
        "is_pmo": is_pmo(user),
        "sentences": sentences(area, version, user) if area else [],
        "benefits": _benefits(user, area) if area else [],
        "choices": choices if is_pmo(user) or len(choices) > 1 else [],
    }


def _for_the_pmo(user: Any, wanted: str) -> Area | None:
    return Area.objects.current().filter(slug=wanted).first() if wanted and is_pmo(user) else None


def _worth_reading(version: MandateVersion) -> list[Area]:
    """For the PMO: the areas where a clause means something of its own, or an agreement is in force."""
    means = Meaning.objects.holding(version).values("area")
    agreed = AgreementRevision.objects.in_force().values("agreement__area")
    return list(Area.objects.current().filter(Q(pk__in=means) | Q(pk__in=agreed))[:MOST_CHOICES])


def _benefits(user: Any, area: Area) -> list[str]:
    """What an area notices by its agreement in force, for whom that is to read."""
    in_force = visible_revisions(user).in_force().filter(agreement__area=area, rows__isnull=False)
    words = in_force.order_by("rows__position", "rows__pk").values_list("rows__you_will_notice", flat=True)
    return list(words[:MOST_BENEFITS])


def sentences(area: Area, version: MandateVersion, user: Any) -> list[dict[str, Any]]:
    """What clauses of a version mean in an area, in the order of the page, each with its clause."""
    found = visible_meanings(user).in_areas([area.pk]).values_list("clause_key", "text")
    said = dict(found)
    clauses = version.numbered_clauses() if said else []
    return [
        {
            "number": clause.number, "clause": said_by(clause), "text": said[clause.key],
            "url": f"#clause-{clause.key}",
        }
        for clause in clauses
        if clause.key in said
    ]  # fmt: skip


def clause_means(user: Any, key: str) -> list[dict[str, str]]:
    """What one clause means in the reader's own areas, area by area."""
    areas = {area.pk: area.name for area in areas_of(user)}
    found = Meaning.objects.in_areas(areas).filter(clause_key=key) if areas else Meaning.objects.none()
    return [{"area": areas[meaning.area_id], "text": meaning.text} for meaning in found]


def in_order(number: str) -> list[int]:
    """A clause's number as it is sorted: 1.10 after 1.9."""
    return [int(part) for part in number.split(".")]


# --- on the area's page -------------------------------------------------------------------------
def seen_from(
    area: Area, live: MandateVersion | None, in_force: AgreementRevision | None, user: Any
) -> dict[str, Any] | None:
    """The mandate as seen from an area: the clauses its agreement stands on, and what any of them means there."""
    if live is None:
        return None
    signed = _signed(in_force)
    standing = visible_meanings(user).in_areas([area.pk]).select_related("version")
    said = {meaning.clause_key: meaning for meaning in standing}
    changes = material_changes(live) if is_pmo(user) else {}
    clauses = live.numbered_clauses()
    return {
        "clauses": [
            _seen(clause, area, signed.get(clause.key), said.get(clause.key), changes, user)
            for clause in clauses
            if clause.key in said or clause.key in signed
        ],
        "gone": [said_by(clause) for key, clause in signed.items() if key not in {each.key for each in clauses}],
        "has_meanings": any(clause.key in said for clause in clauses),
        "table_url": f"{reverse('mandate:areas')}?{urlencode({'q': area.name})}" if is_pmo(user) else "",
    }


def _signed(in_force: AgreementRevision | None) -> dict[str, Clause]:
    """The clauses that an agreement in force stands on, as they were signed, by key."""
    keys = [row.clause_id for row in in_force.rows.all() if row.clause_id] if in_force else []
    return {clause.key: clause for clause in Clause.objects.filter(pk__in=keys)}


def _seen(
    clause: Clause, area: Area, signed: Clause | None, meaning: Meaning | None, changes: dict[str, int], user: Any
) -> dict[str, Any]:  # fmt: skip
    return {
        **alone(clause),
        "here": meaning.text if meaning else "",
        "leans": signed is not None,
        "reads_otherwise": signed is not None and not signed.reads_as(clause),
        "again": is_overtaken(meaning, changes) if meaning else False,
        "write_url": write_url(area, clause.key) if is_pmo(user) else "",
    }


def is_overtaken(meaning: Meaning, changes: dict[str, int]) -> bool:
    """Its clause has changed materially since it was written."""
    changed_in = changes.get(meaning.clause_key)
    return changed_in is not None and meaning.version.number < changed_in


def to_look_at(live: MandateVersion, changes: dict[str, int]) -> MeaningQuerySet:
    """The meanings of today's areas whose clause stands, and has changed materially since they were written."""
    keys = {clause.key for clause in live.clauses.all()}
    found = Meaning.objects.overtaken({key: number for key, number in changes.items() if key in keys})
    return found.filter(area__in=Area.objects.current())


def how_many_to_look_at() -> int:
    """How many meanings the PMO has to look at again."""
    live = MandateVersion.objects.live().prefetch_related("clauses").first()
    return to_look_at(live, material_changes(live)).count() if live else 0


# --- writing it ---------------------------------------------------------------------------------
def to_write(area: Area, clause: Clause) -> Meaning:
    """The meaning of a clause in an area as it stands, or a new one with no words yet."""
    known = {"area": area, "clause_key": clause.key}
    return Meaning.objects.filter(**known).select_related("version").first() or Meaning(**known)


def what_changed(meaning: Meaning, clause: Clause) -> str:
    """For the writer: the clause has changed since these words were written; empty when it has not."""
    if not meaning.pk or not is_overtaken(meaning, material_changes(clause.version)):
        return ""
    then = meaning.version.clauses.filter(key=clause.key).first()
    return _("It read, in version %(number)s: %(words)s") % {
        "number": meaning.version.number,
        "words": f"“{plain(then.text)}”" if then else "",
    }
