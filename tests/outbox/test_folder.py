"""The embedded form's mail: each letter a file of its own."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import send_mail

from pmo_portal.outbox import actions
from pmo_portal.outbox.models import OutgoingEmail

pytestmark = pytest.mark.django_db
Posted = Callable[..., OutgoingEmail]


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND = "pmo_portal.outbox.folder.EmailBackend"
    settings.MAIL_FOLDER = tmp_path / "var" / "mail"
    return tmp_path / "var" / "mail"


def test_each_letter_is_a_file_with_its_very_bytes(posted: Posted, folder: Path) -> None:
    emails = [posted(), posted()]
    for email in emails:
        actions.deliver(email.pk)
    files = sorted(folder.iterdir())
    assert [file.read_bytes() for file in files] == [bytes(email.raw) for email in emails]
    assert all(re.fullmatch(r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{8}\.eml", file.name) for file in files)


def test_only_the_owner_can_read_them(posted: Posted, folder: Path) -> None:
    actions.deliver(posted().pk)
    [file] = folder.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o777 == 0o600


def test_ones_own_portal_names_the_file_at_the_terminal(posted: Posted, folder: Path, capsys: Any) -> None:
    actions.deliver(posted().pk)
    [file] = folder.iterdir()
    assert capsys.readouterr().out == f"A letter was written: {file}\n"


def test_the_example_is_quiet(posted: Posted, folder: Path, settings: Any, capsys: Any) -> None:
    settings.EXAMPLE = True
    actions.deliver(posted().pk)
    assert capsys.readouterr().out == ""


def test_a_folder_that_cannot_be_written_makes_the_letter_wait(posted: Posted, folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("a file where the folder should be")
    email = posted()
    actions.deliver(email.pk)
    email.refresh_from_db()
    assert email.state == "retry_wait"
    assert "FileExistsError" in email.reason


def test_any_mail_of_django_is_kept_the_same_way(folder: Path) -> None:
    assert send_mail("Subject", "text", None, ["admin@example.org"]) == 1
    [file] = folder.iterdir()
    assert b"Subject: Subject\r\n" in file.read_bytes()
