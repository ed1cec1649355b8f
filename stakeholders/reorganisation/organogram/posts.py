"""From rows to posts: what is missing, too long, doubled or damaged in a row."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from stakeholders.areas.models import Area
from stakeholders.people.models import Person
from stakeholders.reorganisation.organogram.problem import Problem, short
from stakeholders.reorganisation.organogram.table import COLUMNS, LOST, MANAGER, REFERENCE, TITLE, UNIT, Row
from stakeholders.reorganisation.organogram.tidy import has_odd_spaces, has_stray, tidy

NOBODY = "XX"


@dataclass(frozen=True)
class Post:
    """One post. The manager is the reference of another post, or empty where it reports to nobody."""

    reference: str
    title: str
    unit: str
    manager: str
    # Where a row stands says nothing about the organisation.
    line: int = field(compare=False)


def posts_of(rows: list[Row]) -> tuple[list[Post], list[Problem]]:
    """The posts that have a reference, each once, and what is wrong with their rows."""
    problems: list[Problem] = []
    posts: dict[str, Post] = {}
    for row in rows:
        post = _post(row)
        problems += _faults(post, row)
        first = posts.setdefault(post.reference, post)
        if post.reference and first is not post:
            problems.append(_double(post, first))
    posts.pop("", None)
    return [_root_told(post, posts) for post in posts.values()], problems


def notes_of(rows: list[Row]) -> list[Problem]:
    """What is odd in a row and does no harm."""
    return [note for row in rows for note in _oddities(row)]


def _post(row: Row) -> Post:
    cells = {column: tidy(text) for column, text in row.cells.items()}
    return Post(cells[REFERENCE], cells[TITLE], cells[UNIT], cells[MANAGER], row.line)


def _root_told(post: Post, posts: dict[str, Post]) -> Post:
    """A post that reports to “XX” or to itself reports to nobody, unless there is a post called XX."""
    is_nobody = post.manager.upper() == NOBODY and post.manager not in posts
    if is_nobody or post.manager == post.reference:
        return Post(post.reference, post.title, post.unit, "", post.line)
    return post


def _faults(post: Post, row: Row) -> Iterator[Problem]:
    for column, value, kept_in in (
        (REFERENCE, post.reference, Person.post_reference),
        (TITLE, post.title, Person.post_title),
        (UNIT, post.unit, Area.name),
    ):
        limit = kept_in.field.max_length or 0
        if not value:
            yield Problem(post.line, _("“%(column)s” is empty.") % {"column": column})
        elif len(value) > limit:
            words = _("“%(column)s” has %(length)s characters and may have %(limit)d: “%(value)s”.")
            told = {"column": column, "length": f"{len(value):,}", "limit": limit, "value": short(value)}
            yield Problem(post.line, words % told)
    for column in COLUMNS:
        if LOST in row.cells[column]:
            words = _("a letter of “%(column)s” was lost before this file was made (wrong encoding): “%(value)s”.")
            yield Problem(post.line, words % {"column": column, "value": short(tidy(row.cells[column]))})


def _double(post: Post, first: Post) -> Problem:
    words = _("the reference %(reference)s stands on line %(first)d already.")
    return Problem(post.line, words % {"reference": short(post.reference), "first": first.line})


def _oddities(row: Row) -> Iterator[Problem]:
    for column, text in row.cells.items():
        if has_stray(text):
            words = _("invisible control characters were taken out of “%(column)s”.")
            yield Problem(row.line, words % {"column": column})
        if has_odd_spaces(text):
            yield Problem(row.line, _("spaces were tidied in “%(column)s”.") % {"column": column})
    if LOST in row.others:
        yield Problem(row.line, _("letters were lost before this file was made, in columns that are not read."))
