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
    "agreement_shared": ANSWERING,
    "agreement_proposed": ANSWERING,
    "agreement_declined": ANSWERING,
    "agreement_withdrawn": ANSWERING,
    "agreement_in_force": READERS,
    "promise_kept": READERS,
}


def visible_revisions(user: Any) -> AgreementRevisionQuerySet:
    """The revisions this user may read; a draft only inside the PMO, or with the area's own once it is shared."""
    if is_pmo(user):
        return AgreementRevision.objects.all()
    state = AgreementRevision.State
    answered = Q(agreement__area__in=areas_as(user, ANSWERING), shared_at__isnull=False)
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


def can_countersign(user: Any, revision: AgreementRevision) -> bool:
    """The head or the deputy of that area, never a member of the PMO, while it waits for them."""
    return revision.state == AgreementRevision.State.PROPOSED and side_of(user, revision.agreement.area) == Side.AREA
