"""Brings an organisation in from an organogram: shows what it will do, writes all of it or nothing."""

import io
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext as _

from pmo_portal.common.errors import RuleBroken
from pmo_portal.common.files import bytes_of
from stakeholders.reorganisation import actions, organogram, reading


class Command(BaseCommand):
    """Exit code 0 when all of it is in (or would be, with --dry-run), 1 when nothing was written."""

    help = (
        "Read an organogram (CSV with commas, UTF-8, the columns of the published form): units become areas, "
        "posts become people with roles from a day on. All or nothing; run again, nothing is doubled."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the organogram, at most 10 MB")
        parser.add_argument("--on", required=True, metavar="YYYY-MM-DD", help="the day that the file tells of")
        parser.add_argument("--pmo", required=True, metavar="POST", help="the PMO's post; it reports to the issuer")
        parser.add_argument("--dry-run", action="store_true", help="show what it would do, and write nothing")

    def handle(self, *, file: str, on: str, pmo: str, dry_run: bool, **options: Any) -> None:
        _accept_any_letter(self.stdout, self.stderr)
        try:
            plan = self._bring_in(Path(file), _day(on), pmo, dry_run)
        except RuleBroken as refusal:
            self._end(None, [refusal])
        except DatabaseError:
            words = _(
                "The database does not answer as it should: is it running, and has `manage.py migrate` been run?"
            )
            self._end(None, [words])
        except KeyboardInterrupt:
            self._end(None, [_("Stopped before the end.")])
        except BrokenPipeError:
            # As with `| head`: nobody saw all of what it would do, so it is not done.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self._end(None, [_("The output was closed before the end.")])
        else:
            self._end(plan, plan.problems)

    def _bring_in(self, file: Path, on: date, pmo: str, dry_run: bool) -> reading.Plan:
        if not dry_run:
            actions.refuse_example()
        found = organogram.read(bytes_of(file, organogram.BYTES_AT_MOST))
        self._show_progress(_("posts read"), len(found.posts), len(found.posts))
        plan = reading.plan(found, reading.standing(on), on=on, pmo=pmo)
        self._tell(plan)
        if dry_run:
            self.stdout.write(_("A dry run: nothing was written."))
        elif not plan.problems:
            actions.bring_in(plan, by=None, now=timezone.now(), progress=self._show_progress)
        return plan

    def _tell(self, plan: reading.Plan) -> None:
        if not plan.problems:
            self._write_all(reading.lines(plan))
        if plan.notes:
            self.stdout.write(_("Noted, and no hindrance:"))
            self._write_all(f"  {note}" for note in plan.notes)
        self.stdout.flush()

    def _write_all(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.stdout.write(line)

    def _end(self, plan: reading.Plan | None, problems: Iterable[object]) -> None:
        """The problems, then always the one line of counts; a CommandError would print its words after it."""
        told = [str(problem) for problem in problems]
        self.stdout.flush()
        for line in told:
            self.stderr.write(line)
        if told:
            self.stderr.write(_("Nothing was brought in."))
        self.stdout.write(reading.summary(plan, len(told)))
        if told:
            raise SystemExit(1)

    def _show_progress(self, what: str, done: int, total: int) -> None:
        """A line that is written over on a screen; one plain line at the end of each part elsewhere."""
        text = _("%(what)s: %(done)d of %(total)d") % {"what": what, "done": done, "total": total}
        if self.stderr.isatty():
            self.stderr.write(f"\r{text}", str, ending="\n" if done == total else "")
        elif done == total > 0:
            self.stderr.write(text, str)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        words = _("--on must be a day like 2011-09-30, and “%(text)s” is not.")
        raise RuleBroken(words % {"text": text}) from None


def _accept_any_letter(*streams: Any) -> None:
    """A screen that cannot show a letter shows its code, instead of stopping the import."""
    for stream in streams:
        if isinstance(out := getattr(stream, "_out", None), io.TextIOWrapper):
            out.reconfigure(errors="backslashreplace")
