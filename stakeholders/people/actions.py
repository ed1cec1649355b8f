"""Looking after people: adding them writes to nobody; inviting opens the door and sends the letter."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from pmo_portal.accounts.access import Office, is_lead, is_pmo
from pmo_portal.accounts.actions import appoint
from pmo_portal.accounts.models import Appointment, User
from pmo_portal.audit.actions import note
from pmo_portal.common.errors import NotAllowed, RuleBroken
from pmo_portal.common.models import Organisation, today
from pmo_portal.common.words import day as in_words
from stakeholders.areas.models import Area
from stakeholders.people import notices
from stakeholders.people.models import Invitation, Person, Role


@transaction.atomic
def keep(person: Person, *, by: User) -> Person:
    """Keep a person's name and address; nobody is written to.

    The address of somebody who has a way in already stays: changing it would hand their account to another. Only
    where the invitation came back, and nobody ever came in with that address, it can be mended.
    """
    _refuse_unless_pmo(by)
    person.email = person.email.lower()
    standing = Person.objects.filter(pk=person.pk).select_related("user").first()
    if person.email and Person.objects.filter(email__iexact=person.email).exclude(pk=person.pk).exists():
        raise RuleBroken(_("Somebody else has this address already."))
    if standing and standing.user and standing.email.lower() != person.email:
        _mend_the_way_in(standing, person.email)
    person.save()
    _name_the_user(person)
    # Whose address it was when somebody is to hold an office: the audit keeps that too.
    details: dict[str, Any] = {"email": person.email} if person.office else {}
    note(by=by, verb="keep_person", subject=person.key, **details)
    return person


def _mend_the_way_in(person: Person, email: str) -> None:
    """Give an account that nobody has ever used another address, after its invitation came back."""
    user = person.user
    assert user is not None  # noqa: S101 (asked by the only caller)
    is_bounced = Person.objects.filter(pk=person.pk).with_state().in_state(Person.State.BOUNCED).exists()
    if not (is_bounced and email):
        raise RuleBroken(
            _("This person comes in with the address they have, so it stays. If it is wrong, an administrator "
              "shuts that account, and you add the person again.")
        )  # fmt: skip
    if User.objects.filter(email__iexact=email).exclude(pk=user.pk).exists():
        raise RuleBroken(_("Somebody else comes in with this address already."))
    User.objects.filter(pk=user.pk).update(email=email)


@transaction.atomic
def invite(person: Person, *, by: User, now: datetime | None = None) -> Invitation:
    """Give a person a way in and send the letter; inviting again sends a second one, and there is no third.

    Raises RuleBroken without an address, when their account is shut, when they have come in, when two letters have
    gone or the first is not three days old, or when the address would put two hats on one head that exclude each
    other (the issuer is never of the PMO).
    """
    now = now or timezone.now()
    _refuse_unless_pmo(by)
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)  # one invitation at a time
    person.refresh_from_db()
    _refuse_shut(person.user or User.objects.filter(email=person.email).first())
    if person.user and person.user.last_login:
        raise RuleBroken(_("%(name)s has come in already: no invitation is needed.") % {"name": person})
    if not person.email:
        raise RuleBroken(_("Give %(name)s an e-mail address first.") % {"name": person})
    if person.user is None:
        person.user = User.objects.filter(email=person.email).first() or User.objects.create_user(
            person.email, person.name
        )
        if Person.objects.filter(user=person.user).exclude(pk=person.pk).exists():
            raise RuleBroken(_("Somebody else comes in with this address already."))
        if person.user.is_staff and person.office:
            raise RuleBroken(_("An administrator comes in with this address, and decides nothing of the business."))
        person.save(update_fields=["user"])
    _name_the_user(person)
    if person.office:
        appoint(person.user, person.office, by=by, starts_on=today())
    invitation = Invitation.objects.create(person=person, email=person.email, by=by, at=now)
    note(by=by, verb="invite", subject=person.key, now=now)
    notices.invited(person, by=by, now=now)
    return invitation


@transaction.atomic
def name_issuer(*, name: str, email: str, post_title: str, by: User) -> Person:
    """Name the portal's first issuer; nobody is written to, and inviting them does the appointing.

    Who has a way in already, because they head an area, issues from today on.

    Only the PMO lead, and only while nobody holds, held or is to hold that office: afterwards an administrator
    changes it. Raises NotAllowed for anybody else, RuleBroken when the office is given, or when the address is an
    administrator's, one of the PMO's own, or another person's.
    """
    if not is_lead(by):
        raise NotAllowed(_("Only the PMO lead names the first issuer."))
    # Two who name at once follow each other (on SQLite the transaction itself is the lock).
    Organisation.objects.select_for_update().filter(pk=1).first()
    refuse_second_issuer()
    email = email.lower()
    _refuse_as_issuer(email)
    person = Person.objects.filter(email__iexact=email).first() or Person(email=email)
    if person.name and person.name.casefold() != name.casefold():
        raise RuleBroken(_("%(email)s belongs to %(name)s already.") % {"email": email, "name": person})
    person.name, person.post_title = person.name or name, post_title or person.post_title
    person.office = Office.ISSUER
    keep(person, by=by)
    note(by=by, verb="name_issuer", subject=person.key, email=email)
    if person.user:
        # A way in is there already: no invitation is wanted, and who came in could not be sent one.
        appoint(person.user, Office.ISSUER, by=by, starts_on=today())
    return person


def refuse_second_issuer() -> None:
    """Raises RuleBroken once an issuer is named or appointed, or was."""
    if (
        Person.objects.filter(office=Office.ISSUER).exists()
        or Appointment.objects.filter(office=Office.ISSUER).exists()
    ):
        raise RuleBroken(_("An issuer has been named already. An administrator changes who it is."))


def _refuse_as_issuer(email: str) -> None:
    """The issuer is never of the PMO and never an administrator, and an account that was shut stays shut."""
    pmo = [Office.MEMBER, Office.LEAD]
    user = User.objects.filter(email__iexact=email).first()
    appointed = Appointment.objects.filter(Q(ends_on=None) | Q(ends_on__gte=today()), user=user, office__in=pmo)
    if (user and appointed.exists()) or Person.objects.filter(email__iexact=email, office__in=pmo).exists():
        raise RuleBroken(_("This is the address of somebody in the PMO: its mandate is issued by somebody else."))
    if user and user.is_staff:
        raise RuleBroken(_("An administrator comes in with this address, and decides nothing of the business."))
    _refuse_shut(user)


def _refuse_shut(user: User | None) -> None:
    """Nobody is asked to come in where the door stays shut."""
    if user and not user.is_active:
        raise RuleBroken(_("The account with this address has been shut. An administrator can open it again."))


@dataclass
class Invited:
    """How inviting several at once ended: who was sent the letter, and who was not, with the reason."""

    sent: list[Person] = field(default_factory=list)
    refused: list[tuple[Person, str]] = field(default_factory=list)


@transaction.atomic
def invite_several(several: Iterable[Person], *, by: User, now: datetime | None = None) -> Invited:
    """Invite each of several people; one who cannot be invited holds up no other."""
    _refuse_unless_pmo(by)
    ended = Invited()
    for person in several:
        try:
            invite(person, by=by, now=now)
            ended.sent.append(person)
        except RuleBroken as refusal:
            ended.refused.append((person, str(refusal)))
    return ended


@transaction.atomic
def remind(person: Person, *, by: User, now: datetime | None = None) -> Invitation:
    """Send the second invitation to somebody who was invited and never came in.

    Raises RuleBroken where `invite` does, and for somebody who was never invited: their first letter is seen first.
    """
    _refuse_unless_pmo(by)
    if not Invitation.objects.filter(person=person, email=person.email).exists():
        raise RuleBroken(_("%(name)s was not invited yet: look at the letter first.") % {"name": person})
    return invite(person, by=by, now=now)


@transaction.atomic
def give_role(
    person: Person, *, area: Area, kind: str, by: User, starts_on: date | None = None, ends_on: date | None = None
) -> Role:
    """Give a person a role in an area from a day on (today), until a day or open; a new head follows the one before.

    Raises RuleBroken when the person holds that role there already, or when it would be over before it begins or
    before today.
    """
    _refuse_unless_pmo(by)
    first = starts_on or today()
    _refuse_dates(first, ends_on)
    Area.objects.select_for_update().get(pk=area.pk)  # one change of an area's roles at a time
    held = person.roles.filter(area=area, kind=kind).filter(Q(ends_on=None) | Q(ends_on__gt=first))
    if (held.filter(starts_on__lte=ends_on) if ends_on else held).exists():
        raise RuleBroken(_("%(name)s holds that role in %(area)s already.") % {"name": person, "area": area})
    if kind == Role.Kind.HEAD:
        _make_room_for_a_head(area, first, ends_on, by)
    role = Role.objects.create(person=person, area=area, kind=kind, starts_on=first, ends_on=ends_on)
    until: dict[str, Any] = {"until": ends_on.isoformat()} if ends_on else {}
    note(by=by, verb="give_role", subject=person.key, area=area.pk, role=kind, **until)
    return role


def _refuse_dates(first: date, last: date | None) -> None:
    if last and last < first:
        raise RuleBroken(_("A role cannot end before it begins."))
    if last and last < today():
        raise RuleBroken(_("This role would be over already: choose a last day from today on, or none."))


def _make_room_for_a_head(area: Area, day: date, last: date | None, by: User) -> None:
    """The head before goes the day before; one area never has two heads on a day."""
    overlapping = Role.objects.filter(area=area, kind=Role.Kind.HEAD).exclude(ends_on__lt=day)
    overlapping = overlapping.exclude(starts_on__gt=last) if last else overlapping
    for head in overlapping.select_related("person"):
        if head.starts_on >= day:
            raise RuleBroken(
                _("%(name)s is the head from %(day)s on: the new one begins later, or that role is ended first.")
                % {"name": head.person, "day": in_words(head.starts_on)}
            )
        end_role(head, by=by, on=day - timedelta(days=1))


@transaction.atomic
def end_role(role: Role, *, by: User, on: date | None = None) -> Role:
    """End a role with a day (today); nothing of the past changes."""
    _refuse_unless_pmo(by)
    day = on or today()
    Area.objects.select_for_update().get(pk=role.area_id)
    role = Role.objects.select_related("person", "area").get(pk=role.pk)
    if role.ends_on and role.ends_on <= day:
        return role
    if day < role.starts_on and role.starts_on > today():
        # It never held a day: there is nothing of the past to keep.
        role.delete()
        note(by=by, verb="remove_role", subject=role.person.key, area=role.area_id, role=role.kind)
        return role
    if day < role.starts_on:
        raise RuleBroken(_("A role cannot end before it began."))
    role.ends_on = day
    role.save(update_fields=["ends_on"])
    note(by=by, verb="end_role", subject=role.person.key, area=role.area_id, role=role.kind)
    return role


def _name_the_user(person: Person) -> None:
    """A person's name is what stands under their signature: the way in bears the same."""
    if person.user and person.name and person.user.name != person.name:
        person.user.name = person.name
        person.user.save(update_fields=["name"])


def _refuse_unless_pmo(by: User) -> None:
    if not is_pmo(by):
        raise NotAllowed(_("Only the PMO looks after people."))
