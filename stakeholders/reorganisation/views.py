"""Pasting areas and their heads from a spreadsheet: a preview, then all in or nothing."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from pmo_portal.accounts.access import SignedInRequest, is_pmo
from pmo_portal.common.access import form_page, only
from pmo_portal.common.errors import RuleBroken, Stale
from pmo_portal.common.models import today
from stakeholders.reorganisation import actions, pasted, reading
from stakeholders.reorganisation.forms import PasteForm


@only(is_pmo)
@require_http_methods(["GET", "HEAD", "POST"])
def paste(request: SignedInRequest) -> HttpResponse:
    """The box, and what would be brought in; nothing is saved here."""
    return _page(request, PasteForm(request.POST or None))


@only(is_pmo)
@require_POST
def bring_in(request: SignedInRequest) -> HttpResponse:
    """Bring in what the preview showed."""
    form = PasteForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    try:
        plan = actions.bring_rows_in(form.cleaned_data["rows"], by=request.user, seen=request.POST.get("seen", ""))
    except RuleBroken:
        return _page(request, form)
    except Stale as refusal:
        form.status = 409
        form.add_error(None, str(refusal))
        return _page(request, form)
    messages.success(request, reading.brought(plan))
    return redirect("areas:areas")


def _page(request: SignedInRequest, form: PasteForm) -> HttpResponse:
    """The box with what was typed, and beneath it what it would bring or what is wrong with it."""
    context: dict[str, Any] = {}
    if form.is_bound and not form["rows"].errors:
        plan = reading.paste(pasted.read(form.cleaned_data["rows"]), on=today())
        context = reading.preview(plan)
        if n := len(plan.problems):
            words = ngettext("There is %(n)d problem in these rows.", "There are %(n)d problems in these rows.", n)
            form.add_error("rows", words % {"n": n})
    return form_page(request, "stakeholders/reorganisation/paste.html", form, **context)
