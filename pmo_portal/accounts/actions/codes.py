"""The codes of the door: sending them, and using each once."""

import secrets
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pmo_portal.accounts import notices
from pmo_portal.accounts.models import SignInCode, User
from pmo_portal.audit.actions import note
from pmo_portal.common.errors import RuleBroken
from pmo_portal.common.models import Organisation

Purpose = SignInCode.Purpose


def keyed_hash(browser: str, digits: str) -> str:
    """A hash that only this installation's key gives: who reads the table cannot try all the million digits."""
    return salted_hmac("portal.sign-in-code", f"{browser}:{digits}", algorithm="sha256").hexdigest()


def hash_of_browser(browser: str) -> str:
    """As which a browser stands in the table: its secret stays in its session."""
    return salted_hmac("portal.sign-in-browser", browser, algorithm="sha256").hexdigest()


@transaction.atomic
def send_code(
    address: str, *, browser: str, by: User | None = None, purpose: str = Purpose.COME_IN, now: datetime | None = None
) -> SignInCode:
    """Send six digits to an address, for the browser whose session holds the secret `browser`.

    `by` is the person whose address it is, where that is known (by a letter's link, or signed in). An address that
    may not come in gets a letter that says so, and a row that no digits open. Throttle before: access.hold_back.
    """
    at, address = now or timezone.now(), address.strip().lower()
    user = by or User.objects.filter(email=address).first()
    digits = f"{secrets.randbelow(1_000_000):06d}"
    is_known = user is not None or Organisation.current().lets_in(address)
    SignInCode.objects.filter(expires_at__lt=at - SignInCode.KEPT).delete()
    SignInCode.objects.open(at).filter(browser=hash_of_browser(browser), purpose=purpose).update(expires_at=at)
    code = SignInCode.objects.create(
        user=user,
        address=address,
        purpose=purpose,
        browser=hash_of_browser(browser),
        code_hash=keyed_hash(browser, digits) if is_known else "",
        sent_at=at,
        expires_at=at + SignInCode.LIFE,
    )
    if is_known:
        notices.login_code(address, digits)
    else:
        notices.unknown_account(address)
    return code


def come_in(digits: str, *, browser: str, now: datetime | None = None) -> User:
    """Use the code that this browser asked for; returns whose it is.

    A mailbox of an allowed domain that nobody knows becomes a user without any role. RuleBroken when the digits are
    wrong, were used, or have run out.
    """
    return _use(digits, browser, Purpose.COME_IN, now or timezone.now())


def prove(digits: str, *, by: User, browser: str, now: datetime | None = None) -> None:
    """Use the code that a signed-in person was sent to show that it is still them. RuleBroken as for `come_in`."""
    _use(digits, browser, Purpose.PROVE, now or timezone.now(), user=by)


def _use(digits: str, browser: str, purpose: str, now: datetime, **owner: User) -> User:
    """Not one transaction on purpose: a try stays counted although the verb then refuses."""
    mine = SignInCode.objects.filter(browser=hash_of_browser(browser), purpose=purpose, **owner)
    code = mine.select_related("user").order_by("-pk").first()
    # Counting the try is one compare-and-set: any number of guesses at a time count as so many tries.
    if code is None or not mine.open(now).filter(pk=code.pk).update(tries=F("tries") + 1):
        raise RuleBroken(_("This code works no more. Send another one, and use the newest."))
    if not constant_time_compare(code.code_hash, keyed_hash(browser, digits)):
        raise RuleBroken(_wrong(code))
    return _spend(code, now)


def _wrong(code: SignInCode) -> str:
    code.refresh_from_db(fields=["tries"])
    left = max(0, SignInCode.MOST_TRIES - code.tries)
    if not left:
        return _("This is not the code, and it cannot be tried again. Send another one.")
    return ngettext(
        "This is not the code. You can try once more.", "This is not the code. You can try %(left)s more times.", left
    ) % {"left": left}


@transaction.atomic
def _spend(code: SignInCode, now: datetime) -> User:
    """The code is used up, by whoever is first."""
    if not SignInCode.objects.filter(pk=code.pk, used_at=None).update(used_at=now):
        raise RuleBroken(_("This code was used already. Send another one."))
    return code.user or _let_in(code.address)


def _let_in(address: str) -> User:
    """Who owns a mailbox that the organisation lets in, with no role at all: a reader."""
    known = User.objects.filter(email=address).first()
    if known:
        return known
    if not Organisation.current().lets_in(address):
        raise RuleBroken(_("This code works no more. Send another one, and use the newest."))
    user, is_new = User.objects.get_or_create(email=address, defaults={"password": make_password(None)})
    if is_new:
        note(by=None, verb="let_in_reader", subject=f"user:{user.pk}")
    return user
