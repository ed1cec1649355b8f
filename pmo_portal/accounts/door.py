"""The door: what allauth asks of us. Nobody signs up by themselves; every letter goes through the outbox."""

import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from pmo_portal.outbox import letters


class Door(DefaultAccountAdapter):
    """Sign-in as this house wants it."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People are invited; they never make an account of their own."""
        return False

    def generate_login_code(self) -> str:
        """Six digits, easy to type on a phone; three tries and ten minutes make guessing hopeless."""
        return f"{secrets.randbelow(1_000_000):06d}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Hand allauth's letter to the outbox as security mail: sent at once, its body erased, listed nowhere."""
        event = template_prefix.rpartition("/")[2]
        known: dict[str, Any] = {
            key: context[key] for key in ("code", "password_reset_url", "user") if key in context
        }
        letters.send_security(event=f"accounts/{event}", to=email, context=known)
