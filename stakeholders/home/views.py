"""The first page, one's own page, setting up, the look, and the two answers for those who run the portal."""

from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pmo_portal.accounts import actions
from pmo_portal.accounts.access import SignedInRequest, can_set_up, is_pmo, signing
from pmo_portal.accounts.models import User
from pmo_portal.common.access import form_page, only, posted
from pmo_portal.common.errors import RuleBroken, Stale
from pmo_portal.common.models import COLOUR, Logo, Organisation
from stakeholders.digests import reading as digests
from stakeholders.home import reading
from stakeholders.home.forms import OrganisationForm, SetUpForm
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


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: HttpRequest, token: str) -> HttpResponse:
    """The first page of a new portal, at an address that works until somebody is appointed."""
    if not reading.is_for_setup(token):
        return render(request, "stakeholders/home/set_up_used.html", status=404)
    form = SetUpForm(posted(request), request.FILES or None, instance=reading.new_organisation())
    if request.method == "POST" and form.is_valid():
        try:
            return _begin(request, form)
        except Stale:
            return render(request, "stakeholders/home/set_up_used.html", status=404)
        except RuleBroken as refusal:
            form.add_error("email", str(refusal))
    return form_page(request, "stakeholders/home/set_up.html", form)


def _begin(request: HttpRequest, form: SetUpForm) -> HttpResponse:
    given = form.cleaned_data
    user = actions.set_up(form.instance, name=given["your_name"], email=given["email"], logo=given["logo"])
    actions.sign_in(request, user, method="setup")
    messages.success(request, _("Your portal is set up, and you are in."))
    return redirect("home:home")


@only(is_pmo)
@require_safe
def waiting(request: SignedInRequest, pk: int) -> HttpResponse:
    """What waits for one person, what they were asked and sent."""
    found = get_object_or_404(Person.objects.select_related("user"), pk=pk)
    return render(request, "stakeholders/home/waiting.html", reading.with_person(found))


@signing
@only(can_set_up)
@require_http_methods(["GET", "HEAD", "POST"])
def organisation(request: SignedInRequest) -> HttpResponse:
    """The organisation's names, zone, letters and look, and who may read its mandate."""
    form = OrganisationForm(posted(request), request.FILES or None, instance=Organisation.as_stored())
    if request.method == "POST" and form.is_valid():
        verb = partial(actions.set_organisation, logo=form.cleaned_data["logo"])
        if form.kept(verb, request.user):
            messages.success(request, _("Saved."))
            return redirect("home:organisation")
    return form_page(request, "stakeholders/home/organisation.html", form, mail_folder=reading.mail_folder())


@only(can_set_up)
@require_POST
def remove_logo(request: SignedInRequest) -> HttpResponse:
    """Take the logo away."""
    actions.remove_logo(by=request.user)
    messages.success(request, _("The logo is gone."))
    return redirect("home:organisation")


@login_not_required
@require_safe
def logo(request: HttpRequest, digest: str) -> HttpResponse:
    """The organisation's logo; its address changes with it, so it may be kept."""
    found = get_object_or_404(Logo, pk=1) if digest == Organisation.current().logo_digest else None
    if found is None:
        raise Http404
    response = HttpResponse(bytes(found.png), content_type="image/png")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


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
