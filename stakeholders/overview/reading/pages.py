"""What an area's page and the reader's mandate page show; writes nothing."""

import re
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from mandate.access import can_see_drafts
from mandate.models import Clause, MandateVersion
from mandate.reading import Task, clause_row
from pmo_portal.accounts.access import Office, is_pmo
from pmo_portal.accounts.models import Appointment
from pmo_portal.common.models import Organisation, today
from pmo_portal.common.words import day
from pmo_portal.journal.actions import EVERYBODY
from pmo_portal.journal.models import Event
from stakeholders.agreements import reading as agreements
from stakeholders.agreements.access import AUDIENCE, READERS, visible_revisions
from stakeholders.agreements.models import AgreementRevision, Promise, Side
from stakeholders.areas.models import Area
from stakeholders.overview.reading.meanings import seen_from
from stakeholders.people.access import ANSWERING, answering_role, areas_as, roles_of
from stakeholders.people.models import Person, Role
from stakeholders.understanding.access import Reader
from stakeholders.understanding.models import Acknowledgement
from stakeholders.understanding.models import State as Reading
from stakeholders.understanding.reading import own

State = AgreementRevision.State
SOON = timedelta(days=14)
MOST_TASKS = 5
MOST_LINES = 5

# What happened, in words; {office} is the office's own name, any other {…} a fact of the event.
LATELY = {
    "mandate_published": gettext_noop("Version {number} of the mandate was published by {issuer}"),
    "mandate_withdrawn": gettext_noop("Version {number} of the mandate was withdrawn by {issuer}: {reason}"),
    "agreement_shared": gettext_noop("A draft of the agreement was shared"),
    "agreement_proposed": gettext_noop("The {office} signed the agreement and proposed it"),
    "agreement_in_force": gettext_noop("The agreement was signed by both sides and is in force"),
    "agreement_declined": gettext_noop("The area declined the agreement: {reason}"),
    "agreement_withdrawn": gettext_noop("The {office} took its proposal back: {reason}"),
    "agreement_countered": gettext_noop("{by} answered the proposal with words of the area's own"),
    "counter_declined": gettext_noop("The {office} said no to the area's words: {reason}"),
    "counter_withdrawn": gettext_noop("The area took its words back: {reason}"),
    "promise_kept": gettext_noop("Kept: {text}"),
}


def area_page(area: Area, user: Any) -> dict[str, Any]:
    """One screen of an area, as this user sees it."""
    revisions = list(visible_revisions(user).filter(agreement__area=area).with_promises())
    in_force = next((r for r in revisions if r.state == State.IN_FORCE and not r.has_ended), None)
    office = Organisation.current().office_name
    roles = list(area.roles.on().exclude(kind=Role.Kind.SENIOR).select_related("person"))
    head = next((role for role in roles if role.kind == Role.Kind.HEAD), None)
    promises = _promises(in_force)
    live = MandateVersion.objects.live().prefetch_related("clauses").first()
    return {
        "area": area,
        "office": office,
        "is_pmo": is_pmo(user),
        "facts": _facts(user, area, head, in_force),
        "agreement": revisions[0].agreement if revisions else None,
        "in_force": in_force,
        "benefits": [row.you_will_notice for row in in_force.rows.all()][:3] if in_force else [],
        "tasks": tasks(area, user, revisions),
        "ours": [agreements.promise_line(p) for p in promises if p.side == Side.PMO][:MOST_LINES],
        "theirs": [agreements.promise_line(p) for p in promises if p.side == Side.AREA][:MOST_LINES],
        "lately": lately(area, user),
        "not_us": _not_us(live),
        "seen": seen_from(area, live, in_force, user),
        "unread": _unread(user, live),
        "people": _people(roles),
        "history": [
            {
                "label": _("Revision %(number)s, %(period)s") % {"number": r.number, "period": agreements.period(r)},
                "url": reverse("agreements:revision", kwargs={"pk": r.agreement_id, "number": r.number}),
                "status": agreements.status(r),
            }
            for r in revisions
        ],
    }


def _facts(user: Any, area: Area, head: Role | None, in_force: AgreementRevision | None) -> list[dict[str, Any]]:
    lead = Appointment.objects.on(today()).filter(office=Office.LEAD).select_related("user").first()
    facts: list[dict[str, Any]] = [
        {"label": _("Head"), "value": head.person if head else _("Vacant")},
        {
            "label": _("Partner in the PMO") if is_pmo(user) else _("Your partner"),
            "value": lead.user if lead else _("Not yet named"),
        },
    ]
    if in_force:
        facts.append({"label": _("Agreement until"), "value": day(in_force.period_to)})
    if area.parent:
        facts.append({"label": _("Part of"), "value": area.parent.name})
    return facts


def _promises(in_force: AgreementRevision | None) -> list[Promise]:
    """Late first, then by day; the kept ones last."""
    if in_force is None:
        return []
    found = [promise for row in in_force.rows.all() for promise in row.promises.all()]
    return sorted(found, key=lambda p: (p.state == Promise.State.KEPT, p.due_on, p.pk))


def signatures(user: Any) -> list[Task]:
    """What waits for this viewer's signature in all their areas: proposals, or the changes they are writing."""
    if is_pmo(user) or user.is_staff:
        return []
    theirs = visible_revisions(user).filter(agreement__area__in=areas_as(user, ANSWERING))
    signed = theirs.in_state(State.PROPOSED, State.DRAFT).exclude(state=State.DRAFT, side=Side.PMO)
    found = list(signed.select_related("agreement__area").order_by("sealed_at", "pk"))
    writing = {each.agreement_id for each in found if each.was_never_sent and each.state == State.DRAFT}
    return [task for each in found if (task := _area_task(each, each.agreement_id in writing))]


def tasks(area: Area, user: Any, revisions: list[AgreementRevision]) -> list[Task]:
    """What waits on this viewer in this area, most urgent first; at most five."""
    waiting: list[Task] = []
    if answering_role(user, area) and not is_pmo(user):
        writing = any(revision.was_never_sent and revision.state == State.DRAFT for revision in revisions)
        waiting = [task for revision in revisions if (task := _area_task(revision, writing))]
        waiting += _promise_tasks(revisions, Side.AREA)
    elif is_pmo(user):
        waiting = [task for i, revision in enumerate(revisions) if (task := _pmo_task(revision, revisions[:i]))]
        waiting += _promise_tasks(revisions, Side.PMO)
        if not Role.objects.on().filter(area=area, kind=Role.Kind.HEAD).exists():
            waiting.append(
                Task(_("Say who heads this area"), reverse("people:people"), _("Under People: give a role."))
            )
        if not revisions:
            url = reverse("agreements:start", kwargs={"slug": area.slug})
            waiting.append(Task(_("Draft the first agreement"), url, _("Start from what this area needs.")))
    return waiting[:MOST_TASKS]


def _area_task(revision: AgreementRevision, writing: bool) -> Task | None:
    """What an area's head does with a revision; while they are `writing` an answer, the answer is the task."""
    url = revision.agreement.get_absolute_url()
    if revision.side == Side.AREA:
        if revision.state != State.DRAFT:
            return None
        hint = _("Nothing is sent before you sign.")
        return Task(_("Sign your changes to the agreement"), url, hint, {"word": _("Waits on you"), "tone": "warn"})
    if revision.state == State.PROPOSED and not writing:
        return Task(
            _("Read the agreement and sign it"), url,
            _("Signed by the %(office)s on %(day)s.")
            % {"office": Organisation.current().office_name, "day": day(revision.sealed_at)},
            {"word": _("Waits on you"), "tone": "warn"},
        )  # fmt: skip
    if revision.state == State.DRAFT:
        return Task(_("Read the draft agreement"), url, _("Change your own words, and leave a note on any row."),
                    {"word": _("Shared with you"), "tone": "info"})  # fmt: skip
    return None


def _pmo_task(revision: AgreementRevision, later: list[AgreementRevision]) -> Task | None:
    url = revision.agreement.get_absolute_url()
    if revision.state == State.DRAFT:
        return Task(_("Go on with the draft agreement"), url, "", agreements.status(revision))
    if revision.state in {State.DECLINED, State.WITHDRAWN} and not later:
        return Task(_("Write a new revision of the agreement"), url, "", agreements.status(revision))
    if any(each.answers_id == revision.pk and each.state == State.DRAFT for each in later):
        return None  # the draft that answers it is the task
    if revision.state == State.PROPOSED and revision.side == Side.AREA:
        return Task(
            _("Answer the words that the area has signed"), url,
            _("Since %(day)s.") % {"day": day(revision.sealed_at)},
            {"word": _("Waits on the PMO lead"), "tone": "warn"},
        )  # fmt: skip
    if revision.state == State.PROPOSED:
        return Task(
            _("The proposal waits for the head"), url,
            _("Since %(day)s.") % {"day": day(revision.sealed_at)}, {"word": _("Waiting"), "tone": "info"},
        )  # fmt: skip
    return None


def _unread(user: Any, live: MandateVersion | None) -> dict[str, str] | None:
    """What this viewer has not read of the live mandate yet: a fact beside it, where asking is the budget's."""
    person = None if live is None or can_see_drafts(user) else person_of(user)
    mine = own(person, live) if person and live else None
    if mine is None or mine.state not in {Reading.OPEN, Reading.CHANGED}:
        return None
    if mine.read is None:
        return {"words": _("You have not said yet that you read it"), "action": _("Read the mandate")}
    words = _("It has changed since you read version %(number)s") % {"number": mine.read.version.number}
    return {"words": words, "action": _("Read what changed")}


def _promise_tasks(revisions: list[AgreementRevision], side: Side) -> list[Task]:
    """Promises of one's own side that are late or due within two weeks."""
    limit = today() + SOON
    return [
        Task(line["text"], line["url"], line["due"], {"word": line["word"], "tone": line["tone"]})
        for revision in revisions
        if revision.state == State.IN_FORCE
        for promise in _promises(revision)
        if promise.side == side and promise.state != Promise.State.KEPT and promise.due_on <= limit
        for line in [agreements.promise_line(promise)]
    ]


def lately(area: Area, user: Any) -> list[dict[str, Any]]:
    """The last five things in an area, or in the mandate for everybody, that concern this viewer's roles."""
    mine = {role.kind for role in roles_of(user) if role.area_id == area.pk}
    kinds = [kind for kind in LATELY if is_pmo(user) or mine & set(AUDIENCE[kind])]
    office = Organisation.current().office_name
    events = Event.objects.in_scopes([area.scope, EVERYBODY]).of(*kinds).order_by("-at", "-pk")
    return [
        {
            "at": date_format(timezone.localtime(event.at), "j M Y"),
            "text": _(LATELY[event.kind]).format(**{**event.facts, "office": office}),
        }
        for event in events[:MOST_LINES]
    ]


def _not_us(live: MandateVersion | None) -> list[dict[str, Any]]:
    """What the PMO does not do and who does, from the live mandate."""
    clauses = live.clauses.all() if live else []
    return [clause_row(clause) for clause in clauses if clause.kind == Clause.Kind.DOES_NOT]


def _people(roles: list[Role]) -> list[dict[str, Any]]:
    order = list(Role.Kind)
    roles = sorted(roles, key=lambda role: order.index(Role.Kind(role.kind)))
    return [{"label": role.get_kind_display(), "value": str(role.person)} for role in roles]


def areas() -> list[dict[str, Any]]:
    """Every current area with its head and its agreement, for the PMO; a fixed number of queries."""
    heads = {r.area_id: r.person for r in Role.objects.on().filter(kind=Role.Kind.HEAD).select_related("person")}
    newest: dict[int, AgreementRevision] = {}
    for revision in AgreementRevision.objects.sent().select_related("agreement").order_by("number"):
        newest[revision.agreement.area_id] = revision
    found = list(Area.objects.current())
    depth = _depths(found)
    return [
        {
            "area": area,
            "depth": depth[area.pk],
            "head": str(heads.get(area.pk, "")),
            "status": agreements.status(newest[area.pk])
            if area.pk in newest
            else {"word": _("No agreement yet"), "tone": "neutral"},
        }
        for area in _in_tree_order(found)
    ]


def _depths(found: list[Area]) -> dict[int, int]:
    parents = {area.pk: area.parent_id for area in found}

    def depth(pk: int | None) -> int:
        parent = parents.get(pk) if pk else None
        return 1 + depth(parent) if parent in parents else 0

    return {area.pk: depth(area.pk) for area in found}


def _in_tree_order(found: list[Area]) -> list[Area]:
    """Parents before their parts, by name."""
    known = {area.pk for area in found}
    parts: dict[int | None, list[Area]] = {}
    for area in sorted(found, key=lambda area: area.name):
        parts.setdefault(area.parent_id if area.parent_id in known else None, []).append(area)

    def walk(parent: int | None) -> list[Area]:
        return [each for area in parts.get(parent, []) for each in (area, *walk(area.pk))]

    return walk(None)


def person_of(user: Any) -> Person | None:
    """The person behind a user, if the PMO works with them."""
    if roles := roles_of(user):
        return roles[0].person
    return Person.objects.filter(user=user).first() if user.is_authenticated else None


# --- publishing: who is told, and what it means for them -------------------------------------------
MOST_SERVICES = 3
MOST_AREAS = 3


def who_is_told(readers: list[Reader]) -> dict[str, Any]:
    """An audience by number, role and area, and by name."""
    # A person counts once in each line, however many of its roles they hold.
    roles = Counter(kind for reader in readers for kind in dict.fromkeys(r.get_kind_display() for r in reader.roles))
    areas = Counter(name for reader in readers for name in dict.fromkeys(r.area.name for r in reader.roles))
    if of_pmo := sum(reader.is_pmo for reader in readers):
        roles[Organisation.current().office_name] = of_pmo
    if followers := sum(reader.only_follows for reader in readers):
        roles[_("Follows the mandate")] = followers
    return {
        "count": len(readers),
        "roles": [f"{role}: {count}" for role, count in roles.items()],
        "areas": [f"{area}: {count}" for area, count in sorted(areas.items())],
        "names": [{"name": reader.name, "why": why_told(reader)} for reader in readers],
    }


def why_told(reader: Reader) -> str:
    """Why somebody is told, in words: their roles, that they are the PMO, or that they wanted to be."""
    if reader.only_follows:
        return _("you follow it by mail")
    names = [_("%(role)s, %(area)s") % {"role": r.get_kind_display(), "area": r.area} for r in reader.roles]
    return " · ".join([*names, *([Organisation.current().office_name] if reader.is_pmo else [])])


def example_reader(readers: list[Reader], on: datetime) -> Reader | None:
    """The one whose letter is shown before publishing: with an agreement in force where there is one."""
    day_ = timezone.localdate(on, ZoneInfo(Organisation.current().time_zone))
    agreed = set(AgreementRevision.objects.in_force(day_).values_list("agreement__area", flat=True))
    fits = [each for each in readers if any(r.area_id in agreed and r.kind in READERS for r in each.roles)]
    return next(iter(fits or readers), None)


def meaning_for(reader: Reader, version: MandateVersion, now: datetime) -> dict[str, Any]:
    """What a publication means for one reader, in sentences; only what their roles let them know."""
    office = Organisation.current().office_name
    on = timezone.localdate(now, ZoneInfo(Organisation.current().time_zone))
    mine = {role.area_id: role.area for role in reader.roles if role.kind in READERS}
    revisions = AgreementRevision.objects.in_force(on).filter(agreement__area__in=mine).with_rows()
    found = sorted(revisions, key=lambda revision: revision.agreement.area.name)
    sentences = [_agreement_means(revision, version, office) for revision in found[:MOST_AREAS]]
    without = [area.name for pk, area in mine.items() if pk not in {each.agreement.area_id for each in found}]
    if without or (not mine and not reader.is_pmo):
        sentences.append(_services_mean(without[:MOST_AREAS], version, office))
    if reader.is_pmo:
        sentences.append(_("From now on these are the words to point to when somebody asks what we are for."))
    return {"sentences": sentences, "why": why_told(reader), "may_leave": reader.only_follows}


def _agreement_means(revision: AgreementRevision, version: MandateVersion, office: str) -> str:
    """Whether the clauses that an agreement in force stands on still read as they did when it was signed."""
    standing = {clause.key: clause for clause in version.clauses.all()}
    cited = {row.clause.key: row.clause for row in revision.rows.all() if row.clause}
    other = [signed for key, signed in cited.items() if not signed.reads_as(standing.get(key))]
    words = {
        "area": revision.agreement.area,
        "office": office,
        "day": day(revision.period_to),
        "clauses": get_text_list(sorted({clause.number for clause in other or cited.values()}), _("and")),
    }
    if other:
        text = ngettext(
            "Your agreement (%(area)s) stands on clause %(clauses)s, which reads differently now than when it was "
            "signed. The agreement stays in force; the %(office)s will look at it with you.",
            "Your agreement (%(area)s) stands on clauses %(clauses)s, which read differently now than when it was "
            "signed. The agreement stays in force; the %(office)s will look at it with you.",
            len(other),
        )
    elif cited:
        text = ngettext(
            "Your agreement (%(area)s) stands on clause %(clauses)s, which reads as it did when it was signed. "
            "It stays in force until %(day)s.",
            "Your agreement (%(area)s) stands on clauses %(clauses)s, which read as they did when it was signed. "
            "It stays in force until %(day)s.",
            len(cited),
        )
    else:
        text = _("Your agreement (%(area)s) stays in force until %(day)s.")
    return text % words


def _services_mean(areas: list[str], version: MandateVersion, office: str) -> str:
    """What somebody can have from the office where nothing is agreed, or is theirs to know."""
    services = [_("“%(name)s”") % {"name": service.name} for service in version.services.all()][:MOST_SERVICES]
    words = {"areas": get_text_list(areas, _("and")), "office": office, "services": get_text_list(services, _("and"))}
    if areas:
        text = _(
            "No agreement with %(areas)s is in force yet. What you can have from the %(office)s all the same: "
            "%(services)s."
        )
    else:
        text = _("What you can have from the %(office)s: %(services)s.")
    return text % words


# --- the mandate for its readers ---------------------------------------------------------------------
OF_BEFORE = re.compile(r"([1-9][0-9]{0,2}\.[1-9][0-9]{0,2})-([1-9][0-9]{0,8})")


def clause_address(number: str) -> str:
    """The address of a clause of the live mandate."""
    return reverse("mandate:clause", kwargs={"clause": number})


def was(told: str) -> dict[str, str] | None:
    """By which number, in which version, a clause was looked for, as the redirect to its new number tells it."""
    found = OF_BEFORE.fullmatch(told)
    return {"number": found[1], "version": found[2]} if found else None


# --- comparing two versions ------------------------------------------------------------------------
def last_read(user: Any) -> int | None:
    """The newest version that a user said they have read, by number, as on their own page; None for who never did."""
    if not user.is_authenticated:
        return None
    said = Acknowledgement.objects.filter(person__user=user).order_by("-version__number")
    return said.values_list("version__number", flat=True).first()
