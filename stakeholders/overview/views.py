"""The pages that show an area whole, and the mandate as its readers see it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mandate.access import can_see_drafts, may_read
from mandate.models import MandateVersion
from mandate.reading import mandate_title
from mandate.reading import page as mandate_page
from pmo_portal.accounts.access import SignedInRequest, is_pmo
from pmo_portal.common.access import form_page, only
from stakeholders.areas.models import Area
from stakeholders.overview import reading
from stakeholders.overview.forms import AreaForm
from stakeholders.people.access import has_role, visible_areas
from stakeholders.understanding.actions import acknowledge as acknowledge_version


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


@login_not_required
@require_safe
def mandate(request: HttpRequest) -> HttpResponse:
    """The live mandate, to whom the organisation lets read it."""
    if not may_read(request.user, has_role=has_role(request.user)):
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        raise PermissionDenied
    version = MandateVersion.objects.live().with_parts().first()
    if version is None:
        can_write = can_see_drafts(request.user)
        return render(request, "stakeholders/overview/no_mandate.html", {"can_write": can_write})
    person = reading.person_of(request.user)
    context = {
        **mandate_page(version, version),
        "title": mandate_title(),
        "can_write": can_see_drafts(request.user),
        "person": person,
        "acknowledged": reading.acknowledged(request.user, version),
    }
    return render(request, "stakeholders/overview/mandate.html", context)


@require_POST
def acknowledge(request: SignedInRequest) -> HttpResponse:
    """Say that this version was read; only people whom the PMO works with have something to say."""
    person = reading.person_of(request.user)
    version = MandateVersion.objects.live().first()
    if person is None or version is None:
        raise PermissionDenied
    acknowledge_version(version, person=person, by=request.user, content_hash=request.POST.get("hash", ""))
    messages.success(request, _("Noted: you have read it."))
    return redirect("mandate:live")
