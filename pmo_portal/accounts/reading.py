"""What the door shows of somebody before they are in, and where somebody is signed in; writes nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _

from pmo_portal.accounts.models import User
from pmo_portal.common import links

START = "/"


@dataclass(frozen=True)
class WayIn:
    """A letter's link: whose it is, and where it leads."""

    token: str
    user: User
    path: str


def way_in(token: str) -> WayIn | None:
    """What a letter's link says; None for one that is forged, too old, or for something else."""
    found = links.bearer(token)
    user = User.objects.filter(pk=found[0]).first() if found else None
    return WayIn(token, user, inside(found[1])) if found and user else None


def wanted(request: HttpRequest) -> str:
    """The page of ours that ?next= (or the form) names, else the first page."""
    return inside(request.POST.get("next") or request.GET.get("next") or START)


def inside(path: str) -> str:
    """The path, when it stays in the portal; else the first page."""
    is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_ours else START


def onward(request: HttpRequest) -> str:
    """The page of ours that somebody wanted before they had to do something else first; empty when there is none."""
    path = wanted(request)
    return "" if path == START else path


def going_on(address: str, path: str) -> str:
    """An address of ours that remembers which page somebody wanted."""
    return f"{address}?{urlencode({'next': path})}" if path and path != START else address


def masked(address: str) -> str:
    """An address as its owner knows it again and nobody else learns it: a…r@fairhaven.example."""
    name, _sign, domain = address.rpartition("@")
    return f"{name[:1]}…{name[-1] if len(name) > 2 else ''}@{domain}"


# --- where somebody is signed in ----------------------------------------------------------------
# The first that a browser's own description holds is the one: many name others for the sake of old pages.
BROWSERS = [
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
]  # fmt: skip
DEVICES = [
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"), ("Windows", "Windows"),
    ("Macintosh", "Mac"), ("Linux", "Linux"),
]  # fmt: skip


@dataclass(frozen=True)
class Place:
    """One session of a person."""

    pk: int
    device: str
    since: datetime
    seen: datetime
    is_here: bool


def device(agent: str) -> str:
    """A browser's description of itself as people would say it."""
    browser = next((name for sign, name in BROWSERS if sign in agent), "")
    system = next((name for sign, name in DEVICES if sign in agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("A device that does not say what it is")


def places(user: Any, here: str | None) -> list[Place]:
    """The sessions of a user that still stand, this one (its key) first, then by when they were last seen."""
    alive = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    found = [
        Place(each.pk, device(each.user_agent), each.created_at, each.last_seen_at, each.session_key == here)
        for each in UserSession.objects.filter(user_id=user.pk, session_key__in=alive).order_by("-last_seen_at")
    ]
    return sorted(found, key=lambda place: not place.is_here)
