"""Writing one part of the draft: by hand, by itself while somebody writes, and when two write the same."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from mandate import actions, reading
from mandate.access import can_write
from mandate.forms import ROW_PARTS, TEXT_PARTS, RowForm
from mandate.models import Clause, DecisionStep, MandateVersion, Part
from mandate.views.draft import the_draft
from mandate.words import WORDS
from pmo_portal.accounts.access import SignedInRequest
from pmo_portal.common.access import form_page, only, posted
from pmo_portal.common.errors import Stale
from pmo_portal.common.forms import MergedModelForm, stands_as_found
from pmo_portal.common.words import clock

View = Callable[..., HttpResponse]


def is_autosave(request: HttpRequest) -> bool:
    """Sent by the page itself while somebody writes; it wants a short answer and no page."""
    return "X-Autosave" in request.headers


def keeping_words(view: View) -> View:
    """Where the part or row is gone, what was written for it is shown rather than lost."""

    @wraps(view)
    def guarded(request: SignedInRequest, part: str, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, part, **kwargs)
        except (Http404, Stale):
            if request.method != "POST" or part not in {**TEXT_PARTS, **ROW_PARTS}:
                raise
            return _gone(request, part)

    return guarded


def _row(part: str, pk: int) -> Part:
    model = ROW_PARTS[part]._meta.model
    return get_object_or_404(model.objects.select_related("version"), pk=pk, version=the_draft())


@only(can_write)
@require_http_methods(["GET", "HEAD", "POST"])
@keeping_words
def part(request: SignedInRequest, part: str) -> HttpResponse:
    """One part of the draft: a text to write, or a list of rows."""
    if part in ROW_PARTS:
        return _rows_page(request, part)
    if part not in TEXT_PARTS:
        raise Http404
    return _write(request, part, TEXT_PARTS[part](posted(request), instance=the_draft()))


def _rows_page(request: SignedInRequest, part: str) -> HttpResponse:
    version = the_draft()
    context = {
        "part": part,
        "title": reading.PART_TITLES[part],
        "hint": reading.PART_HINTS[part],
        "groups": reading.row_groups(version, part),
        "kinds": Clause.Kind.choices if part == "clauses" else [],
        "has_words": part in WORDS,
        "why": reading.NO_ROWS[part],
        "missing": reading.gaps(gap for gap in version.missing() if gap.part == part),
    }
    return render(request, "mandate/rows.html", context)


@only(can_write)
@require_http_methods(["GET", "HEAD", "POST"])
@keeping_words
def add_row(request: SignedInRequest, part: str) -> HttpResponse:
    """A new row of a part; an address may say its kind, or the matter that it is the next step of."""
    blank = ROW_PARTS[part]._meta.model(version=the_draft())
    told = request.POST if request.method == "POST" else request.GET
    if told.get("kind") in dict(getattr(blank, "Kind", Clause.Kind).choices):
        blank.kind = told["kind"]
    if isinstance(blank, DecisionStep):
        blank.matter = request.GET.get("matter", "").replace("\0", "")[:200]
    return _write(request, part, ROW_PARTS[part](posted(request), instance=blank), blank)


@only(can_write)
@require_http_methods(["GET", "HEAD", "POST"])
@keeping_words
def row(request: SignedInRequest, part: str, pk: int) -> HttpResponse:
    """A row that stands."""
    row, sent = _row(part, pk), posted(request)
    if not isinstance(row, Clause):
        return _write(request, part, ROW_PARTS[part](sent, instance=row), row)
    if sent and is_autosave(request) and stands_as_found(row, "kind", sent.get("was", "")):
        # Another kind asks for other words: it is kept when somebody says so, not while they still choose. Where
        # somebody else has changed it, the words were written for the kind that this page was opened with.
        sent = _with(sent, kind=row.kind)
    was = row.kind
    row.kind = Clause.Kind(str(sent["kind"])) if sent and sent.get("kind") in Clause.Kind.values else row.kind
    return _write(request, part, ROW_PARTS[part](sent, instance=row), row, stay=row.kind != was)


def _with(sent: QueryDict, **values: str) -> QueryDict:
    copy = sent.copy()
    copy.update(values)
    return copy


def _write(
    request: SignedInRequest, part: str, form: MergedModelForm, row: Part | None = None, *, stay: bool = False
) -> HttpResponse:
    """Keep what was written, and go on, or stay where there is more to say; or show why not, with the words."""
    was_new = row is not None and row.pk is None
    is_kept = request.method == "POST" and form.is_valid() and _kept(request, form)
    if is_autosave(request) and request.method == "POST":
        return _short_answer(request, part, form, row, is_kept)
    if is_kept:
        messages.success(request, _saved(form, stay=stay))
        return _onwards(part, row, stay=stay)
    return _form(request, part, form, None if was_new else row, is_row=row is not None)


def _onwards(part: str, row: Part | None, *, stay: bool) -> HttpResponse:
    if row and stay:
        return redirect("mandate:row", part=part, pk=row.pk)
    return redirect("mandate:part", part=part) if row else redirect("mandate:draft")


def _kept(request: SignedInRequest, form: MergedModelForm) -> bool:
    if form.kept(actions.save_part, request.user):
        return True
    wordings = [(clash.name, clash.theirs, clash.mine) for clash in form.clashes]
    actions.keep_both(form.instance, by=request.user, wordings=wordings)
    return False


def _form(request: SignedInRequest, part: str, form: Any, row: Part | None, *, is_row: bool) -> HttpResponse:
    context = {
        "part": part,
        "row": row,
        "is_row": is_row,
        "title": reading.row_title(row) if row else reading.NEW_ROW[part] if is_row else reading.PART_TITLES[part],
        "part_title": reading.PART_TITLES[part],
        "hint": reading.PART_HINTS[part],
        "missing": _missing(part, row, is_row=is_row),
        "wordings": reading.two_wordings(form.instance, form.written()),
        "are_kept": True,
    }
    return form_page(request, "mandate/part.html", form, **context)


def _missing(part: str, row: Part | None, *, is_row: bool) -> list[dict[str, Any]]:
    """What this page can still say: all of a text part, or all of one row."""
    if is_row and row is None:
        return []
    version = MandateVersion.objects.drafts().with_parts().first()
    found = version.missing() if version else []
    return reading.gaps(gap for gap in found if gap.part == part and gap.row == row)


def _short_answer(
    request: SignedInRequest, part: str, form: MergedModelForm, row: Part | None, is_kept: bool
) -> JsonResponse:
    """What came of saving by itself: kept (200), written by two at once (409), or not fit to be kept (422)."""
    if not is_kept:
        return JsonResponse({"said": _why_not(form)}, status=form.status)
    missing = _missing(part, row, is_row=row is not None)
    return JsonResponse(
        {
            "said": _saved_by_itself(request, form, row),
            "seen": form.fingerprint(form.instance),
            "was": form.marks(form.instance),
            "taken": form.taken,
            "url": reverse("mandate:row", kwargs={"part": part, "pk": row.pk}) if row else "",
            "missing": render_to_string("mandate/parts/missing.html", {"missing": missing}, request),
        }
    )


def _saved(form: MergedModelForm, *, at: str = "", stay: bool = False) -> str:
    """What was kept, in words: by Save, or by itself at a time of day."""
    said = [_("Saved at %(time)s.") % {"time": at} if at else _("Saved.")]
    if form.taken:
        said.append(_("What somebody else wrote here meanwhile is kept too."))
    if stay:
        said.append(_("This kind asks for other words."))
    return " ".join(said)


def _saved_by_itself(request: SignedInRequest, form: MergedModelForm, row: Part | None) -> str:
    said = _saved(form, at=clock(timezone.now()))
    is_other = isinstance(row, Clause) and request.POST.get("kind", row.kind) != row.kind
    return " ".join([said, _("The kind changes when you press Save.")]) if is_other else said


def _why_not(form: MergedModelForm) -> str:
    if form.status == HTTPStatus.CONFLICT:
        return _("Somebody else has saved this meanwhile, so nothing more is saved by itself. Your words are kept.")
    lines = [str(line) for lines in form.errors.values() for line in lines]
    return _("Not saved yet: %(why)s") % {"why": " ".join(lines)}


def _gone(request: SignedInRequest, part: str) -> HttpResponse:
    """The part or row is in the draft no more: the words that were sent for it, and a way to put a row back."""
    said = _("This is in the draft no more.")
    if is_autosave(request):
        return JsonResponse({"said": said, "is_gone": True}, status=HTTPStatus.CONFLICT)
    form = {**TEXT_PARTS, **ROW_PARTS}[part](request.POST)
    context = {
        "form": form,
        "part": part,
        "part_title": reading.PART_TITLES[part],
        "lines": [(box.label, box.value()) for box in form.visible_fields() if box.value()],
        "may_put_back": issubclass(type(form), RowForm) and MandateVersion.objects.drafts().exists(),
    }
    return render(request, "mandate/gone.html", context, status=HTTPStatus.CONFLICT)


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
    """One place up or down, a step or its whole path; the page comes back with the same button in reach."""
    row, to = _row(part, pk), request.POST.get("to", "")
    up = to.endswith("up")
    if to.startswith("path") and isinstance(row, DecisionStep):
        actions.move_path(row, up=up, by=request.user)
    else:
        actions.move_part(row, up=up, by=request.user)
    place = f"{'path' if to.startswith('path') else 'row'}-{row.pk}-{'up' if up else 'down'}"
    return redirect(f"{reading.part_url(part)}#{place}")
