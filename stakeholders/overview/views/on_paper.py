"""The mandate on paper and out of the portal, for its readers: one page, PDF, and the version as a file."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from mandate import reading as mandate
from mandate.access import can_see_drafts
from mandate.models import MandateVersion
from pmo_portal.common.models import Organisation
from pmo_portal.paper import reading as paper
from pmo_portal.paper.actions import order
from stakeholders.overview.views.readers import none_is_live, refused_to_read

PDF, JSON, MARKDOWN = "application/pdf", "application/json; charset=utf-8", "text/markdown; charset=utf-8"
VersionView = Callable[[HttpRequest, MandateVersion], HttpResponse]


def of_a_version(*methods: str, nothing: int = HTTPStatus.NOT_FOUND) -> Callable[[VersionView], Any]:
    """A view of the live version, to whom the organisation lets read it; `nothing` is the status when none is live.

    With ?version= of another: of any for those who write and issue it, of one that was published for other readers,
    and to these all the rest is not there.
    """

    def wrap(view: VersionView) -> Any:
        @login_not_required
        @require_http_methods([*methods])
        @wraps(view)
        def guarded(request: HttpRequest) -> HttpResponse:
            if refusal := refused_to_read(request):
                return refusal
            version = asked_for(request)
            if version is None and nothing == HTTPStatus.NOT_FOUND:
                raise Http404
            return view(request, version) if version else none_is_live(request, nothing)

        return guarded

    return wrap


def asked_for(request: HttpRequest) -> MandateVersion | None:
    """The version that the address asks for; None when it is the live one and there is none."""
    versions, number = MandateVersion.objects.with_parts(), request.GET.get("version", "")
    if not number:
        return versions.live().first()
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise Http404
    known = versions if can_see_drafts(request.user) else versions.published()
    return get_object_or_404(known, number=int(number))


def query(request: HttpRequest) -> str:
    """How to ask for the same version elsewhere."""
    return f"?version={request.GET['version']}" if request.GET.get("version") else ""


@of_a_version("GET", "HEAD", nothing=HTTPStatus.OK)
def one_page(request: HttpRequest, version: MandateVersion) -> HttpResponse:
    """The mandate on one sheet, as it prints; who writes it is told when it is too long for that."""
    shown = mandate.one_page(version, MandateVersion.objects.live().first())
    logo = Organisation.current().logo_digest
    context = {
        **shown,
        "too_long": shown["too_long"] if can_see_drafts(request.user) else "",
        "query": query(request),
        "can_make": paper.can_make(),
        "logo": reverse("home:logo", kwargs={"digest": logo}) if logo else "",
    }
    return render(request, "stakeholders/overview/one_page.html", context)


@of_a_version("GET", "HEAD", "POST")
def one_page_pdf(request: HttpRequest, version: MandateVersion) -> HttpResponse:
    """The one page as a PDF."""
    return as_pdf(request, version, mandate.one_page_on_paper, "one-page")


@of_a_version("GET", "HEAD", "POST")
def whole_pdf(request: HttpRequest, version: MandateVersion) -> HttpResponse:
    """The whole mandate as a PDF."""
    return as_pdf(request, version, mandate.whole_on_paper, "whole")


def as_pdf(request: HttpRequest, version: MandateVersion, on_paper: Any, name: str) -> HttpResponse:
    """The PDF where it is made; else the page that says how far it is, and whose POST has it made."""
    wanted = on_paper(version, MandateVersion.objects.live().first())
    if request.method == "POST":
        if paper.can_make():
            order(wanted)
        return redirect(f"{request.path}{query(request)}")
    sheet = paper.sheet_of(wanted)
    if sheet and sheet.is_made:
        return download(bytes(sheet.pdf or b""), PDF, f"mandate-{version.number}-{name}.pdf")
    context = {"version": version, "name": name, "sheet": sheet, "query": query(request)}
    return render(request, "stakeholders/overview/paper.html", {**context, "can_make": paper.can_make()})


@of_a_version("GET", "HEAD")
def as_json(request: HttpRequest, version: MandateVersion) -> HttpResponse:
    """The version as a document that another portal can read, and anybody can check."""
    return download(mandate.as_json(version), JSON, f"mandate-{version.number}.json")


@of_a_version("GET", "HEAD")
def as_markdown(request: HttpRequest, version: MandateVersion) -> HttpResponse:
    """The version as a text to go on with elsewhere."""
    return download(mandate.as_markdown(version), MARKDOWN, f"mandate-{version.number}.md")


def download(content: bytes | str, kind: str, name: str) -> HttpResponse:
    """A file to keep."""
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
