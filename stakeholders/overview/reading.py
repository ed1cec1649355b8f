"""What an area's page and the reader's mandate page show; writes nothing."""

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from mandate.models import Clause, MandateVersion
from mandate.reading import Task, clause_row
from pmo_portal.accounts.access import Office, is_pmo
from pmo_portal.accounts.models import Appointment
from pmo_portal.common.models import Organisation, today
from pmo_portal.common.words import day
from pmo_portal.journal.actions import EVERYBODY
from pmo_portal.journal.models import Event
from stakeholders.agreements import reading as agreements
from stakeholders.agreements.access import AUDIENCE, visible_revisions
from stakeholders.agreements.models import AgreementRevision, Promise, Side
from stakeholders.areas.models import Area
from stakeholders.people.access import ANSWERING, answering_role, areas_as, roles_of
from stakeholders.people.models import Person, Role
from stakeholders.understanding.models import Acknowledgement

State = AgreementRevision.State
SOON = timedelta(days=14)
MOST_TASKS = 5
MOST_LINES = 5

# What happened, in words; {…} are the event's own facts.
LATELY = {
    "mandate_published": gettext_noop("Version {number} of the mandate was published by {issuer}"),
    "agreement_shared": gettext_noop("A draft of the agreement was shared"),
    "agreement_proposed": gettext_noop("The PMO signed the agreement and proposed it"),
    "agreement_in_force": gettext_noop("The agreement was signed by both sides and is in force"),
    "agreement_declined": gettext_noop("The area declined the agreement: {reason}"),
    "agreement_withdrawn": gettext_noop("The PMO took its proposal back: {reason}"),
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
        "not_us": _not_us(),
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
    """The proposals that wait for this viewer's signature, in all their areas."""
    if is_pmo(user) or user.is_staff:
        return []
    proposed = visible_revisions(user).in_state(State.PROPOSED).filter(agreement__area__in=areas_as(user, ANSWERING))
    found = proposed.select_related("agreement__area").order_by("sealed_at", "pk")
    return [task for revision in found if (task := _area_task(revision))]


def tasks(area: Area, user: Any, revisions: list[AgreementRevision]) -> list[Task]:
    """What waits on this viewer in this area, most urgent first; at most five."""
    waiting: list[Task] = []
    if answering_role(user, area) and not is_pmo(user):
        waiting = [task for revision in revisions if (task := _area_task(revision))]
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


def _area_task(revision: AgreementRevision) -> Task | None:
    url = revision.agreement.get_absolute_url()
    if revision.state == State.PROPOSED:
        return Task(
            _("Read the agreement and sign it"), url,
            _("Signed by the PMO on %(day)s.") % {"day": day(revision.sealed_at)},
            {"word": _("Waits on you"), "tone": "warn"},
        )  # fmt: skip
    if revision.state == State.DRAFT:
        return Task(_("Read the draft agreement"), url, _("Leave a note on any row."),
                    {"word": _("Shared with you"), "tone": "info"})  # fmt: skip
    return None


def _pmo_task(revision: AgreementRevision, later: list[AgreementRevision]) -> Task | None:
    url = revision.agreement.get_absolute_url()
    if revision.state == State.DRAFT:
        return Task(_("Go on with the draft agreement"), url, "", agreements.status(revision))
    if revision.state in {State.DECLINED, State.WITHDRAWN} and not later:
        return Task(_("Write a new revision of the agreement"), url, "", agreements.status(revision))
    if revision.state == State.PROPOSED:
        return Task(
            _("The proposal waits for the head"), url,
            _("Since %(day)s.") % {"day": day(revision.sealed_at)}, {"word": _("Waiting"), "tone": "info"},
        )  # fmt: skip
    return None


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
    events = Event.objects.in_scopes([area.scope, EVERYBODY]).of(*kinds).order_by("-at", "-pk")
    return [
        {
            "at": date_format(timezone.localtime(event.at), "j M Y"),
            "text": _(LATELY[event.kind]).format(**event.facts),
        }
        for event in events[:MOST_LINES]
    ]


def _not_us() -> list[dict[str, Any]]:
    """What the PMO does not do and who does, from the live mandate."""
    clauses = Clause.objects.filter(version__in=MandateVersion.objects.live(), kind=Clause.Kind.DOES_NOT)
    return [clause_row(clause) for clause in clauses]


def _people(roles: list[Role]) -> list[dict[str, Any]]:
    order = list(Role.Kind)
    roles = sorted(roles, key=lambda role: order.index(Role.Kind(role.kind)))
    return [{"label": role.get_kind_display(), "value": str(role.person)} for role in roles]


def areas() -> list[dict[str, Any]]:
    """Every current area with its head and its agreement, for the PMO; a fixed number of queries."""
    heads = {r.area_id: r.person for r in Role.objects.on().filter(kind=Role.Kind.HEAD).select_related("person")}
    newest: dict[int, AgreementRevision] = {}
    for revision in AgreementRevision.objects.select_related("agreement").order_by("number"):
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


def acknowledged(user: Any, version: MandateVersion) -> Acknowledgement | None:
    """The reader's own acknowledgement of a version, if any."""
    if not user.is_authenticated:
        return None
    return Acknowledgement.objects.filter(person__user=user, version=version).first()


def person_of(user: Any) -> Person | None:
    """The person behind a user, if the PMO works with them."""
    return Person.objects.filter(user=user).first() if user.is_authenticated else None
