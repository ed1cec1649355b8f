"""Prints the address at which a new portal is set up; nothing once somebody is appointed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pmo_portal.accounts.access import is_set_up
from pmo_portal.common.models import Organisation
from stakeholders.home import reading

WORDS = """
Your portal is empty. Open this address to set it up; it works for 7 days, and only until it has been used:

    {address}
"""


class Command(BaseCommand):
    help = "Print the address at which a new portal is set up. Prints nothing once somebody is appointed."

    def handle(self, *args: Any, **options: Any) -> None:
        if Organisation.objects.filter(is_example=True).exists():
            raise CommandError(
                "This is the example's database: it has its people already. Start your own: make ours."
            )
        if not is_set_up():
            self.stdout.write(WORDS.format(address=reading.setup_address()))
