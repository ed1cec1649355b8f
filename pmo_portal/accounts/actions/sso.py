"""Letting in whom the provider of single sign-on vouches for."""

from dataclasses import dataclass

from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from pmo_portal.accounts.models import User
from pmo_portal.audit.actions import note
from pmo_portal.common.errors import RuleBroken
from pmo_portal.common.models import Organisation


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
    user = _account(address)
    tie = SocialAccount.objects.select_related("user").filter(provider=identity.provider, uid=identity.uid).first()
    if user is None and tie:
        user = _account(address)  # the first visit came to its end between our two questions
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


def _account(address: str) -> User | None:
    """The account of an address, held until this transaction ends."""
    return User.objects.select_for_update().filter(email__iexact=address).first()


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
