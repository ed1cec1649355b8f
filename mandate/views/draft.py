"""Writing the mandate: the draft as a whole, and rows brought into it; its parts are in views.parts."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mandate import actions, reading
from mandate.access import can_write, issuers
from mandate.forms import PastedLineForm, PastedLinesForm, PasteForm, WordsForm
from mandate.models import MandateVersion
from mandate.words import WORDS
from pmo_portal.accounts.access import SignedInRequest, signing
from pmo_portal.common.access import form_page, only, posted
from pmo_portal.common.errors import RuleBroken


def the_draft() -> MandateVersion:
    return get_object_or_404(MandateVersion.objects.drafts().with_parts())


@only(can_write)
@require_safe
def draft(request: SignedInRequest) -> HttpResponse:
    """The draft's parts as a task list, or the button that starts one."""
    version = MandateVersion.objects.drafts().with_parts().first()
    page = reading.draft_page(version) if version else {}
    context = {"version": version, **page, **reading.word_of_issuer()}
    context["too_long"] = reading.too_long(version) if version else ""
    return render(request, "mandate/draft.html", context)


@only(can_write)
@require_POST
def start(request: SignedInRequest) -> HttpResponse:
    """Start a draft, from the words of the newest version."""
    actions.start_draft(by=request.user)
    return redirect("mandate:draft")


@only(can_write)
@require_http_methods(["GET", "HEAD", "POST"])
def words(request: SignedInRequest, part: str) -> HttpResponse:
    """Usual clauses or services to start from: those that are ticked come into the draft."""
    if part not in WORDS:
        raise Http404
    version, form = the_draft(), WordsForm(posted(request), part=part)
    if request.method == "POST" and form.is_valid():
        added = actions.add_words(version, part, form.cleaned_data["words"], by=request.user)
        _say_added(request, len(added))
        return redirect("mandate:part", part=part)
    groups = reading.words_to_start_from(version, part, request.POST.getlist("words"))
    return form_page(
        request, "mandate/words.html", form, part=part, groups=groups, part_title=reading.PART_TITLES[part]
    )


def _say_added(request: SignedInRequest, count: int) -> None:
    if count:
        said = ngettext("%(count)s added. Make it yours.", "%(count)s added. Make them yours.", count)
        messages.success(request, said % {"count": count})
    else:
        messages.info(request, _("Nothing was added: all of it stands here already."))


@only(can_write)
@require_http_methods(["GET", "HEAD", "POST"])
def paste(request: SignedInRequest) -> HttpResponse:
    """The box to paste into; what was pasted comes back as lines to look over, and nothing is kept yet."""
    version, form = the_draft(), PasteForm(posted(request))
    if request.method == "POST" and form.is_valid():
        lines = PastedLinesForm(initial=reading.preview(version, form.rows, PastedLineForm.LEAVE_OUT))
        return _preview(request, version, lines)
    return form_page(request, "mandate/paste.html", form, part_title=reading.PART_TITLES["clauses"])


def _preview(request: SignedInRequest, version: MandateVersion, lines: Any) -> HttpResponse:
    context = {"lines": reading.preview_lines(version, lines), "part_title": reading.PART_TITLES["clauses"]}
    return form_page(request, "mandate/paste_preview.html", lines, **context)


@only(can_write)
@require_POST
def paste_add(request: SignedInRequest) -> HttpResponse:
    """The lines of the preview come into the draft, all of them or none."""
    version, lines = the_draft(), PastedLinesForm(request.POST)
    if not lines.forms:
        return redirect("mandate:paste")
    if lines.is_valid():
        try:
            added = len(actions.add_clauses(version, lines.chosen(), by=request.user))
            said = ngettext("%(count)s clause added.", "%(count)s clauses added.", added)
            messages.success(request, said % {"count": added})
            return redirect("mandate:part", part="clauses")
        except RuleBroken as refusal:
            lines.refuse(refusal)
    return _preview(request, version, lines)


@signing
@only(can_write)
@require_POST
def seal(request: SignedInRequest) -> HttpResponse:
    """Send the draft to review; what is missing is listed, each line with its place."""
    version = the_draft()
    try:
        version = actions.seal(version, by=request.user)
    except RuleBroken as refusal:
        if not refusal.missing:
            raise
        messages.error(request, str(refusal))
        return redirect(f"{reverse('mandate:draft')}#missing")
    told = issuers()
    if told:
        messages.success(request, _("In review. A letter has told %(names)s.") % {"names": ", ".join(map(str, told))})
    else:
        words = _("In review, but nobody is named as issuer yet: your first page leads to naming one.")
        messages.warning(request, words)
    return redirect("mandate:version", number=version.number)
