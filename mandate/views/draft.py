"""Writing the mandate: the draft and its parts."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mandate import actions, reading
from mandate.access import can_write, issuers
from mandate.forms import (
    ROW_PARTS,
    TEXT_PARTS,
    PastedLineForm,
    PastedLinesForm,
    PasteForm,
    WordsForm,
)
from mandate.models import Clause, MandateVersion, Part
from mandate.words import WORDS
from pmo_portal.accounts.access import SignedInRequest, signing
from pmo_portal.common.access import form_page, only, posted
from pmo_portal.common.errors import RuleBroken


def _draft() -> MandateVersion:
    return get_object_or_404(MandateVersion.objects.drafts().with_parts())


def _row(part: str, pk: int) -> Part:
    model = ROW_PARTS[part]._meta.model
    return get_object_or_404(model.objects.select_related("version"), pk=pk, version=_draft())


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
    version, form = _draft(), WordsForm(posted(request), part=part)
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
    version, form = _draft(), PasteForm(posted(request))
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
