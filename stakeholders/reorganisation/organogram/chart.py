"""From posts to units: who reports to whom, who heads a unit, and which unit stands under which."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from stakeholders.reorganisation.organogram.posts import Post
from stakeholders.reorganisation.organogram.problem import Problem, short

IN_A_ROW = 6


@dataclass(frozen=True)
class Unit:
    """A unit, the post that heads it, and the unit above it (empty for the topmost)."""

    name: str
    head: Post
    parent: str


def misreports(posts: list[Post]) -> list[Problem]:
    """Unknown managers, circles, and a top that is not alone; a top that is missing is a circle."""
    known = {post.reference: post for post in posts}
    found = [_unknown(post) for post in posts if post.manager and post.manager not in known]
    found += [_circle(circle) for circle in _circles(known)]
    roots = [post for post in posts if not post.manager]
    if len(roots) > 1:
        found += [_not_alone(post, roots) for post in roots]
    return found


def _unknown(post: Post) -> Problem:
    words = _("post %(post)s reports to %(manager)s, and there is no such post.")
    return Problem(post.line, words % {"post": short(post.reference), "manager": short(post.manager)})


def _not_alone(post: Post, roots: list[Post]) -> Problem:
    other = next(root for root in roots if root is not post)
    words = _("post %(post)s reports to nobody, and so does post %(other)s (line %(line)d): only one post may.")
    told = {"post": short(post.reference), "other": short(other.reference), "line": other.line}
    return Problem(post.line, words % told)


def _circles(known: dict[str, Post]) -> Iterator[list[Post]]:
    """Every circle once: from each post upwards until the top, or until a post that was met before."""
    met: dict[str, str] = {}
    for start in known:
        path: list[str] = []
        at = start
        while at in known and at not in met:
            met[at] = start
            path.append(at)
            at = known[at].manager
        if met.get(at) == start and at in path:
            yield [known[reference] for reference in path[path.index(at) :]]


def _circle(circle: list[Post]) -> Problem:
    first = min(circle, key=lambda post: post.line)
    turned = circle[circle.index(first) :] + circle[: circle.index(first)]
    names = [short(post.reference) for post in turned]
    shown = names if len(names) <= IN_A_ROW else [*names[: IN_A_ROW - 1], "…"]
    words = _("posts report to each other in a circle: %(posts)s.")
    return Problem(first.line, words % {"posts": " → ".join([*shown, names[0]])})


def units_of(posts: list[Post]) -> tuple[list[Unit], list[Problem]]:
    """The units of posts whose reporting lines hold, from the top down, beside each other by name."""
    known = {post.reference: post for post in posts}
    problems = _spellings(posts)
    heads: dict[str, list[Post]] = defaultdict(list)
    for post in posts:
        if not post.manager or known[post.manager].unit != post.unit:
            heads[post.unit].append(post)
    problems += [_headed_twice(unit, found) for unit, found in heads.items() if len(found) > 1]
    if problems:
        return [], problems
    units = [Unit(name, head, known[head.manager].unit if head.manager else "") for name, (head,) in heads.items()]
    return _from_the_top(units), []


def _spellings(posts: list[Post]) -> list[Problem]:
    """One unit in two spellings: the portal keeps one area a name, whatever the capitals."""
    first: dict[str, Post] = {}
    found = []
    for post in posts:
        other = first.setdefault(post.unit.casefold(), post)
        if other.unit != post.unit:
            words = _("the unit “%(unit)s” is written “%(other)s” on line %(line)d: please use one spelling.")
            told = {"unit": short(post.unit), "other": short(other.unit), "line": other.line}
            found.append(Problem(post.line, words % told))
    return found


def _headed_twice(unit: str, heads: list[Post]) -> Problem:
    shown = [
        _("%(post)s (line %(line)d)") % {"post": short(post.reference), "line": post.line}
        for post in heads[:IN_A_ROW]
    ]
    words = _("it is not clear who heads “%(unit)s”: the managers of several of its posts sit outside it: %(posts)s.")
    return Problem(heads[0].line, words % {"unit": short(unit), "posts": ", ".join(shown)})


def _from_the_top(units: list[Unit]) -> list[Unit]:
    below: dict[str, list[Unit]] = defaultdict(list)
    for unit in sorted(units, key=lambda unit: unit.name, reverse=True):
        below[unit.parent].append(unit)
    found: list[Unit] = []
    # A stack and not a recursion: a file may hold a chain deeper than Python follows.
    waiting = below[""]
    while waiting:
        found.append(unit := waiting.pop())
        waiting += below[unit.name]
    return found
