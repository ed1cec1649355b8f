"""Who may come in at all, and how a refusal looks: one mixin, one decorator, one middleware."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from pmo_portal.common.errors import NotAllowed, Refusal, RuleBroken, Stale, TooOften

View = Callable[..., HttpResponse]


def only(allowed: Callable[[Any], bool]) -> Callable[[View], View]:
    """Let a view be used by those of whom `allowed(user)` is true; 403 for everybody else."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not allowed(request.user):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return wrap


def done(request: HttpRequest, verb: Callable[[], Any], words: Any) -> bool:
    """Do a verb and say so, or say the rule that refuses it with all that is missing; True when it was done."""
    try:
        verb()
    except RuleBroken as refusal:
        messages.error(request, " ".join([str(refusal), *(str(each) for each in refusal.missing)]))
        return False
    messages.success(request, words)
    return True


def posted(request: HttpRequest) -> Any:
    """What was posted, were it nothing at all; None where nothing was."""
    return request.POST if request.method == "POST" else None


def form_page(request: HttpRequest, template: str, form: Any, **context: Any) -> HttpResponse:
    """A page with a form: 422 when what was sent has an error, and what was written is kept.

    Where somebody else saved the same words meanwhile it is the page of both wordings instead (409).
    """
    status = getattr(form, "status", 422) if form.errors else 200
    page = "layout/both_wordings.html" if getattr(form, "clashes", ()) else template
    return render(request, page, {**context, "form": form}, status=status)


class CalmMiddleware:
    """No page of a signed-in person is stored, and a broken rule is a plain page, never a traceback."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = bad_request(request, RequestDataTooBig()) if is_too_large(request) else self.get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not response.content:
            allowed = response["Allow"]
            response = render(request, "405.html", status=HTTPStatus.METHOD_NOT_ALLOWED)
            response["Allow"] = allowed
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Show a refusal that no view had a better place for: 403, 409, or the rule in words."""
        for kind, template, status in REFUSALS:
            if isinstance(exception, kind):
                context = {"why": exception.message, "url": page_before(request)}
                return render(request, template, context, status=status)
        return None


def is_too_large(request: HttpRequest) -> bool:
    """More than the largest form of the portal carries: known before a byte of it is read, a file's bytes too."""
    told = request.META.get("CONTENT_LENGTH") or ""
    return told.isdecimal() and int(told) > settings.MOST_SENT


TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What was sent makes no sense (400), or was too much at once (413): how much is taken, and what to do."""
    if not isinstance(exception, TOO_MUCH):
        return render(request, "400.html", status=HTTPStatus.BAD_REQUEST)
    context = {
        "megabytes": settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20,
        "fields": settings.DATA_UPLOAD_MAX_NUMBER_FIELDS,
    }
    return render(request, "413.html", context, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


REFUSALS: list[tuple[type[Refusal], str, int]] = [
    (NotAllowed, "403.html", 403),
    (Stale, "409.html", 409),
    (RuleBroken, "refused.html", 409),
    (TooOften, "429.html", 429),
]


def page_before(request: HttpRequest) -> str:
    """The page of ours that the person came from, to read it again; the first page when nobody knows."""
    address = urlsplit(request.headers.get("Referer", ""))
    # One slash: a path that begins with two would be read as another host.
    return "/" + address.path.lstrip("/") if address.netloc == request.get_host() else "/"
