"""Pages of digests: settings, archive, one letter as sent, the PMO's outbox, leaving by link."""

from typing import Any

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp, csp_update
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pmo_portal.accounts.access import is_pmo
from pmo_portal.accounts.models import User
from pmo_portal.common.access import only
from pmo_portal.common.links import sign, unsign
from stakeholders.digests import actions, reading
from stakeholders.digests.access import can_set_for, own_letters, visible_deliveries, visible_letters
from stakeholders.digests.forms import LeaveForm, OutboxForm, PreferenceForm, StopForm
from stakeholders.digests.models import Delivery, DigestPreference
from stakeholders.digests.notices import LEAVE
from stakeholders.people.models import Person
from stakeholders.understanding.access import follows
from stakeholders.understanding.actions import follow_again, stop_following
from stakeholders.understanding.models import Follow

read_or_post = require_http_methods(["GET", "HEAD", "POST"])
DAY = 24 * 3600
LEAVE_LIFE = 400 * DAY  # an old letter still lets its reader go
UNDO_LIFE = 30 * DAY
# A letter's styles are inline by nature: it is shown in a frame that may run nothing, load nothing and post nothing.
LETTER_POLICY = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": [True],
}


# --- settings -----------------------------------------------------------------------------------
@read_or_post
def preferences(request: HttpRequest) -> HttpResponse:
    """How often I want the digest."""
    return _preferences(request, get_object_or_404(Person, user=request.user), "digests:preferences")


@read_or_post
@only(is_pmo)
def preferences_of(request: HttpRequest, pk: int) -> HttpResponse:
    """How often somebody gets it, set by the PMO until they choose themselves."""
    return _preferences(request, get_object_or_404(Person, pk=pk), "digests:preferences_of", pk=pk)


def _preferences(request: HttpRequest, person: Person, here: str, **kwargs: Any) -> HttpResponse:
    preference = actions.preference_of(person, timezone.now())
    form = PreferenceForm(request.POST or None, instance=preference)
    if request.method == "POST" and form.is_valid():
        actions.choose(person, by=request.user, **form.cleaned_data)
        messages.success(request, _("Kept."))
        return redirect(here, **kwargs)
    standing = actions.preference_of(person, timezone.now())
    return render(
        request,
        "digests/preferences.html",
        {
            "form": form,
            "person": person,
            "preference": standing,
            "is_own": person.user_id == request.user.pk,
            "can_set": can_set_for(request.user, standing),
            "times": reading.next_times(standing, timezone.now()) if standing.pk else [],
        },
    )


# --- letters ------------------------------------------------------------------------------------
@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    """My letters, exactly as they were sent, and when there was nothing to send."""
    letters = reading.page_of(reading.letter_lines(own_letters(request.user)), request.GET.get("page"))
    silent = reading.silent_lines(Delivery.objects.filter(person__user=request.user.pk))
    return render(
        request,
        "digests/archive.html",
        {"page_obj": letters, "letters": reading.in_lines(letters), "silent": silent, "zone": reading.zone()},
    )


@require_safe
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]  # csp's types know no view with arguments
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """One letter as sent."""
    email = get_object_or_404(visible_letters(request.user).prefetch_related("tries"), pk=pk)
    as_text = request.GET.get("as") == "text" or not email.html
    context = {
        "email": email,
        "as_text": as_text,
        "sender": reading.sender(email),
        "at": reading.when(email.posted_at),
    }
    if is_pmo(request.user):
        context |= {"line": reading.letter_line(email), "attempts": reading.attempts(email), "reason": email.reason}
    return render(request, "digests/letter.html", context)


@require_safe
@xframe_options_sameorigin
@csp(LETTER_POLICY)  # type: ignore[arg-type]  # as above
def letter_source(request: HttpRequest, pk: int) -> HttpResponse:
    """The frozen HTML of a letter, for the frame on its page."""
    return HttpResponse(get_object_or_404(visible_letters(request.user), pk=pk).html)


@require_safe
def whole(request: HttpRequest, pk: int) -> HttpResponse:
    """All that a digest had no room for, under the rights its reader has now."""
    delivery = get_object_or_404(visible_deliveries(request.user).select_related("person__user", "email"), pk=pk)
    sections = reading.whole(delivery, timezone.now())
    return render(request, "digests/whole.html", {"delivery": delivery, "sections": sections})


# --- the PMO's outbox ---------------------------------------------------------------------------
@require_safe
@only(is_pmo)
def outbox(request: HttpRequest) -> HttpResponse:
    """Everything that went out or waits to."""
    form = OutboxForm(request.GET)
    state = form.cleaned_data["state"] if form.is_valid() else ""
    letters = visible_letters(request.user)
    page = reading.page_of(
        reading.letter_lines(letters.filter(state=state) if state else letters), request.GET.get("page")
    )
    context = {"form": form, "page_obj": page, "letters": reading.in_lines(page), "zone": reading.zone()}
    return render(request, "digests/outbox.html", context | {"state": state})


@require_safe
@only(is_pmo)
def unwritten(request: HttpRequest) -> HttpResponse:
    """The digests that were not written, each with the reason."""
    skipped = Delivery.objects.skipped().select_related("person")
    page = reading.page_of(skipped, request.GET.get("page"))
    context = {"page_obj": page, "lines": [reading.silent_line(each) for each in page], "zone": reading.zone()}
    return render(request, "digests/unwritten.html", context)


# --- leaving, by the link in a letter -----------------------------------------------------------
class DigestLetters:
    """One person's digest, to those who leave it: less often, or not at all."""

    LEAVE, UNDO, FORM = LEAVE, "digest-undo", LeaveForm
    ASKS, LEFT, BACK = "digests/leave.html", "digests/left.html", "digests/back_again.html"

    def __init__(self, person: Person) -> None:
        self.pk, self.person = person.pk, person

    @classmethod
    def of(cls, pk: int) -> "DigestLetters | None":
        person = Person.objects.filter(pk=pk).first()
        return cls(person) if person else None

    def leave(self, *, how: str, choice: str = DigestPreference.Rhythm.OFF) -> None:
        actions.leave(self.person, how=how, rhythm=choice)

    def undo(self) -> None:
        actions.think_again(self.person)

    def context(self) -> dict[str, Any]:
        preference = actions.preference_of(self.person, timezone.now())
        return {"preference": preference, "rhythm": reading.rhythm_in_words(preference)}


class FollowersLetters:
    """The issuer's letters to somebody who follows the mandate by mail; who has a role is told by it."""

    LEAVE, UNDO, FORM = Follow.LEAVE, "mandate-follow-undo", StopForm
    ASKS, LEFT, BACK = "digests/stop_following.html", "digests/stopped_following.html", "digests/follows_again.html"

    def __init__(self, user: User) -> None:
        self.pk, self.user = user.pk, user

    @classmethod
    def of(cls, pk: int) -> "FollowersLetters | None":
        user = User.objects.filter(pk=pk).first()
        return cls(user) if user else None

    def leave(self, *, how: str, choice: str = StopForm.STOP) -> None:
        if choice == StopForm.STOP:
            stop_following(self.user, how=how)

    def undo(self) -> None:
        follow_again(self.user)

    def context(self) -> dict[str, Any]:
        return {"follows": follows(self.user)}


Letters = DigestLetters | FollowersLetters
TO_LEAVE = (DigestLetters, FollowersLetters)


@login_not_required
@csrf_exempt  # The token in the address is the proof and no cookie is looked at (RFC 8058, 3.1).
@read_or_post
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks and changes nothing; POST acts: the page's form with a choice, or a mail program's one click."""
    letters = _bearer("LEAVE", token, LEAVE_LIFE)
    if letters is None:
        return _bad_link(request)
    if request.POST.get("List-Unsubscribe") == "One-Click":
        letters.leave(how="one_click")
        return _left(request, letters)
    form = letters.FORM(request.POST if request.method == "POST" else None)
    if form.is_valid():
        letters.leave(how="page", choice=form.cleaned_data["choice"])
        return _left(request, letters)
    return render(request, letters.ASKS, {"form": form, **letters.context()})


@login_not_required
@require_POST
def undo(request: HttpRequest, token: str) -> HttpResponse:
    """Leaving was a mistake."""
    letters = _bearer("UNDO", token, UNDO_LIFE)
    if letters is None:
        return _bad_link(request)
    letters.undo()
    return render(request, letters.BACK, letters.context())


def _left(request: HttpRequest, letters: Letters) -> HttpResponse:
    return render(request, letters.LEFT, {**letters.context(), "undo_token": sign(letters.UNDO, letters.pk)})


def _bearer(what: str, token: str, life: int) -> Letters | None:
    """The letters that a token was signed to leave, or to take up again: each kind has a purpose of its own."""
    for kind in TO_LEAVE:
        pk = unsign(getattr(kind, what), token, life)
        if isinstance(pk, int):
            return kind.of(pk)
    return None


def _bad_link(request: HttpRequest) -> HttpResponse:
    return render(request, "digests/bad_link.html", status=404)
