"""Ending sessions, and taking lost second factors off."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils.translation import gettext as _

from pmo_portal.accounts.models import User
from pmo_portal.audit.actions import note
from pmo_portal.common.errors import NotAllowed, RuleBroken
from pmo_portal.outbox import letters


@transaction.atomic
def end_sessions(user: User, *, by: Any, but: str = "", why: str = "") -> int:
    """End everything that a user has open, on every device, but the session with this key; returns how many."""
    open_ones = UserSession.objects.filter(user=user).exclude(session_key=but)
    for each in (ended := list(open_ones)):
        each.end()
    note(by=by, verb="end_sessions", subject=f"user:{user.pk}", ended=len(ended), why=why)
    return len(ended)


@transaction.atomic
def end_session(session: UserSession, *, by: Any) -> None:
    """End one session of one's own."""
    if session.user_id != by.pk:
        raise NotAllowed(_("This is not a session of yours."))
    session.end()
    note(by=by, verb="end_sessions", subject=f"user:{by.pk}", ended=1, why="one")


@transaction.atomic
def reset_sign_in(user: User, *, by: Any) -> None:
    """Take off the second factors of somebody who lost them, and their tie to single sign-on.

    They come in by their own mailbox again, and are told by letter. Raises NotAllowed for anybody but an
    administrator, and RuleBroken for one's own: who still has a factor takes it off with it.
    """
    if not (by.is_active and by.is_staff):
        raise NotAllowed(_("Only an administrator does this."))
    if by.pk == user.pk:
        raise RuleBroken(_("You change your own sign-in on its page; if you lost your factor, ask a colleague."))
    factors = list(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    Authenticator.objects.filter(user=user).delete()
    ties, _of_what = SocialAccount.objects.filter(user=user).delete()
    end_sessions(user, by=by, why="reset_sign_in")
    note(by=by, verb="reset_sign_in", subject=f"user:{user.pk}", factors=sorted(factors), ties=ties)
    letters.send_security(event="accounts/sign_in_reset", to=user.email, context={"user": user})
