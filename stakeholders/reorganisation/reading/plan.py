"""What a file would change against what stands; pure: the same posts in another order give the same plan."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from pmo_portal.accounts.models import Appointment
from stakeholders.areas.models import Area
from stakeholders.people.models import Person
from stakeholders.reorganisation.organogram import Organogram, Post, Problem, Unit, tidy
from stakeholders.reorganisation.reading.left_alone import (
    areas_elsewhere,
    kept_titles,
    missing_areas,
    missing_posts,
    ways_in,
)
from stakeholders.reorganisation.reading.roles import Begin, End, settle
from stakeholders.reorganisation.reading.standing import Standing

Office = Appointment.Office
# What an import gives and takes; that somebody is a member is told by hand only.
GIVEN_OFFICES = (Office.LEAD, Office.ISSUER)


@dataclass(frozen=True)
class Plan:
    """All that bringing a file in would do, or why it cannot be brought in.

    areas      unit → the area that stands for it already
    people     reference → the person who stands for it already
    titles     person → the title that the file gives to their post
    offices    person → the office that they hold from now on, or none
    is_later   the file is of a later day than any before
    """

    on: date
    units: tuple[Unit, ...] = ()
    posts: tuple[Post, ...] = ()
    pmo: Post | None = None
    issuer: Post | None = None
    areas: dict[str, Area] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    begins: tuple[Begin, ...] = ()
    ends: tuple[End, ...] = ()
    titles: dict[Person, str] = field(default_factory=dict)
    offices: dict[Person, str] = field(default_factory=dict)
    is_later: bool = True
    # They name lines, and lines say nothing about the organisation.
    notes: tuple[Problem, ...] = field(default=(), compare=False)
    problems: tuple[Problem, ...] = ()

    @property
    def new_units(self) -> list[Unit]:
        """The units that become areas, each after the one above it."""
        return [unit for unit in self.units if unit.name not in self.areas]

    @property
    def new_posts(self) -> list[Post]:
        """The posts that become people."""
        return [post for post in self.posts if post.reference not in self.people]

    @property
    def has_changes(self) -> bool:
        """Something new would stand in the portal afterwards."""
        return any((self.new_units, self.new_posts, self.begins, self.ends, self.titles, self.offices))

    def office_of(self, post: Post) -> str:
        """The office that the file gives to a post."""
        return Office.LEAD if post == self.pmo else Office.ISSUER if post == self.issuer else ""


def plan(organogram: Organogram, stands: Standing, *, on: date, pmo: str) -> Plan:
    """What a file of a day (`on`), with the PMO at a post (`pmo`, its reference), would do to what stands."""
    problems = [*organogram.problems, *_wrong_pmo(organogram, tidy(pmo)), *_out_of_turn(stands, on)]
    if problems:
        return Plan(on=on, notes=organogram.notes, problems=tuple(sorted(problems)))
    by_reference = {post.reference: post for post in organogram.posts}
    lead = by_reference[tidy(pmo)]
    issuer = by_reference[lead.manager]
    areas, people = _kept(organogram, stands)
    begins, ends, notes = settle(organogram, stands, on=on, areas=areas, people=people)
    is_later = stands.last_on is None or on > stands.last_on
    titles = dict(_titles(organogram, people))
    offices = dict(_offices(stands, {lead.reference: Office.LEAD, issuer.reference: Office.ISSUER}))
    return Plan(
        on=on,
        units=organogram.units,
        posts=organogram.posts,
        pmo=lead,
        issuer=issuer,
        areas=areas,
        people=people,
        begins=begins,
        ends=ends,
        # A title may have been mended by hand since; only a later file knows better.
        titles=titles if is_later else {},
        offices=offices,
        is_later=is_later,
        notes=(
            *organogram.notes,
            *notes,
            *areas_elsewhere(organogram.units, areas),
            *missing_areas(stands, areas),
            *missing_posts(stands, people),
            *ways_in(stands, offices),
            *kept_titles({} if is_later else titles),
        ),
    )


def _wrong_pmo(organogram: Organogram, pmo: str) -> Iterator[Problem]:
    if not organogram.posts:
        return
    lead = next((post for post in organogram.posts if post.reference == pmo), None)
    if lead is None:
        yield Problem(0, _("The PMO is to be post %(post)s, and the file has no such post.") % {"post": pmo or "“”"})
    elif not lead.manager:
        words = _("the PMO is to be post %(post)s, and that reports to nobody who could issue its mandate.")
        yield Problem(lead.line, words % {"post": pmo})


def _out_of_turn(stands: Standing, on: date) -> Iterator[Problem]:
    if stands.last_on and on < stands.last_on:
        words = _("A file of %(last)s was brought in already; one of an earlier day (%(on)s) cannot follow it.")
        yield Problem(0, words % {"last": date_format(stands.last_on), "on": date_format(on)})


def _kept(organogram: Organogram, stands: Standing) -> tuple[dict[str, Area], dict[str, Person]]:
    places = {tidy(area.name).casefold(): area for area in stands.areas}
    known = {person.post_reference: person for person in stands.people}
    return (
        {unit.name: places[key] for unit in organogram.units if (key := unit.name.casefold()) in places},
        {post.reference: known[post.reference] for post in organogram.posts if post.reference in known},
    )


def _titles(organogram: Organogram, people: dict[str, Person]) -> Iterator[tuple[Person, str]]:
    for post in organogram.posts:
        person = people.get(post.reference)
        if person and person.post_title != post.title:
            yield person, post.title


def _offices(stands: Standing, told: dict[str, Office]) -> Iterator[tuple[Person, str]]:
    """Who gets an office, and who had it from a file before and loses it."""
    for person in stands.people:
        # Somebody without a post was given the office by hand, and keeps it.
        had = person.office if person.post_reference and person.office in GIVEN_OFFICES else ""
        wanted = told.get(person.post_reference, "")
        if wanted != had:
            yield person, wanted
