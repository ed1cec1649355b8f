"""Setting up the portal, and keeping the organisation's names and look."""

import hashlib
from typing import Any
from zoneinfo import ZoneInfo

from allauth.account.internal.flows.login import record_authentication
from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from pmo_portal.accounts.access import can_set_up, is_set_up
from pmo_portal.accounts.actions.offices import appoint
from pmo_portal.accounts.models import Appointment, User
from pmo_portal.audit.actions import note
from pmo_portal.common.errors import NotAllowed, RuleBroken, Stale
from pmo_portal.common.models import Logo, Organisation, refuse_overtaken


@transaction.atomic
def set_up(organisation: Organisation, *, name: str, email: str, logo: bytes | None = None) -> User:
    """Begin a portal that is nobody's yet: keep the organisation, and make its first person the PMO lead.

    `logo` is a PNG as `home.logo` draws it. Raises Stale when somebody was appointed meanwhile, RuleBroken when
    the address is an account's already: whoever holds the address of this page becomes nobody else by it.
    """
    # One at a time: who makes the row, or waits for it, looks again at what stands behind it.
    Organisation.objects.get_or_create(pk=1, defaults={"name": organisation.name})
    Organisation.objects.select_for_update().get(pk=1)
    if is_set_up():
        raise Stale(_("This portal has been set up already."))
    if User.objects.filter(email__iexact=email).exists():
        raise RuleBroken(
            _("There is an account with this address already. Give another address, or let an administrator "
              "make that account the PMO lead.")
        )  # fmt: skip
    user = User.objects.create_user(email, name)
    organisation.logo_digest = _drawn(logo) or organisation.logo_digest
    organisation.save()
    note(by=user, verb="set_up", subject="organisation:1", via="setup")
    # By the new organisation's own calendar: by another, the office might begin tomorrow.
    day = timezone.localdate(timezone=ZoneInfo(organisation.time_zone))
    appoint(user, Appointment.Office.LEAD, by=user, starts_on=day)
    return user


def sign_in(request: HttpRequest, user: User, *, method: str) -> None:
    """Sign a user in, in this browser, as one who has just proved who they are by a `method`."""
    login(request, user)
    record_authentication(request, user, method=method)


@transaction.atomic
def set_organisation(
    organisation: Organisation, *, by: Any, fields: list[str], seen: str = "", logo: bytes | None = None
) -> None:
    """Keep the organisation's names and settings, and a new `logo` (a PNG as `home.logo` draws it), if any.

    Raises NotAllowed for anybody but the lead and administrators, Overtaken when somebody else saved meanwhile.
    """
    _refuse_unless_can_set_up(by)
    if standing := Organisation.objects.select_for_update().filter(pk=1).first():
        refuse_overtaken(organisation, fields, seen)
        organisation.logo_digest = standing.logo_digest
    organisation.logo_digest = _drawn(logo) or organisation.logo_digest
    organisation.save()
    note(by=by, verb="set_organisation", subject="organisation:1", readers=organisation.mandate_readers)


@transaction.atomic
def remove_logo(*, by: Any) -> None:
    """Take the organisation's logo away; the portal's own mark stands in its place."""
    _refuse_unless_can_set_up(by)
    Organisation.objects.filter(pk=1).update(logo_digest="")
    Logo.objects.all().delete()
    note(by=by, verb="remove_logo", subject="organisation:1")


def _refuse_unless_can_set_up(by: Any) -> None:
    if not can_set_up(by):
        raise NotAllowed(_("Only the PMO lead or an administrator sets this."))


def _drawn(logo: bytes | None) -> str:
    """Keep a logo in its one row; the digest by which its address is known, empty without one."""
    if not logo:
        return ""
    Logo.objects.update_or_create(pk=1, defaults={"png": logo})
    return hashlib.sha256(logo).hexdigest()
