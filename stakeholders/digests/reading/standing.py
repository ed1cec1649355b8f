"""What is so today for one person: what waits for them, what is late, what comes near. Writes nothing."""

from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from pmo_portal.common.words import day as in_words
from stakeholders.agreements.access import READERS
from stakeholders.agreements.models import AgreementRevision, Promise, PromiseQuerySet, Side
from stakeholders.digests.access import Rights
from stakeholders.digests.reading.events import side, way_to
from stakeholders.digests.reading.lines import Line, quote

State = AgreementRevision.State
ENDS_WITHIN = timedelta(days=60)
DUE_WITHIN = timedelta(days=14)


def needs(rights: Rights, office: str) -> list[Line]:
    """Proposals that wait for this person's signature: always shown, whatever else is asked (see budget)."""
    revisions = (
        AgreementRevision.objects.in_state(State.PROPOSED)
        .filter(agreement__area__in=rights.signs_for, side=Side.PMO)
        .select_related("agreement__area")
        .order_by("sealed_at", "pk")
    )
    return [need(revision, office) for revision in revisions]


def need(revision: AgreementRevision, office: str) -> Line:
    words = {
        "area": revision.agreement.area,
        "office": office,
        "from": in_words(revision.period_from),
        "to": in_words(revision.period_to),
    }
    return Line(
        key=f"sign:{revision.key}",
        text=_("The agreement with %(area)s waits for your signature. The %(office)s has signed.") % words,
        source=_("%(from)s to %(to)s") % words,
        url=reverse("agreements:agreement", kwargs={"pk": revision.agreement_id}),
        link=_("Read and sign"),
    )


def promises(rights: Rights) -> PromiseQuerySet:
    """The open promises of the areas whose agreements this person may read."""
    return (
        Promise.objects.open()
        .filter(
            row__revision__state=State.IN_FORCE,
            row__revision__agreement__area__in=rights.areas_as(READERS),
        )
        .select_related("row__revision__agreement__area")
    )


def late(rights: Rights, office: str) -> list[Line]:
    """Promises past their day, ours and theirs, the longest first."""
    return [promise(each, "late", rights, office) for each in promises(rights).late(rights.day)]


def coming(rights: Rights, office: str) -> list[Line]:
    """Agreements that end within sixty days, and promises due within fourteen."""
    ending = (
        AgreementRevision.objects.in_force(rights.day)
        .filter(agreement__area__in=rights.areas_as(READERS), period_to__lte=rights.day + ENDS_WITHIN)
        .select_related("agreement__area")
        .order_by("period_to", "pk")
    )
    due = promises(rights).filter(due_on__gte=rights.day, due_on__lte=rights.day + DUE_WITHIN)
    return [
        *(end(revision, rights) for revision in ending),
        *(promise(each, "due", rights, office) for each in due),
    ]


def end(revision: AgreementRevision, rights: Rights) -> Line:
    words = {"area": revision.agreement.area, "day": in_words(revision.period_to)}
    return Line(
        key=f"ends:{revision.key}",
        text=_("The agreement with %(area)s ends on %(day)s. Nothing in it goes on by itself.") % words,
        url=way_to(revision.agreement.area, revision.agreement_id, rights),
        link=_("Open the agreement"),
        headline=_("%(area)s agreement ends on %(day)s") % words,
        short=_("Agreement ends on %(day)s") % words,
    )


def promise(given: Promise, what: str, rights: Rights, office: str) -> Line:
    revision = given.row.revision
    is_late = what == "late"
    day = {"day": in_words(given.due_on)}
    return Line(
        key=f"{what}:promise:{given.pk}",
        text=f"{side(given.side, revision.agreement.area.name, office)}: {quote(given.text)}",
        source=_("Was due on %(day)s") % day if is_late else _("Due on %(day)s") % day,
        url=way_to(revision.agreement.area, revision.agreement_id, rights),
        link=_("Open the agreement"),
        word=_("Late") if is_late else "",
        tone="bad" if is_late else "",
    )
