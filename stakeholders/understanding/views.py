"""The PMO's pages on who has read the mandate."""

import csv
from collections.abc import Iterable
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from pmo_portal.accounts.access import SignedInRequest, is_pmo
from pmo_portal.common.access import done, form_page, only, posted
from stakeholders.people.models import Person
from stakeholders.understanding import actions, reading
from stakeholders.understanding.forms import ListForm, ReadersForm, WaiverForm
from stakeholders.understanding.models import Readership

PAGE_OF_READERS = 50


@only(is_pmo)
@require_safe
def readers(request: SignedInRequest) -> HttpResponse:
    """Who has read it, who has not and since when they are asked, who need not."""
    asked = reading.question()
    if asked is None:
        return render(request, "stakeholders/understanding/nothing_asked.html")
    wanted = ListForm(request.GET).wanted()
    found = reading.with_roles(reading.wanted_readers(asked, **wanted), asked)
    page = Paginator(found, PAGE_OF_READERS).get_page(request.GET.get("page"))
    context = {
        "asked": asked, "wanted": wanted, "page_obj": page, "lines": [reading.line(each, asked) for each in page],
        "states": reading.states(asked, **wanted), "areas": reading.areas_to_choose(asked),
        "choice": reading.who_is_asked(asked.readership),
    }  # fmt: skip
    return render(request, "stakeholders/understanding/readers.html", context)


@only(is_pmo)
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: SignedInRequest) -> HttpResponse:
    """Who is asked to read it, and by when."""
    form = ReadersForm(posted(request), readership=Readership.current())
    if form.is_valid():
        done(request, lambda: actions.choose_readers(by=request.user, **form.cleaned_data), _("Kept."))
        return redirect("understanding:readers")
    words = {
        "title": _("Who is asked to read the mandate"),
        "lead": _("Each of them is asked to say that they have read it. Reminders come within the three things a "
                  "month that the portal asks of anybody, in two letters at most."),
        "cancel_url": reverse("understanding:readers"),
    }  # fmt: skip
    return form_page(request, "layout/form.html", form, **words)


@only(is_pmo)
@require_http_methods(["GET", "HEAD", "POST"])
def waive(request: SignedInRequest, pk: int) -> HttpResponse:
    """Somebody need not read it, and why."""
    found = get_object_or_404(Person, pk=pk)
    form = WaiverForm(posted(request))
    if form.is_valid():
        told = _("Noted: %(name)s is excused from reading it.") % {"name": found}
        done(request, lambda: actions.waive(found, by=request.user, **form.cleaned_data), told)
        return redirect("understanding:readers")
    words = {
        "title": _("Excuse %(name)s from reading it") % {"name": found},
        "lead": _("It holds until the mandate says something else; then they are asked again."),
        "eyebrow": _("Who has read the mandate"), "eyebrow_url": reverse("understanding:readers"),
        "submit": _("Excuse them"), "cancel_url": reverse("understanding:readers"),
    }  # fmt: skip
    return form_page(request, "layout/form.html", form, **words)


# --- to take away -----------------------------------------------------------------------------------
@only(is_pmo)
@require_safe
def export(request: SignedInRequest) -> HttpResponse:
    """The list as it is narrowed on the page, for a spreadsheet."""
    asked = reading.question()
    if asked is None:
        return redirect("understanding:readers")
    found = reading.with_roles(reading.wanted_readers(asked, **ListForm(request.GET).wanted()), asked)
    return _csv(reading.table(found, asked), f"mandate-{asked.live.number}-readers.csv")


@only(is_pmo)
@require_safe
def records(request: SignedInRequest) -> HttpResponse:
    """Everything that anybody ever said, of all versions, for a spreadsheet."""
    return _csv(reading.records(), "mandate-reading-records.csv")


def _csv(rows: Iterable[list[Any]], name: str) -> HttpResponse:
    # The mark at the front tells a spreadsheet that it is UTF-8.
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    csv.writer(response).writerows(rows)
    return response
