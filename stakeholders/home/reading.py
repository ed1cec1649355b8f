"""The first page by role, one's own page, and the frame around every page; writes nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mandate.access import can_see_drafts
from mandate.models import MandateVersion
from mandate.reading import Task, untold, word_of_issuer
from pmo_portal.accounts.access import can_set_up, is_issuer, is_lead, is_pmo, is_set_up
from pmo_portal.common.checks import broker_answers, last_beat, missing
from pmo_portal.common.links import address_of, sign, unsign
from pmo_portal.common.models import Organisation, once
from pmo_portal.common.words import day
from pmo_portal.outbox.reading import age_of_oldest_due
from stakeholders.agreements import reading as agreements
from stakeholders.agreements.access import visible_revisions
from stakeholders.agreements.models import AgreementRevision, Promise, Side
from stakeholders.digests.access import letters_to
from stakeholders.digests.reading import asked_this_month, for_page, in_lines, letter_lines, page_of
from stakeholders.home import waiting
from stakeholders.home.first_steps import first_steps
from stakeholders.overview.reading import how_many_to_look_at, signatures
from stakeholders.people.access import roles_of, visible_areas
from stakeholders.people.models import Person
from stakeholders.people.reading import bounced

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
        "door_note": door_note,
        # The name alone: the rest of that setting is secret.
        "sso_name": settings.SSO.get("name", ""),
    }


def door_note() -> str:
    """What a stranger at the door has to know of a portal that is not quite set up yet; a template asks for it."""
    if not is_set_up():
        return _(
            "Nobody has set this portal up yet. The address for it stands in the window where the portal was "
            "started; the command open_setup prints it anew."
        )
    if mail_folder():
        return _(
            "This portal has no mail server yet: a letter is a file. The window where the portal runs names the "
            "file with your code as soon as you ask for it."
        )
    return ""


def mail_folder() -> str:
    """Where one's own portal keeps its letters until a mail server is named; empty in any other form."""
    return "" if settings.EXAMPLE else str(settings.MAIL_FOLDER or "")


def new_organisation() -> Organisation:
    """The organisation as somebody told it already, else one without a name, to be told now."""
    return Organisation.objects.filter(pk=1).first() or Organisation(pk=1)


AT_HOME = ("/", "/me/", "/areas/", "/agreements/")
SETUP_LASTS = 7 * 24 * 3600  # seconds


def setup_address() -> str:
    """The address by which a new portal is set up."""
    return address_of("home:set_up", token=sign("setup", 1))


def is_for_setup(token: str) -> bool:
    """Whether this token still sets the portal up: signed here, within a week, and nobody is appointed."""
    return unsign("setup", token, max_age=SETUP_LASTS) is not None and not is_set_up()


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
    # Whose first page is their area stands at home there, and in its agreement.
    homes = ("/",) if is_pmo(user) else AT_HOME
    return [
        Door(label, url, _stands_in(path, homes) if url == "/" else path.startswith(url)) for label, url in streets
    ]


def _stands_in(path: str, homes: tuple[str, ...]) -> bool:
    return any(path == home if home == "/" else path.startswith(home) for home in homes)


def pmo_home(user: Any) -> dict[str, Any]:
    """What waits for the PMO, and what waits for others, today."""
    mine = [
        *untold_tasks(),
        *suggestion_tasks(),
        *_mandate_tasks(),
        *_meaning_tasks(),
        *_agreement_tasks(is_lead(user)),
        *_promise_tasks(),
        *_bounced(),
    ]
    others = waiting.for_others(viewer=user)
    return {"mine": mine, "others": others, "first_steps": first_steps(user), "mail_folder": mail_folder()}


def suggestion_tasks() -> list[Task]:
    """What the issuer said and nobody has answered: other words to read, a version sent back."""
    said = word_of_issuer()
    tasks = []
    if version := said.get("suggested"):
        url = reverse("mandate:version", kwargs={"number": version.number})
        hint = (
            _("What you accept makes the next version, and goes to the issuer at once.")
            if version.goes_on_at_once()
            else _("What you accept is written into the draft of the next version.")
        )
        title = _("Answer the issuer's other words for the mandate, version %(number)s") % {"number": version.number}
        tasks.append(Task(title, f"{url}#suggestions", hint, {"word": _("Waits on you"), "tone": "warn"}))
    noes = [
        Task(title % {"version": said["newest"]}, reverse("mandate:draft"), no.reason, {"word": word, "tone": "warn"})
        for what, title, word in NO
        if (no := said.get(what))
    ]
    return tasks if noes and MandateVersion.objects.drafts().exists() else tasks + noes


NO: tuple[tuple[str, Any, Any], ...] = (
    ("sent_back", gettext_lazy("Write the next version: %(version)s was sent back"), gettext_lazy("Sent back")),
    (
        "revoked",
        gettext_lazy("Write the next version: the approval of %(version)s was taken back"),
        gettext_lazy("Approval taken back"),
    ),
    ("withdrawn", gettext_lazy("Write the next version: %(version)s was withdrawn"), gettext_lazy("Withdrawn")),
)


def untold_tasks() -> list[Task]:
    """The versions that are live and of which not everybody could be told yet."""
    late = {"word": _("Tried again"), "tone": "warn"}
    title = _("Not everybody has been told of the mandate, version %(number)s")
    return [
        Task(
            title % {"number": row["version"].number},
            reverse("mandate:version", kwargs={"number": row["version"].number}), row["words"], late,
        )
        for row in untold()
    ]  # fmt: skip


def _mandate_tasks() -> list[Task]:
    """The draft of the mandate, with what it still needs."""
    draft = MandateVersion.objects.drafts().with_parts().first()
    if draft is None:
        return []
    gaps = len(draft.missing())
    hint = _("%(count)s things are missing before review.") % {"count": gaps} if gaps else _("Ready for review.")
    return [
        Task(
            _("Go on with the mandate, version %(number)s") % {"number": draft.number}, reverse("mandate:draft"), hint
        )
    ]


def _meaning_tasks() -> list[Task]:
    """What clauses mean in an area, where the clause has changed since."""
    count = how_many_to_look_at()
    if not count:
        return []
    title = ngettext(
        "Look again at what a clause means in an area",
        "Look again at %(count)s meanings of clauses in areas",
        count,
    )
    hint = _("The clause has changed since the words were written.")
    return [Task(title % {"count": count}, f"{reverse('mandate:areas')}#again", hint)]


def _agreement_tasks(leads: bool) -> list[Task]:
    """The PMO's drafts with what the area has noted on them, and what areas propose in words of their own."""
    found = AgreementRevision.objects.sent().select_related("agreement__area", "answers").prefetch_related("rows")
    drafts = [draft for draft in found.in_state(State.DRAFT) if not _waits_on_a_mandate(draft)]
    answers = found.in_state(State.PROPOSED).filter(side=Side.AREA)
    written = {draft.answers_id for draft in drafts}
    return [
        *(_answer_task(answer, leads) for answer in answers if answer.pk not in written),
        *(_draft_task(draft, leads) for draft in drafts),
    ]


def _answer_task(answer: AgreementRevision, leads: bool) -> Task:
    title = _("Answer the changes of %(area)s") % {"area": answer.agreement.area}
    hint = _("Signed by the area on %(day)s, with words of its own.") % {"day": day(answer.sealed_at)}
    waits = {"word": _("Waits on you") if leads else _("Waits on the PMO lead"), "tone": "warn"}
    return Task(title, answer.agreement.get_absolute_url(), hint, waits)


def _draft_task(draft: AgreementRevision, leads: bool) -> Task:
    named = {"area": draft.agreement.area}
    if draft.answers and draft.answers.state == State.PROPOSED:
        title = _("Finish and sign your answer to %(area)s") if leads else _("Go on with the answer to %(area)s")
    else:
        title = (
            _("Finish and sign the agreement with %(area)s") if leads else _("Go on with the agreement with %(area)s")
        )
    return Task(title % named, draft.agreement.get_absolute_url(), _said(draft), agreements.status(draft))


def _waits_on_a_mandate(draft: AgreementRevision) -> bool:
    """A shared draft that cannot be proposed yet, and on which the area has said nothing: not the PMO's turn."""
    is_live = once("a mandate is live", MandateVersion.objects.live().exists)
    return bool(draft.shared_at) and not _said(draft) and not is_live


def _said(draft: AgreementRevision) -> str:
    """What the area has said on a draft, counted in words; empty for nothing."""
    changed = sum(row.changed_by_id is not None for row in draft.rows.all())
    notes = sum(bool(row.area_note) for row in draft.rows.all())
    words = [
        (changed, ngettext("The area changed %(count)s row.", "The area changed %(count)s rows.", changed)),
        (notes, ngettext("The area left %(count)s note.", "The area left %(count)s notes.", notes)),
    ]
    return " ".join(sentence % {"count": count} for count, sentence in words if count)


def _promise_tasks() -> list[Task]:
    """The PMO's own promises that are late."""
    late = Promise.objects.late().filter(side=Side.PMO, row__revision__state=State.IN_FORCE)
    found = late.select_related("row__revision__agreement__area")
    lines = [(promise.row.revision.agreement.area, agreements.promise_line(promise)) for promise in found]
    return [
        Task(line["text"], line["url"], f"{area}, {line['due']}", {"word": line["word"], "tone": line["tone"]})
        for area, line in lines
    ]


def _bounced() -> list[Task]:
    """People whose invitation came back: nobody but the PMO can mend the address."""
    bad = {"word": Person.State.BOUNCED.label, "tone": "bad"}
    return [
        Task(_("Mend the address of %(name)s") % {"name": person}, person.get_absolute_url(), person.email, bad)
        for person in bounced()
    ]


def issuer_tasks(user: Any) -> list[Task]:
    """The versions that wait for the issuer's decision."""
    if not is_issuer(user):
        return []
    version = MandateVersion.objects.waiting()
    return [_issuer_task(version)] if version else []


def _issuer_task(version: MandateVersion) -> Task:
    title = _("Read and approve the mandate, version %(number)s")
    if hasattr(version, "approval"):
        title = _("Publish the mandate, version %(number)s")
    hint = _("In review since %(day)s.") % {"day": day(version.sealed_at)}
    state = {"word": _("Waits on you"), "tone": "warn"}
    if version.suggestions.open().exists():
        words = _("Waits on the %(office)s") % {"office": Organisation.current().office_name}
        hint, state = _("You suggested other words."), {"word": words, "tone": "info"}
    return Task(
        title % {"number": version.number}, reverse("mandate:version", kwargs={"number": version.number}), hint, state
    )


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
        "tasks": [*issuer_tasks(user), *signatures(user), *(asked_tasks(person) if person else [])],
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


def asked_tasks(person: Person) -> list[Task]:
    """What the attention budget asks of this person this month, besides what they sign."""
    return [
        Task(offer.title, offer.path, offer.hint, {"word": _("Asked of you"), "tone": "info"})
        for offer in for_page(person, timezone.now(), Organisation.current())
    ]


def with_person(person: Person) -> dict[str, Any]:
    """What waits for one person, what they were asked this month, and the letters that went to them; for the PMO."""
    return {
        "person": person,
        "waiting": waiting.with_person(person),
        "budget": asked_this_month(person, timezone.now(), Organisation.current()),
        "letters": in_lines(page_of(letter_lines(letters_to(person)), None)),
    }


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
