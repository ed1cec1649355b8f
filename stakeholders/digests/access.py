"""Who may read a letter, and what a person may be told today."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils import timezone

from mandate.access import may_read
from pmo_portal.accounts.access import is_pmo
from pmo_portal.common.models import Organisation
from pmo_portal.journal.actions import EVERYBODY
from pmo_portal.journal.models import Event
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.agreements.access import AUDIENCE, visible_agreements
from stakeholders.digests.models import Delivery, DigestPreference
from stakeholders.people.access import ANSWERING, visible_areas
from stakeholders.people.models import Person, Role


def people_owed(event: Event, day: date) -> QuerySet[Person]:
    """Those whom an event concerned by the roles they held that day; nobody for kinds and scopes not told here."""
    roles = Role.objects.on(day).filter(kind__in=AUDIENCE.get(event.kind, ()))
    if event.scope != EVERYBODY:
        scope, _colon, key = event.scope.partition(":")
        roles = roles.filter(area=int(key)) if scope == "area" else roles.none()
    return Person.objects.filter(pk__in=roles.values("person"))


def own_letters(user: Any) -> QuerySet[OutgoingEmail]:
    """The letters that went to this user; never a sign-in.

    A digest is its person's and not its address's: who takes over a mailbox does not inherit what was told in it.
    """
    own = Q(delivery__person__user=user) | Q(delivery=None, to=user.email)
    return OutgoingEmail.objects.exclude(kind=OutgoingEmail.Kind.SECURITY).filter(own)


def letters_to(person: Person) -> QuerySet[OutgoingEmail]:
    """The letters that went to a person, for the PMO: their digests, and what their address was sent; no sign-in."""
    addresses = {address for address in (person.email, person.user.email if person.user else "") if address}
    sent = Q(delivery__person=person) | Q(delivery=None, to__in=addresses)
    return OutgoingEmail.objects.exclude(kind=OutgoingEmail.Kind.SECURITY).filter(sent)


def visible_letters(user: Any) -> QuerySet[OutgoingEmail]:
    """The letters this user may read; any other is a 404 to them."""
    return OutgoingEmail.objects.listable() if is_pmo(user) else own_letters(user)


def visible_deliveries(user: Any) -> QuerySet[Delivery]:
    """The digests whose whole content this user may read: their own, or for the PMO anybody's."""
    written = Delivery.objects.filter(state=Delivery.State.RENDERED)
    return written if is_pmo(user) else written.filter(person__user=user)


def can_set_for(user: Any, preference: DigestPreference) -> bool:
    """The person always; the PMO only until the person has chosen."""
    return preference.person.user_id == user.pk or (is_pmo(user) and not preference.chosen_by_person)


@dataclass(frozen=True)
class Rights:
    """What one person may be told today."""

    day: date
    roles: list[Role]
    mandate: bool
    signs_for: frozenset[int]
    areas: frozenset[int]
    agreements: frozenset[int]

    def areas_as(self, kinds: Collection[str]) -> set[int]:
        """The areas in which they hold one of these roles today."""
        return {role.area_id for role in self.roles if role.kind in kinds}

    def may_be_told(self, event: Event) -> bool:
        """The event's own audience still has this person in it."""
        if event.scope == EVERYBODY:
            return self.mandate
        return int(event.scope.partition(":")[2]) in self.areas_as(AUDIENCE[event.kind])


def today(now: datetime, organisation: Organisation) -> date:
    """The day by which roles count: the organisation's own."""
    return timezone.localdate(now, ZoneInfo(organisation.time_zone))


def roles_of(person: Person, day: date) -> list[Role]:
    """The roles a person holds on a day."""
    return list(Role.objects.on(day).filter(person=person).select_related("area").order_by("area__name", "kind"))


def rights_of(person: Person, now: datetime, organisation: Organisation) -> Rights:
    """What a person who can come in may be told; pages of areas and agreements only as their own rooms say."""
    day = today(now, organisation)
    roles = roles_of(person, day)
    # Nobody signs for an area who works for the PMO.
    answering = [] if is_pmo(person.user) else [role.area_id for role in roles if role.kind in ANSWERING]
    with timezone.override(organisation.time_zone):
        return Rights(
            day=day,
            roles=roles,
            mandate=may_read(person.user, has_role=bool(roles)),
            signs_for=frozenset(answering),
            areas=frozenset(visible_areas(person.user).values_list("pk", flat=True)),
            agreements=frozenset(visible_agreements(person.user).values_list("pk", flat=True)),
        )


def hindrance(person: Person, preference: DigestPreference | None, day: date) -> str | None:
    """Why nothing can be written to this person at all, or None."""
    if preference is None or preference.rhythm == DigestPreference.Rhythm.OFF:
        return Delivery.Reason.LEFT
    if person.user is None and not person.email:
        return Delivery.Reason.NO_ADDRESS
    # Adding a person writes to nobody: who was never invited, or may no longer come in, gets no digest either.
    if person.user is None or not person.user.is_active:
        return Delivery.Reason.NO_WAY_IN
    return None if Role.objects.on(day).filter(person=person).exists() else Delivery.Reason.NO_ROLE
