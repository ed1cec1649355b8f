"""Reads an organogram, the form in which organisations publish their posts; pure, and never raises."""

from dataclasses import dataclass

from stakeholders.reorganisation.organogram.chart import Unit, misreports, units_of
from stakeholders.reorganisation.organogram.posts import Post, notes_of, posts_of
from stakeholders.reorganisation.organogram.problem import Problem, short
from stakeholders.reorganisation.organogram.table import BYTES_AT_MOST, table_of
from stakeholders.reorganisation.organogram.tidy import tidy

__all__ = ["BYTES_AT_MOST", "Organogram", "Post", "Problem", "Unit", "read", "short", "tidy"]


@dataclass(frozen=True)
class Organogram:
    """Posts by reference, units from the top down, and what stands in the way of using them.

    problems  make the whole file unusable: then there are no units
    notes     were odd and did no harm
    """

    posts: tuple[Post, ...]
    units: tuple[Unit, ...]
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]


def read(content: bytes) -> Organogram:
    """What a file (CSV with commas, in UTF-8) says; every trouble is a problem with its line, none is raised."""
    table = table_of(content)
    posts, faults = posts_of(table.rows)
    problems = [*table.problems, *faults, *misreports(posts)]
    units: list[Unit] = []
    if not problems:
        units, problems = units_of(posts)
    return Organogram(
        posts=tuple(sorted(posts, key=lambda post: post.reference)),
        units=tuple(units),
        problems=tuple(sorted(problems)),
        notes=tuple(sorted(notes_of(table.rows))),
    )
