"""What the door shows of somebody before they are in; writes nothing."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

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


def masked(address: str) -> str:
    """An address as its owner knows it again and nobody else learns it: a…r@fairhaven.example."""
    name, _at, domain = address.rpartition("@")
    return f"{name[:1]}…{name[-1] if len(name) > 2 else ''}@{domain}"
