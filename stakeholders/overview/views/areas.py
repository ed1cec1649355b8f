"""The pages that show an area whole."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from pmo_portal.accounts.access import SignedInRequest, is_pmo
from pmo_portal.common.access import form_page, only
from stakeholders.areas.models import Area
from stakeholders.overview import reading
from stakeholders.overview.forms import AreaForm
from stakeholders.people.access import visible_areas


@only(is_pmo)
@require_safe
def areas(request: SignedInRequest) -> HttpResponse:
    """Every area with its head and where its agreement stands."""
    return render(request, "stakeholders/overview/areas.html", {"rows": reading.areas()})


@only(is_pmo)
@require_http_methods(["GET", "HEAD", "POST"])
def add_area(request: SignedInRequest) -> HttpResponse:
    """Add an area by hand."""
    form = AreaForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        messages.success(request, _("Added."))
        return redirect(Area.objects.begin(**form.cleaned_data))
    words = {"title": _("Add an area"), "lead": _("A part of the business that the PMO serves.")}
    return form_page(request, "layout/form.html", form, **words)


@only(is_pmo)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_area(request: SignedInRequest, slug: str) -> HttpResponse:
    """Mend an area's name, place or description; its address stays."""
    found = get_object_or_404(visible_areas(request.user), slug=slug)
    form = AreaForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect(found)
    words = {"title": _("Edit the area"), "cancel_url": found.get_absolute_url()}
    return form_page(request, "layout/form.html", form, **words)


@require_safe
def area(request: SignedInRequest, slug: str) -> HttpResponse:
    """One screen: what is in it for this area, what waits, what was promised."""
    found = get_object_or_404(visible_areas(request.user).select_related("parent"), slug=slug)
    return render(request, "stakeholders/overview/area.html", reading.area_page(found, request.user))
