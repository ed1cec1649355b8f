"""Writing, reviewing and issuing the mandate."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mandate import actions, reading
from mandate.access import can_approve, can_be_decided, can_see_drafts, can_write, issuers
from mandate.forms import (
    ROW_PARTS,
    TEXT_PARTS,
    PastedLineForm,
    PastedLinesForm,
    PasteForm,
    SendBackForm,
    SuggestForm,
    WordsForm,
)
from mandate.models import Clause, MandateVersion, Part, Suggestion
from mandate.words import WORDS
from pmo_portal.accounts.access import SignedInRequest, is_issuer, signing
from pmo_portal.common.access import done, form_page, only, page_before
from pmo_portal.common.errors import RuleBroken


def _draft() -> MandateVersion:
    return get_object_or_404(MandateVersion.objects.drafts().with_parts())


def _row(part: str, pk: int) -> Part:
    model = ROW_PARTS[part]._meta.model
    return get_object_or_404(model.objects.select_related("version"), pk=pk, version=_draft())


@only(can_see_drafts)
@require_safe
def versions(request: SignedInRequest) -> HttpResponse:
    """Every version and where it stands."""
    found = MandateVersion.objects.select_related("approval", "started_by", "sent_back").prefetch_related(
        "publications"
    )
    live = MandateVersion.objects.live().first()
    newest = next((version for version in found if version.is_sealed), None)
    rows = [{"version": version, "status": reading.status(version, live, newest)} for version in found]
    return render(request, "mandate/versions.html", {"rows": rows, "can_write": can_write(request.user)})


@only(can_write)
@require_safe
def draft(request: SignedInRequest) -> HttpResponse:
    """The draft's parts as a task list, or the button that starts one."""
    version = MandateVersion.objects.drafts().with_parts().first()
    tasks = reading.parts(version) if version else []
    missing = reading.gaps(version.missing()) if version else []
    context = {"version": version, "tasks": tasks, "missing": missing, **reading.word_of_issuer()}
    return render(request, "mandate/draft.html", context)


@only(can_write)
@require_POST
def start(request: SignedInRequest) -> HttpResponse:
    """Start a draft, from the words of the newest version."""
    actions.start_draft(by=request.user)
    return redirect("mandate:draft")


@only(can_write)
@require_http_methods(["GET", "HEAD", "POST"])
def part(request: SignedInRequest, part: str) -> HttpResponse:
    """One part of the draft: a text to write, or a list of rows."""
    if part in ROW_PARTS:
        return _rows_page(request, part)
    if part not in TEXT_PARTS:
        raise Http404
    form = TEXT_PARTS[part](request.POST or None, instance=_draft())
    if request.method == "POST" and form.is_valid() and form.kept(actions.save_part, request.user):
        messages.success(request, _("Saved."))
        return redirect("mandate:draft")
    return _form(request, part, form)


def _form(request: SignedInRequest, part: str, form: Any, row: Part | None = None) -> HttpResponse:
    words = {"title": reading.PART_TITLES[part], "hint": reading.PART_HINTS[part]}
    return form_page(request, "mandate/part.html", form, part=part, row=row, **words)


def _rows_page(request: SignedInRequest, part: str) -> HttpResponse:
    version = _draft()
    context = {
        "part": part,
        "title": reading.PART_TITLES[part],
        "hint": reading.PART_HINTS[part],
        "groups": reading.row_groups(version, part),
        "kinds": Clause.Kind.choices if part == "clauses" else [],
        "has_words": part in WORDS,
        "why": reading.NO_ROWS[part],
        "missing": reading.gaps([gap for gap in version.missing() if gap.part == part]),
    }
    return render(request, "mandate/rows.html", context)


@only(can_write)
@require_http_methods(["GET", "HEAD", "POST"])
def add_row(request: SignedInRequest, part: str) -> HttpResponse:
    """A new row of a part."""
    blank = ROW_PARTS[part]._meta.model(version=_draft())
    if part == "clauses" and request.GET.get("kind") in Clause.Kind.values:
        blank.kind = request.GET["kind"]
    return _edit_row(request, part, blank)


@only(can_write)
@require_http_methods(["GET", "HEAD", "POST"])
def words(request: SignedInRequest, part: str) -> HttpResponse:
    """Usual clauses or services to start from: those that are ticked come into the draft."""
    if part not in WORDS:
        raise Http404
    version, form = _draft(), WordsForm(_sent(request), part=part)
    if request.method == "POST" and form.is_valid():
        added = actions.add_words(version, part, form.cleaned_data["words"], by=request.user)
        _say_added(request, len(added))
        return redirect("mandate:part", part=part)
    groups = reading.words_to_start_from(version, part, request.POST.getlist("words"))
    return form_page(
        request, "mandate/words.html", form, part=part, groups=groups, part_title=reading.PART_TITLES[part]
    )


def _sent(request: SignedInRequest) -> Any:
    """What was posted, were it nothing at all."""
    return request.POST if request.method == "POST" else None


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
    version, form = _draft(), PasteForm(_sent(request))
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
    version, lines = _draft(), PastedLinesForm(request.POST)
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


@only(can_write)
@require_http_methods(["GET", "HEAD", "POST"])
def row(request: SignedInRequest, part: str, pk: int) -> HttpResponse:
    """A row that stands."""
    return _edit_row(request, part, _row(part, pk))


def _edit_row(request: SignedInRequest, part: str, row: Part) -> HttpResponse:
    if request.method == "POST" and part == "clauses" and request.POST.get("kind") in Clause.Kind.values:
        row.kind = request.POST["kind"]  # type: ignore[attr-defined]
    form = ROW_PARTS[part](request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid() and form.kept(actions.save_part, request.user):
        messages.success(request, _("Saved."))
        return redirect("mandate:part", part=part)
    return _form(request, part, form, row if row.pk else None)


@only(can_write)
@require_POST
def remove_row(request: SignedInRequest, part: str, pk: int) -> HttpResponse:
    """Take a row out."""
    actions.remove_part(_row(part, pk), by=request.user)
    messages.success(request, _("Removed."))
    return redirect("mandate:part", part=part)


@only(can_write)
@require_POST
def move_row(request: SignedInRequest, part: str, pk: int) -> HttpResponse:
    """One place up or down."""
    actions.move_part(_row(part, pk), up=request.POST.get("to") == "up", by=request.user)
    return redirect("mandate:part", part=part)


@signing
@only(can_write)
@require_POST
def seal(request: SignedInRequest) -> HttpResponse:
    """Send the draft to review; what is missing is listed, each line with its place."""
    version = _draft()
    try:
        version = actions.seal(version, by=request.user)
    except RuleBroken as refusal:
        if not refusal.missing:
            raise
        messages.error(request, str(refusal))
        return redirect("mandate:draft")
    told = issuers()
    if told:
        messages.success(request, _("In review. A letter has told %(names)s.") % {"names": ", ".join(map(str, told))})
    else:
        words = _("In review, but nobody is named as issuer yet: your first page leads to naming one.")
        messages.warning(request, words)
    return redirect("mandate:version", number=version.number)


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
        "steps": reading.steps(found, live),
        "is_open": is_open,
        "may_decide": may_decide,
        "may_answer": can_write(request.user),
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
    form = SendBackForm(_sent(request))
    if request.method == "POST" and form.is_valid():
        content_hash, reason = request.POST.get("hash", ""), form.cleaned_data["reason"]
        words = _("Sent back. The PMO reads why, and writes the next version.")
        done(
            request,
            lambda: actions.send_back(found, by=request.user, content_hash=content_hash, reason=reason),
            words,
        )
        return redirect("mandate:version", number=number)
    return form_page(request, "mandate/send_back.html", form, version=found)


# --- other words in place ---------------------------------------------------------------------------
@only(is_issuer)
@require_http_methods(["GET", "HEAD", "POST"])
def suggest(request: SignedInRequest, number: int, place: str) -> HttpResponse:
    """The words of one place in a box for each cell; what the issuer changes becomes a suggestion."""
    found = get_object_or_404(MandateVersion.objects.sealed().with_parts(), number=number)
    shown = reading.place_to_suggest(found, place)
    if shown is None:
        raise Http404
    form = SuggestForm(_sent(request), cells=shown["cells"])
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
    messages.success(request, _("Sent to the PMO.") if made else _("Taken back: the words stay as they are."))
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
