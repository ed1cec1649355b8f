"""Clauses and areas in one table, and what a clause means in an area."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from mandate.models import Clause, MandateVersion
from pmo_portal.accounts.access import SignedInRequest, is_pmo
from pmo_portal.common.access import form_page, only, posted
from stakeholders.areas.models import Area
from stakeholders.overview import reading
from stakeholders.overview.forms import MatrixForm, MeaningForm
from stakeholders.understanding.actions import say_meaning


@only(is_pmo)
@require_safe
def clauses_and_areas(request: SignedInRequest) -> HttpResponse:
    """Which area leans on which clause, and what any of them means there."""
    version = MandateVersion.objects.live().prefetch_related("clauses").first()
    if version is None:
        return render(request, "stakeholders/overview/no_matrix.html")
    wanted = MatrixForm(request.GET).wanted()
    table = reading.matrix(version, search=wanted.get("q", ""), page=wanted.get("page"), back=_back(wanted))
    return render(request, "stakeholders/overview/matrix.html", table)


def _back(wanted: dict[str, Any]) -> str:
    return f"?{urlencode(wanted)}" if wanted else ""


@only(is_pmo)
@require_http_methods(["GET", "HEAD", "POST"])
def meaning(request: SignedInRequest, slug: str, key: str) -> HttpResponse:
    """Write what a clause of the live mandate means in an area; then back to the page of the table."""
    area = get_object_or_404(Area.objects.current(), slug=slug)
    clause = get_object_or_404(
        Clause.objects.select_related("version"), version__in=MandateVersion.objects.live(), key=key
    )
    standing = reading.to_write(area, clause)
    form = MeaningForm(posted(request), instance=standing)
    back = reverse("mandate:areas") + _back(MatrixForm(request.GET).wanted())
    context = {
        "area": area, "clause": reading.alone(clause), "back": back,
        "changed": reading.what_changed(standing, clause),
    }  # fmt: skip
    if form.is_valid() and form.kept(say_meaning, request.user):
        is_said = form.cleaned_data["text"]
        messages.success(request, _("Saved.") if is_said else _("Saved: it means the same as for everybody."))
        return redirect(back)
    return form_page(request, "stakeholders/overview/meaning.html", form, **context)
