"""Letters about agreements, to the people of one of its sides."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from pmo_portal.accounts.models import Appointment, User
from pmo_portal.common.links import way_in
from pmo_portal.common.models import today
from pmo_portal.outbox import letters
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.agreements.models import AgreementRevision, Side
from stakeholders.people.models import Role


def _people(revision: AgreementRevision, side: Side) -> Iterator[tuple[User, str]]:
    """Those who speak for a side today and can come in, with the name they are written to by."""
    if side == Side.PMO:
        for lead in Appointment.objects.on(today()).filter(office=Appointment.Office.LEAD).select_related("user"):
            yield lead.user, str(lead.user)
        return
    roles = Role.objects.on().answering().filter(area=revision.agreement.area, person__user__is_active=True)
    for role in roles.select_related("person__user"):
        assert role.person.user is not None  # noqa: S101 (the query sees to it)
        yield role.person.user, str(role.person)


def _send(event: str, revision: AgreementRevision, side: Side, *, reply_to: str = "", **facts: Any) -> list[str]:
    """One letter to each of a side; returns their names."""
    told = []
    for user, name in _people(revision, side):
        letters.send(
            event=f"agreements/{event}",
            to=user.email,
            kind=OutgoingEmail.Kind.ACTION,
            about=revision.agreement.key,
            reply_to=reply_to if reply_to != user.email else "",
            context={
                "revision": revision,
                "area": revision.agreement.area,
                "by_area": revision.side == Side.AREA,
                "to": name,
                "url": way_in(user.pk, reverse("agreements:agreement", kwargs={"pk": revision.agreement_id})),
                **facts,
            },
        )
        told.append(name)
    return told


def agreement_shared(revision: AgreementRevision) -> list[str]:
    """The draft can be read and written in."""
    return _send("agreement_shared", revision, Side.AREA)


def agreement_proposed(revision: AgreementRevision) -> list[str]:
    """It waits for the area's signature."""
    signed = revision.signatures.select_related("by").get(side=Side.PMO)
    return _send("agreement_proposed", revision, Side.AREA, by=signed.name, reply_to=signed.by.email)


def agreement_countered(revision: AgreementRevision, *, by: str, reply_to: str, changes: int) -> list[str]:
    """The area has signed words of its own: they wait for the PMO's signature."""
    return _send("agreement_countered", revision, Side.PMO, by=by, reply_to=reply_to, changes=changes)


def agreement_withdrawn(revision: AgreementRevision, *, by: str, reply_to: str) -> list[str]:
    """It waits no more; the reason is in it."""
    return _send("agreement_withdrawn", revision, revision.signs_next, by=by, reply_to=reply_to)


def agreement_answered(revision: AgreementRevision, *, by: str, reply_to: str) -> list[str]:
    """Tell the side that proposed what the other one said: signed, or declined and why."""
    return _send("agreement_answered", revision, Side(revision.side), by=by, reply_to=reply_to)
