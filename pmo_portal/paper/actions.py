"""Order a sheet, make it, and see to those that were left."""

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from pmo_portal.common.links import ring
from pmo_portal.paper.models import MOST_TRIES, Sheet
from pmo_portal.paper.reading import key_of

log = structlog.get_logger()
State, Trouble = Sheet.State, Sheet.Trouble

PRESS = Path(__file__).with_name("press.py")
SECONDS = 45.0  # by the clock on the wall; the press may compute for less (press.SECONDS)
MOST_BYTES = 20 * 1024 * 1024
# As press.py ends, or is ended: by its limit of time (9, 24), or by a library that was given no memory (5, 6).
BY_CODE = {
    3: Trouble.MISSING, 4: Trouble.TOO_LARGE, -5: Trouble.TOO_LARGE, -6: Trouble.TOO_LARGE,
    -9: Trouble.TOO_LONG, -24: Trouble.TOO_LONG,
}  # fmt: skip
# All of the environment that the press needs; secrets stay out of it.
PASSED_ON = ("PATH", "PYTHONPATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "DYLD_FALLBACK_LIBRARY_PATH")


@transaction.atomic
def order(source: dict[str, Any]) -> Sheet:
    """Have a sheet made, once: who asks for one that stands or is being made gets that one."""
    sheet, is_new = Sheet.objects.get_or_create(key=key_of(source), defaults={"source": source})
    again = Sheet.objects.filter(pk=sheet.pk, state=State.FAILED)
    if is_new or again.update(state=State.WANTED, trouble="", tries=0, asked_at=timezone.now()):
        ring("paper.make", sheet.pk)
    sheet.refresh_from_db(fields=["state", "trouble"])
    return sheet


def make(pk: int) -> None:
    """Make one sheet, when it is wanted and nobody else has taken it up."""
    now = timezone.now()
    mine = Sheet.objects.wanted().filter(pk=pk)
    if not mine.update(state=State.MAKING, began_at=now, tries=F("tries") + 1):
        return
    found = press(Sheet.objects.values_list("source", flat=True).get(pk=pk))
    held = Sheet.objects.filter(pk=pk, state=State.MAKING, began_at=now)
    if isinstance(found, bytes):
        held.update(state=State.MADE, pdf=found, made_at=timezone.now())
    else:
        log.warning("sheet_not_made", sheet=pk, trouble=found.value)
        held.update(state=State.FAILED, trouble=found)


def press(source: dict[str, Any]) -> bytes | Sheet.Trouble:
    """The PDF from a process of its own, or what was in the way."""
    around = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    try:
        # By its path and with -P, so that the process sees none of our modules.
        done = subprocess.run(  # noqa: S603 (our own file, and no word of anybody on the command line)
            [sys.executable, "-P", str(PRESS)],
            input=json.dumps(source).encode(),
            capture_output=True,
            timeout=SECONDS,
            env=around,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Trouble.TOO_LONG
    except OSError:
        return Trouble.BROKEN
    if done.returncode:
        return BY_CODE.get(done.returncode, Trouble.BROKEN)
    if len(done.stdout) > MOST_BYTES:
        return Trouble.TOO_LARGE
    return done.stdout if done.stdout.startswith(b"%PDF-") else Trouble.BROKEN


def sweep(now: datetime) -> None:
    """Each minute: what a dead worker held is wanted again, what waits is rung for, what is old goes."""
    Sheet.objects.left(now).filter(tries__lt=MOST_TRIES).update(state=State.WANTED)
    Sheet.objects.left(now).update(state=State.FAILED, trouble=Trouble.TOO_LONG)
    Sheet.objects.old(now).delete()
    for pk in Sheet.objects.wanted().values_list("pk", flat=True):
        ring("paper.make", pk)
