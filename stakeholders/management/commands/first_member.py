"""Asks on the command line who the first member of the PMO is, when nobody is appointed yet."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from pmo_portal.accounts.actions import appoint
from pmo_portal.accounts.models import Appointment, User
from pmo_portal.common.models import Organisation


class Command(BaseCommand):
    help = "Appoint the first PMO member, as its lead. Does nothing once somebody is appointed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", help="asked for when not given")
        parser.add_argument("--email", help="asked for when not given")

    def handle(self, *args: Any, **options: Any) -> None:
        if Organisation.objects.filter(is_example=True).exists():
            raise CommandError(
                "This is the example's database: it has its people already. Start your own: make ours."
            )
        if Appointment.objects.exists():
            return
        name = options["name"] or self._ask("Your name: ")
        email = options["email"] or self._ask("Your e-mail address: ")
        try:
            validate_email(email)
        except ValidationError as problem:
            raise CommandError(f"“{email}” is not an e-mail address.") from problem
        with transaction.atomic():
            Organisation.current().save()
            user = User.objects.filter(email=email.lower()).first() or User.objects.create_user(email, name)
            appoint(user, Appointment.Office.LEAD, by=None)
        self.stdout.write(f"{name} leads the PMO now, and comes in with a code sent to {email}.")

    def _ask(self, words: str) -> str:
        try:
            while not (answer := input(words).strip()):
                pass
        except EOFError as ended:
            raise CommandError("Nobody is appointed yet: tell the first PMO member's name and e-mail.") from ended
        return answer
