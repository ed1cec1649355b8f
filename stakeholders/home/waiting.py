"""What waits for others, with whom, since when, what was sent, and the one thing to do about it. Writes nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mandate import reading as mandate
from mandate.access import issuers
from mandate.models import MandateVersion
from pmo_portal.accounts.access import Office, is_lead
from pmo_portal.accounts.models import Appointment, User
from pmo_portal.common.models import today
from pmo_portal.common.words import day
from pmo_portal.outbox.reading import Asked, Thing, asked
from stakeholders.agreements import reading as agreements
from stakeholders.agreements.models import AgreementRevision, Promise, Row, Side
from stakeholders.digests.reading import asked_by_all_letters
from stakeholders.people import reading as people
from stakeholders.people.models import Person, Role
from stakeholders.understanding import reading as understanding

State = AgreementRevision.State
# Of those who were invited and never came in, and of those whom two letters asked to read the mandate: the longest
# one by one, the others in one line.
MOST_INVITED = MOST_READERS = 3


@dataclass(frozen=True)
class Action:
    """The one thing to do: a button that posts, a link, or words alone while it is too early."""

    label: str
    url: str = ""
    is_post: bool = False


@dataclass(frozen=True)
class With:
    """Somebody for whom something waits: a person of ours, or a user of whom only the name is known."""

    name: str
    person: Person | None = None
    user: User | None = None

    @property
    def url(self) -> str:
        """Their page, where they have one."""
        return self.person.get_absolute_url() if self.person else ""


@dataclass(frozen=True)
class Waits:
    """Something that waits for others: what it is, for whom, since when, and by which letter they are asked."""

    title: str
    url: str
    since: date
    whom: list[With]
    nobody: Action | None = None
    letter: str = ""
    about: str = ""
    remind_url: str = ""
    noted: str = ""
    to_call: bool = False  # the portal has asked as often as it may, in letters of another kind

    @property
    def one(self) -> With | None:
        """The one to turn to: the first who has a way in, else the first."""
        return next((each for each in self.whom if each.user), None) or next(iter(self.whom), None)


@dataclass(frozen=True)
class Waiting:
    """A line of the list, in words."""

    title: str
    url: str
    name: str
    name_url: str
    ago: str
    since: str
    sent: str
    action: Action
    sort_key: date = field(compare=False, default=date.min)
    person: Person | None = None


def for_others(
    now: datetime | None = None, *, viewer: User | None = None, only: Person | None = None
) -> list[Waiting]:
    """All that waits for somebody outside the PMO (for one person), the oldest first; a fixed number of queries.

    What only the lead can do about it is no link for a `viewer` who does not lead.
    """
    now = now or timezone.now()
    to_read = [each for each in _to_read() if only is None or each.whom[0].person == only]
    things = [*_mandate(viewer), *_agreements(), *to_read[:MOST_READERS]]
    known = {each.person.pk for thing in things for each in thing.whom if each.person}
    invited = [each for each in people.not_yet_in() if each.pk not in known and (only is None or each == only)]
    things += [_invited(person) for person in invited[:MOST_INVITED]]
    sent = asked([thing.about for thing in things if thing.about])
    lines = [line(thing, sent, now) for thing in things]
    lines += [*_others_invited(len(invited) - MOST_INVITED, invited), *_others_to_read(to_read[MOST_READERS:])]
    return sorted(lines, key=lambda each: each.sort_key)


def with_person(person: Person, now: datetime | None = None) -> list[Waiting]:
    """What of it waits for one person; the page says whom it is about."""
    return [replace(each, name="", name_url="") for each in for_others(now, only=person) if each.person == person]


# --- what waits -----------------------------------------------------------------------------------
def _mandate(viewer: User | None) -> list[Waits]:
    """The version that waits for the issuer; while other words of theirs wait for the PMO it does not."""
    version = MandateVersion.objects.waiting()
    if version is None or version.sealed_at is None or version.suggestions.open().exists():
        return []
    words = _("Publish the mandate, version %(number)s") if hasattr(version, "approval") else None
    title = (words or _("Approve and publish the mandate, version %(number)s")) % {"number": version.number}
    return [
        Waits(
            title=title, url=reverse("mandate:version", kwargs={"number": version.number}),
            since=_date(version.sealed_at), whom=_issuing(), nobody=_name_the_issuer(viewer), letter=mandate.ASKED_BY,
            about=version.key, remind_url=reverse("mandate:remind", kwargs={"number": version.number}),
        )
    ]  # fmt: skip


def _issuing() -> list[With]:
    """Who may decide today; else whom the organisation named for the office and nobody has invited yet."""
    users = issuers()
    named = {person.user_id: person for person in Person.objects.filter(user__in=users)}
    whom = [With(str(named.get(user.pk, user)), named.get(user.pk), user) for user in users]
    return whom or [With(str(each), each) for each in Person.objects.filter(office=Office.ISSUER, user=None)]


def _name_the_issuer(viewer: User | None) -> Action:
    """The first one is named by the lead; afterwards an administrator changes who it is."""
    if Appointment.objects.filter(office=Office.ISSUER).exists():
        return Action(_("An administrator appoints the issuer"))
    if viewer and not is_lead(viewer):
        return Action(_("The PMO lead names the issuer"))
    return Action(_("Name the issuer"), reverse("people:issuer"))


def _agreements() -> list[Waits]:
    """Proposals, shared drafts on which the area has said nothing, and promises of theirs that are late."""
    of_the_pmo = AgreementRevision.objects.filter(side=Side.PMO).exclude(shared_at=None)
    open_ones = of_the_pmo.in_state(State.PROPOSED, State.DRAFT)
    noted = Row.objects.touched().filter(revision__state=State.DRAFT).values("revision")
    left = Count("rows", filter=~Q(rows__area_note=""))
    revisions = list(open_ones.exclude(pk__in=noted).select_related("agreement__area").annotate(notes=left))
    late = Promise.objects.late().filter(side=Side.AREA, row__revision__state=State.IN_FORCE)
    promises = list(late.select_related("row__revision__agreement__area"))
    areas = {r.agreement.area_id for r in revisions} | {p.row.revision.agreement.area_id for p in promises}
    whom = _answering(areas)
    return [
        *(_revision(each, whom.get(each.agreement.area_id, [])) for each in revisions),
        *(_promise(each, whom.get(each.row.revision.agreement.area_id, [])) for each in promises),
    ]


def _answering(areas: Iterable[int]) -> dict[int, list[With]]:
    """By area who speaks for it today, the head before a deputy."""
    roles = Role.objects.speaking().filter(area__in=areas).select_related("person__user")
    found: dict[int, list[With]] = {}
    for role in sorted(roles, key=lambda role: role.kind != Role.Kind.HEAD):
        user = role.person.user if role.person.user and role.person.user.is_active else None
        found.setdefault(role.area_id, []).append(With(str(role.person), role.person, user))
    return found


def _revision(revision: AgreementRevision, whom: list[With]) -> Waits:
    is_proposed = revision.state == State.PROPOSED
    since = revision.sealed_at if is_proposed else revision.shared_at
    assert since is not None  # noqa: S101 (a constraint, and the query, see to it)
    notes: int = revision.notes  # type: ignore[attr-defined]
    words = _("Sign the agreement with %(area)s") if is_proposed else _("Read the draft agreement with %(area)s")
    return Waits(
        title=words % {"area": revision.agreement.area}, url=revision.agreement.get_absolute_url(),
        since=_date(since), whom=whom, nobody=_name_the_head(), letter=agreements.ASKED_BY[State(revision.state)],
        about=revision.key, remind_url=reverse("agreements:remind", kwargs={"pk": revision.agreement_id}),
        noted=ngettext("The area left %(count)s note.", "The area left %(count)s notes.", notes) % {"count": notes}
        if notes else "",
    )  # fmt: skip


def _promise(promise: Promise, whom: list[With]) -> Waits:
    """A late promise is asked for in the head's own digest, by the attention budget."""
    words = {"text": promise.text, "area": promise.row.revision.agreement.area}
    url = reverse("agreements:promise", kwargs={"pk": promise.pk})
    title = _("Late, %(area)s: %(text)s") % words
    return Waits(title=title, url=url, since=promise.due_on, whom=whom, nobody=_name_the_head())


def _name_the_head() -> Action:
    return Action(_("Name the head"), reverse("people:people"))


def _invited(person: Person) -> Waits:
    return Waits(
        title=_("Come in to the portal"), url=person.get_absolute_url(),
        since=_date(person.invited_at),  # type: ignore[attr-defined]
        whom=[With(str(person), person, person.user)], letter=people.ASKED_BY, about=person.key,
        remind_url=reverse("people:remind", kwargs={"pk": person.pk}),
    )  # fmt: skip


def _others_invited(count: int, invited: list[Any]) -> list[Waiting]:
    """One line for all the others who were invited and never came in."""
    if count <= 0:
        return []
    words = ngettext("%(count)s more was invited", "%(count)s more were invited", count) % {"count": count}
    since = _date(invited[MOST_INVITED].invited_at)
    see = Action(_("See who"), f"{reverse('people:people')}?state={Person.State.INVITED}")
    return [Waiting(words, see.url, _("and never came in"), "", ago_words(since), since_words(since), "", see, since)]


def _to_read() -> list[Waits]:
    """Who was asked in two letters to read the mandate and has not said that they did; the longest first."""
    question = understanding.question()
    if question is None:
        return []
    title = _("Say that they have read the mandate, version %(number)s") % {"number": question.live.number}
    url, noted = reverse("understanding:readers"), _("two letters, in their digest")
    twice = asked_by_all_letters(question.version.key)
    return [
        Waits(title, url, since, [With(str(person), person, person.user)], noted=noted, to_call=True)
        for person, since in understanding.still_open(question, twice)
    ]


def _others_to_read(others: list[Waits]) -> list[Waiting]:
    """One line for all the others."""
    if not others:
        return []
    words = ngettext(
        "%(count)s more has not read the mandate", "%(count)s more have not read the mandate", len(others)
    )
    first, see = others[0], Action(_("See who"), reverse("understanding:readers"))
    title, since = words % {"count": len(others)}, since_words(first.since)
    return [Waiting(title, see.url, first.noted, "", ago_words(first.since), since, "", see, first.since)]


# --- in words -------------------------------------------------------------------------------------
def line(thing: Waits, sent: Mapping[Thing, Asked], now: datetime) -> Waiting:
    """One thing in words, with its one action."""
    one = thing.one
    address = one.user.email if one and one.user else ""
    letters = sent.get((thing.letter, thing.about, address), Asked())
    return Waiting(
        title=thing.title,
        url=thing.url,
        name=one.name if one else _("nobody named"),
        name_url=one.url if one else "",
        ago=ago_words(thing.since),
        since=since_words(thing.since),
        sent=" · ".join(filter(None, [_sent(thing, letters) if one else "", thing.noted])),
        action=action_for(thing, letters, now),
        sort_key=thing.since,
        person=one.person if one else None,
    )


def action_for(thing: Waits, letters: Asked, now: datetime) -> Action:
    """Remind; after two letters call; before that invite who has no way in, or name who is missing."""
    one = thing.one
    if one is None:
        return thing.nobody or Action("")
    if one.user is None and one.person:
        return Action(_("Invite"), reverse("people:invite", kwargs={"pk": one.person.pk}))
    if not (thing.remind_url or thing.to_call):
        return Action(_("Open the promise"), thing.url)
    if thing.to_call or letters.is_used_up or letters.failed:
        return Action(_("Call %(name)s") % {"name": one.name}, one.url)
    if (earliest := letters.next_from()) and now < earliest:
        return Action(_("remind again from %(day)s") % {"day": day(earliest)})
    return Action(_("Remind"), thing.remind_url, is_post=True)


def ago_words(since: date) -> str:
    """How long something has waited."""
    days = (today() - since).days
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days} if days > 0 else _("since today")


def since_words(since: date) -> str:
    """The day from which it waits; nothing where that is today, which is said already."""
    return _("since %(day)s") % {"day": day(since)} if since < today() else ""


def _sent(thing: Waits, letters: Asked) -> str:
    """What was sent about it, where letters are how one asks."""
    return sent_words(letters, thing.since) if thing.remind_url else ""


def sent_words(letters: Asked, since: date) -> str:
    """What has been sent, in words; a letter of the very day from which it waits needs no date of its own."""
    if letters.failed:
        return _("the letter came back")
    if not letters.at:
        return _("no letter yet")
    if len(letters.at) == 1 and _date(letters.at[0]) == since:
        return _("one letter that day") if since < today() else _("one letter today")
    words = {"day": day(letters.at[-1])}
    return (_("two letters, the last on %(day)s") if letters.is_used_up else _("one letter on %(day)s")) % words


def _date(at: datetime) -> date:
    return timezone.localtime(at).date()
