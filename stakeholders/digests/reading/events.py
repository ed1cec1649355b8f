"""Events of the journal as sentences, for one person's rights today. Writes nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from mandate.models import MandateVersion
from pmo_portal.common.models import Organisation
from pmo_portal.common.prose import plain
from pmo_portal.common.words import day as in_words
from pmo_portal.journal.models import Event
from stakeholders.agreements.models import AgreementRevision, Promise, Side
from stakeholders.areas.models import Area
from stakeholders.digests.access import Rights
from stakeholders.digests.models import Owed
from stakeholders.digests.reading.lines import Line, quote

LeftOut = Owed.LeftOut
# That none holds is said only while that is so.
WITHDRAWN = "mandate_withdrawn"


@dataclass(frozen=True)
class Told:
    """One event with the record that it is about, as it stands today."""

    event: Event
    record: Any
    rights: Rights
    office: str

    @property
    def facts(self) -> dict[str, Any]:
        return dict(self.event.facts)

    @property
    def period(self) -> dict[str, str]:
        """The words of an agreement's event."""
        return {
            "area": self.facts["area"],
            "from": in_words(self.facts["period_from"]),
            "to": in_words(self.facts["period_to"]),
            "office": self.office,
            "reason": quote(self.facts.get("reason", "")),
            "names": get_text_list(self.facts.get("signed_by", []), _("and")),
        }


def tell(
    events: Sequence[Event], rights: Rights, organisation: Organisation, asked: set[str]
) -> tuple[list[Line], list[Line], dict[int, str]]:
    """What changed, which promises were kept, and by event why the others are left out.

    `asked` are the records that the letter asks this person about already: those need no second line.
    """
    events = sorted(events, key=lambda event: (event.at, event.pk), reverse=True)
    records = records_of(events)
    over = any(event.kind == WITHDRAWN for event in events) and MandateVersion.objects.live().exists()
    said: dict[str, Line] = {}
    left_out: dict[int, str] = {}
    for event in events:
        if reason := why_not(event, rights, records, asked | said.keys(), over=over):
            left_out[event.pk] = reason
            # Nor is it told that what was withdrawn had been published before.
            asked = asked | {event.subject} if event.kind == WITHDRAWN else asked
            continue
        told = Told(event, records[event.subject], rights, str(organisation.office_name))
        said[event.subject] = SENTENCES[event.kind](told)
    changed = [line for subject, line in said.items() if not subject.startswith("promise:")]
    # What the office is for comes before what one area agreed with it; both newest first.
    changed.sort(key=lambda line: not line.key.startswith("mandate:"))
    return changed, [line for subject, line in said.items() if subject.startswith("promise:")], left_out


def why_not(
    event: Event, rights: Rights, records: dict[str, Any], said: set[str], *, over: bool = False
) -> LeftOut | None:  # fmt: skip
    """Why an event that is owed is not told, or None; a withdrawal is `over` when a version holds by now."""
    if not rights.may_be_told(event):
        return LeftOut.NO_RIGHT
    if event.subject not in records:
        return LeftOut.GONE
    is_outrun = event.subject in said or (event.kind == WITHDRAWN and over)
    return LeftOut.OUTRUN if is_outrun else None


def records_of(events: Sequence[Event]) -> dict[str, Any]:
    """The records that events are about, by their keys, as far as they still exist."""
    revisions = AgreementRevision.objects.select_related("agreement__area")
    promises = Promise.objects.select_related("row__revision__agreement__area")
    kinds: dict[str, Any] = {"mandate": MandateVersion.objects, "revision": revisions, "promise": promises}
    wanted: dict[str, set[int]] = {kind: set() for kind in kinds}
    for event in events:
        wanted.get(event.subject.partition(":")[0], set()).add(event.subject_id)
    return {
        f"{kind}:{pk}": record
        for kind, pks in wanted.items()
        if pks
        for pk, record in kinds[kind].in_bulk(pks).items()
    }


def way_to(area: Area, agreement: int, rights: Rights) -> str:
    """The nearest page that this person may open: the agreement, else the area, else none."""
    if agreement in rights.agreements:
        return reverse("agreements:agreement", kwargs={"pk": agreement})
    return reverse("areas:area", kwargs={"slug": area.slug}) if area.pk in rights.areas else ""


def source(event: Event, record: str) -> str:
    """The record and version that a line came from, and the day."""
    return f"{record} · {date_format(localtime(event.at), 'j F Y')}"


# --- the sentences ------------------------------------------------------------------------------
def mandate_published(told: Told) -> Line:
    facts = told.facts
    words = {
        "office": told.office,
        "issuer": facts["issuer"],
        "number": facts["number"],
        "note": quote(plain(facts["note"])),
    }
    is_first = facts.get("first", facts["number"] == 1)
    if is_first or not facts["note"]:
        text = _("%(issuer)s published the mandate of the %(office)s: what it is for, and what it does not do.")
    elif facts["material"]:
        text = _("%(issuer)s published a new version of the mandate of the %(office)s: %(note)s")
    else:
        text = _("The mandate of the %(office)s has better words, and means the same: %(note)s")
    return Line(
        key=told.event.subject,
        text=text % words,
        source=source(told.event, _("Mandate, version %(number)s") % words),
        url=reverse("mandate:live"),
        link=_("Read the mandate"),
        headline=_("Mandate published")
        if facts.get("first", facts["number"] == 1)
        else _("Mandate version %(number)s") % words,
    )


def mandate_withdrawn(told: Told) -> Line:
    facts = told.facts
    words = {
        "office": told.office,
        "issuer": facts["issuer"],
        "number": facts["number"],
        "reason": quote(facts["reason"]),
    }
    text = _("%(issuer)s withdrew the mandate of the %(office)s, and none holds until the next: %(reason)s")
    return Line(
        key=told.event.subject,
        text=text % words,
        source=source(told.event, _("Mandate, version %(number)s") % words),
        url=reverse("mandate:live"),
        link=_("See the mandate's page"),
        headline=_("Mandate withdrawn"),
    )


def agreement(told: Told, text: str, headline: str, short: str = "") -> Line:
    revision: AgreementRevision = told.record
    url = way_to(revision.agreement.area, revision.agreement_id, told.rights)
    return Line(
        key=told.event.subject,
        text=text % told.period,
        source=source(told.event, _("Agreement, revision %(number)s") % told.facts),
        url=url,
        link=_("Open the agreement")
        if revision.agreement_id in told.rights.agreements
        else _("Open the area's page"),
        headline=headline % told.period,
        short=short,
    )


def agreement_shared(told: Told) -> Line:
    text = _("The %(office)s shared a draft of the agreement with %(area)s.")
    return agreement(told, text, _("%(area)s: a draft to read"), _("A draft to read"))


def agreement_proposed(told: Told) -> Line:
    text = _("The %(office)s signed a proposal for the agreement with %(area)s, %(from)s to %(to)s.")
    return agreement(told, text, _("%(area)s agreement proposed"), _("Agreement proposed"))


def agreement_in_force(told: Told) -> Line:
    text = (
        _("The agreement with %(area)s is in force, %(from)s to %(to)s, signed by %(names)s.")
        if told.facts.get("signed_by")
        else _("The agreement with %(area)s is in force, %(from)s to %(to)s.")
    )
    if told.facts.get("renewed"):
        return agreement(told, text, _("%(area)s agreement renewed"), _("Agreement renewed"))
    return agreement(told, text, _("%(area)s agreement in force"), _("Agreement in force"))


def agreement_declined(told: Told) -> Line:
    text = _("The proposed agreement with %(area)s was declined: %(reason)s")
    return agreement(told, text, _("%(area)s agreement declined"), _("Agreement declined"))


def agreement_withdrawn(told: Told) -> Line:
    text = _("The %(office)s took back its proposal for the agreement with %(area)s: %(reason)s")
    return agreement(told, text, _("%(area)s proposal taken back"), _("Proposal taken back"))


def agreement_countered(told: Told) -> Line:
    text = _("%(area)s answered the proposal with words of its own; they wait for the signature of the %(office)s.")
    return agreement(told, text, _("%(area)s: answered with changes"), _("Answered with changes"))


def counter_declined(told: Told) -> Line:
    text = _("The %(office)s said no to the words that %(area)s proposed: %(reason)s")
    return agreement(told, text, _("%(area)s: your words declined"), _("Your words declined"))


def counter_withdrawn(told: Told) -> Line:
    text = _("%(area)s took back the words that it proposed: %(reason)s")
    return agreement(told, text, _("%(area)s: words taken back"), _("Words taken back"))


def promise_kept(told: Told) -> Line:
    revision: AgreementRevision = told.record.row.revision
    evidence = told.facts.get("evidence", "")
    return Line(
        key=told.event.subject,
        text=f"{side(told.record.side, told.facts['area'], told.office)}: {quote(told.facts['text'])}",
        source=quote(evidence) if evidence else source(told.event, _("Promise")),
        url=way_to(revision.agreement.area, revision.agreement_id, told.rights),
        link=_("Open the agreement"),
        word=_("Kept"),
        tone="good",
    )


def side(of: str, area: str, office: str) -> str:
    """Who promised, in words: the office to an area, or the area to the office."""
    return _("%(office)s to %(area)s") % {"office": office, "area": area} if of == Side.PMO else area


SENTENCES: dict[str, Callable[[Told], Line]] = {
    sentence.__name__: sentence
    for sentence in (
        mandate_published,
        mandate_withdrawn,
        agreement_shared,
        agreement_proposed,
        agreement_in_force,
        agreement_declined,
        agreement_withdrawn,
        agreement_countered,
        counter_declined,
        counter_withdrawn,
        promise_kept,
    )
}
