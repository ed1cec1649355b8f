"""Drafting, sharing, signing and reading agreements; keeping promises."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pmo_portal.accounts.access import SignedInRequest, signing
from pmo_portal.common.access import done, form_page, only, page_before
from pmo_portal.common.errors import RuleBroken
from pmo_portal.common.models import Organisation, today
from stakeholders.agreements import actions, reading
from stakeholders.agreements.access import (
    can_answer,
    can_draft,
    can_reword,
    can_withdraw,
    side_of,
    speaks_for,
    visible_revisions,
)
from stakeholders.agreements.forms import (
    FrameForm,
    OwnCellsForm,
    PeriodForm,
    PromiseForm,
    ReasonForm,
    RewordForm,
    RowForm,
    WordsForm,
)
from stakeholders.agreements.models import Agreement, AgreementRevision, Promise, Row, Side
from stakeholders.people.access import visible_areas

State = AgreementRevision.State
A_YEAR = timedelta(days=364)
IN_FORCE = gettext_lazy("Signed by both, and in force from now on.")


def _revision(request: SignedInRequest, pk: int, *states: str) -> AgreementRevision:
    """The newest revision of an agreement that this user may see (in one of these states), or a 404."""
    found = visible_revisions(request.user).filter(agreement=pk).with_rows()
    revision = (found.in_state(*states) if states else found).first()
    return revision or get_object_or_404(found.none())


def _waiting(request: SignedInRequest, pk: int) -> AgreementRevision:
    """What waits for a decision: the area's own words before they are sent, the proposal, else the newest one."""
    found = visible_revisions(request.user).filter(agreement=pk).with_rows()
    return found.unsent().first() or _proposal(request, pk)


def _row(request: SignedInRequest, pk: int, row_pk: int) -> Row:
    """A row of an agreement that this user may see, or a 404."""
    visible = Row.objects.filter(revision__in=visible_revisions(request.user), revision__agreement=pk)
    return get_object_or_404(visible.select_related("revision__agreement__area"), pk=row_pk)


@only(can_draft)
@require_safe
def agreements(request: SignedInRequest) -> HttpResponse:
    """The newest revision of every agreement, and where it stands."""
    found = Agreement.objects.select_related("area").order_by("area__name")
    found = found.prefetch_related(Prefetch("revisions", AgreementRevision.objects.sent()))
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
    first = today()
    form = PeriodForm(request.POST or None, initial={"period_from": first, "period_to": first + A_YEAR})
    if request.method == "POST" and form.is_valid():
        revision = actions.start(area, by=request.user, **form.cleaned_data)
        return redirect(revision.agreement)
    context = {
        "form": form, "title": _("An agreement with %(area)s") % {"area": area}, "submit": _("Begin the draft"),
        "lead": _("For which period? A year is usual. The words follow."), "cancel_url": area.get_absolute_url(),
    }  # fmt: skip
    return form_page(request, "layout/form.html", **context)


@require_safe
def agreement(request: SignedInRequest, pk: int) -> HttpResponse:
    """The newest revision that this viewer may see."""
    return _page(request, _revision(request, pk))


@require_safe
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
def words(request: SignedInRequest, pk: int) -> HttpResponse:
    """Rows to start from: those that are ticked join the draft."""
    draft = _revision(request, pk, State.DRAFT)
    form = WordsForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        n = len(actions.add_words(draft, keys=form.cleaned_data["rows"], by=request.user))
        told = ngettext(
            "%(n)d row added; its words are yours now.", "%(n)d rows added; their words are yours now.", n
        )
        messages.success(request, told % {"n": n})
        return redirect(draft.agreement)
    context = {
        "draft": draft, "groups": reading.words_to_start_from(draft),
        "ticked": request.POST.getlist("rows"),
    }  # fmt: skip
    return form_page(request, "stakeholders/agreements/words.html", form, **context)


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
    if request.method == "POST" and form.is_valid() and form.kept(actions.save_draft, request.user):
        messages.success(request, _("Saved."))
        return redirect(draft.agreement)
    context = {
        "form": form, "title": title, "eyebrow": draft.agreement, "row": row, "draft": draft,
        "eyebrow_url": draft.agreement.get_absolute_url(), "cancel_url": draft.agreement.get_absolute_url(),
    }  # fmt: skip
    return form_page(request, "stakeholders/agreements/row.html", **context)


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
    """The area's note on a row of a shared draft, or of a proposal."""
    found = _row(request, pk, row_pk)
    actions.leave_note(found, text=request.POST.get("note", "").replace("\x00", "")[:2000].strip(), by=request.user)
    messages.success(request, by_name(_("Your note is kept; the %(office)s sees it.")))
    return _back_to(found)


def by_name(words: str) -> str:
    """Words for the other side, in which the office is called as this organisation calls it."""
    return words % {"office": Organisation.current().office_name}


def _back_to(row: Row) -> HttpResponse:
    return redirect(f"{row.revision.agreement.get_absolute_url()}#row-{row.pk}")


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: SignedInRequest, pk: int, row_pk: int) -> HttpResponse:
    """A row as the area would have it: in a shared draft, or as an answer to a proposal."""
    found = _row(request, pk, row_pk)
    if not can_reword(request.user, found.revision.agreement.area):
        raise PermissionDenied
    if request.method != "POST" and not found.revision.is_open_to_the_area:
        messages.info(request, _("The words of this cannot be changed now."))
        return redirect(found.revision.agreement)
    is_draft = found.revision.state == State.DRAFT and found.revision.side == Side.PMO
    form = (OwnCellsForm if is_draft else RewordForm)(request.POST or None, instance=found.as_answered())
    if request.method == "POST" and form.is_valid() and form.kept(actions.change_words, request.user):
        messages.success(
            request, by_name(_("Kept; the %(office)s sees it.")) if is_draft else _("Kept. Nothing is sent yet.")
        )
        return _back_to(found)
    back = f"{found.revision.agreement.get_absolute_url()}#row-{found.pk}"
    context = {
        "form": form, "row": found, "office": Organisation.current().office_name, "is_draft": is_draft,
        "title": _("Change words"), "eyebrow": found.revision.agreement, "eyebrow_url": back, "cancel_url": back,
    }  # fmt: skip
    return form_page(request, "stakeholders/agreements/change.html", **context)


@require_POST
def take_back(request: SignedInRequest, pk: int, row_pk: int) -> HttpResponse:
    """A row of the area's answer says again what the PMO proposed."""
    found = _row(request, pk, row_pk)
    actions.take_back(found, by=request.user, seen=request.POST.get("seen", ""))
    messages.success(request, by_name(_("The row reads again as the %(office)s proposed it.")))
    return _back_to(found)


@require_POST
def take_all_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """All that the area changed is thrown away; the proposal waits as before."""
    found = _waiting(request, pk)
    actions.take_all_back(found, by=request.user, content_hash=request.POST.get("hash", ""))
    messages.success(
        request, by_name(_("Your changes are taken back. The proposal waits as the %(office)s signed it."))
    )
    return redirect(found.agreement)


@only(can_draft)
@require_POST
def share(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the draft to the area's head."""
    found = _revision(request, pk, State.DRAFT)
    told: list[str] = []
    if done(request, lambda: told.extend(actions.share(found, by=request.user)), _("Shared.")):
        _say_who_was_told(request, told)
    return redirect(found.agreement)


def _say_who_was_told(request: SignedInRequest, told: list[str]) -> None:
    if told:
        messages.info(request, _("A letter has told %(names)s.") % {"names": ", ".join(told)})
    else:
        messages.warning(request, _("Nobody was told: the area has no head with a way in. Invite them under People."))


@only(can_draft)
@require_POST
def remind(request: SignedInRequest, pk: int) -> HttpResponse:
    """The second letter about the proposal or the shared draft."""
    found = _revision(request, pk)
    done(request, lambda: actions.remind(found, by=request.user), _("A second letter is on its way."))
    return redirect(page_before(request))


@signing
@require_POST
def propose(request: SignedInRequest, pk: int) -> HttpResponse:
    """Sign for the PMO, exactly the words of the page, by their hash."""
    found = _revision(request, pk, State.DRAFT)
    seen = request.POST.get("hash", "")
    words = _("Signed for the PMO. It waits for the head's signature; a letter has told them.")
    done(request, lambda: actions.propose(found, by=request.user, content_hash=seen), words)
    return redirect(found.agreement)


@only(can_draft)
@require_POST
def revise(request: SignedInRequest, pk: int) -> HttpResponse:
    """A new revision with the words of the newest one."""
    found = _revision(request, pk)
    done(request, lambda: actions.revise(found.agreement, by=request.user), _("A new draft, with the same words."))
    return redirect(found.agreement)


@signing
@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: SignedInRequest, pk: int) -> HttpResponse:
    """Check answers, then sign for one's side: exactly the text of this page, by its hash."""
    found = _waiting(request, pk)
    if request.method == "POST":
        verb, told = (
            (actions.counter, _answer_told(found)) if found.was_never_sent else (actions.countersign, IN_FORCE)
        )
        seen = request.POST.get("hash", "")
        done(request, lambda: verb(found, by=request.user, content_hash=seen), told)
        return redirect(found.agreement)
    if not (found.was_never_sent or can_answer(request.user, found)):
        return redirect(found.agreement)
    context = reading.sign_page(found, request.user)
    if context["is_answer"] and context["missing"]:
        return redirect(found.agreement)
    return render(request, "stakeholders/agreements/sign.html", context)


def _answer_told(answer: AgreementRevision) -> str:
    """What happens next, once an area has signed its own words."""
    words = _(
        "Signed for %(area)s, with your words. The %(office)s signs your wording next and has been told; "
        "until then nothing of it is in force."
    )
    return words % {"area": answer.agreement.area, "office": Organisation.current().office_name}


@signing
@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say no for one's side, with a reason."""
    found = _proposal(request, pk)
    if speaks_for(request.user, found.agreement.area) != found.signs_next:
        raise PermissionDenied
    return _with_reason(
        request, found, actions.decline, _("Say no to this proposal"), _("The other side has been told.")
    )


def _proposal(request: SignedInRequest, pk: int) -> AgreementRevision:
    """The proposal that waits, else the newest revision that this user sees."""
    found = visible_revisions(request.user).filter(agreement=pk).with_rows()
    return found.in_state(State.PROPOSED).first() or _revision(request, pk)


@signing
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take the proposal back for the side that made it, with a reason."""
    found = _proposal(request, pk)
    if not can_withdraw(request.user, found):
        raise PermissionDenied
    return _with_reason(request, found, actions.withdraw, _("Take this proposal back"), _("Withdrawn."))


def _with_reason(
    request: SignedInRequest, found: AgreementRevision, verb: Any, title: str, done: str
) -> HttpResponse:
    if request.method != "POST" and found.state != State.PROPOSED:
        messages.info(request, _("This proposal has been answered already."))
        return redirect(found.agreement)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        seen = {"content_hash": request.POST.get("hash", "")} if verb is actions.decline else {}
        verb(found, by=request.user, reason=form.cleaned_data["reason"], **seen)
        messages.success(request, done)
        return redirect(found.agreement)
    context = {
        "form": form, "title": title, "eyebrow": found.agreement, "draft": found, "submit": title,
        "is_decline": verb is actions.decline,
        "eyebrow_url": found.agreement.get_absolute_url(), "cancel_url": found.agreement.get_absolute_url(),
    }  # fmt: skip
    return form_page(request, "stakeholders/agreements/reason.html", **context)


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
            form.add_error("evidence", str(refusal))
    side = side_of(request.user, found.row.revision.agreement.area)
    context = {
        "promise": found, "line": reading.promise_line(found), "form": form,
        "is_mine": side == found.side and form.fields["to"].choices,  # type: ignore[attr-defined]
        "agreement": found.row.revision.agreement,
    }  # fmt: skip
    return form_page(request, "stakeholders/agreements/promise.html", **context)
