"""A version from a file becomes the draft: chosen, looked over, brought in."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from mandate import actions, incoming, reading
from mandate.access import can_write
from mandate.forms import BringInForm, FileForm
from mandate.models import MandateVersion
from pmo_portal.accounts.access import SignedInRequest
from pmo_portal.common.access import form_page, only
from pmo_portal.common.errors import RuleBroken


@only(can_write)
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: SignedInRequest) -> HttpResponse:
    """The file to choose; what is in it comes back to look over, and nothing is kept yet."""
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    if request.method == "POST" and form.is_valid():
        return _preview(request, form.cleaned_data["file"])
    return form_page(request, "mandate/incoming.html", form)


@only(can_write)
@require_POST
def bring_in(request: SignedInRequest) -> HttpResponse:
    """What was looked over becomes the draft: all of it or nothing."""
    form = BringInForm(request.POST)
    if not form.is_valid():
        return redirect("mandate:incoming")
    document = form.cleaned_data["document"]
    try:
        draft = actions.bring_in(document, by=request.user, instead_of=form.instead_of())
    except RuleBroken as refusal:
        return _preview(request, document, refusal)
    messages.success(request, _("Brought in. These are the words of %(draft)s now.") % {"draft": draft})
    return redirect("mandate:draft")


def _preview(request: SignedInRequest, document: dict[str, Any], refusal: RuleBroken | None = None) -> HttpResponse:
    standing = MandateVersion.objects.drafts().with_parts().first()
    shown = reading.incoming_page(document, incoming.read(document), standing)
    form = BringInForm(initial={"document": incoming.as_text(document), "seen": shown["seen"]})
    status_of = {"refusal": str(refusal) if refusal else ""}
    response = form_page(request, "mandate/incoming_preview.html", form, **shown, **status_of)
    response.status_code = 409 if refusal else response.status_code
    return response
