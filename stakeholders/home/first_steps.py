"""The first hour as a list: each step with its state, and the one page where it can be done now; writes nothing."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mandate.models import Clause, MandateVersion
from mandate.reading import Task
from pmo_portal.accounts.access import is_lead
from pmo_portal.accounts.models import Appointment
from stakeholders.agreements.models import Agreement, Row
from stakeholders.areas.models import Area
from stakeholders.people.models import Person

ISSUER = Appointment.Office.ISSUER
A_GOOD_START = 3  # areas


def first_steps(user: Any) -> list[Task]:
    """The steps of the first hour, for a member of the PMO; none once all of them are done."""
    mandate = MandateVersion.objects.prefetch_related("clauses").first()
    ours = [_why(mandate), _clauses(mandate), _who_does(mandate), _areas(), _agreement()]
    steps = [*ours, _to_the_issuer(mandate, user)]
    return [] if all(step.status == done() for step in steps) else steps


def done() -> dict[str, Any]:
    """The state of a step that is behind them."""
    return {"word": _("Done"), "tone": "done"}


def _step(title: str, is_done: bool, url: str, hint: str = "") -> Task:
    return Task(title, url, "" if is_done else hint, done() if is_done else {"word": _("To do"), "tone": "neutral"})


def _in_draft(mandate: MandateVersion | None, name: str, **kwargs: Any) -> str:
    """A page of the draft; before there is one, the page with the button that starts it; once sealed, its words."""
    if mandate is None:
        return reverse("mandate:draft")
    if mandate.is_sealed:
        return reverse("mandate:version", kwargs={"number": mandate.number})
    return reverse(f"mandate:{name}", kwargs=kwargs)


def _why(mandate: MandateVersion | None) -> Task:
    is_done = mandate is not None and all((mandate.why_before, mandate.why_asked_by, mandate.why_noticed))
    hint = _("The business problem, who asked for help with it, and how people notice.")
    return _step(_("Write why you exist"), is_done, _in_draft(mandate, "part", part="why"), hint)


def _clauses(mandate: MandateVersion | None) -> Task:
    chosen = bool(mandate and mandate.clauses.all())
    url = _in_draft(mandate, "part" if chosen else "words", part="clauses")
    return _step(_("Choose what you do, share and do not do"), chosen, url, _("There are words to start from."))


def _who_does(mandate: MandateVersion | None) -> Task:
    refusals = [
        clause for clause in (mandate.clauses.all() if mandate else []) if clause.kind == Clause.Kind.DOES_NOT
    ]
    unfinished = [clause for clause in refusals if clause.lacks()]
    hint = _("Nobody is sent away without a name, a way to reach them and an example.")
    if unfinished:
        url = _in_draft(mandate, "row", part="clauses", pk=unfinished[0].pk)
        left = ngettext("%(count)s clause to finish.", "%(count)s clauses to finish.", len(unfinished))
        hint = left % {"count": len(unfinished)}
    elif mandate and not mandate.is_sealed and not refusals:
        url = f"{_in_draft(mandate, 'add_row', part='clauses')}?kind={Clause.Kind.DOES_NOT}"
    else:
        url = _in_draft(mandate, "part", part="clauses")
    return _step(_("Say who does what you do not"), bool(refusals) and not unfinished, url, hint)


def _areas() -> Task:
    count = Area.objects.count()
    # Who serves fewer has all there is once one of them has an agreement.
    is_done = count >= A_GOOD_START or (count > 0 and Agreement.objects.exists())
    here = ngettext("%(count)s is here.", "%(count)s are here.", count) % {"count": count} if count else ""
    hint = here or _("With their heads, from a spreadsheet. Nobody is written to.")
    return _step(_("Paste the first three areas"), is_done, reverse("reorganisation:paste"), hint)


def _agreement() -> Task:
    title, hint = _("Draft one agreement"), _("Four cells a row. There are rows to start from.")
    if Row.objects.exists():
        return _step(title, True, reverse("agreements:agreements"))
    begun = Agreement.objects.order_by("pk").first()
    area = Area.objects.current().order_by("pk").first()
    if begun:
        return _step(title, False, reverse("agreements:words", kwargs={"pk": begun.pk}), hint)
    if area:
        return _step(title, False, reverse("agreements:start", kwargs={"slug": area.slug}), hint)
    return _step(title, False, reverse("reorganisation:paste"), _("With one of your areas, so paste these first."))


def _to_the_issuer(mandate: MandateVersion | None, user: Any) -> Task:
    title = _("Send the mandate to the issuer")
    if not Appointment.objects.filter(office=ISSUER).exists():
        return _step(title, False, *_issuer_to_come(mandate, user))
    gaps = len(mandate.missing()) if mandate and not mandate.is_sealed else 0
    hint = ngettext("%(count)s thing is missing before review.", "%(count)s things are missing before review.", gaps)
    hint = hint % {"count": gaps} if gaps else _("Send it to review.")
    return _step(title, bool(mandate and mandate.is_sealed), _in_draft(mandate, "draft"), hint)


def _issuer_to_come(mandate: MandateVersion | None, user: Any) -> tuple[str, str]:
    """Before anybody can approve: name them, then invite them; where, and why."""
    if issuer := Person.objects.filter(office=ISSUER).first():
        words = _("Invite %(name)s first: you see the letter before it goes.")
        return reverse("people:invite", kwargs={"pk": issuer.pk}), words % {"name": issuer}
    if is_lead(user):
        return reverse("people:issuer"), _("Name the issuer first: the executive your office reports to.")
    return _in_draft(mandate, "draft"), _("The PMO lead names the issuer; until then the draft can grow.")
