"""The portal's street map, and two pages to compare with: a bare one, and ready-made ones."""

from functools import cache

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def bare(request: HttpRequest) -> HttpResponse:
    """The least that a signed-in page costs: the middleware, the session, the user."""
    return HttpResponse(f"<!doctype html><title>{request.user.get_username()}</title>")


@login_not_required
def open_bare(request: HttpRequest) -> HttpResponse:
    """The least that a page costs to who is not signed in."""
    return HttpResponse("<!doctype html><title>nobody</title>")


def ready(request: HttpRequest, name: str) -> HttpResponse:
    """A page's own bytes as they were made before, behind the same door."""
    return HttpResponse(bytes_of(name))


@login_not_required
def open_ready(request: HttpRequest, name: str) -> HttpResponse:
    """The same for who is not signed in."""
    return HttpResponse(bytes_of(name))


@cache
def bytes_of(name: str) -> bytes:
    return bytes((settings.BENCH_FOLDER / f"{name}.html").read_bytes())


urlpatterns = [
    path("bench/bare/", bare),
    path("bench/open/bare/", open_bare),
    path("bench/open/<slug:name>/", open_ready),
    path("bench/ready/<slug:name>/", ready),
    path("", include("pmo_portal.urls")),
]
