"""The PMO's pages about people."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pmo_portal.accounts.access import SignedInRequest, is_lead, is_pmo, signing
from pmo_portal.common.access import done, form_page, only, page_before
from pmo_portal.common.errors import RuleBroken
from pmo_portal.common.models import today
from stakeholders.people import actions, notices, reading
from stakeholders.people.forms import InviteesForm, IssuerForm, ListForm, PersonForm, RoleForm
from stakeholders.people.models import Person, Role

PAGE_OF_PEOPLE = 50


@only(is_pmo)
@require_safe
def people(request: SignedInRequest) -> HttpResponse:
    """Everybody the PMO works with, and how far they are in."""
    form = ListForm(request.GET)
    wanted = form.wanted()
    page = Paginator(reading.people(**wanted), PAGE_OF_PEOPLE).get_page(request.GET.get("page"))
    lines = [reading.line(person) for person in page]
    context = {
        "lines": lines, "page_obj": page, "wanted": wanted, "states": reading.states(**wanted),
        "roles": reading.roles_to_choose(), "areas": reading.areas_to_choose(),
        "can_invite": any(line.can_invite for line in lines),
    }  # fmt: skip
    return render(request, "stakeholders/people/people.html", context)


@only(is_pmo)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: SignedInRequest) -> HttpResponse:
    """Add somebody; nobody is written to."""
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        person = actions.keep(form.save(commit=False), by=request.user)
        messages.success(request, _("Added. Nobody has been written to."))
        return redirect(person)
    words = {"title": _("Add somebody"), "lead": _("Adding writes to nobody.")}
    return form_page(request, "layout/form.html", form, **words)


@signing
@only(is_lead)
@require_http_methods(["GET", "HEAD", "POST"])
def issuer(request: SignedInRequest) -> HttpResponse:
    """Name the first issuer; the letter to them comes next, and is only shown."""
    actions.refuse_second_issuer()
    form = IssuerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            found = actions.name_issuer(**form.cleaned_data, by=request.user)
        except RuleBroken as refusal:
            form.add_error("email", str(refusal))
        else:
            if found.user:
                told = _("Named. %(name)s has a way in already, so decides from today. Nobody has been written to.")
                messages.success(request, told % {"name": found})
                return redirect(found)
            messages.success(request, _("Named. Nobody has been written to: this is the letter that would go."))
            return redirect("people:invite", pk=found.pk)
    words = {
        "title": _("Name the issuer"),
        "lead": _("The executive your office reports to, who approves the mandate and publishes it. You name the "
                  "first one; afterwards an administrator changes it. Nobody is written to yet."),
        "submit": _("Go on to the letter"),
        "cancel_url": reverse("home:home"),
    }  # fmt: skip
    return form_page(request, "layout/form.html", form, **words)


@only(is_pmo)
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: SignedInRequest, pk: int) -> HttpResponse:
    """One person: name and address, roles with dates, the invitation."""
    found = get_object_or_404(reading.people(), pk=pk)
    form = PersonForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        try:
            actions.keep(form.instance, by=request.user)
        except RuleBroken as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect(found)
    standing = get_object_or_404(reading.people(), pk=pk)
    context = {
        "person": standing,
        "standing": reading.standing(standing),
        "letter": reading.letter(standing),
        "roles": reading.roles_by_time(standing),
        "role_form": RoleForm(initial={"starts_on": today()}, prefix="role"),
    }
    return form_page(request, "stakeholders/people/person.html", form, **context)


@only(is_pmo)
@require_POST
def give_role(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give a role from a day on."""
    found = get_object_or_404(Person, pk=pk)
    form = RoleForm(request.POST, prefix="role")
    if not form.is_valid():
        messages.error(request, _("Choose a role, an area and a day."))
        return redirect(found)
    done(request, lambda: actions.give_role(found, by=request.user, **form.cleaned_data), _("The role is given."))
    return redirect(found)


@only(is_pmo)
@require_POST
def end_role(request: SignedInRequest, pk: int) -> HttpResponse:
    """End a role today."""
    role = get_object_or_404(Role.objects.select_related("person"), pk=pk)
    done(request, lambda: actions.end_role(role, by=request.user), _("The role has ended."))
    return redirect(role.person)


@only(is_pmo)
@require_POST
def remind(request: SignedInRequest, pk: int) -> HttpResponse:
    """The second invitation, to somebody who never came in."""
    found = get_object_or_404(Person, pk=pk)
    words = _("A second letter is on its way to %(address)s.") % {"address": found.email}
    done(request, lambda: actions.remind(found, by=request.user), words)
    return redirect(page_before(request))


@only(is_pmo)
@require_http_methods(["GET", "HEAD", "POST"])
def invite_several(request: SignedInRequest) -> HttpResponse:
    """One letter as it will arrive and the list of names; sending to all of them is one button."""
    form = InviteesForm(request.POST if request.method == "POST" else request.GET)
    invitees = reading.invitees(form.chosen())
    if request.method == "POST":
        ended = actions.invite_several([each.person for each in invitees], by=request.user)
        _say_who_was_invited(request, ended)
        return redirect("people:people")
    ready = [each for each in invitees if not each.why_not]
    letter = notices.invitation(ready[0].person, by=request.user) if ready else None
    context = {"ready": ready, "others": [each for each in invitees if each.why_not], "letter": letter}
    return render(request, "stakeholders/people/invite_several.html", context)


def _say_who_was_invited(request: SignedInRequest, ended: actions.Invited) -> None:
    if count := len(ended.sent):
        words = ngettext("%(count)s invitation is on its way.", "%(count)s invitations are on their way.", count)
        messages.success(request, words % {"count": count})
    elif not ended.refused:
        messages.warning(request, _("Nobody was ticked, so nobody was written to."))
    for _person, why in ended.refused:
        messages.error(request, why)


@only(is_pmo)
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: SignedInRequest, pk: int) -> HttpResponse:
    """The invitation as it will arrive; sending it is one button."""
    found = get_object_or_404(reading.people(), pk=pk)
    if request.method == "POST":
        words = _("The invitation is on its way to %(address)s.") % {"address": found.email}
        done(request, lambda: actions.invite(found, by=request.user), words)
        return redirect(found)
    letter = notices.invitation(found, by=request.user)
    [invitee] = reading.invitees([pk])
    context = {"person": found, "letter": letter, "roles": found.roles.on(), "why_not": invitee.why_not}
    return render(request, "stakeholders/people/invite.html", context)
