"""The first page by role, one's own page, and the frame around every page; writes nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mandate.access import can_see_drafts
from mandate.models import MandateVersion
from mandate.reading import Task
from pmo_portal.accounts.access import can_set_up, is_issuer, is_lead, is_pmo
from pmo_portal.common.checks import broker_answers, last_beat, missing
from pmo_portal.common.models import Organisation
from pmo_portal.common.words import day
from pmo_portal.outbox.reading import age_of_oldest_due
from stakeholders.agreements import reading as agreements
from stakeholders.agreements.access import visible_revisions
from stakeholders.agreements.models import AgreementRevision, Promise, Side
from stakeholders.areas.models import Area
from stakeholders.overview.reading import area_tasks
from stakeholders.people.access import roles_of, visible_areas
from stakeholders.people.models import Person, Role

State = AgreementRevision.State


@dataclass(frozen=True)
class Door:
    """One entry of the navigation."""

    label: str
    url: str
    is_current: bool


def frame(request: HttpRequest) -> dict[str, Any]:
    """What every page needs around it: the organisation's names, the navigation, the look. Asked for lazily."""
    user: Any = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    return {
        "organisation": Organisation.current(),
        "navigation": navigation(request) if signed_in else [],
        "theme": user.theme if signed_in else "auto",
        "person_links": person_links(user) if signed_in else [],
        # The name alone: the rest of that setting is secret.
        "sso_name": settings.SSO.get("name", ""),
    }


def person_links(user: Any) -> list[dict[str, str]]:
    """What stands in a person's own menu besides their page."""
    links = [{"label": _("Your sign-in"), "url": reverse("mfa_index"), "icon": "lock"}]
    if can_set_up(user):
        links.append({"label": _("Your organisation"), "url": reverse("home:organisation"), "icon": "settings"})
    if user.is_staff:
        links.append({"label": _("Accounts"), "url": reverse("admin:index"), "icon": "people"})
    return links


def navigation(request: HttpRequest) -> list[Door]:
    """The doors for this person's hats, the one they stand in marked."""
    user: Any = request.user
    streets = [(_("Home"), reverse("home:home"))]
    if is_pmo(user):
        streets += [
            (_("Areas"), reverse("areas:areas")),
            (_("Agreements"), reverse("agreements:agreements")),
            (_("People"), reverse("people:people")),
        ]
    streets.append((_("Mandate"), reverse("mandate:live")))
    letters = reverse("digests:outbox") if is_pmo(user) else reverse("digests:archive")
    streets.append((_("Letters"), letters))
    path = request.path
    return [Door(label, url, path == url if url == "/" else path.startswith(url)) for label, url in streets]


def pmo_home(user: Any) -> dict[str, Any]:
    """What waits for the PMO, and what waits for others, today."""
    mine: list[Task] = []
    others: list[Task] = []
    _mandate_tasks(mine, others)
    open_ones = AgreementRevision.objects.in_state(State.DRAFT, State.PROPOSED)
    for revision in open_ones.select_related("agreement__area").prefetch_related("rows"):
        _agreement_task(revision, is_lead(user), mine, others)
    for promise in _late_promises():
        _promise_task(promise, mine, others)
    return {"mine": mine, "others": others, "first_steps": _first_steps()}


def _mandate_tasks(mine: list[Task], others: list[Task]) -> None:
    newest = MandateVersion.objects.with_parts().first()
    if newest is None:
        return
    if not newest.is_sealed:
        gaps = len(newest.missing())
        hint = _("%(count)s things are missing before review.") % {"count": gaps} if gaps else _("Ready for review.")
        mine.append(
            Task(_("Go on with the mandate, %(version)s") % {"version": newest}, reverse("mandate:draft"), hint)
        )
    elif not newest.publications.all():
        url = reverse("mandate:version", kwargs={"number": newest.number})
        hint = _("In review since %(day)s.") % {"day": day(newest.sealed_at)}
        waits = {"word": _("Waits on the issuer"), "tone": "info"}
        others.append(Task(_("Approve and publish the mandate, %(version)s") % {"version": newest}, url, hint, waits))


def _agreement_task(revision: AgreementRevision, leads: bool, mine: list[Task], others: list[Task]) -> None:
    area, url = revision.agreement.area, revision.agreement.get_absolute_url()
    if revision.state == State.PROPOSED:
        waits = {"word": _("Waits on the head"), "tone": "info"}
        hint = _("Proposed on %(day)s.") % {"day": day(revision.sealed_at)}
        others.append(Task(_("Sign the agreement of %(area)s") % {"area": area}, url, hint, waits))
        return
    if revision.shared_at:
        waits = {"word": _("Shared"), "tone": "info"}
        hint = _("Shared on %(day)s; notes are welcome.") % {"day": day(revision.shared_at)}
        others.append(Task(_("Read the draft agreement of %(area)s") % {"area": area}, url, hint, waits))
    notes = sum(bool(row.area_note) for row in revision.rows.all())
    hint = ngettext("The area left %(count)s note.", "The area left %(count)s notes.", notes) % {"count": notes}
    title = _("Finish and sign the agreement with %(area)s") if leads else _("Go on with the agreement with %(area)s")
    mine.append(Task(title % {"area": area}, url, hint if notes else "", agreements.status(revision)))


def _late_promises() -> Any:
    return Promise.objects.late().filter(row__revision__state=State.IN_FORCE).select_related(
        "row__revision__agreement__area"
    )  # fmt: skip


def _promise_task(promise: Promise, mine: list[Task], others: list[Task]) -> None:
    area = promise.row.revision.agreement.area
    line = agreements.promise_line(promise)
    task = Task(promise.text, line["url"], f"{area}, {line['due']}", {"word": line["word"], "tone": line["tone"]})
    (mine if promise.side == Side.PMO else others).append(task)


def _first_steps() -> list[Task]:
    """Shown until the portal holds a mandate, an area and an agreement."""
    done, todo = {"word": _("Done"), "tone": "done"}, {"word": _("To do"), "tone": "neutral"}
    steps = [
        (_("Write why you exist, and what you do"), reverse("mandate:draft"), MandateVersion.objects.exists()),
        (_("Add the areas you serve"), reverse("areas:areas"), Area.objects.exists()),
        (_("Say who heads them"), reverse("people:people"), Role.objects.filter(kind=Role.Kind.HEAD).exists()),
        (_("Draft one agreement"), reverse("areas:areas"), AgreementRevision.objects.exists()),
    ]
    if all(is_done for _title, _url, is_done in steps):
        return []
    return [Task(title, url, "", done if is_done else todo) for title, url, is_done in steps]


def issuer_tasks(user: Any) -> list[Task]:
    """The versions that wait for the issuer's decision."""
    if not is_issuer(user):
        return []
    waiting = MandateVersion.objects.waiting()
    return [
        Task(
            _("Publish the mandate, %(version)s") % {"version": version}
            if hasattr(version, "approval")
            else _("Read and approve the mandate, %(version)s") % {"version": version},
            reverse("mandate:version", kwargs={"number": version.number}),
            _("In review since %(day)s.") % {"day": day(version.sealed_at)},
            {"word": _("Waits on you"), "tone": "warn"},
        )
        for version in [waiting]
        if version
    ]


def my_page(user: Any) -> dict[str, Any]:
    """What this person has here: decisions, areas, agreements in force, their letters."""
    person = Person.objects.filter(user=user).first()
    roles = roles_of(user)
    areas = list(visible_areas(user)) if roles and not is_pmo(user) else []
    in_force = visible_revisions(user).in_force() if roles else AgreementRevision.objects.none()
    return {
        "person": person,
        "roles": [
            _("%(role)s, %(area)s") % {"role": role.get_kind_display(), "area": role.area} for role in roles
        ],
        "tasks": [*issuer_tasks(user), *(task for area in areas for task in area_tasks(area, user))],
        "areas": areas,
        "agreements": [
            {
                "title": str(revision.agreement), "url": revision.agreement.get_absolute_url(),
                "aim": revision.aim, "period": agreements.period(revision),
            }
            for revision in in_force.filter(agreement__area__in=[role.area_id for role in roles])
            .select_related("agreement__area")
        ],
        "can_see_drafts": can_see_drafts(user),
    }  # fmt: skip


# The organisation's own accent, in the five tokens that carry it.
ACCENT_CSS = """:root {
  --accent: light-dark(%(colour)s, color-mix(in srgb, %(colour)s 42%%, white));
  --accent-strong: light-dark(color-mix(in srgb, %(colour)s 80%%, black), color-mix(in srgb, %(colour)s 25%%, white));
  --accent-fill: %(colour)s;
  --accent-tint: light-dark(color-mix(in srgb, %(colour)s 7%%, white), color-mix(in srgb, %(colour)s 24%%, #15171b));
  --on-accent: #ffffff;
}
"""


def accent_css(colour: str) -> str:
    """The stylesheet of one colour (#rrggbb), for both themes."""
    return ACCENT_CSS % {"colour": colour}


TICK_IS_LATE = timedelta(minutes=5)
LETTER_IS_LATE = timedelta(minutes=30)


def health(now: datetime) -> dict[str, Any]:
    """Whether the portal can do its work: each part's own answer, and `ready` when all are well."""
    beat = last_beat()
    waiting = age_of_oldest_due(now)
    parts = {
        "database": True,
        "seals": not missing(),
        "broker": broker_answers(),
        "clock": beat is not None and now - beat < TICK_IS_LATE,
        "letters": waiting < LETTER_IS_LATE,
    }
    return {
        "ready": all(parts.values()),
        **parts,
        "last_tick": beat.isoformat() if beat else None,
        "oldest_due_seconds": int(waiting.total_seconds()),
    }
