"""Before a version is published and when it is: the preview, the check, the letter."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from mandate import actions as mandate_actions
from mandate.access import can_approve, can_be_decided, can_see_drafts, can_write, issuer_of, issues_as
from mandate.models import MandateVersion, Publication
from mandate.reading import (
    also_scheduled,
    changes_since,
    letter_to_start_from,
    mandate_title,
    named_moments,
    page,
)
from pmo_portal.accounts.access import SignedInRequest, is_issuer, signing
from pmo_portal.common.access import form_page, only, posted
from pmo_portal.common.errors import RuleBroken
from pmo_portal.common.words import moment
from stakeholders.overview import notices, reading
from stakeholders.overview.forms import PublishForm
from stakeholders.understanding.access import Reader, audience


@only(can_write)
@require_safe
def preview(request: SignedInRequest) -> HttpResponse:
    """The draft as its readers would see it: those of one area, or all others."""
    draft = get_object_or_404(MandateVersion.objects.drafts().with_parts())
    draft.numbered_clauses()
    here = reading.helps_here(request.user, draft, request.GET.get("area", ""))
    context = {
        **page(draft, MandateVersion.objects.live().first()),
        "title": mandate_title(),
        # The way to another area is the preview's own.
        "here": {**here, "is_own": True, "is_pmo": False, "choices": []} if here.get("area") else {},
        "choices": here.get("choices", []),
    }
    return render(request, "stakeholders/overview/preview.html", context)


@only(can_see_drafts)
@require_safe
def letter_to_copy(request: SignedInRequest, number: int) -> HttpResponse:
    """The issuer's letter of a published version, for a mail program, a chat or an intranet."""
    due = Publication.objects.due(timezone.now()).with_fate().filter(version__number=number).first()
    if due is None:
        raise Http404
    context = {"version": due.version, "letter": notices.to_copy(due)}
    return render(request, "stakeholders/overview/to_copy.html", context)


@signing
@only(is_issuer)
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: SignedInRequest, number: int) -> HttpResponse:
    """Check, then publish: what changed, when, who is told, the letter; approves where that is open."""
    version = get_object_or_404(MandateVersion.objects.sealed().with_parts(), number=number)
    if not can_approve(request.user, version):
        raise PermissionDenied
    others = also_scheduled(version)
    form = PublishForm(
        posted(request), initial={"letter": letter_to_start_from(version)}, asks_of_others=bool(others)
    )
    if form.is_valid() and form.is_decided and (answer := _publish(request, version, form)):
        return answer
    if not can_be_decided(version):
        messages.info(request, _("There is nothing to decide on this version any more."))
        return redirect("mandate:version", number=number)
    return form_page(request, "stakeholders/overview/publish.html", form, **_to_check(request, version, form))


def _publish(request: SignedInRequest, version: MandateVersion, form: PublishForm) -> HttpResponse | None:
    """Where it leads when it is published; None where a rule refuses it and the page can still say so."""
    letter = form.cleaned_data["letter"] if form.cleaned_data["what"] == PublishForm.SEND else ""
    try:
        made = mandate_actions.issue(
            version, by=request.user, content_hash=request.POST.get("hash", ""), letter=letter, at=form.at,
            others=form.cleaned_data["others"],
        )  # fmt: skip
    except RuleBroken as refusal:
        if can_be_decided(MandateVersion.objects.get(pk=version.pk)):
            form.add_error(None, refusal.message)
            return None
        messages.error(request, str(refusal))
        return redirect("mandate:version", number=version.number)
    messages.success(request, _published(made))
    return redirect("mandate:live") if made.is_due() else redirect("mandate:version", number=version.number)


def _published(made: Publication) -> str:
    if not made.is_due():
        return _("Scheduled. It goes live by itself on %(moment)s.") % {"moment": moment(made.publish_at)}
    if made.message:
        return _("Published. This is the mandate from now on, and your letter is on its way.")
    return _("Published. This is the mandate from now on.")


def _to_check(request: SignedInRequest, version: MandateVersion, form: PublishForm) -> dict[str, Any]:
    readers = audience(but=request.user)
    example = reading.example_reader(readers, timezone.now())
    return {
        "version": version,
        "is_approved": hasattr(version, "approval"),
        "open_suggestions": version.suggestions.open().count(),
        "changes": changes_since(version),
        "touches": reading.touches(version, request.user),
        "at": form.at,
        "moments": named_moments(form.at, issuer_of(request.user)) if form.at else [],
        "zone": timezone.get_current_timezone_name().replace("_", " "),
        "also_scheduled": also_scheduled(version, form.at),
        "told": reading.who_is_told(readers),
        "example": example,
        "issuer": issues_as(request.user),
        "sample": _sample(version, form, request, example) if example else None,
    }


def _sample(version: MandateVersion, form: PublishForm, request: SignedInRequest, to: Reader) -> dict[str, Any]:
    """The letter as it will arrive at one of those who are told."""
    message = form["letter"].value() or ""
    meaning = reading.meaning_for(to, version, form.at or timezone.now())
    letter = notices.published(
        version, message, issuer=issues_as(request.user), to=to.user, name=to.name, meaning=meaning
    )
    return {"subject": letter.subject, "message": message, **meaning}
