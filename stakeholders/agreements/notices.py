"""Letters about agreements."""

from pmo_portal.common.links import address_of
from pmo_portal.outbox import letters
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.agreements.models import AgreementRevision
from stakeholders.people.models import Role


def _to_the_area(event: str, revision: AgreementRevision) -> None:
    """One letter to each person who speaks for the area and can come in."""
    area = revision.agreement.area
    for role in Role.objects.on().answering().filter(area=area).select_related("person__user"):
        if role.person.user is None:
            continue
        letters.send(
            event=f"agreements/{event}",
            to=role.person.user.email,
            kind=OutgoingEmail.Kind.ACTION,
            about=revision.agreement.key,
            context={
                "revision": revision,
                "area": area,
                "to": role.person,
                "url": address_of("agreements:agreement", pk=revision.agreement_id),
            },
        )


def agreement_shared(revision: AgreementRevision) -> None:
    """The draft can be read and commented."""
    _to_the_area("agreement_shared", revision)


def agreement_proposed(revision: AgreementRevision) -> None:
    """It waits for the area's signature."""
    _to_the_area("agreement_proposed", revision)


def agreement_answered(revision: AgreementRevision, *, by: str) -> None:
    """Tell the lead who proposed it what the area said: signed, or declined and why."""
    proposer = revision.signatures.get(side="pmo").by
    letters.send(
        event="agreements/agreement_answered",
        to=proposer.email,
        kind=OutgoingEmail.Kind.ACTION,
        about=revision.agreement.key,
        context={
            "revision": revision,
            "area": revision.agreement.area,
            "to": proposer,
            "by": by,
            "url": address_of("agreements:agreement", pk=revision.agreement_id),
        },
    )
