"""What allauth asks of us: about the door, and about second factors. Every letter goes through the outbox."""

import base64
import hashlib
from typing import Any

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from pmo_portal.accounts.proofs import factors_of
from pmo_portal.common.models import Organisation
from pmo_portal.outbox import letters


class Door(DefaultAccountAdapter):
    """Sign-in as this house wants it."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People are invited; they never make an account of their own."""
        return False

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Who has a second factor gives it; else a password, where there is one, or a code by mail."""
        by_code = {
            "id": "reauthenticate_by_code",
            "description": _("Send me a code by e-mail instead"),
            "url": reverse("account_reauthenticate_by_code"),
        }
        methods = list(super().get_reauthentication_methods(user))
        return [*methods, by_code] if user.is_authenticated and not factors_of(user) else methods

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Hand allauth's letter to the outbox as security mail: sent at once, its body erased, listed nowhere."""
        event = template_prefix.rpartition("/")[2]
        known: dict[str, Any] = {
            key: context[key] for key in ("code", "password_reset_url", "user") if key in context
        }
        letters.send_security(event=f"accounts/{event}", to=email, context=known)


def key_of(secret: str) -> Fernet:
    """The key that keeps second factors unreadable in the database and its copies, from one of our secrets."""
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"portal.factors:{secret}".encode()).digest()))


class Factors(DefaultMFAAdapter):
    """What allauth asks of us about second factors."""

    def keys(self) -> MultiFernet:
        """The key of today, and those before it."""
        return MultiFernet([key_of(each) for each in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])

    def encrypt(self, text: str) -> str:
        return self.keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return self.keys().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        """What the person's app calls the entry."""
        organisation = Organisation.current()
        return f"{organisation.office_name} {organisation.name}".strip()

    def _get_site_name(self) -> str:
        return self.get_totp_issuer()

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002 (allauth's own name)
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return _("Passkey %(number)s") % {"number": count + 1} if count else _("My passkey")

    def build_totp_svg(self, url: str) -> SafeString:
        """The address as a QR code: an image inside the page, dark on light in both looks, without a style."""
        code = qrcode.QRCode(border=3)
        code.add_data(url)
        cells = code.get_matrix()
        dark = "".join(f"M{x} {y}h1v1h-1z" for y, line in enumerate(cells) for x, is_on in enumerate(line) if is_on)
        size = len(cells)
        return mark_safe(  # noqa: S308 (numbers only)
            f'<svg viewBox="0 0 {size} {size}" width="208" height="208" role="img" shape-rendering="crispEdges"'
            f' aria-labelledby="qr-name"><path fill="#fff" d="M0 0h{size}v{size}h-{size}z"/>'
            f'<path fill="#000" d="{dark}"/></svg>'
        )
