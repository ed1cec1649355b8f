"""The door: what allauth asks of us. Nobody signs up by themselves; every letter goes through the outbox."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from pmo_portal.accounts.guard import factors_of
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
