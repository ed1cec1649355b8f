"""Says of a file whether it is a true copy of a version of this portal's mandate."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError
from django.utils.translation import gettext as _

from mandate import incoming
from mandate.models import MandateVersion
from mandate.reading import issued, state_of
from pmo_portal.common.errors import RuleBroken
from pmo_portal.common.files import bytes_of
from pmo_portal.common.words import moment


class Command(BaseCommand):
    help = (
        "Verify a mandate that was written to a file as JSON. Exit code 0: its words are those of a version of this "
        "portal. 1: they were changed, or are of no version here. 2: the file cannot be read as a mandate."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the file, as JSON")

    def handle(self, *, file: str, **options: Any) -> None:
        try:
            read = incoming.load(bytes_of(Path(file), incoming.MOST_BYTES))
        except RuleBroken as refusal:
            self.stderr.write(str(refusal))
            raise SystemExit(2) from None
        try:
            self._tell(read)
        except DatabaseError:
            self.stderr.write(_("The database does not answer as it should: has `manage.py migrate` been run?"))
            raise SystemExit(2) from None

    def _tell(self, read: dict[str, Any]) -> None:
        if not incoming.is_true(read):
            self.stderr.write(_("The words in this file are not those that its hash stands for: it was changed."))
            raise SystemExit(1)
        self.stdout.write(_("The words in this file are those that its hash stands for."))
        version = MandateVersion.objects.sealed().with_parts().filter(content_hash=read["hash"]).first()
        if version is None:
            self.stderr.write(_("No version of this portal has these words."))
            raise SystemExit(1)
        live = MandateVersion.objects.live().first()
        state = state_of(version, live).label
        self.stdout.write(_("They are %(version)s of this portal: %(state)s.") % {"version": version, "state": state})
        for line in _decided(version):
            self.stdout.write(line)
        if untrue := _untrue_beside(read, version):
            words = _("What the file says beside the words is not what this portal knows: %(names)s.")
            self.stderr.write(words % {"names": ", ".join(untrue)})
            raise SystemExit(1)


def _decided(version: MandateVersion) -> Iterator[str]:
    """Who approved and published it, and when."""
    if not hasattr(version, "approval"):
        yield _("Nobody has approved it.")
        return
    said = {"by": version.approval.signed, "at": moment(version.approval.at)}
    yield _("Approved by %(by)s, on %(at)s.") % said
    for each in reversed([each for each in version.publications.all() if not each.is_cancelled]):
        words = _("Published on %(at)s.") if each.is_due() else _("To be published on %(at)s.")
        yield words % {"at": moment(each.publish_at)}
        if each.is_withdrawn:
            yield _("Withdrawn on %(at)s.") % {"at": moment(each.withdrawal.at)}


def _untrue_beside(read: dict[str, Any], version: MandateVersion) -> list[str]:
    """What the hash does not cover, where the file says something else than the portal.

    A copy taken before the version was published says nothing yet, and that is no untruth; nor is a copy of its first
    publication, where it was withdrawn and published again.
    """
    told = [issued(each) for each in version.publications.all() if each.is_due()] or [issued(None)]
    beside = min((_untrue(read, each) for each in told), key=len)
    return beside if read.get("number") == version.number else ["number", *beside]


def _untrue(read: dict[str, Any], known: dict[str, str | None]) -> list[str]:
    return [name for name, value in known.items() if read.get(name) is not None and read[name] != value]
