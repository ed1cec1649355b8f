"""A plan in words, line by line, as the command prints it."""

from collections import Counter
from collections.abc import Iterator

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stakeholders.people.models import Person, Role
from stakeholders.reorganisation.organogram import Post, Unit
from stakeholders.reorganisation.reading.plan import Plan

# A deeper tree is told flat from here on: no screen is wide enough.
DEEPEST = 12


def lines(plan: Plan) -> Iterator[str]:
    """What a plan without problems will do."""
    yield _of_the_file(plan)
    yield from _areas(plan)
    yield from _people(plan)
    yield from _changes(plan)
    for title, post in ((_("The PMO"), plan.pmo), (_("The issuer"), plan.issuer)):
        if post:
            yield f"{title}: {_with_title(post)}, {post.unit}"


def summary(plan: Plan | None, problems: int) -> str:
    """The one line at the end. Without a plan nothing is new and nothing was compared."""
    told = {
        "areas": len(plan.new_units) if plan else 0,
        "kept_areas": len(plan.areas) if plan else 0,
        "people": len(plan.new_posts) if plan else 0,
        "kept_people": len(plan.people) if plan else 0,
        "problems": problems,
    }
    return (
        _(
            "areas: %(areas)d new, %(kept_areas)d kept; people: %(people)d new, %(kept_people)d kept; "
            "problems: %(problems)d"
        )
        % told
    )


def _of_the_file(plan: Plan) -> str:
    posts = ngettext("%(count)d post", "%(count)d posts", len(plan.posts)) % {"count": len(plan.posts)}
    units = ngettext("%(count)d unit", "%(count)d units", len(plan.units)) % {"count": len(plan.units)}
    return _("The organisation on %(day)s: %(posts)s in %(units)s.") % {
        "day": date_format(plan.on),
        "posts": posts,
        "units": units,
    }


def _with_title(post: Post) -> str:
    return _("post %(post)s, %(title)s") % {"post": post.reference, "title": post.title}


def _areas(plan: Plan) -> Iterator[str]:
    """The tree down to the new areas; those above them that stand already are marked."""
    new = {unit.name for unit in plan.new_units}
    parents = {unit.name: unit.parent for unit in plan.units}
    shown = set(new)
    for name in new:
        while (name := parents[name]) and name not in shown:
            shown.add(name)
    yield _("New areas:") if new else _("No new areas.")
    depth = {"": 0}
    for unit in plan.units:
        depth[unit.name] = depth[unit.parent] + 1
        if unit.name in shown:
            yield "  " * min(depth[unit.name], DEEPEST) + _area(unit, unit.name in new)


def _area(unit: Unit, is_new: bool) -> str:
    if not is_new:
        return _("%(area)s (stands already)") % {"area": unit.name}
    return _("%(area)s (head: %(head)s)") % {"area": unit.name, "head": _with_title(unit.head)}


def _people(plan: Plan) -> Iterator[str]:
    counts = Counter(post.unit for post in plan.new_posts)
    yield _("New people:") if counts else _("No new people.")
    for unit in plan.units:
        if unit.name in counts:
            yield f"  {unit.name}: {counts[unit.name]}"


def _changes(plan: Plan) -> Iterator[str]:
    """What changes for those who are known already."""
    found = [*_moves(plan), *_renamed(plan), *_moved_offices(plan)]
    if found:
        yield _("Changes on %(day)s:") % {"day": date_format(plan.on)}
    yield from (f"  {line}" for line in found)


def _moves(plan: Plan) -> Iterator[str]:
    """Each person's roles that end and the one that begins, in one line."""
    before: dict[Person, list[str]] = {}
    for end in plan.ends:
        before.setdefault(end.role.person, []).append(_place(end.role.kind, end.role.area))
    after = {
        plan.people[begin.reference]: _place(begin.kind, begin.unit)
        for begin in plan.begins
        if begin.reference in plan.people
    }
    for person in before | after:
        told = {"person": _person(person), "before": "; ".join(before.get(person, [_("no role")]))}
        yield _("%(person)s: %(before)s → %(after)s") % {**told, "after": after.get(person, _("no role"))}


def _place(kind: str, area: object) -> str:
    return _("%(role)s, %(area)s") % {"role": Role.Kind(kind).label, "area": area}


def _person(person: Person) -> str:
    return _("post %(post)s, %(title)s") % {"post": person.post_reference, "title": person}


def _renamed(plan: Plan) -> Iterator[str]:
    for person, title in plan.titles.items():
        words = _("post %(post)s is called “%(title)s” now, and was “%(before)s”")
        yield words % {"post": person.post_reference, "title": title, "before": person.post_title}


def _moved_offices(plan: Plan) -> Iterator[str]:
    for person, office in plan.offices.items():
        if not office:
            words = _("%(person)s: no longer “%(office)s”")
            yield words % {"person": _person(person), "office": person.get_office_display()}
