"""Reads the audit and every sealed text again, and names what is not as it was written."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pmo_portal.audit import actions
from pmo_portal.audit.models import Entry


class Command(BaseCommand):
    help = "Verify the audit chain and all sealed texts; exit code 1 names each that was changed."

    def handle(self, *args: Any, **options: Any) -> None:
        while actions.chain():
            pass
        if problems := list(actions.broken()):
            raise CommandError("\n".join(problems))
        self.stdout.write(f"{Entry.objects.count()} entries and every sealed text: all as they were written.")
