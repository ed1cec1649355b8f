"""Makes the example organisation the first time, and prints how to come in every time."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from pmo_portal.accounts.models import User
from stakeholders.home import example


class Command(BaseCommand):
    help = "Make the example organisation in its own, empty database; print its sign-ins."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EXAMPLE:
            raise CommandError("The example organisation lives in a database of its own: start it with make run.")
        if not User.objects.exists():
            self.stderr.write("Making the example organisation …")
        example.make()
        width = max(len(sign_in.role) for sign_in in example.SIGN_INS)
        for sign_in in example.SIGN_INS:
            self.stdout.write(f"{sign_in.role:<{width}}  {sign_in.email:<32}  {sign_in.password}")
