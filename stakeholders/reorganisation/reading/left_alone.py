"""What a file leaves as it stands and a person should know of."""

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from pmo_portal.accounts.models import Appointment
from stakeholders.areas.models import Area
from stakeholders.people.models import Person
from stakeholders.reorganisation.organogram import Problem, Unit
from stakeholders.reorganisation.reading.standing import Standing

OFFICES = (Appointment.Office.LEAD, Appointment.Office.ISSUER)


def areas_elsewhere(units: Iterable[Unit], areas: dict[str, Area]) -> Iterator[Problem]:
    """Areas that the file puts under another one: the tree has no dates, so a move would lose what was."""
    for unit in units:
        area = areas.get(unit.name)
        above = areas.get(unit.parent)
        is_elsewhere = area and (area.parent_id != above.pk if above else bool(unit.parent or area.parent_id))
        if is_elsewhere:
            words = _("“%(area)s” stays where it is in the tree; the file puts it under “%(parent)s”.")
            top = _("“%(area)s” stays where it is in the tree; the file puts it at the top.")
            told = {"area": area, "parent": unit.parent}
            yield Problem(0, (words if unit.parent else top) % told)


def missing_areas(stands: Standing, areas: dict[str, Area]) -> Iterator[Problem]:
    """Areas that the file does not name."""
    kept = {area.pk for area in areas.values()}
    for area in stands.areas:
        if area.pk not in kept:
            yield Problem(0, _("The area “%(area)s” is not in the file; it is left as it is.") % {"area": area})


def missing_posts(stands: Standing, people: dict[str, Person]) -> Iterator[Problem]:
    """People whose post the file does not name."""
    for person in stands.people:
        if person.post_reference and person.post_reference not in people:
            words = _("Post %(post)s (%(person)s) is not in the file; it is left as it is.")
            yield Problem(0, words % {"post": person.post_reference, "person": person})


def ways_in(stands: Standing, offices: dict[Person, str]) -> Iterator[Problem]:
    """People whose appointment only an administrator can change: it is theirs, and not the file's."""
    for person in stands.people:
        if person in offices and person.user_id:
            words = _("%(person)s comes in already: an administrator changes that appointment, the file does not.")
            yield Problem(0, words % {"person": person})
        elif not person.post_reference and person.office in OFFICES:
            words = _("%(person)s was made “%(office)s” by hand, and stays so beside the file.")
            yield Problem(0, words % {"person": person, "office": person.get_office_display()})


def kept_titles(titles: dict[Person, str]) -> Iterator[Problem]:
    """Titles that differ from a file of a day that was brought in already."""
    for person, title in titles.items():
        words = _("Post %(post)s stays “%(kept)s”; the file of the same day calls it “%(title)s”.")
        yield Problem(0, words % {"post": person.post_reference, "kept": person.post_title, "title": title})
