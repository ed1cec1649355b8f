"""Having read the mandate, being let off it, who is asked, following it by mail, and what it means in an area."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from mandate.models import MandateVersion, tidy
from pmo_portal.accounts.access import is_pmo
from pmo_portal.accounts.models import User
from pmo_portal.audit.actions import note
from pmo_portal.common.errors import NotAllowed, Overtaken, RuleBroken, Stale
from pmo_portal.common.models import refuse_overtaken
from stakeholders.areas.models import Area
from stakeholders.people.models import Person
from stakeholders.understanding.access import can_follow, is_told_anyway
from stakeholders.understanding.models import Acknowledgement, Follow, Meaning, Readership, Waiver, wanted


@transaction.atomic
def acknowledge(
    version: MandateVersion | None,
    *,
    person: Person,
    by: User,
    content_hash: str,
    how: str = Acknowledgement.How.PAGE,
    now: datetime | None = None,
) -> Acknowledgement:
    """Keep that this person has read this version; twice is once.

    Raises Stale when the hash on the page is not the version's, or there is none by now.
    """
    if version is None or content_hash != version.content_hash:
        raise Stale(_("The mandate has changed since you opened the page. Read it again, then say so."))
    now = now or timezone.now()
    kept, made = Acknowledgement.objects.get_or_create(
        person=person, version=version, defaults={"how": how, "at": now}
    )
    if made:
        note(by=by, verb=kept.VERB, subject=version.key, now=now, **kept.noted())
    return kept


# --- who is asked -----------------------------------------------------------------------------------
@transaction.atomic
def waive(person: Person, *, by: User, reason: str, now: datetime | None = None) -> Waiver:
    """Let somebody off saying that they have read what is asked today. It holds until the next material version.

    Raises NotAllowed for all but the PMO, RuleBroken without a reason or when nothing is asked. Twice is once: the
    first reason stands.
    """
    _refuse_unless_pmo(by)
    now = now or timezone.now()
    reason, version = tidy(reason), wanted(now).first()
    if version is None:
        raise RuleBroken(_("No version of the mandate holds, so nobody is asked to read one."))
    if not reason:
        raise RuleBroken(_("Say in a few words why it is not needed: whoever looks at the list later reads it."))
    facts = {"reason": reason, "by": by, "at": now}
    kept, made = Waiver.objects.get_or_create(person=person, version=version, defaults=facts)
    if made:
        note(by=by, verb=kept.VERB, subject=version.key, now=now, **kept.noted())
    return kept


@transaction.atomic
def choose_readers(*, by: User, kinds: Collection[str], areas: Collection[Area], days: int | None) -> Readership:
    """Choose who is asked to read the mandate (no roles or no areas: all of them) and within how many days (or none).

    Raises NotAllowed for all but the PMO.
    """
    _refuse_unless_pmo(by)
    kept, _made = Readership.objects.update_or_create(pk=1, defaults={"kinds": list(kinds), "days": days})
    kept.areas.set(areas)
    keys = [area.pk for area in areas]
    note(by=by, verb="choose_readers", subject="mandate:readers", kinds=list(kinds), areas=keys, days=days)
    return kept


def _refuse_unless_pmo(by: User) -> None:
    if not is_pmo(by):
        raise NotAllowed(_("Only the PMO looks after who has read the mandate."))


# --- following by mail ------------------------------------------------------------------------------
@transaction.atomic
def follow(user: User, *, now: datetime | None = None) -> Follow:
    """Send this reader a letter whenever the mandate changes; twice is once.

    Raises RuleBroken for who is told anyway, NotAllowed for who may not read it.
    """
    if is_told_anyway(user):
        raise RuleBroken(_("You are told of each new version already."))
    if not can_follow(user):
        raise NotAllowed(_("Only who may read the mandate follows it."))
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    kept, made = Follow.objects.open().get_or_create(user=user, defaults={"since": now or timezone.now()})
    if made:
        note(by=user, verb="follow_mandate", subject=f"user:{user.pk}", now=now)
    return kept


@transaction.atomic
def stop_following(user: User, *, how: str, by: User | None = None, now: datetime | None = None) -> bool:
    """Stop the letters; twice is once, and false is said the second time.

    `how` is the way it came, for the audit: the mandate's page, the page of the letter's link, or a mail
    program's one click (RFC 8058).
    """
    ended = Follow.objects.open().filter(user=user).update(ended_at=now or timezone.now())
    if ended:
        note(by=by, verb="stop_following_mandate", subject=f"user:{user.pk}", now=now, how=how)
    return bool(ended)


@transaction.atomic
def follow_again(user: User, *, now: datetime | None = None) -> bool:
    """Undo leaving by the link in the letter; who is told anyway, or may not read any more, stays as they are."""
    if not can_follow(user) or not Follow.objects.filter(user=user).exists():
        return False
    return follow(user, now=now).ended_at is None


@transaction.atomic
def say_meaning(
    meaning: Meaning, *, by: User, fields: list[str] | None = None, seen: str = "", now: datetime | None = None
) -> Meaning | None:
    """Keep what a clause of the live mandate means in an area; no words: it means the same as for everybody.

    The same words once more say that they still hold although the clause has changed. `seen` is the fingerprint of
    the words that the writer had before them. Raises NotAllowed for all but the PMO, Stale when the clause does not
    hold any more, Overtaken when somebody else wrote meanwhile.
    """
    if not is_pmo(by):
        raise NotAllowed(_("Only the PMO writes what a clause means in an area."))
    Area.objects.select_for_update().get(pk=meaning.area_id)
    live = MandateVersion.objects.live(now).filter(clauses__key=meaning.clause_key).first()
    if live is None:
        raise Stale(_("This clause does not stand in the mandate any more."))
    meaning.text = " ".join(tidy(meaning.text).split())
    _refuse_second(meaning)
    refuse_overtaken(meaning, fields or [], seen)
    meaning.version, meaning.written_by, meaning.at = live, by, now or timezone.now()
    if meaning.text:
        return _kept(meaning)
    _take_back(meaning, by)
    return None


def _refuse_second(meaning: Meaning) -> None:
    """Two writers began with nothing: the later one is told of the first one's words."""
    standing = Meaning.objects.filter(area=meaning.area_id, clause_key=meaning.clause_key).first()
    if standing and meaning.pk is None:
        meaning.pk, meaning._state.adding = standing.pk, False
        if standing.text != meaning.text:
            raise Overtaken(_("Somebody else has saved this meanwhile."))


def _kept(meaning: Meaning) -> Meaning:
    meaning.save()
    note(
        by=meaning.written_by, verb="say_meaning", subject=meaning.version.key, now=meaning.at,
        area=meaning.area_id, clause=meaning.clause_key,
    )  # fmt: skip
    return meaning


def _take_back(meaning: Meaning, by: User) -> None:
    if meaning.pk:
        note(
            by=by, verb="take_back_meaning", subject=meaning.version.key, now=meaning.at,
            area=meaning.area_id, clause=meaning.clause_key,
        )  # fmt: skip
        meaning.delete()
