"""Acknowledging a version of the mandate."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from mandate.models import MandateVersion
from pmo_portal.accounts.models import User
from pmo_portal.audit.actions import note
from pmo_portal.common.errors import Stale
from stakeholders.people.models import Person
from stakeholders.understanding.models import Acknowledgement


@transaction.atomic
def acknowledge(
    version: MandateVersion,
    *,
    person: Person,
    by: User,
    content_hash: str,
    how: str = Acknowledgement.How.PAGE,
    now: datetime | None = None,
) -> Acknowledgement:
    """Keep that this person has read this version; twice is once.

    Raises Stale when the hash on the page is not the version's.
    """
    if content_hash != version.content_hash:
        raise Stale(_("The mandate has changed since you opened the page. Read it again, then say so."))
    kept, made = Acknowledgement.objects.get_or_create(
        person=person, version=version, defaults={"how": how, "at": now or timezone.now()}
    )
    if made:
        note(by=by, verb="acknowledge", subject=version.key, now=now, person=person.pk, how=how)
    return kept
