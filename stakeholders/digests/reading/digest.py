"""One person's digest: what they are owed and what is so today, under the rights they have now. Writes nothing."""

from collections.abc import Iterator, Sequence
from datetime import datetime, time

from django.utils.formats import time_format
from django.utils.text import Truncator, get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pmo_portal.common.models import Organisation
from pmo_portal.journal.models import Event
from stakeholders.digests.access import Rights, rights_of
from stakeholders.digests.models import Delivery, DigestPreference
from stakeholders.digests.reading import budget, standing
from stakeholders.digests.reading import events as happened
from stakeholders.digests.reading.lines import MOST_NEEDS, Digest, Line, Section
from stakeholders.people.models import Person, Role
from stakeholders.people.reading import Offer

LONGEST_SUBJECT = 50
BETWEEN = " · "
Rhythm = DigestPreference.Rhythm


def digest_for(person: Person, events: Sequence[Event], now: datetime, organisation: Organisation) -> Digest:
    """What this person would be told now, were they owed these events."""
    offers = budget.for_page(person, now, organisation)
    return digest_by(rights_of(person, now, organisation), events, organisation, offers)


def digest_by(
    rights: Rights,
    events: Sequence[Event],
    organisation: Organisation,
    offers: Sequence[Offer] = (),
) -> Digest:
    """What somebody with these rights is told, and of the `offers` of the budget what there is room to ask."""
    office = str(organisation.office_name)
    signatures = standing.needs(rights, office)
    # A letter that tells of a new mandate leads to it already: it does not ask for the reading as well.
    told = {event.subject for event in events if event.kind == "mandate_published"}
    asks = [offer for offer in offers if offer.key not in told][: max(0, MOST_NEEDS - len(signatures))]
    needs = [*signatures, *(budget.line(offer) for offer in asks)]
    asked = {record_of(line) for line in needs}
    changed, kept, left_out = happened.tell(events, rights, organisation, asked)
    return Digest(
        needs=needs,
        changed=changed,
        kept=kept,
        late=[line for line in standing.late(rights, office) if record_of(line) not in asked],
        coming=[line for line in standing.coming(rights, office) if record_of(line) not in asked],
        left_out=left_out,
        offers=asks,
    )


def record_of(line: Line) -> str:
    """The record that a line of what is so today is about: promise:12 of late:promise:12."""
    return line.key.partition(":")[2]


def whole(delivery: Delivery, now: datetime) -> list[Section]:
    """All that a delivery was about, without limits: what it told, and what is so by now."""
    told = list(Event.objects.filter(owed__delivery=delivery, owed__left_out=""))
    return digest_for(delivery.person, told, now, Organisation.current()).sections(whole=True)


def subject_of(digest: Digest) -> str:
    """The fact, in at most fifty characters: as many of the letter's facts as fit, the first one always."""
    chosen = ""
    for fact in facts(digest):
        for words in fact:
            longer = f"{chosen}{BETWEEN}{words}" if chosen else words
            if words and len(longer) <= LONGEST_SUBJECT:
                chosen = longer
                break
    return chosen or Truncator(next(facts(digest), ("",))[0]).chars(LONGEST_SUBJECT)


def facts(digest: Digest) -> Iterator[tuple[str, ...]]:
    """The facts of a letter, the weightiest first; each in full and, where it has a name in it, without."""
    if count := len(digest.needs):
        words = ngettext("%(count)s agreement waits for you", "%(count)s agreements wait for you", count)
        if any(line.ask not in {"", "draft"} for line in digest.needs):
            words = ngettext("%(count)s thing waits for you", "%(count)s things wait for you", count)
        yield (words % {"count": count},)
    yield from ((line.headline, line.short) for line in digest.changed)
    if count := len(digest.kept):
        yield (ngettext("%(count)s promise kept", "%(count)s promises kept", count) % {"count": count},)
    if count := len(digest.late):
        yield (ngettext("%(count)s promise late", "%(count)s promises late", count) % {"count": count},)
    yield from ((line.headline, line.short) for line in digest.coming if line.headline)
    if count := sum(not line.headline for line in digest.coming):
        yield (ngettext("%(count)s promise due soon", "%(count)s promises due soon", count) % {"count": count},)


def why(roles: Sequence[Role]) -> str:
    """Why somebody gets the digest: their roles, in words."""
    areas: dict[str, list[str]] = {}
    for role in roles:
        areas.setdefault(role.get_kind_display(), []).append(role.area.name)
    and_ = _("and")
    named = [_("%(role)s of %(areas)s") % {"role": r, "areas": get_text_list(a, and_)} for r, a in areas.items()]
    return get_text_list(named, and_)


def rhythm_in_words(preference: DigestPreference) -> str:
    """How often, in words: every week on Monday at 09:00 (Europe/Madrid)."""
    words = {
        "day": preference.get_weekday_display(),
        "hour": time_format(time(preference.hour), "H:i"),
        "zone": preference.zone,
    }
    return {
        Rhythm.DAILY: _("every weekday at %(hour)s (%(zone)s)"),
        Rhythm.WEEKLY: _("every week on %(day)s at %(hour)s (%(zone)s)"),
        Rhythm.MONTHLY: _("every month on its first %(day)s at %(hour)s (%(zone)s)"),
        Rhythm.OFF: _("never"),
    }[Rhythm(preference.rhythm)] % words
