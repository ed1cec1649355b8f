"""Letters about agreements."""

from pmo_portal.accounts.models import Appointment, User
from pmo_portal.common.links import way_in
from pmo_portal.common.models import today
from pmo_portal.outbox import letters
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.agreements.models import AgreementRevision, Side
from stakeholders.people.models import Role


def _to_the_area(event: str, revision: AgreementRevision) -> list[str]:
    """One letter to each person who speaks for the area and can come in; returns their names."""
    roles = Role.objects.on().answering().filter(area=revision.agreement.area, person__user__is_active=True)
    told = []
    for role in roles.select_related("person__user"):
        assert role.person.user is not None  # noqa: S101 (the query sees to it)
        _send(event, revision, role.person.user, name=str(role.person))
        told.append(str(role.person))
    return told


def _send(event: str, revision: AgreementRevision, to: User, *, name: str, by: str = "") -> None:
    signed = revision.signatures.filter(side=Side.PMO).select_related("by").first()
    letters.send(
        event=f"agreements/{event}",
        to=to.email,
        kind=OutgoingEmail.Kind.ACTION,
        about=revision.agreement.key,
        reply_to=signed.by.email if signed and signed.by != to else "",
        context={
            "revision": revision,
            "area": revision.agreement.area,
            "to": name,
            "by": by or (signed.name if signed else ""),
            "url": way_in(to.pk, revision.agreement.get_absolute_url()),
        },
    )


def agreement_shared(revision: AgreementRevision) -> list[str]:
    """The draft can be read and commented."""
    return _to_the_area("agreement_shared", revision)


def agreement_proposed(revision: AgreementRevision) -> list[str]:
    """It waits for the area's signature."""
    return _to_the_area("agreement_proposed", revision)


def agreement_withdrawn(revision: AgreementRevision) -> list[str]:
    """It waits no more; the reason is in it."""
    return _to_the_area("agreement_withdrawn", revision)


def agreement_answered(revision: AgreementRevision, *, by: str) -> None:
    """Tell those who lead the PMO now what the area said: signed, or declined and why."""
    for lead in Appointment.objects.on(today()).filter(office=Appointment.Office.LEAD).select_related("user"):
        _send("agreement_answered", revision, lead.user, name=str(lead.user), by=by)
