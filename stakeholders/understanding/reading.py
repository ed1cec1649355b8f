"""What a person could still read of the mandate; writes nothing."""

from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from mandate.access import can_see_drafts
from mandate.models import MandateVersion
from pmo_portal.common.models import Organisation
from stakeholders.people.models import Person, Role
from stakeholders.people.reading import Offer
from stakeholders.understanding.models import Acknowledgement


def open_for(person: Person, on: date) -> list[Offer]:
    """The live mandate, for a person with a role that day who has not said that they read it.

    Those who write or issue it have read it.
    """
    user = person.user
    if user is None or not user.is_active or not Role.objects.on(on).filter(person=person).exists():
        return []
    live = MandateVersion.objects.live().first()
    if live is None or can_see_drafts(user) or Acknowledgement.objects.filter(person=person, version=live).exists():
        return []
    words = {"office": Organisation.current().office_name, "number": live.number}
    return [
        Offer(
            kind="mandate",
            key=live.key,
            title=_("Read the mandate of the %(office)s") % words,
            text=_("Read what the %(office)s is for and what it does not do, and say that you have read it.") % words,
            path=reverse("mandate:live"),
            action=_("Read the mandate"),
            hint=_("Version %(number)s") % words,
        )
    ]
