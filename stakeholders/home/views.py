"""The first page, one's own page, the look, and the two answers for those who run the portal."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pmo_portal.accounts.access import SignedInRequest, can_set_up, is_pmo
from pmo_portal.accounts.actions import set_organisation
from pmo_portal.accounts.models import User
from pmo_portal.common.access import form_page, only
from pmo_portal.common.models import COLOUR, Organisation
from stakeholders.digests import reading as digests
from stakeholders.home import reading
from stakeholders.home.forms import OrganisationForm
from stakeholders.overview.reading import areas
from stakeholders.people.access import visible_areas
from stakeholders.people.models import Person


@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    """By role: the PMO's day, the head's area, else one's own page."""
    if is_pmo(request.user):
        return render(request, "stakeholders/home/pmo.html", {**reading.pmo_home(request.user), "rows": areas()})
    mine = visible_areas(request.user)[:2]
    if len(mine) == 1 and not reading.issuer_tasks(request.user):
        return redirect(mine[0])
    return redirect("home:me")


@require_safe
def me(request: SignedInRequest) -> HttpResponse:
    """What this person has here."""
    context = reading.my_page(request.user)
    if person := context["person"]:
        context["letters"] = digests.latest_letters(person, 5)
        context["next_letter"] = digests.next_delivery(person)
    return render(request, "stakeholders/home/me.html", context)


@only(is_pmo)
@require_safe
def waiting(request: SignedInRequest, pk: int) -> HttpResponse:
    """What waits for one person, what they were asked and sent."""
    found = get_object_or_404(Person.objects.select_related("user"), pk=pk)
    return render(request, "stakeholders/home/waiting.html", reading.with_person(found))


@only(can_set_up)
@require_http_methods(["GET", "HEAD", "POST"])
def organisation(request: SignedInRequest) -> HttpResponse:
    """The organisation's names, zone and look, and who may read its mandate."""
    form = OrganisationForm(request.POST or None, instance=Organisation.as_stored())
    if request.method == "POST" and form.is_valid() and form.kept(set_organisation, request.user):
        messages.success(request, _("Saved."))
        return redirect("home:organisation")
    words = {
        "title": _("Your organisation"),
        "lead": _("These names stand on every page, letter and printed sheet."),
    }
    return form_page(request, "layout/form.html", form, **words)


@login_not_required
@require_safe
def accent(request: HttpRequest, colour: str) -> HttpResponse:
    """The organisation's own accent as a stylesheet; its address changes with it, so it may be kept."""
    if not COLOUR.fullmatch(f"#{colour}"):
        raise Http404
    response = HttpResponse(reading.accent_css(f"#{colour}"), content_type="text/css")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@require_POST
def theme(request: SignedInRequest) -> HttpResponse:
    """Keep the look that somebody chose, and go back to where they were."""
    if (chosen := request.POST.get("theme")) in User.Theme.values:
        User.objects.filter(pk=request.user.pk).update(theme=chosen)
    back = request.POST.get("next", "/")
    return HttpResponseRedirect(back if url_has_allowed_host_and_scheme(back, {request.get_host()}) else "/")


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: this process answers. Asks nothing of anybody."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Ready: database and broker answer, the clock ticks, nothing due lies about. 503 names what is not."""
    try:
        report = reading.health(timezone.now())
    except DatabaseError:
        report = {"ready": False, "database": False}
    return JsonResponse(report, status=200 if report["ready"] else 503)
