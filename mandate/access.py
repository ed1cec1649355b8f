"""Who may read the mandate, write in it, and issue it."""

from typing import Any

from mandate.models import MandateVersion
from pmo_portal.accounts.access import is_issuer, is_pmo
from pmo_portal.accounts.models import Appointment, User
from pmo_portal.common.models import Organisation, today

can_write = is_pmo


def can_see_drafts(user: Any) -> bool:
    """Those who write the mandate and those who issue it."""
    return is_pmo(user) or is_issuer(user)


def issuers() -> list[User]:
    """Who may decide today: the issuer, and a deputy in their dates."""
    found = Appointment.objects.on(today()).filter(office=Appointment.Office.ISSUER).select_related("user")
    return list(dict.fromkeys(appointment.user for appointment in found))


def wrote(user: Any, version: MandateVersion) -> bool:
    """This user started, edited or sealed the version, so may never approve it."""
    return user.pk in {version.started_by_id, version.sealed_by_id, *version.authors}


def can_approve(user: Any, version: MandateVersion) -> bool:
    """The issuer or the deputy in their dates, and never an author; an administrator's rights give nothing."""
    return is_issuer(user) and not wrote(user, version)


def may_read(user: Any, *, has_role: bool) -> bool:
    """Whether the organisation's setting lets this visitor read the live mandate."""
    readers = Organisation.current().mandate_readers
    if readers == Organisation.Readers.ANYONE or can_see_drafts(user):
        return True
    return bool(user.is_authenticated) and (readers == Organisation.Readers.SIGNED_IN or has_role)
