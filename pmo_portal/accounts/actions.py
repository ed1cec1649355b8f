"""Giving somebody an office of the PMO, or the issuer's; letting in by single sign-on; ending sessions."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from pmo_portal.accounts.access import can_set_up
from pmo_portal.accounts.models import Appointment, User
from pmo_portal.audit.actions import note
from pmo_portal.common.errors import NotAllowed, RuleBroken
from pmo_portal.common.models import Organisation, refuse_overtaken, today
from pmo_portal.outbox import letters


@transaction.atomic
def set_organisation(organisation: Organisation, *, by: Any, fields: list[str], seen: str = "") -> None:
    """Keep the organisation's names and settings.

    Raises NotAllowed for anybody but the lead and administrators, Overtaken when somebody else saved meanwhile.
    """
    if not can_set_up(by):
        raise NotAllowed(_("Only the PMO lead or an administrator sets this."))
    if Organisation.objects.select_for_update().filter(pk=1).exists():
        refuse_overtaken(organisation, fields, seen)
    organisation.save()
    note(by=by, verb="set_organisation", subject="organisation:1", readers=organisation.mandate_readers)


@transaction.atomic
def appoint(
    user: User, office: str, *, by: Any, is_deputy: bool = False, starts_on: date | None = None
) -> Appointment:
    """Give a user an office from a day on (today).

    Raises RuleBroken where Appointment.clean refuses: the user is on the other side, or the office is taken.
    """
    day = starts_on or today()
    held = Appointment.objects.on(day).filter(user=user, office=office, is_deputy=is_deputy).first()
    if held:
        return held
    appointment = Appointment(user=user, office=office, is_deputy=is_deputy, starts_on=day)
    try:
        appointment.full_clean()
    except ValidationError as refusal:
        raise RuleBroken(" ".join(refusal.messages)) from refusal
    appointment.save()
    note(by=by, verb="appoint", subject=f"user:{user.pk}", office=office, deputy=is_deputy)
    return appointment


# --- sessions and second factors ----------------------------------------------------------------
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


# --- single sign-on -----------------------------------------------------------------------------
@dataclass(frozen=True)
class Identity:
    """What a provider vouches for: whose it is, under which lasting name, with which address."""

    provider: str
    uid: str
    address: str
    is_verified: bool
    name: str = ""


@transaction.atomic
def let_in(identity: Identity, *, via: str = "sso") -> tuple[User, SocialAccount]:
    """The user whom an identity of the provider opens the door to, tied to it from the first time on.

    Raises RuleBroken, with words for the person, when the address is not verified, belongs to nobody who may come
    in, belongs to a shut account, or when address and identity lead to two different accounts.
    """
    address = identity.address.lower()
    _refuse_unproved(identity)
    # The account is taken first: of two first visits at once, the second finds the tie of the first.
    user = User.objects.select_for_update().filter(email__iexact=address).first()
    tie = SocialAccount.objects.select_related("user").filter(provider=identity.provider, uid=identity.uid).first()
    if user is None and tie is None and Organisation.current().lets_in(address):
        user = _new_reader(address, identity.name, via)
    if user is None:
        raise RuleBroken(_("The portal does not know %(address)s.") % {"address": address})
    if not user.is_active:
        raise RuleBroken(_("The portal knows this address, but it may not come in at present."))
    if tie and tie.user_id != user.pk:
        _release(tie)
        tie = None
    return user, tie or _tie(user, identity)


def _refuse_unproved(identity: Identity) -> None:
    """Only an address that the provider has verified counts, and only one that reads the same to everybody."""
    if not identity.address:
        raise RuleBroken(_("The sign-in told us no e-mail address."))
    try:
        validate_email(identity.address)
    except ValidationError as problem:
        raise RuleBroken(_("The sign-in told us an e-mail address that is none.")) from problem
    # Letters of other scripts may become plain ones when an address is put in lower case.
    if not identity.address.isascii():
        raise RuleBroken(_("The sign-in told us an e-mail address that is none."))
    if not identity.is_verified:
        raise RuleBroken(_("The sign-in did not vouch that %(address)s is yours.") % {"address": identity.address})


def _new_reader(address: str, name: str, via: str) -> User:
    """Somebody of the organisation whom the PMO does not know: they may read, and hold no role."""
    known = {"name": name, "password": make_password(None)}
    user, is_new = User.objects.get_or_create(email=address, defaults=known)
    if is_new:
        note(by=None, verb="let_in", subject=f"user:{user.pk}", how=via)
    return user


def _release(tie: SocialAccount) -> None:
    """A tie to a shut account ends with it; one to an account that is open is never moved to another."""
    if tie.user.is_active:
        raise RuleBroken(
            _("Your sign-in now bears another address than the one the portal knows you by, so nobody was let in.")
        )
    note(by=None, verb="release_sso", subject=f"user:{tie.user_id}")
    tie.delete()


def _tie(user: User, identity: Identity) -> SocialAccount:
    """Tie the identity to the user, who has no other with this provider."""
    mine = SocialAccount.objects.filter(provider=identity.provider, user=user)
    if mine.exclude(uid=identity.uid).exists():
        raise RuleBroken(
            _("Another account of the sign-in has come in with this address before, so nobody was let in.")
        )
    tie, is_new = SocialAccount.objects.get_or_create(
        provider=identity.provider, uid=identity.uid, defaults={"user": user}
    )
    if is_new:
        note(by=None, verb="tie_sso", subject=f"user:{user.pk}")
    return tie
