"""What could be asked of a person, besides the signature; digests decide what is."""

from datetime import date, timedelta

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from pmo_portal.common.models import Organisation
from pmo_portal.common.words import day
from pmo_portal.outbox.reading import asked
from stakeholders.agreements.models import AgreementRevision, Promise, Row, Side
from stakeholders.agreements.notices import ASKING
from stakeholders.agreements.reading.lines import period
from stakeholders.people.models import Person, Role
from stakeholders.people.reading import Offer

State = AgreementRevision.State
DUE_SOON = timedelta(days=14)


def open_for(person: Person, on: date) -> list[Offer]:
    """Shared drafts without a word of the area, and promises late or due soon, where a person speaks that day."""
    areas = list(Role.objects.signing(on).filter(person=person).values_list("area", flat=True))
    return [*_drafts_for(person, areas), *_promises_for(areas, on)] if areas else []


def _drafts_for(person: Person, areas: list[int]) -> list[Offer]:
    shared = AgreementRevision.objects.in_state(State.DRAFT).filter(
        agreement__area__in=areas, shared_at__isnull=False, side=Side.PMO
    )
    drafts = shared.exclude(pk__in=Row.objects.touched().values("revision")).order_by("shared_at", "pk")
    found = list(drafts.select_related("agreement__area"))
    sent = asked([draft.key for draft in found])
    address = person.user.email if person.user else ""
    return [
        _draft_offer(draft, len(thing.at) if (thing := sent.get((ASKING[State.DRAFT], draft.key, address))) else 0)
        for draft in found
    ]


def _draft_offer(draft: AgreementRevision, letters: int) -> Offer:
    words = {"area": draft.agreement.area, "office": Organisation.current().office_name}
    return Offer(
        kind="draft",
        key=draft.key,
        title=_("Read the draft agreement of %(area)s") % words,
        text=_("The %(office)s shares a draft of the agreement with %(area)s: say what should change.") % words,
        path=draft.agreement.get_absolute_url(),
        action=_("Read the draft"),
        hint=period(draft),
        letters=letters,
    )


def _promises_for(areas: list[int], on: date) -> list[Offer]:
    due = Promise.objects.open().filter(
        side=Side.AREA, row__revision__state=State.IN_FORCE, row__revision__agreement__area__in=areas,
        due_on__lte=on + DUE_SOON,
    )  # fmt: skip
    return [_promise_offer(promise, on) for promise in due.select_related("row__revision__agreement__area")]


def _promise_offer(promise: Promise, on: date) -> Offer:
    is_late = promise.due_on < on
    text = Truncator(" ".join(promise.text.split())).chars(160)
    words = {"area": promise.row.revision.agreement.area, "text": text, "day": day(promise.due_on)}
    return Offer(
        kind="late" if is_late else "due",
        key=f"promise:{promise.pk}",
        title=_("Say how your promise stands: %(text)s") % words,
        text=_("You promised for %(area)s: %(text)s") % words,
        path=reverse("agreements:promise", kwargs={"pk": promise.pk}),
        action=_("Say how it stands"),
        hint=(_("Was due on %(day)s") if is_late else _("Due on %(day)s")) % words,
    )
