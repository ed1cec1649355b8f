"""Letters about agreements, to the people of one of its sides."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.urls import reverse

from pmo_portal.accounts.models import Appointment, User
from pmo_portal.common.links import way_in
from pmo_portal.common.models import today
from pmo_portal.outbox import letters
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.agreements.models import AgreementRevision, Side
from stakeholders.people.models import Role

Kind = OutgoingEmail.Kind


def _people(revision: AgreementRevision, side: Side) -> Iterator[tuple[User, str]]:
    """Those who speak for a side today and can come in, with the name they are written to by."""
    if side == Side.PMO:
        leads = Appointment.objects.on(today()).filter(office=Appointment.Office.LEAD).select_related("user")
        for user in dict.fromkeys(lead.user for lead in leads):
            yield user, str(user)
        return
    roles = Role.objects.signing().filter(area=revision.agreement.area)
    for person in dict.fromkeys(role.person for role in roles.select_related("person__user")):
        assert person.user is not None  # noqa: S101 (the query sees to it)
        yield person.user, str(person)


def _ask(
    event: str,
    revision: AgreementRevision,
    side: Side,
    *,
    reply_to: str = "",
    now: datetime | None = None,
    **facts: Any,
) -> list[str]:
    """A letter that asks something of each of a side, at most twice of each; returns their names.

    Raises RuleBroken when all of them have had their two letters.
    """

    def write(one: tuple[User, str]) -> None:
        _write(event, revision, one, kind=Kind.ACTION, reply_to=reply_to, now=now, facts=facts)

    return [name for _user, name in letters.send_each(write, _people(revision, side))]


def _tell(event: str, revision: AgreementRevision, side: Side, *, reply_to: str = "", **facts: Any) -> list[str]:
    """A letter that tells each of a side what has happened; returns their names."""
    told = list(_people(revision, side))
    for one in told:
        _write(event, revision, one, kind=Kind.NOTICE, reply_to=reply_to, facts=facts)
    return [name for _user, name in told]


def _write(
    event: str,
    revision: AgreementRevision,
    to: tuple[User, str],
    *,
    kind: Kind,
    reply_to: str,
    facts: dict[str, Any],
    now: datetime | None = None,
) -> None:
    user, name = to
    letters.send(
        event=f"agreements/{event}",
        to=user.email,
        kind=kind,
        about=revision.key,
        reply_to=reply_to if reply_to != user.email else "",
        context={
            "revision": revision,
            "area": revision.agreement.area,
            "by_area": revision.side == Side.AREA,
            "to": name,
            "url": way_in(user.pk, reverse("agreements:agreement", kwargs={"pk": revision.agreement_id})),
            **facts,
        },
        now=now,
    )


def agreement_shared(revision: AgreementRevision, *, now: datetime | None = None) -> list[str]:
    """The draft can be read and written in."""
    return _ask("agreement_shared", revision, Side.AREA, now=now)


def agreement_proposed(revision: AgreementRevision, *, now: datetime | None = None) -> list[str]:
    """It waits for the area's signature."""
    signed = revision.signatures.select_related("by").get(side=Side.PMO)
    return _ask("agreement_proposed", revision, Side.AREA, by=signed.name, reply_to=signed.by.email, now=now)


# The letter that asks the area about a revision of the PMO's in this state: sent once by the verb, a second time to
# remind.
AGAIN = {
    AgreementRevision.State.DRAFT: agreement_shared,
    AgreementRevision.State.PROPOSED: agreement_proposed,
}
# The letters by which a revision asks somebody, as the post room knows them.
ASKING = {state: f"agreements/{verb.__name__}" for state, verb in AGAIN.items()}


def agreement_countered(revision: AgreementRevision, *, by: str, reply_to: str, changes: int) -> list[str]:
    """The area has signed words of its own: they wait for the PMO's signature."""
    return _ask("agreement_countered", revision, Side.PMO, by=by, reply_to=reply_to, changes=changes)


def agreement_withdrawn(revision: AgreementRevision, *, by: str, reply_to: str) -> list[str]:
    """It waits no more; the reason is in it."""
    return _tell("agreement_withdrawn", revision, revision.signs_next, by=by, reply_to=reply_to)


def agreement_answered(revision: AgreementRevision, *, by: str, reply_to: str) -> list[str]:
    """Tell the side that proposed what the other one said: signed, or declined and why."""
    return _tell("agreement_answered", revision, Side(revision.side), by=by, reply_to=reply_to)
