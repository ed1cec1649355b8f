"""Drafting, sharing, signing and reading agreements; keeping promises."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pmo_portal.accounts.access import SignedInRequest
from pmo_portal.common.access import only
from pmo_portal.common.errors import RuleBroken
from stakeholders.agreements import actions, reading
from stakeholders.agreements.access import can_countersign, can_draft, can_propose, visible_revisions
from stakeholders.agreements.forms import FrameForm, PeriodForm, PromiseForm, ReasonForm, RowForm
from stakeholders.agreements.models import Agreement, AgreementRevision, Promise, Row
from stakeholders.people.access import visible_areas

State = AgreementRevision.State


def _revision(request: SignedInRequest, pk: int, *states: str) -> AgreementRevision:
    """The newest revision of an agreement that this user may see (in one of these states), or a 404."""
    found = visible_revisions(request.user).filter(agreement=pk).with_rows()
    revision = (found.in_state(*states) if states else found).first()
    return revision or get_object_or_404(found.none())


@only(can_draft)
@require_GET
def agreements(request: SignedInRequest) -> HttpResponse:
    """The newest revision of every agreement, and where it stands."""
    found = Agreement.objects.select_related("area").prefetch_related("revisions").order_by("area__name")
    rows = [
        {"agreement": agreement, "revision": revision, "status": reading.status(revision),
         "period": reading.period(revision)}
        for agreement in found
        if (revision := next(iter(agreement.revisions.all()), None))
    ]  # fmt: skip
    return render(request, "stakeholders/agreements/agreements.html", {"rows": rows})


@only(can_draft)
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: SignedInRequest, slug: str) -> HttpResponse:
    """Begin an agreement with an area."""
    area = get_object_or_404(visible_areas(request.user), slug=slug)
    today = timezone.localdate()
    form = PeriodForm(
        request.POST or None, initial={"period_from": today, "period_to": today.replace(month=12, day=31)}
    )
    if request.method == "POST" and form.is_valid():
        revision = actions.start(area, by=request.user, **form.cleaned_data)
        return redirect(revision.agreement)
    context = {
        "form": form, "title": _("An agreement with %(area)s") % {"area": area}, "submit": _("Begin the draft"),
        "lead": _("For which period? A year is usual. The words follow."), "cancel_url": area.get_absolute_url(),
    }  # fmt: skip
    return render(request, "layout/form.html", context, status=422 if form.errors else 200)


@require_GET
def agreement(request: SignedInRequest, pk: int) -> HttpResponse:
    """The newest revision that this viewer may see."""
    return _page(request, _revision(request, pk))


@require_GET
def revision(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """One revision by its number."""
    return _page(request, get_object_or_404(visible_revisions(request.user).with_rows(), agreement=pk, number=number))


def _page(request: SignedInRequest, found: AgreementRevision) -> HttpResponse:
    others = visible_revisions(request.user).filter(agreement=found.agreement_id).exclude(pk=found.pk)
    context = {
        **reading.page(found, request.user),
        "others": [{"revision": each, "status": reading.status(each)} for each in others],
    }
    return render(request, "stakeholders/agreements/agreement.html", context)


@only(can_draft)
@require_http_methods(["GET", "HEAD", "POST"])
def frame(request: SignedInRequest, pk: int) -> HttpResponse:
    """The shared aim and the period of a draft."""
    draft = _revision(request, pk, State.DRAFT)
    return _edit(request, FrameForm(request.POST or None, instance=draft), draft, _("Aim and period"))


@only(can_draft)
@require_http_methods(["GET", "HEAD", "POST"])
def add_row(request: SignedInRequest, pk: int) -> HttpResponse:
    """A new row of a draft."""
    draft = _revision(request, pk, State.DRAFT)
    return _edit(request, RowForm(request.POST or None, instance=Row(revision=draft)), draft, _("A new row"))


@only(can_draft)
@require_http_methods(["GET", "HEAD", "POST"])
def row(request: SignedInRequest, pk: int, row_pk: int) -> HttpResponse:
    """One row of a draft."""
    draft = _revision(request, pk, State.DRAFT)
    found = get_object_or_404(draft.rows, pk=row_pk)
    return _edit(request, RowForm(request.POST or None, instance=found), draft, _("A row"), found)


def _edit(
    request: SignedInRequest, form: Any, draft: AgreementRevision, title: str, row: Row | None = None
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        actions.save_draft(form.instance, by=request.user)
        messages.success(request, _("Saved."))
        return redirect(draft.agreement)
    context = {
        "form": form, "title": title, "eyebrow": draft.agreement, "row": row, "draft": draft,
        "eyebrow_url": draft.agreement.get_absolute_url(), "cancel_url": draft.agreement.get_absolute_url(),
    }  # fmt: skip
    return render(request, "stakeholders/agreements/row.html", context, status=422 if form.errors else 200)


@only(can_draft)
@require_POST
def remove_row(request: SignedInRequest, pk: int, row_pk: int) -> HttpResponse:
    """Take a row out of a draft."""
    draft = _revision(request, pk, State.DRAFT)
    actions.remove_row(get_object_or_404(draft.rows, pk=row_pk), by=request.user)
    messages.success(request, _("Removed."))
    return redirect(draft.agreement)


@require_POST
def note(request: SignedInRequest, pk: int, row_pk: int) -> HttpResponse:
    """The area's note on a row of a shared draft."""
    draft = _revision(request, pk, State.DRAFT)
    found = get_object_or_404(draft.rows.select_related("revision__agreement__area"), pk=row_pk)
    actions.leave_note(found, text=request.POST.get("note", "").replace("\x00", "")[:2000].strip(), by=request.user)
    messages.success(request, _("Your note is kept; the PMO sees it."))
    return redirect(f"{draft.agreement.get_absolute_url()}#row-{found.pk}")


@only(can_draft)
@require_POST
def share(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the draft to the area's head."""
    return _do(request, pk, actions.share, _("Shared. The area's head has been told."), State.DRAFT)


@require_POST
def propose(request: SignedInRequest, pk: int) -> HttpResponse:
    """Sign for the PMO."""
    return _do(request, pk, actions.propose, _("Signed for the PMO. It waits for the head's signature."), State.DRAFT)


@only(can_draft)
@require_POST
def revise(request: SignedInRequest, pk: int) -> HttpResponse:
    """A new revision with the words of the newest one."""
    return _do(request, pk, lambda found, by: actions.revise(found.agreement, by=by), _("A new draft."))


def _do(request: SignedInRequest, pk: int, verb: Any, done: str, *states: str) -> HttpResponse:
    """Do one verb on a revision; a refusal that is a list is shown where the list is mended."""
    found = _revision(request, pk, *states)
    try:
        verb(found, by=request.user)
        messages.success(request, done)
    except RuleBroken as refusal:
        if type(refusal) is not RuleBroken:
            raise
        messages.error(request, str(refusal))
    return redirect(found.agreement)


@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: SignedInRequest, pk: int) -> HttpResponse:
    """Check answers, then sign for the area: exactly the text of this page, by its hash."""
    found = _revision(request, pk)
    if request.method == "POST":
        actions.countersign(found, by=request.user, content_hash=request.POST.get("hash", ""))
        messages.success(request, _("Signed by both, and in force from now on. Reference %(ref)s.")
                         % {"ref": f"{found.agreement_id}-{found.number}"})  # fmt: skip
        return redirect(found.agreement)
    if not can_countersign(request.user, found):
        return redirect(found.agreement)
    context = {**reading.page(found, request.user), "own": reading.own_promises(found)}
    return render(request, "stakeholders/agreements/sign.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say no for the area, with a reason."""
    found = _revision(request, pk)
    if request.method != "POST" and not can_countersign(request.user, found):
        raise PermissionDenied
    return _with_reason(request, found, actions.decline, _("Say no to this proposal"), _("The PMO has been told."))


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take the proposal back for the PMO, with a reason."""
    found = _revision(request, pk)
    if not can_propose(request.user):
        raise PermissionDenied
    return _with_reason(request, found, actions.withdraw, _("Take this proposal back"), _("Withdrawn."))


def _with_reason(
    request: SignedInRequest, found: AgreementRevision, verb: Any, title: str, done: str
) -> HttpResponse:
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        seen = {"content_hash": request.POST.get("hash", "")} if verb is actions.decline else {}
        verb(found, by=request.user, reason=form.cleaned_data["reason"], **seen)
        messages.success(request, done)
        return redirect(found.agreement)
    context = {
        "form": form, "title": title, "eyebrow": found.agreement, "draft": found, "submit": title,
        "eyebrow_url": found.agreement.get_absolute_url(), "cancel_url": found.agreement.get_absolute_url(),
    }  # fmt: skip
    return render(request, "stakeholders/agreements/reason.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def promise(request: SignedInRequest, pk: int) -> HttpResponse:
    """How a promise stands; its own side says so."""
    visible = Promise.objects.filter(row__revision__in=visible_revisions(request.user))
    found = get_object_or_404(visible.select_related("row__revision__agreement__area"), pk=pk)
    form = PromiseForm(request.POST or None, promise=found)
    if request.method == "POST" and form.is_valid():
        try:
            actions.move_promise(found, by=request.user, **form.cleaned_data)
            messages.success(request, _("Noted."))
            return redirect(found.row.revision.agreement)
        except RuleBroken as refusal:
            if type(refusal) is not RuleBroken:
                raise
            form.add_error("evidence", str(refusal))
    side = reading.side_of(request.user, found.row.revision.agreement.area)
    context = {
        "promise": found, "line": reading.promise_line(found), "form": form,
        "is_mine": side == found.side and form.fields["to"].choices,  # type: ignore[attr-defined]
        "agreement": found.row.revision.agreement,
    }  # fmt: skip
    return render(request, "stakeholders/agreements/promise.html", context, status=422 if form.errors else 200)
