"""Who sees an agreement, and who signs for which side."""

from collections.abc import Collection
from typing import Any

from django.db.models import Q, QuerySet

from pmo_portal.accounts.access import is_lead, is_pmo
from stakeholders.agreements.models import Agreement, AgreementRevision, AgreementRevisionQuerySet, Side
from stakeholders.areas.models import Area
from stakeholders.people.access import ANSWERING, answering_role, areas_as
from stakeholders.people.models import Role

can_draft = is_pmo
can_propose = is_lead

# Those who see their area's agreements; senior staff come for the mandate alone.
READERS = (Role.Kind.HEAD, Role.Kind.DEPUTY, Role.Kind.ASSISTANT, Role.Kind.SPONSOR, Role.Kind.CUSTOMER)


# Whom an event of the journal concerns. What two sides still talk about is theirs; what both signed is the area's.
AUDIENCE: dict[str, Collection[str]] = {
    "mandate_published": Role.Kind.values,
    "mandate_withdrawn": Role.Kind.values,
    "agreement_shared": ANSWERING,
    "agreement_proposed": ANSWERING,
    "agreement_declined": ANSWERING,
    "agreement_withdrawn": ANSWERING,
    "agreement_countered": ANSWERING,
    "counter_declined": ANSWERING,
    "counter_withdrawn": ANSWERING,
    "agreement_in_force": READERS,
    "promise_kept": READERS,
}


def visible_revisions(user: Any) -> AgreementRevisionQuerySet:
    """The revisions this user may read: each side its own words, and the other's once they are shared or sent."""
    if is_pmo(user):
        return AgreementRevision.objects.sent()
    state = AgreementRevision.State
    theirs = Q(shared_at__isnull=False) | Q(side=Side.AREA)
    answered = Q(agreement__area__in=areas_as(user, ANSWERING)) & theirs
    signed = Q(agreement__area__in=areas_as(user, READERS), state__in=[state.IN_FORCE, state.SUPERSEDED])
    return AgreementRevision.objects.filter(answered | signed)


def visible_agreements(user: Any) -> QuerySet[Agreement]:
    """The agreements of which this user may read at least one revision."""
    return Agreement.objects.filter(pk__in=visible_revisions(user).values("agreement"))


def side_of(user: Any, area: Area) -> Side | None:
    """The side that a user stands on; nobody stands on both."""
    if is_pmo(user):
        return Side.PMO
    return Side.AREA if answering_role(user, area) else None


def speaks_for(user: Any, area: Area) -> Side | None:
    """The side for which a user signs and answers: the PMO's lead, or the area's head or deputy."""
    side = side_of(user, area)
    return side if side == Side.AREA or is_lead(user) else None


def can_answer(user: Any, revision: AgreementRevision) -> bool:
    """It waits for the side that this user speaks for: to sign it, to say no, or to answer with other words."""
    is_proposed = revision.state == AgreementRevision.State.PROPOSED
    return is_proposed and speaks_for(user, revision.agreement.area) == revision.signs_next


def can_withdraw(user: Any, revision: AgreementRevision) -> bool:
    """The side that proposed it takes it back."""
    return speaks_for(user, revision.agreement.area) == revision.side


def can_reword(user: Any, area: Area) -> bool:
    """Who writes the area's own words: its head or deputy."""
    return side_of(user, area) == Side.AREA
