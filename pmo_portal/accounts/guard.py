"""What each request of somebody signed in passes on its way: zone, list of places, factor, fresh proof."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from pmo_portal.accounts.access import SignedInRequest
from pmo_portal.accounts.again import ask, come_back
from pmo_portal.accounts.models import User
from pmo_portal.accounts.proofs import WITHOUT_PROOF, factors_of, is_proven, needs_factor, proof_needed, proofs
from pmo_portal.accounts.reading import going_on
from pmo_portal.common.access import page_before
from pmo_portal.common.models import Organisation, one_reading

SEEN_EVERY = timedelta(minutes=10)


class ViewerMiddleware:
    """Shows each page in the viewer's own time zone, else the organisation's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with one_reading():
            if not request.user.is_authenticated:
                return self.get_response(request)
            with timezone.override(ZoneInfo(request.user.time_zone or Organisation.current().time_zone)):
                return self.get_response(request)


class PlacesMiddleware:
    """Keeps the list of where somebody is signed in: each session stands in it, however it began."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Afterwards, because the request itself may have been the signing in or out.
        if request.user.is_authenticated and request.session.session_key:
            self.see(request)
        return response

    def see(self, request: HttpRequest) -> None:
        """Note that a session lives: when it is new, and then now and then, because most pages only read."""
        now = timezone.now()
        mine = UserSession.objects.filter(session_key=request.session.session_key, user_id=request.user.pk)
        seen = mine.values_list("last_seen_at", flat=True).first()
        if seen is None:
            UserSession.objects.create_from_request(request)
        elif now - seen > SEEN_EVERY:
            mine.update(last_seen_at=now)


# The ways out, what a page looks like, and the answers for those who run the portal.
OPEN_WITHOUT_PROOF = {"account_logout", "home:accent", "home:logo", "home:healthz", "home:readyz"}
# What is left to who must set up a second factor first.
OPEN_WITHOUT_FACTOR = OPEN_WITHOUT_PROOF | {
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_view_recovery_codes",
    "account_reauthenticate",
    "account_reauthenticate_by_code",
}


WHOSE = "whose"


class EndedMiddleware:
    """What is posted from a page whose session has ended is kept until its own person is in again.

    A signed cookie tells whose the browser last was, and no more: the digits go to that person's mailbox, so nobody
    else gets on with what they wrote.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated and whose(request) != request.user.pk:
            response.set_signed_cookie(
                settings.WHOSE_COOKIE_NAME, str(request.user.pk), salt=WHOSE, max_age=settings.SESSION_COOKIE_AGE,
                secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax",
            )  # fmt: skip
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Ask whoever it was; somebody of whom nothing is known begins at the page they came from."""
        if request.user.is_authenticated or request.method != "POST" or not getattr(view, "login_required", True):
            return None
        if is_script(request):
            return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
        user = User.objects.filter(pk=whose(request), is_active=True).first()
        page = request.resolver_match.view_name if request.resolver_match else ""
        if user and page not in WITHOUT_PROOF:
            return come_back(request, user)
        return redirect_to_login(page_before(request))


def whose(request: HttpRequest) -> int:
    """The number of the user who was last signed in here, as this browser kept it; 0 of nobody."""
    kept = request.get_signed_cookie(
        settings.WHOSE_COOKIE_NAME, default="", salt=WHOSE, max_age=settings.SESSION_COOKIE_AGE
    )
    return int(kept) if kept else 0


class FactorMiddleware:
    """A session of somebody with a second factor was proved by it; who must have one reaches nothing before."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Turn away a session that is not good enough for this page."""
        if not request.user.is_authenticated:
            return None
        page = request.resolver_match.view_name if request.resolver_match else ""
        if factors_of(request.user):
            return None if page in OPEN_WITHOUT_PROOF or proofs(request) else self.out(request)
        if needs_factor(request.user) and page not in OPEN_WITHOUT_FACTOR:
            wanted = request.get_full_path() if is_reading(request) else page_before(request)
            return HttpResponseRedirect(going_on(reverse("mfa_index"), wanted))
        return None

    def out(self, request: HttpRequest) -> HttpResponse:
        """End a session that began before the factor was set, or past it; the person signs in with it."""
        user = request.user
        logout(request)
        if is_reading(request) or is_script(request):
            return redirect_to_login(request.get_full_path())
        return come_back(request, user) or redirect_to_login(page_before(request))  # type: ignore[arg-type]


class ProofMiddleware:
    """Reading is remembered on a device for long; writing and signing ask again who somebody is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: SignedInRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Let the request go on, now or with the right code in it; else ask, with all that was posted kept."""
        seconds = proof_needed(request, view) if request.user.is_authenticated else 0
        if not seconds or is_proven(request, seconds):
            return None
        if is_script(request):
            return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
        return ask(request, request.user)


def is_reading(request: HttpRequest) -> bool:
    """Asked for a page, which can be asked for again; a POST cannot."""
    return request.method in {"GET", "HEAD"}


def is_script(request: HttpRequest) -> bool:
    """Asked by a script, which can show no page: what was written still stands where it was."""
    headers = request.headers
    return bool(
        headers.get("HX-Request")
        or headers.get("X-Requested-With") == "XMLHttpRequest"
        or headers.get("Sec-Fetch-Dest") == "empty"
    )
