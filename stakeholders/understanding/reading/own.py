"""How one person stands to the mandate: on their own page of it, and what they are asked; writes nothing."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from mandate.access import can_see_drafts
from mandate.models import MandateVersion
from pmo_portal.common.models import Organisation
from pmo_portal.common.words import day
from stakeholders.people.models import Person
from stakeholders.people.reading import Offer
from stakeholders.understanding.access import can_follow, follows, is_told_anyway
from stakeholders.understanding.models import Acknowledgement, State
from stakeholders.understanding.reading.asked import Question, question, readers
from stakeholders.understanding.reading.since import changed_since


@dataclass(frozen=True)
class Own:
    """How one person stands to the live mandate, for their own page of it."""

    person: Person
    state: State
    read: Acknowledgement | None
    due: str = ""

    @property
    def is_read(self) -> bool:
        """Nothing is left to read: what came since means the same in better words."""
        return self.state == State.READ

    @property
    def is_waived(self) -> bool:
        """The PMO has excused them."""
        return self.state == State.WAIVED


def of_reader(user: Any, person: Person | None, live: MandateVersion) -> dict[str, Any]:
    """All that a reader's own page of the live mandate says of them: read or not, what changed since, following."""
    if not user.is_authenticated:
        return {}
    # Who writes or issues it has read it.
    mine = own(person, live) if person and not can_see_drafts(user) else None
    told = is_told_anyway(user)
    return {
        "own": mine,
        "since": changed_since(mine.read, live) if mine and mine.read and mine.state == State.CHANGED else None,
        "follows": not told and follows(user),
        "can_follow": not told and can_follow(user),
    }


def own(person: Person, live: MandateVersion) -> Own | None:
    """How a person stands to what is asked; who has read the live version itself costs one question."""
    read = person.acknowledgements.select_related("version").order_by("-version__number").first()
    if read and read.version_id == live.pk:
        return Own(person, State.READ, read)
    asked = question(live=live)
    if asked is None:
        return None
    found: Any = readers(asked).filter(pk=person.pk).first()
    state = State(found.state) if found else _state_of(read, asked)
    due = asked.due_on(found.first_day) if found and state in {State.OPEN, State.CHANGED} else None
    return Own(person, state, read, day(due))


def _state_of(read: Acknowledgement | None, asked: Question) -> State:
    """The same rule, for somebody who is not asked and may say so all the same."""
    if read is None:
        return State.OPEN
    return State.READ if read.version.number >= asked.version.number else State.CHANGED


def open_for(person: Person, on: date) -> list[Offer]:
    """The live mandate, for a person who is asked that day and has not said that they read it; or what changed in it.

    Those who write or issue it have read it. A version that means the same in better words asks for nothing.
    """
    user = person.user
    asked = question(on=on)
    if asked is None or user is None or not user.is_active or can_see_drafts(user):
        return []
    found: Any = readers(asked).filter(pk=person.pk).first()
    if found is None or found.state not in {State.OPEN, State.CHANGED}:
        return []
    return [_offer(asked, found)]


def _offer(asked: Question, person: Any) -> Offer:
    words = {
        "office": Organisation.current().office_name, "number": asked.live.number, "read": person.read_number,
        "day": day(asked.due_on(person.first_day)),
    }  # fmt: skip
    is_new = person.state == State.OPEN
    title = _("Read the mandate of the %(office)s") if is_new else _("Read what changed in the mandate")
    text = (
        _("Read what the %(office)s is for and what it does not do, and say that you have read it.")
        if is_new
        else _("The mandate of the %(office)s has changed since you read version %(read)s. Read what changed, and "
               "say that you have read it.")
    )  # fmt: skip
    hint = _("Version %(number)s, by %(day)s") if words["day"] else _("Version %(number)s")
    return Offer(
        kind="mandate", key=asked.version.key, title=title % words, text=text % words, path=reverse("mandate:live"),
        action=_("Read the mandate") if is_new else _("Read what changed"), hint=hint % words,
    )  # fmt: skip
