"""The mail of the embedded form: each letter a file, readable by its owner only."""

import secrets
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.translation import gettext as _


class EmailBackend(BaseEmailBackend):
    """Keeps letters as `.eml` files, named by the time in UTC, under settings.MAIL_FOLDER."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = mail_folder()
        for message in email_messages:
            content: Any = message.message()
            path = keep(folder, content.as_bytes(linesep="\r\n"))
            if not settings.EXAMPLE:
                # Whoever starts their own portal needs the first sign-in code, and has no mail server yet.
                sys.stdout.write(_("A letter was written: %(file)s") % {"file": path} + "\n")
                sys.stdout.flush()
        return len(email_messages)


def mail_folder() -> Path:
    """The folder, made where it is missing."""
    if settings.MAIL_FOLDER is None:
        raise ImproperlyConfigured("MAIL_FOLDER is not set.")
    folder = Path(settings.MAIL_FOLDER)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def keep(folder: Path, raw: bytes) -> Path:
    """Write one letter whole or not at all: it gets its name only when every byte is there."""
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}"
    unfinished = folder / f".{name}.part"
    unfinished.touch(mode=0o600, exist_ok=False)
    unfinished.write_bytes(raw)
    return unfinished.rename(folder / f"{name}.eml")
