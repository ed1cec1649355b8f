"""What a reader says of the mandate: that they have read it, that they follow it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mandate.access import may_read
from mandate.models import MandateVersion
from pmo_portal.accounts.access import SignedInRequest
from pmo_portal.common.access import done
from stakeholders.overview import reading
from stakeholders.people.access import has_role
from stakeholders.understanding.actions import acknowledge as acknowledge_version
from stakeholders.understanding.actions import follow as follow_mandate
from stakeholders.understanding.actions import stop_following


@require_POST
def acknowledge(request: SignedInRequest) -> HttpResponse:
    """Say that this version was read; only people whom the PMO works with have something to say."""
    person = reading.person_of(request.user)
    if person is None or not may_read(request.user, has_role=has_role(request.user)):
        raise PermissionDenied
    version = MandateVersion.objects.live().first()
    acknowledge_version(version, person=person, by=request.user, content_hash=request.POST.get("hash", ""))
    messages.success(request, _("Noted: you have read it."))
    return redirect("mandate:live")


@require_POST
def follow(request: SignedInRequest) -> HttpResponse:
    """Get the issuer's letter whenever a version is published, or stop it."""
    if request.POST.get("what") == "stop":
        stop_following(request.user, how="mandate", by=request.user)
        messages.success(request, _("You get no more letters about new versions."))
    else:
        words = _("You get a letter whenever a new version is published.")
        done(request, lambda: follow_mandate(request.user), words)
    return redirect("mandate:live")
