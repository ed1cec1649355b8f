"""Deciding on the mandate: every version, other words in place, the issuer's yes and no."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mandate import actions, reading
from mandate.access import can_approve, can_be_decided, can_see_drafts, can_write
from mandate.forms import (
    RevokeForm,
    SendBackForm,
    SuggestForm,
    WithdrawForm,
)
from mandate.models import MandateVersion, Publication, Suggestion
from pmo_portal.accounts.access import SignedInRequest, is_issuer, signing
from pmo_portal.common.access import done, form_page, only, page_before, posted
from pmo_portal.common.errors import RuleBroken
from pmo_portal.common.models import Organisation


def office() -> dict[str, str]:
    """What the office is called, for words to the issuer."""
    return {"office": Organisation.current().office_name}


@only(can_see_drafts)
@require_safe
def versions(request: SignedInRequest) -> HttpResponse:
    """Every version and where it stands."""
    found = MandateVersion.objects.with_decisions().select_related("started_by")
    live = MandateVersion.objects.live().first()
    newest = next((version for version in found if version.is_sealed), None)
    rows = [{"version": version, "status": reading.status(version, live, newest)} for version in found]
    return render(request, "mandate/versions.html", {"rows": rows, "can_write": can_write(request.user)})


@only(can_see_drafts)
@require_safe
def version(request: SignedInRequest, number: int) -> HttpResponse:
    """One sealed version, with the issuer's decision where one waits."""
    found = get_object_or_404(MandateVersion.objects.sealed().with_parts(), number=number)
    live = MandateVersion.objects.live().first()
    suggestions = reading.suggestions_on(found)
    is_open = can_be_decided(found)
    may_decide = is_open and can_approve(request.user, found)
    places = reading.places(
        found, suggestions["open_rows"], may_suggest=may_decide and not hasattr(found, "approval")
    )
    context = {
        **reading.page(found, live, places),
        **reading.fate(found, live),
        "steps": reading.steps(found, live),
        "is_open": is_open,
        "may_decide": may_decide,
        "may_answer": can_write(request.user),
        "may_take_back": is_issuer(request.user),
        "may_revoke": can_approve(request.user, found),
        "is_approved": hasattr(found, "approval"),
        "suggestions": suggestions,
        "changes": reading.changes_since(found),
        "newer": found.next_sealed(),
        "title": reading.mandate_title(),
    }
    return render(request, "mandate/version.html", context)


@only(can_write)
@require_POST
def remind(request: SignedInRequest, number: int) -> HttpResponse:
    """The second letter to the issuer."""
    found = get_object_or_404(MandateVersion.objects.sealed(), number=number)
    done(request, lambda: actions.remind(found, by=request.user), _("A second letter is on its way."))
    return redirect(page_before(request))


@signing
@only(can_see_drafts)
@require_POST
def approve(request: SignedInRequest, number: int) -> HttpResponse:
    """The issuer's yes, for the hash that was on the page."""
    found = get_object_or_404(MandateVersion.objects.sealed(), number=number)
    actions.approve(found, by=request.user, content_hash=request.POST.get("hash", ""))
    messages.success(request, _("Approved. It goes live when you publish it."))
    return redirect("mandate:version", number=number)


@signing
@only(is_issuer)
@require_http_methods(["GET", "HEAD", "POST"])
def send_back(request: SignedInRequest, number: int) -> HttpResponse:
    """The issuer's no, with what has to be different."""
    found = get_object_or_404(MandateVersion.objects.sealed(), number=number)
    form = SendBackForm(posted(request))
    if request.method == "POST" and form.is_valid():
        content_hash, reason = request.POST.get("hash", ""), form.cleaned_data["reason"]
        words = _("Sent back. The %(office)s reads why, and writes the next version.") % office()
        done(
            request,
            lambda: actions.send_back(found, by=request.user, content_hash=content_hash, reason=reason),
            words,
        )
        return redirect("mandate:version", number=number)
    return form_page(request, "mandate/send_back.html", form, version=found)


# --- taking back what was decided -------------------------------------------------------------------
@signing
@only(is_issuer)
@require_POST
def cancel(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """The issuer cancels a publication that waits for its moment."""
    publication = get_object_or_404(Publication, pk=pk, version__number=number)
    words = _("Cancelled. The version stays approved, and goes live when you publish it.")
    done(request, lambda: actions.cancel(publication, by=request.user), words)
    return redirect("mandate:version", number=number)


@signing
@only(is_issuer)
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: SignedInRequest, number: int) -> HttpResponse:
    """The issuer takes an approval back before the version is live."""
    found = get_object_or_404(MandateVersion.objects.sealed().with_decisions(), number=number)
    form = RevokeForm(posted(request))
    if form.is_valid():
        words = _("Taken back. This version does not go live; the office reads why.")
        done(request, lambda: actions.revoke(found, by=request.user, reason=form.cleaned_data["reason"]), words)
        return redirect("mandate:version", number=number)
    fate = reading.fate(found, MandateVersion.objects.live().first())
    if not fate["may_be_revoked"]:
        messages.info(request, _("There is no approval to take back any more."))
        return redirect("mandate:version", number=number)
    return form_page(request, "mandate/revoke.html", form, version=found, **fate)


@signing
@only(is_issuer)
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: SignedInRequest, number: int) -> HttpResponse:
    """The issuer withdraws the live version."""
    found = get_object_or_404(MandateVersion.objects.published(), number=number)
    form = WithdrawForm(posted(request))
    if form.is_valid():
        words = _("Withdrawn. No mandate holds until you publish one again; its page says so.")
        done(request, lambda: actions.withdraw(found, by=request.user, reason=form.cleaned_data["reason"]), words)
        return redirect("mandate:version", number=number)
    if MandateVersion.objects.live().first() != found:
        messages.info(request, _("This version does not hold any more: there is nothing to withdraw."))
        return redirect("mandate:version", number=number)
    return form_page(request, "mandate/withdraw.html", form, version=found)


# --- other words in place ---------------------------------------------------------------------------
@only(is_issuer)
@require_http_methods(["GET", "HEAD", "POST"])
def suggest(request: SignedInRequest, number: int, place: str) -> HttpResponse:
    """The words of one place in a box for each cell; what the issuer changes becomes a suggestion."""
    found = get_object_or_404(MandateVersion.objects.sealed().with_parts(), number=number)
    shown = reading.place_to_suggest(found, place)
    if shown is None:
        raise Http404
    form = SuggestForm(posted(request), cells=shown["cells"])
    if request.method == "POST" and form.is_valid() and _suggested(request, found, form):
        return redirect(f"{reverse('mandate:version', kwargs={'number': number})}#at-{place}")
    return form_page(request, "mandate/suggest.html", form, version=found, **shown)


def _suggested(request: SignedInRequest, version: MandateVersion, form: SuggestForm) -> bool:
    """Whether the suggestion was kept; where a rule refuses it, the form says why and keeps the words."""
    try:
        made = actions.suggest(version, by=request.user, words=form.words(), reason=form.cleaned_data["reason"])
    except RuleBroken as refusal:
        form.refuse(refusal)
        return False
    told = _("Sent to the %(office)s.") % office() if made else _("Taken back: the words stay as they are.")
    messages.success(request, told)
    return True


@only(is_issuer)
@require_POST
def take_back(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """The issuer drops a suggestion."""
    suggestion = get_object_or_404(Suggestion.objects.select_related("version"), pk=pk, version__number=number)
    actions.take_back(suggestion, by=request.user)
    messages.success(request, _("Taken back: the words stay as they are."))
    return redirect(f"{reverse('mandate:version', kwargs={'number': number})}#at-{suggestion.cell.place}")


@signing
@only(can_write)
@require_POST
def answer(request: SignedInRequest, number: int) -> HttpResponse:
    """The PMO's answers: each suggestion accepted, declined with a reason, or left for later."""
    found = get_object_or_404(MandateVersion.objects.sealed(), number=number)
    accept, decline = _answers(request, found)
    try:
        next_one = actions.answer(found, by=request.user, accept=accept, decline=decline)
    except RuleBroken as refusal:
        messages.error(request, " ".join([str(refusal), *map(str, refusal.missing)]))
        return redirect(f"{reverse('mandate:version', kwargs={'number': number})}#suggestions")
    if next_one is None:
        messages.success(request, _("Answered. The issuer has been told."))
    elif next_one.is_sealed:
        messages.success(request, _("%(version)s has gone to the issuer.") % {"version": next_one})
        return redirect("mandate:version", number=next_one.number)
    else:
        messages.success(request, _("Written into the draft. The issuer reads it when you send it to review."))
    return redirect("mandate:version", number=number)


def _answers(request: SignedInRequest, version: MandateVersion) -> tuple[list[int], dict[int, str]]:
    """What was chosen for each open suggestion; "accept all" means those that stood on the page."""
    shown = [int(pk) for pk in request.POST.getlist("shown") if pk.isdecimal() and len(pk) <= 18]
    if request.POST.get("all"):
        return shown, {}
    chosen = {pk: request.POST.get(f"answer-{pk}") for pk in shown}
    declined = {pk: request.POST.get(f"why-{pk}", "") for pk in shown if chosen[pk] == "decline"}
    return [pk for pk in shown if chosen[pk] == "accept"], declined
