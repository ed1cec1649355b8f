"""Where somebody is signed in, in words; writes nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.translation import gettext as _

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
