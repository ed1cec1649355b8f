"""The pages of the door: an address, the code from the mail, a letter's link, and who somebody still is."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from allauth.account.views import BaseReauthenticateView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from pmo_portal.accounts import actions, reading
from pmo_portal.accounts.access import hold_back
from pmo_portal.accounts.again import CodeByMail, browser_of
from pmo_portal.accounts.forms.door import AddressForm, CodeForm
from pmo_portal.accounts.models import User
from pmo_portal.common.access import form_page
from pmo_portal.common.errors import RuleBroken
from pmo_portal.common.models import Organisation

read_or_post = require_http_methods(["GET", "HEAD", "POST"])


@login_not_required
@read_or_post
def address(request: HttpRequest) -> HttpResponse:
    """The door: who are you? The code goes to that mailbox."""
    path = reading.wanted(request)
    if request.user.is_authenticated:
        return redirect(path)
    form = AddressForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        typed = form.cleaned_data["email"].lower()
        return _send(request, to=typed, shown=typed, path=path, key=f"typed:{typed}")
    return form_page(request, "account/door.html", form, path=path)


def _send(request: HttpRequest, *, to: str, shown: str, path: str, key: str, by: User | None = None) -> HttpResponse:
    """Send a code, and keep in the session what the next page needs. `key` counts how often."""
    hold_back(request, key)
    actions.send_code(to, browser=browser_of(request), by=by)
    by_id = by.pk if by else None
    request.session["door"] = {"to": to, "shown": shown, "path": path, "key": key, "by": by_id}
    return redirect("door:code")


@login_not_required
@read_or_post
def code(request: HttpRequest) -> HttpResponse:
    """The six digits; they open the very page that somebody wanted."""
    door = request.session.get("door")
    if request.user.is_authenticated or not door:
        return redirect(reading.START if request.user.is_authenticated else "door:address")
    if "another" in request.POST:
        return _send_another(request, door)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            user = actions.come_in(form.cleaned_data["code"], browser=browser_of(request))
        except RuleBroken as refusal:
            form.refuse(refusal)
        else:
            return _let_in(request, user, door["path"])
    context = {"shown": door["shown"], "is_known": door["by"] is not None, "path": door["path"]}
    return form_page(request, "account/code.html", form, **context)


def _send_another(request: HttpRequest, door: dict[str, Any]) -> HttpResponse:
    by = User.objects.filter(pk=door["by"]).first()
    messages.info(request, _("Another code is on its way. Only the newest one works."))
    return _send(request, by=by, **{name: door[name] for name in ("to", "shown", "path", "key")})


def _let_in(request: HttpRequest, user: User, path: str) -> HttpResponse:
    """Through allauth, which sees to those who are shut out and to a second factor."""
    request.session.pop("door")
    record_authentication(request, user, method="code", email=user.email)
    return perform_login(request, user, redirect_url=path, email=user.email)


# --- by a letter's link -------------------------------------------------------------------------
@login_not_required
@read_or_post
def letter(request: HttpRequest, token: str) -> HttpResponse:
    """A link in a letter knows whose it is and logs nobody in: one button sends them a code."""
    way_in = reading.way_in(token)
    if way_in is None:
        return _old_link(request)
    if request.user == way_in.user:
        return redirect(way_in.path)
    user, shown = way_in.user, reading.masked(way_in.user.email)
    if request.method == "POST" and not request.user.is_authenticated:
        return _send(request, to=user.email, shown=shown, path=way_in.path, key=f"letter:{user.pk}", by=user)
    return render(request, "account/letter.html", {"way_in": way_in, "shown": shown, "path": way_in.path})


@login_not_required
@require_safe
def not_me(request: HttpRequest, token: str) -> HttpResponse:
    """A letter that came to somebody else: what they can do. Nothing changes."""
    way_in = reading.way_in(token)
    if way_in is None:
        return _old_link(request)
    office = Organisation.current().reply_to or settings.DEFAULT_FROM_EMAIL
    return render(request, "account/not_me.html", {"way_in": way_in, "office_address": office})


def _old_link(request: HttpRequest) -> HttpResponse:
    return render(request, "account/old_link.html", {"form": AddressForm()}, status=404)


# --- for pages of allauth's own that ask again ----------------------------------------------------
class ReauthenticateByCode(BaseReauthenticateView):
    """The same question where allauth asks it: a POST sends the code, the next one brings it.

    Who has a second factor is led to that: see Door.get_reauthentication_methods.
    """

    form_class = CodeForm
    template_name = "account/reauthenticate_by_code.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "proof": CodeByMail(self.request.user)}

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if "code" in request.POST:
            return super().post(request, *args, **kwargs)
        CodeByMail(request.user).send(request)
        context = self.get_context_data(form=CodeForm(), is_sent=True)
        return self.render_to_response(context)

    def form_valid(self, form: CodeForm) -> HttpResponse:
        try:
            CodeByMail(self.request.user).take(self.request, form.cleaned_data)
        except RuleBroken as refusal:
            form.refuse(refusal)
            return self.form_invalid(form)
        return super().form_valid(form)


reauthenticate_by_code = ReauthenticateByCode.as_view()
