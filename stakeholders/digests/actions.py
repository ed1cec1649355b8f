"""The digest's minute (announce, expand, plan, render), and the verbs of a preference: choose, leave, think again.

Every step may run twice, late, or in several places at once: each is one claim that only one of them wins, in the
same transaction as what follows from it. A crash between steps leaves work for the next minute, and loses none.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from mandate.actions import mend, note_untold, pause_after, proclaim_one, tell_untold
from mandate.models import Publication, Untold
from pmo_portal.accounts.access import is_pmo
from pmo_portal.audit.actions import note
from pmo_portal.common.errors import NotAllowed, RuleBroken
from pmo_portal.common.models import Organisation
from pmo_portal.journal.models import Event
from stakeholders.agreements.access import READERS
from stakeholders.digests import notices
from stakeholders.digests.access import can_set_for, hindrance, people_owed, rights_of, today
from stakeholders.digests.models import (
    Announced,
    Announcement,
    Asked,
    Considered,
    Delivery,
    DigestPreference,
    Expanded,
    Owed,
    Told,
)
from stakeholders.digests.reading import Setting, Slot, digest_by, due_slot, rhythm_in_words, subject_of, why
from stakeholders.digests.reading.budget import Spent, for_letter, month_of, offers_for, spent_by, within
from stakeholders.digests.reading.lines import Digest
from stakeholders.overview.actions import tell
from stakeholders.people.models import Person, Role
from stakeholders.people.reading import Offer
from stakeholders.understanding.access import audience

log = structlog.get_logger()
State, Rhythm = Delivery.State, DigestPreference.Rhythm
PUBLISHED = "mandate_published"
AT_ONCE = 500  # rows per step of one minute; the next one takes the rest
AT_ONCE_CONSIDERED = 100  # people per minute: each is a few questions to the database
AN_HOUR = timedelta(hours=1)


def run(now: datetime) -> None:
    """All steps of one minute, in the order in which they feed each other."""
    proclaim(now)
    announce(now)
    tell_of_untold(now)
    write_announcements(now)
    take_marks_off(now)
    welcome(now)
    expand(now)
    plan(now)
    render_due(now)
    consider(now)


# --- the attention budget: three things a month, each in two letters at most --------------------------
@transaction.atomic
def ask(
    person: Person, offers: Iterable[Offer], *, how: str, now: datetime, organisation: Organisation | None = None
) -> list[Offer]:
    """Ask a person for what the month's budget has room for, most useful first; returns what is asked.

    Every part that asks for anything but a signature or an answer to a question comes through here. What has no
    room is kept as not asked. `how` is Asked.How.LETTER or PAGE; by letter only what fewer than two letters asked.
    """
    hold(person)
    spent = spent_by(person, month_of(now, organisation or Organisation.current()))
    choice = within(offers, spent)
    facts = {"person": person, "month": spent.month, "at": now}
    for offer, place in zip(choice.new, spent.free, strict=False):
        words = {"kind": offer.kind, "title": offer.title[:250], "how": Asked.How.PAGE, "place": place}
        Asked.objects.update_or_create(person=person, month=spent.month, key=offer.key, defaults={**words, "at": now})
    lapsed = [offer for offer in choice.lapsed if offer.key not in spent.rows]
    Asked.objects.bulk_create(
        Asked(**facts, key=o.key, kind=o.kind, title=o.title[:250], how=Asked.How.NOT) for o in lapsed
    )
    return _by_letter(person, choice.asked, spent) if how == Asked.How.LETTER else choice.asked


def _by_letter(person: Person, asked: list[Offer], spent: Spent) -> list[Offer]:
    written = [offer for offer in asked if spent.fits_a_letter(offer)]
    rows = Asked.objects.filter(person=person, month=spent.month, key__in=[offer.key for offer in written])
    rows.update(how=Asked.How.LETTER, letters=F("letters") + 1)
    return written


def hold(person: Person) -> None:
    """One decision about a person's attention at a time (on SQLite the transaction itself is the lock)."""
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)


def consider(now: datetime) -> int:
    """Decide each hour for everybody who can come in what they are asked: their page then only reads it."""
    organisation = Organisation.current()
    done = Considered.objects.filter(at__gt=now - AN_HOUR).values("person")
    held = Role.objects.on(today(now, organisation)).values("person")
    waiting = Person.objects.filter(pk__in=held, user__is_active=True)
    people = waiting.exclude(pk__in=done).select_related("user").order_by("pk")[:AT_ONCE_CONSIDERED]
    return sum(consider_one(person, now, organisation) for person in people)


@transaction.atomic
def consider_one(person: Person, now: datetime, organisation: Organisation) -> bool:
    """False when somebody else has just done it."""
    hold(person)
    if Considered.objects.filter(person=person, at__gt=now - AN_HOUR).exists():
        return False
    Considered.objects.update_or_create(person=person, defaults={"at": now})
    ask(person, offers_for(person, today(now, organisation)), how=Asked.How.PAGE, now=now, organisation=organisation)
    return True


# --- announce: from a publication to the journal, and to the issuer's letters --------------------------
def proclaim(now: datetime) -> int:
    """Write each publication whose moment has come into the journal, once."""
    waiting = Publication.objects.to_tell(now).filter(proclaimed=None)
    return each_told(waiting, proclaim_one, now)


def announce(now: datetime) -> int:
    """Decide for each publication with a letter, once, to whom it goes: the audience of this moment."""
    waiting = Publication.objects.to_tell(now).with_letter(now).filter(announced=None).select_related("by", "version")
    return each_told(waiting, announce_one, now)


def each_told(
    publications: Iterable[Publication], step: Callable[[Publication, datetime], bool], now: datetime
) -> int:
    """One step for each publication; one that fails holds up no other, nor the digest, and is marked."""
    done = 0
    for publication in publications:
        try:
            done += step(publication, now)
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            log.exception("publication_not_told", publication=publication.pk)
            note_untold(publication, now=now)
    return done


@transaction.atomic
def announce_one(publication: Publication, now: datetime) -> bool:
    """All of its letters are planned, or none; false when somebody else has done it.

    A version that a newer one has overtaken while nobody ticked is told by no letter: its successor's says more.
    """
    announced, is_ours = Announced.objects.get_or_create(publication=publication, defaults={"at": now})
    if is_ours and holds(publication, now):
        readers = audience(today(now, Organisation.current()), but=publication.by)
        rows = [Announcement(announced=announced, user=reader.user) for reader in readers]
        Announcement.objects.bulk_create(rows, ignore_conflicts=True, batch_size=AT_ONCE)
    return is_ours


def holds(publication: Publication, now: datetime) -> bool:
    """It is by this publication that a version holds: no newer one, and not withdrawn."""
    return Publication.objects.held(now).filter(pk=publication.pk, withdrawal=None).exists()


def write_announcements(now: datetime) -> int:
    """Write what is planned; a letter that cannot be written holds up no other, and is tried again later."""
    written, failed = 0, []
    for pk in list(Announcement.objects.to_write(now).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        try:
            written += write_announcement(pk, now)
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            log.exception("announcement_not_written", announcement=pk)
            failed.append(put_off(pk, now))
    for publication in dict.fromkeys(failed):
        open_ones = Announcement.objects.failing().filter(announced__publication=publication)
        note_untold(publication, now=now, letters=open_ones.count())
    return written


def put_off(pk: int, now: datetime) -> Publication:
    """Try a letter again later, and later each time; returns the publication that it is about."""
    row = Announcement.objects.select_related("announced__publication").get(pk=pk)
    tries = row.tries + 1
    Announcement.objects.to_write(now).filter(pk=pk).update(tries=tries, again_at=now + pause_after(tries))
    return row.announced.publication


@transaction.atomic
def write_announcement(pk: int, now: datetime) -> bool:
    """Write one letter under the rights that its reader has now; false when there is none, or somebody else did.

    There is none either when the version holds no more by the time that it can be written.
    """
    # Compare and set, as in `render`: the touched row is the lock until our commit.
    if not Announcement.objects.to_write(now).filter(pk=pk).update(state=Announcement.State.PLANNED):
        return False
    about = "announced__publication__{}".format
    row = Announcement.objects.select_related(about("version"), about("by"), about("acting_for")).get(pk=pk)
    publication = row.announced.publication
    if not holds(publication, now):
        return close_announcement(row, Announcement.State.OVERTAKEN)
    readers = audience(today(now, Organisation.current()), but=publication.by, only=[row.user_id])
    if not readers:
        return close_announcement(row, Announcement.State.LEFT_OUT)
    row.email = tell(publication, readers[0], now=now)
    return close_announcement(row, Announcement.State.WRITTEN)


def close_announcement(row: Announcement, state: str) -> bool:
    """What became of a planned letter; true when it was written."""
    row.state = state
    row.save(update_fields=["state", "email"])
    return row.email is not None


def tell_of_untold(now: datetime) -> None:
    """Tell the PMO's lead, once, of each publication that people could not be told of; tried until it succeeds."""
    for untold in Untold.objects.open().filter(told_at=None).select_related("publication__version"):
        try:
            tell_untold(untold, now=now)
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            log.exception("lead_not_told", publication=untold.publication_id)


def take_marks_off(now: datetime) -> int:
    """Everybody has been told after all: the journal knows, and no letter is left to plan or to write again."""
    told = Publication.objects.filter(proclaimed__isnull=False, untold__isnull=False, untold__mended_at=None)
    failing = Announcement.objects.failing().values("announced__publication")
    return mend(told.exclude(pk__in=failing).exclude(~Q(message=""), announced=None), now=now)


# --- welcome: from an invitation to a rhythm ---------------------------------------------------------
def welcome(now: datetime) -> int:
    """Give everybody who was invited and comes for the letter the usual rhythm, from now on; they change or leave it.

    The portal never asks for what it can work out: weekly, on Monday morning, in the organisation's own zone.
    """
    organisation = Organisation.current()
    comes_for_it = Role.objects.on(today(now, organisation)).filter(kind__in=READERS).values("person")
    new = Person.objects.filter(pk__in=comes_for_it, user__is_active=True, digest_preference=None)
    rows = [DigestPreference(person=person, zone=organisation.time_zone, since=now) for person in new[:AT_ONCE]]
    DigestPreference.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


# --- expand: from an event to the people it is owed to ---------------------------------------------
def expand(now: datetime) -> int:
    """Decide for each new event, once, whom it is owed to: by the roles of its own day."""
    # What a letter is about to tell is not told by a digest before it is known to whom the letter goes.
    unannounced = Publication.objects.with_letter(now).filter(announced=None).select_related("version")
    held = [publication.version.key for publication in unannounced]
    waiting = Event.objects.filter(expanded=None).exclude(kind=PUBLISHED, subject__in=held).order_by("pk")[:AT_ONCE]
    organisation = Organisation.current()
    return sum(expand_one(event, now, organisation) for event in waiting)


@transaction.atomic
def expand_one(event: Event, now: datetime, organisation: Organisation) -> bool:
    """False when somebody else has done it."""
    _row, is_ours = Expanded.objects.get_or_create(event=event, defaults={"at": now})
    if is_ours:
        people = people_owed(event, today(event.at, organisation)).values_list("pk", flat=True)
        Owed.objects.bulk_create([Owed(person_id=pk, event=event) for pk in people], ignore_conflicts=True)
    return is_ours


# --- plan: from a rhythm to one delivery per slot ---------------------------------------------------
def plan(now: datetime) -> int:
    """Plan the newest due slot of everybody who wants letters; people who share a rhythm are planned together."""
    settings = DigestPreference.objects.wanted().values(*DigestPreference.SETTING).order_by().distinct()
    planned = 0
    for setting in settings:
        try:
            slot = due_slot(Setting(**setting), now)
        except (ValueError, KeyError):
            # A zone that the system no longer knows must not stop everybody else's letters.
            log.exception("digest_zone_unknown", zone=setting["zone"])
            continue
        planned += plan_slot(setting, slot) if slot else 0
    return planned


def plan_slot(setting: dict[str, Any], slot: Slot, **only: Any) -> int:
    """One delivery for each person of this rhythm who has none in this slot."""
    waiting = DigestPreference.objects.filter(**setting, **only).without(slot.key, slot.at)
    rows = [Delivery(person_id=pk, slot=slot.key, due_at=slot.at) for pk in waiting.values_list("person", flat=True)]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True, batch_size=AT_ONCE)
    return len(rows)


# --- render: from a due delivery to a frozen letter, or to the reason why there is none -------------
def render_due(now: datetime) -> int:
    """Write what is due; a letter that cannot be written holds up no other."""
    due = Delivery.objects.to_render(now).order_by("due_at", "pk").values_list("pk", flat=True)[:AT_ONCE]
    organisation = Organisation.current()
    written = 0
    for pk in list(due):
        try:
            written += render(pk, now, organisation) is not None
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            log.exception("digest_not_rendered", delivery=pk)
    return written


@transaction.atomic
def render(pk: int, now: datetime, organisation: Organisation) -> Delivery | None:
    """Write one delivery's letter, or skip it with the reason; None when somebody else has done it."""
    # The person first, then the delivery: the same order in every verb, so that none waits for two.
    hold(Person.objects.get(deliveries=pk))
    # Compare and set: touching the planned row is the lock, on both databases; a second ticker waits for our commit
    # and then finds it planned no more.
    if not Delivery.objects.to_render(now).filter(pk=pk).update(due_at=F("due_at")):
        return None
    delivery = Delivery.objects.select_related("person__user").get(pk=pk)
    preference = DigestPreference.objects.filter(person=delivery.person).first()
    reason = hindrance(delivery.person, preference, today(now, organisation))
    if reason or preference is None:
        return skip(delivery, reason or Delivery.Reason.LEFT)
    rights = rights_of(delivery.person, now, organisation)
    with timezone.override(preference.zone):
        offers = for_letter(delivery.person, now, organisation)
        digest = digest_by(rights, claim(delivery), organisation, offers)
        keep_left_out(delivery, digest)
        if not digest.is_news(told_before(delivery.person)):
            return skip(delivery, Delivery.Reason.EMPTY)
        ask(delivery.person, digest.offers, how=Asked.How.LETTER, now=now, organisation=organisation)
        email = notices.digest(
            delivery,
            fact=subject_of(digest),
            sections=digest.sections(),
            why=why(rights.roles),
            rhythm=rhythm_in_words(preference),
            organisation=organisation,
            now=now,
        )
    keep_told(delivery, digest)
    return close(delivery, state=State.RENDERED, email=email)


def claim(delivery: Delivery) -> list[Event]:
    """Take what this person is owed and no other delivery has taken."""
    Owed.objects.filter(person=delivery.person, delivery=None).update(delivery=delivery)
    keep_told_by_letter(delivery)
    return list(Event.objects.filter(owed__delivery=delivery, owed__left_out=""))


def keep_told_by_letter(delivery: Delivery) -> None:
    """What the issuer's own letter told this person, or is about to, is no news in the digest."""
    owed = Owed.objects.filter(delivery=delivery, event__kind=PUBLISHED)
    # By its moment too: a version that is published again after it was withdrawn is told again.
    for key, at in announced_to(delivery.person):
        owed.filter(event__subject=key, event__at=at).update(left_out=Owed.LeftOut.LETTER)


def announced_to(person: Person) -> list[tuple[str, datetime]]:
    """The keys and moments of the mandates that the issuer's own letter told this person, or is about to."""
    states = [Announcement.State.PLANNED, Announcement.State.WRITTEN]
    letters = Announcement.objects.filter(user=person.user_id, state__in=states)
    about = "announced__publication__{}".format
    return [(f"mandate:{pk}", at) for pk, at in letters.values_list(about("version"), about("publish_at"))]


def keep_left_out(delivery: Delivery, digest: Digest) -> None:
    """Keep why the letter is silent on something that it claimed."""
    for reason in Owed.LeftOut:
        silent = [event for event, each in digest.left_out.items() if each == reason]
        if silent:
            Owed.objects.filter(delivery=delivery, event__in=silent).update(left_out=reason)


def told_before(person: Person) -> set[str]:
    """The standing things that a letter has told this person already; the issuer's own led to the reading too."""
    told = set(Told.objects.filter(person=person).values_list("key", flat=True))
    return told | {f"read:{key}" for key, _at in announced_to(person)}


def keep_told(delivery: Delivery, digest: Digest) -> None:
    """What waits, is late or comes near is news once; so is a mandate whose publication was told."""
    mandates = [f"read:{line.key}" for line in digest.changed if line.key.startswith("mandate:")]
    keys = dict.fromkeys([*(line.key for line in digest.standing), *mandates])
    rows = [Told(person=delivery.person, key=key, delivery=delivery) for key in keys]
    Told.objects.bulk_create(rows, ignore_conflicts=True)


def skip(delivery: Delivery, reason: str) -> Delivery:
    """Nothing is written for this slot, and the reason is kept."""
    return close(delivery, state=State.SKIPPED, reason=reason)


def close(delivery: Delivery, **changes: Any) -> Delivery:
    Delivery.objects.filter(pk=delivery.pk, state=State.PLANNED).update(**changes)
    delivery.refresh_from_db()
    return delivery


# --- a person's choice ------------------------------------------------------------------------------
def preference_of(person: Person, now: datetime) -> DigestPreference:
    """What a person has chosen, or an unsaved one with the usual rhythm in the organisation's zone."""
    zone = Organisation.current().time_zone
    standing = DigestPreference.objects.select_related("person").filter(person=person).first()
    return standing or DigestPreference(person=person, zone=zone, since=now)


@transaction.atomic
def choose(
    person: Person, *, by: Any, rhythm: str, weekday: int, hour: int, zone: str, now: datetime | None = None
) -> DigestPreference:
    """Keep how often somebody wants the digest. Their own choice wins over the PMO's.

    Raises NotAllowed for anybody else, RuleBroken when the PMO would overrule the person.
    """
    now = now or timezone.now()
    preference = _locked(person, now)
    if not can_set_for(by, preference):
        _refuse(by, person)
    is_own = person.user_id == by.pk
    preference.chosen_by_person = preference.chosen_by_person or is_own
    preference.rhythm_before = ""
    _change(preference, now, rhythm=rhythm, weekday=weekday, hour=hour, zone=zone)
    note(by=by, verb="choose_digest", subject=person.key, now=now, own=is_own, **preference.setting())
    return preference


def _refuse(by: Any, person: Person) -> None:
    if is_pmo(by):
        raise RuleBroken(_("%(name)s has chosen for themselves: only they change it now.") % {"name": person})
    raise NotAllowed(_("Only the person or the PMO chooses how often the digest comes."))


@transaction.atomic
def leave(person: Person, *, how: str, rhythm: str = Rhythm.OFF, now: datetime | None = None) -> DigestPreference:
    """Stop a person's digest (or make it rarer) by the link in their letter; twice is once.

    `how` is the way it came, for the audit: the page, or the mail program's one click (RFC 8058).
    """
    now = now or timezone.now()
    preference = _locked(person, now)
    if preference.rhythm in {rhythm, Rhythm.OFF}:
        # Who left stays out: an old page that asks for "rarer" must not bring the letters back.
        return preference
    if preference.rhythm != Rhythm.OFF:
        preference.rhythm_before = preference.rhythm
    preference.chosen_by_person = True
    _change(preference, now, rhythm=rhythm)
    note(by=None, verb="leave_digest", subject=person.key, now=now, how=how, rhythm=rhythm)
    return preference


@transaction.atomic
def think_again(person: Person, *, now: datetime | None = None) -> DigestPreference:
    """Undo leaving: the rhythm as it was before. What was owed meanwhile comes with the next letter."""
    now = now or timezone.now()
    preference = _locked(person, now)
    if before := preference.rhythm_before:
        preference.rhythm_before = ""
        _change(preference, now, rhythm=before)
        note(by=None, verb="undo_leave_digest", subject=person.key, now=now, rhythm=preference.rhythm)
    return preference


def _locked(person: Person, now: datetime) -> DigestPreference:
    """The person's row, one change at a time; made when there is none (on SQLite the transaction is the lock)."""
    Person.objects.select_for_update().get(pk=person.pk)
    return preference_of(person, now)


def _change(preference: DigestPreference, now: datetime, **setting: Any) -> None:
    """Give a preference another setting; a slot that fell due under the old one is planned before it goes."""
    before = preference.setting()
    if preference.pk and {**before, **setting} != before:
        slot = due_slot(preference, now)
        if slot and setting.get("rhythm") != Rhythm.OFF:
            plan_slot(before, slot, person=preference.person)
        preference.since = now
    for name, value in setting.items():
        setattr(preference, name, value)
    preference.save()
