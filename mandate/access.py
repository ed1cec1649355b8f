"""Who may read the mandate, write in it, and issue it."""

from typing import Any

from django.utils.translation import gettext as _

from mandate.models import MandateVersion
from mandate.models.versions import MandateVersionQuerySet
from pmo_portal.accounts.access import acts_for, holds, is_issuer, is_pmo
from pmo_portal.accounts.models import Appointment, User
from pmo_portal.common.models import Organisation, today

can_write = is_pmo


def can_see_drafts(user: Any) -> bool:
    """Those who write the mandate and those who issue it."""
    return is_pmo(user) or is_issuer(user)


def visible_versions(user: Any) -> MandateVersionQuerySet:
    """The versions that a reader of the mandate may know of: all, for those who write or issue it; else what holds
    or once held. Of what is scheduled nobody else learns before its moment.
    """
    return MandateVersion.objects.all() if can_see_drafts(user) else MandateVersion.objects.published()


def issuers() -> list[User]:
    """Who may decide today: the issuer, and a deputy in their dates."""
    found = Appointment.objects.on(today()).filter(office=Appointment.Office.ISSUER).select_related("user")
    return list(dict.fromkeys(appointment.user for appointment in found))


def issuer_of(user: User) -> User:
    """In whose office somebody issues today: their own, or that of the issuer whose deputy they are."""
    appointment = holds(user, Appointment.Office.ISSUER)
    return (acts_for(appointment) if appointment else None) or user


def issues_as(user: User) -> str:
    """The name under which somebody issues today; a deputy does so with both names."""
    issuer = issuer_of(user)
    return str(user) if issuer == user else _("%(name)s for %(issuer)s") % {"name": user, "issuer": issuer}


def leads() -> list[User]:
    """Who leads the PMO today, and its deputy in their dates."""
    found = Appointment.objects.on(today()).filter(office=Appointment.Office.LEAD).select_related("user")
    return list(dict.fromkeys(appointment.user for appointment in found))


def wrote(user: Any, version: MandateVersion) -> bool:
    """This user started, edited or sealed the version, so may never approve it."""
    return user.pk in {version.started_by_id, version.sealed_by_id, *version.authors}


def can_approve(user: Any, version: MandateVersion) -> bool:
    """The issuer or the deputy in their dates, and never an author; an administrator's rights give nothing."""
    return is_issuer(user) and not wrote(user, version)


def can_be_decided(version: MandateVersion) -> bool:
    """The issuer's decision on it is open: in review or approved, not overtaken by a newer one, not sent back."""
    return version.is_open and not version.is_overtaken and (hasattr(version, "approval") or not version.is_replaced)


def is_open_to(user: Any) -> bool:
    """Whether this visitor reads without any role: everybody does, or everybody with a mailbox of the organisation.

    By the domains of today: who came in by one that was taken out since reads no more.
    """
    organisation = Organisation.current()
    if organisation.mandate_readers == Organisation.Readers.ANYONE:
        return True
    return bool(user.is_authenticated and organisation.lets_in(user.email))


def may_read(user: Any, *, has_role: bool) -> bool:
    """Whether the organisation's setting lets this visitor read the live mandate."""
    # Who writes or issues the mandate is asked last: it costs a question to the database, and a letter asks of
    # hundreds.
    return is_open_to(user) or (user.is_authenticated and (has_role or can_see_drafts(user)))
