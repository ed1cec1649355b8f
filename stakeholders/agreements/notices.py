"""Letters about agreements."""

from datetime import datetime

from pmo_portal.accounts.models import Appointment, User
from pmo_portal.common.links import address_of
from pmo_portal.common.models import today
from pmo_portal.outbox import letters
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.agreements.models import AgreementRevision, Side
from stakeholders.people.models import Person, Role


def _to_the_area(event: str, revision: AgreementRevision, now: datetime | None = None) -> list[str]:
    """One letter to each person who speaks for the area and can come in, and who may still be asked by letter.

    Returns their names. Raises RuleBroken when all of them have had their two letters.
    """
    roles = Role.objects.on().answering().filter(area=revision.agreement.area, person__user__is_active=True)
    people = dict.fromkeys(role.person for role in roles.select_related("person__user"))
    told = letters.send_each(lambda person: _to_person(event, revision, person, now), people)
    return [str(person) for person in told]


def _to_person(event: str, revision: AgreementRevision, person: Person, now: datetime | None) -> None:
    assert person.user is not None  # noqa: S101 (the query sees to it)
    _send(event, revision, person.user, name=str(person), now=now)


# What only tells what has happened; the others ask for something, and go at most twice.
TELLING = {"agreement_answered", "agreement_withdrawn"}


def _send(
    event: str, revision: AgreementRevision, to: User, *, name: str, by: str = "", now: datetime | None = None
) -> None:
    signed = revision.signatures.filter(side=Side.PMO).select_related("by").first()
    letters.send(
        event=f"agreements/{event}",
        to=to.email,
        kind=OutgoingEmail.Kind.NOTICE if event in TELLING else OutgoingEmail.Kind.ACTION,
        about=revision.key,
        reply_to=signed.by.email if signed and signed.by != to else "",
        context={
            "revision": revision,
            "area": revision.agreement.area,
            "to": name,
            "by": by or (signed.name if signed else ""),
            "url": address_of("agreements:agreement", pk=revision.agreement_id),
        },
        now=now,
    )


def agreement_shared(revision: AgreementRevision, *, now: datetime | None = None) -> list[str]:
    """The draft can be read and commented."""
    return _to_the_area("agreement_shared", revision, now)


def agreement_proposed(revision: AgreementRevision, *, now: datetime | None = None) -> list[str]:
    """It waits for the area's signature."""
    return _to_the_area("agreement_proposed", revision, now)


# The letter that asks about a revision in this state: sent once by the verb, and a second time to remind.
AGAIN = {
    AgreementRevision.State.DRAFT: agreement_shared,
    AgreementRevision.State.PROPOSED: agreement_proposed,
}
# The letters by which a revision asks somebody, as the post room knows them.
ASKING = {state: f"agreements/{verb.__name__}" for state, verb in AGAIN.items()}


def agreement_withdrawn(revision: AgreementRevision) -> list[str]:
    """It waits no more; the reason is in it."""
    return _to_the_area("agreement_withdrawn", revision)


def agreement_answered(revision: AgreementRevision, *, by: str) -> None:
    """Tell those who lead the PMO now what the area said: signed, or declined and why."""
    for lead in Appointment.objects.on(today()).filter(office=Appointment.Office.LEAD).select_related("user"):
        _send("agreement_answered", revision, lead.user, name=str(lead.user), by=by)
