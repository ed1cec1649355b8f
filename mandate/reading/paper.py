"""The mandate on paper: the documents that become PDFs, with their look in them; writes nothing."""

from base64 import b64encode
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import timezone

from mandate.models import MandateVersion
from mandate.reading.one_page import one_page
from mandate.reading.pages import mandate_title, status
from mandate.reading.whole import page
from pmo_portal.common.models import Logo, Organisation
from pmo_portal.paper.reading import source


def one_page_on_paper(version: MandateVersion, live: MandateVersion | None) -> dict[str, Any]:
    """The one page as it goes to the press."""
    with timezone.override(ZoneInfo(Organisation.current().time_zone)):
        context = one_page(version, live)
    return on_paper("mandate/paper/one_page.html", context, _heights(context["halves"]))


def _heights(halves: tuple[float, float] | None) -> str:
    """Both halves as high as they may be, so that the sheet is full; where it is over-full they are as they come."""
    if halves is None:
        return ""
    upper, lower = halves
    first, second = (f".one-page__quarter:{place}-child" for place in ("first", "last"))
    return f"{first} {{ min-height: {upper:.1f}pt; }} {second} {{ min-height: {lower:.1f}pt; }}"


def whole_on_paper(version: MandateVersion, live: MandateVersion | None) -> dict[str, Any]:
    """The whole version as it goes to the press."""
    with timezone.override(ZoneInfo(Organisation.current().time_zone)):
        context = {
            **page(version, live),
            "status": status(version, live, to_readers=True),
            "title": mandate_title(),
            "is_live": bool(live and live.pk == version.pk),
        }
    return on_paper("mandate/paper/whole.html", context)


def on_paper(template: str, context: dict[str, Any], more: str = "") -> dict[str, Any]:
    """A document with its look inside. It is the same whoever asks for it, so it is made once."""
    organisation = Organisation.current()
    html = render_to_string(template, {**context, "organisation": organisation, "logo": _logo(organisation)})
    accent = f":root {{ --accent: {organisation.accent}; }}" if organisation.accent else ""
    return source(html, [_stylesheet(), *filter(None, [accent, more])])


def _stylesheet() -> str:
    return Path(str(finders.find("css/paper.css"))).read_text(encoding="utf-8")


def _logo(organisation: Organisation) -> str:
    """The logo as a part of the document: the press fetches nothing."""
    found = Logo.objects.filter(pk=1).first() if organisation.logo_digest else None
    return f"data:image/png;base64,{b64encode(bytes(found.png)).decode()}" if found else ""
