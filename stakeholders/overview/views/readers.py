"""The mandate for its readers: the page, an address for each clause, the versions before, the feed, the document."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mandate import reading as mandate
from mandate.access import can_see_drafts, may_read, visible_versions
from mandate.models import MandateVersion, Publication
from pmo_portal.accounts.access import is_pmo
from pmo_portal.common.links import absolute
from pmo_portal.common.models import Organisation, today
from stakeholders.overview import reading
from stakeholders.people.access import has_role
from stakeholders.understanding.reading import of_reader

View = Callable[..., HttpResponse]
JSON = "application/json; charset=utf-8"


def for_readers(view: View) -> View:
    """Let in whom the organisation lets read its mandate; to anybody else it says nothing of what is there."""

    @login_not_required
    @require_safe
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return refused_to_read(request) or asked_anew(request, view(request, *args, **kwargs))

    return guarded


def refused_to_read(request: HttpRequest) -> HttpResponse | None:
    """The way to sign in, or the refusal, for whom the organisation does not let read; None for everybody else."""
    if may_read(request.user, has_role=has_role(request.user)):
        return None
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.get_full_path())


def is_open() -> bool:
    """Whether anyone may read the mandate, signed in or not."""
    return Organisation.current().mandate_readers == Organisation.Readers.ANYONE


def is_stranger(request: HttpRequest) -> bool:
    """Nobody of whom we know anything: not signed in, and without a cookie of ours."""
    return not request.COOKIES and not request.user.is_authenticated


def asked_anew(request: HttpRequest, response: HttpResponse, changed_at: datetime | None = None) -> HttpResponse:
    """Let caches keep what a stranger sees, and ask again each time whether it still holds.

    Any age would either outlast the second at which the next version goes live, or tell that moment by being shorter
    than usual; a question that is answered by 304 costs next to nothing. What a person sees is never kept.
    """
    if response.status_code != HTTPStatus.OK:
        return response
    response["Cache-Control"] = "public, no-cache" if is_open() and is_stranger(request) else "no-store"
    response["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    seconds = int(changed_at.timestamp()) if changed_at else None
    if seconds is not None:
        response["Last-Modified"] = http_date(seconds)
    answer = get_conditional_response(request, response["ETag"], seconds, response)
    return answer if isinstance(answer, HttpResponse) else response


@for_readers
def live(request: HttpRequest) -> HttpResponse:
    """The live mandate."""
    publication = mandate.standing(timezone.now())
    if publication is None:
        return none_is_live(request)
    if is_stranger(request):
        return HttpResponse(for_strangers(request, publication))
    return render(request, "stakeholders/overview/mandate.html", whole(request, publication))


def whole(request: HttpRequest, publication: Publication) -> dict[str, Any]:
    """What the page of the live mandate shows to one reader."""
    version, user = publication.version, request.user
    return {
        **mandate.ready_made(version),
        **mandate.head(publication),
        "title": mandate.mandate_title(),
        "can_write": can_see_drafts(user),
        "has_feed": is_open(),
        "can_see_readers": is_pmo(user),
        **of_reader(user, reading.person_of(user), version),
        "here": reading.helps_here(user, version, request.GET.get("area", "")),
    }


def for_strangers(request: HttpRequest, publication: Publication) -> bytes:
    """The page as everybody sees it who has no cookie of ours, made once for all that it is made of."""
    organisation = Organisation.current()
    looks = tuple(getattr(organisation, field.attname) for field in organisation._meta.concrete_fields)
    made_of = (publication.pk, publication.version.content_hash, publication.who, looks, get_language(), today())
    page = _pages.get(made_of)
    if page is None:
        context = whole(request, publication)
        page = render_to_string("stakeholders/overview/mandate.html", context, request).encode()
        if len(_pages) >= MOST_PAGES:
            # Other threads read here: what this one made, it hands out itself.
            _pages.clear()
        _pages[made_of] = page
    return page


MOST_PAGES = 8
_pages: dict[tuple[Any, ...], bytes] = {}


def none_is_live(request: HttpRequest, status: int = HTTPStatus.OK) -> HttpResponse:
    """No version holds: not yet, or the last one was withdrawn, and why."""
    context = {"can_write": can_see_drafts(request.user), "taken_back": mandate.taken_back()}
    return render(request, "stakeholders/overview/no_mandate.html", context, status=status)


@for_readers
def clause(request: HttpRequest, clause: str) -> HttpResponse:
    """One clause, then its section; a number of before leads to what the clause is called now."""
    now = timezone.now()
    publication = mandate.standing(now)
    if publication is None:
        return none_is_live(request, HTTPStatus.NOT_FOUND)
    shown = mandate.clause_page(publication.version, clause)
    if shown is None:
        return clause_of_before(request, clause, publication.version)
    context = {
        **shown,
        **mandate.head(publication),
        "was": reading.was(request.GET.get("was", "")),
        "means": reading.clause_means(request.user, shown["key"]),
        "address": absolute(request.path),
        "is_open": is_open(),
    }
    return render(request, "stakeholders/overview/clause.html", context)


def clause_of_before(request: HttpRequest, number: str, version: MandateVersion) -> HttpResponse:
    """Lead to the number that the clause bears now, or say that it is gone; 404 where there never was such a one."""
    found = mandate.clause_of_before(number, version, timezone.now())
    if found is None:
        raise Http404
    was, now = found
    if now is not None:
        address = reading.clause_address(now.number)
        return redirect(f"{address}?was={was.number}-{was.version.number}")
    context = {"was": was, "says": mandate.says(was.kind), "version": version}
    return render(request, "stakeholders/overview/clause_gone.html", context, status=HTTPStatus.NOT_FOUND)


@for_readers
def history(request: HttpRequest) -> HttpResponse:
    """Every version that was ever published, and what became of it."""
    rows = mandate.history(timezone.now())
    context = {"rows": rows, "has_feed": is_open(), "can_write": can_see_drafts(request.user)}
    return render(request, "stakeholders/overview/history.html", context)


@for_readers
def history_version(request: HttpRequest, number: int) -> HttpResponse:
    """One version that was published, whole, and whether it still holds."""
    published = MandateVersion.objects.published(timezone.now())
    version = get_object_or_404(published, number=number)
    rows = mandate.history(timezone.now())
    row = next(each for each in rows if each["version"] == version)
    context = {
        **mandate.ready_made(version, is_live=row["is_live"]),
        "version": version,
        "row": row,
        "live": next((each for each in rows if each["is_live"]), None),
        "title": mandate.mandate_title(),
        "address": absolute(request.path),
    }
    return render(request, "stakeholders/overview/history_version.html", context)


@for_readers
def compare(request: HttpRequest) -> HttpResponse:
    """Any two versions that this reader may know of; by default the one they last read against the live one."""
    versions = list(visible_versions(request.user).with_decisions())
    asked = {name: value for name in ("from", "to", "view", "show") if (value := request.GET.get(name))}
    if not {asked[name] for name in ("from", "to") if name in asked} <= {str(each.number) for each in versions}:
        raise Http404
    live = MandateVersion.objects.live().first()
    context = mandate.compare_page(versions, asked, live=live, last_read=reading.last_read(request.user))
    return render(request, "mandate/compare.html", context)


@login_not_required
@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """The publications; there is a feed only where anyone may read, because a feed reader cannot sign in."""
    if not is_open():
        raise Http404
    rows = mandate.history(timezone.now())
    response = HttpResponse(mandate.feed(rows), content_type="application/atom+xml; charset=utf-8")
    return asked_anew(request, response, mandate.feed_changed_at(rows))


@login_not_required
def api(request: HttpRequest) -> HttpResponse:
    """The live version as JSON, to the same readers as the page; nothing is written here."""
    if request.method not in {"GET", "HEAD"}:
        return refused(HTTPStatus.METHOD_NOT_ALLOWED, _("This address is only read."), Allow="GET, HEAD")
    if not may_read(request.user, has_role=has_role(request.user)):
        if request.user.is_authenticated:
            return refused(HTTPStatus.FORBIDDEN, _("You may not read this mandate."))
        return refused(HTTPStatus.UNAUTHORIZED, _("Sign in first: not everybody may read this mandate."))
    publication = mandate.standing(timezone.now())
    if publication is None:
        return refused(HTTPStatus.NOT_FOUND, _("No version of the mandate is live."))
    return asked_anew(request, HttpResponse(mandate.document_of(publication), content_type=JSON))


def refused(status: HTTPStatus, words: str, **headers: str) -> HttpResponse:
    """A refusal as a program reads it."""
    content = json.dumps({"error": words}, ensure_ascii=False)
    return HttpResponse(content, content_type=JSON, status=status, headers=headers)
