"""What a material version will touch, told before it is published: readers, agreements, meanings."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from mandate.models import MandateVersion
from pmo_portal.accounts.models import Appointment
from pmo_portal.common.models import today
from stakeholders.agreements.access import visible_agreements
from stakeholders.areas.models import Area
from stakeholders.overview.reading.matrix import leaning
from stakeholders.overview.reading.meanings import changed_clauses, in_order
from stakeholders.people.models import Role
from stakeholders.understanding.models import Acknowledgement, Meaning, Readership

MOST_LINES = 50


@dataclass
class Change:
    """What happens to the clauses of the version that holds now: by key, the number that readers know them by."""

    reworded: dict[str, str]
    gone: dict[str, str]
    new: list[str]

    @property
    def keys(self) -> set[str]:
        return {*self.reworded, *self.gone}

    def numbers(self, keys: Iterable[str]) -> str:
        """The numbers of some of them, in a sentence; of a clause that goes it is said."""
        kept = sorted((self.reworded[key] for key in keys if key in self.reworded), key=in_order)
        goes = sorted((self.gone[key] for key in keys if key in self.gone), key=in_order)
        leaving = [_("%(number)s, which goes") % {"number": number} for number in goes]
        return get_text_list([*kept, *leaving], _("and"))


def touches(version: MandateVersion, user: Any) -> dict[str, Any]:
    """What publishing a version sets in motion. Nothing for an editorial one, and for the first."""
    before = MandateVersion.objects.published().exclude(pk=version.pk).prefetch_related("clauses").first()
    if not version.is_material or before is None:
        return {"is_editorial": not version.is_material, "is_first": before is None}
    change = _change(before, version)
    leaners = _leaners(change)
    return {
        "before": before,
        "reworded": sorted(change.reworded.values(), key=in_order),
        "gone": sorted(change.gone.values(), key=in_order),
        "new": change.new,
        "people": _people(before),
        "agreements": _agreements(leaners, change, user),
        "meanings": _meanings(change),
        "without": _without(leaners, change),
    }


def _change(before: MandateVersion, after: MandateVersion) -> Change:
    known = {clause.key: clause for clause in before.numbered_clauses()}
    changed = changed_clauses(before, after)
    stays = {clause.key for clause in after.clauses.all()}
    return Change(
        reworded={clause.key: known[clause.key].number for clause in changed if clause.key in known},
        gone={key: clause.number for key, clause in known.items() if key not in stays},
        new=[clause.number for clause in changed if clause.key not in known],
    )


def _people(before: MandateVersion) -> dict[str, Any]:
    """Those of today's people whose word that they have read it stands, and who will be asked once more, by role.

    An editorial version asks for no new word, so one given for an earlier version may stand for this one.
    """
    material = MandateVersion.objects.published().filter(number__lte=before.number, is_material=True)
    since = material.values_list("number", flat=True).first() or 0
    said = Acknowledgement.objects.filter(version__number__gte=since, version__number__lte=before.number)
    offices = Appointment.objects.on(today()).values("user")
    roles = (
        Readership.current().roles(day=today()).filter(person__in=said.values("person"), person__user__is_active=True)
    )
    held = set(roles.exclude(person__user__in=offices).values_list("person", "kind"))
    counts = Counter(kind for _person, kind in held)
    return {
        "count": len({person for person, _kind in held}),
        "roles": [f"{kind.label}: {counts[kind]}" for kind in Role.Kind if counts[kind]],
    }


@dataclass
class Leaner:
    """An area whose agreement in force stands on a clause that changes."""

    area: int
    name: str
    agreement: int
    keys: set[str] = field(default_factory=set)


def _leaners(change: Change) -> list[Leaner]:
    """The areas whose agreement in force stands on a clause that changes, by name."""
    found: dict[int, Leaner] = {}
    rows = leaning().filter(clause__key__in=change.keys).values_list(
        "revision__agreement__area", "revision__agreement__area__name", "revision__agreement", "clause__key"
    )  # fmt: skip
    for area, name, agreement, key in rows:
        found.setdefault(area, Leaner(area, name, agreement)).keys.add(key)
    return sorted(found.values(), key=lambda each: each.name)


def _agreements(leaners: list[Leaner], change: Change, user: Any) -> dict[str, Any]:
    """Area by area, linked for who may read the agreement; the issuer sees the area's name."""
    shown = [each.agreement for each in leaners[:MOST_LINES]]
    open_to = {agreement.pk: agreement for agreement in visible_agreements(user).filter(pk__in=shown)}
    told = _told([(each.name, each.keys) for each in leaners], change)
    for line, agreement in zip(told["lines"], shown, strict=True):
        line["url"] = open_to[agreement].get_absolute_url() if agreement in open_to else ""
    return told


def _meanings(change: Change) -> dict[str, Any]:
    """The meanings that the PMO will look at again, or keep although their clause goes."""
    found: dict[str, set[str]] = defaultdict(set)
    meanings = Meaning.objects.filter(clause_key__in=change.keys, area__in=Area.objects.current())
    for area, key in meanings.values_list("area__name", "clause_key"):
        found[area].add(key)
    return _told(sorted(found.items()), change)


def _without(leaners: list[Leaner], change: Change) -> dict[str, Any]:
    """The areas that lean on a clause which reads differently, and have no word on what it means there."""
    meant = set(Meaning.objects.filter(clause_key__in=change.reworded).values_list("area", "clause_key"))
    lines = [
        (each.name, {key for key in each.keys if key in change.reworded and (each.area, key) not in meant})
        for each in leaners
    ]
    return _told([(name, keys) for name, keys in lines if keys], change)


def _told(found: list[tuple[str, set[str]]], change: Change) -> dict[str, Any]:
    """Areas with the clauses that touch them, so many as are read; the others are counted."""
    return {
        "count": len(found),
        "lines": [{"area": name, "clauses": change.numbers(keys)} for name, keys in found[:MOST_LINES]],
        "more": max(len(found) - MOST_LINES, 0),
    }
