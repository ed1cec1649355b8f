"""`manage.py verify_mandate FILE` says whether a file is a true copy of a version of this portal."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from mandate import actions
from mandate.models import MandateVersion
from mandate.reading import as_json
from tests.conftest import write_mandate

pytestmark = pytest.mark.django_db


def whole(version: MandateVersion) -> MandateVersion:
    return MandateVersion.objects.with_parts().get(pk=version.pk)


@pytest.fixture
def verify(tmp_path, capsys):
    """What the command answers to a text in a file: exit code, and all that it says."""

    def run(text: str | bytes) -> tuple[int, str]:
        path = tmp_path / "mandate.json"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return told(path)

    def told(path: Path) -> tuple[int, str]:
        try:
            call_command("verify_mandate", str(path))
            code = 0
        except SystemExit as end:
            code = end.code
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    run.told = told
    return run


def test_a_true_copy_of_the_live_version_is_told_with_who_decided(verify, live, issuer):
    code, said = verify(as_json(whole(live)))
    assert code == 0
    for words in (
        "are those that its hash stands for",
        "Version 1 of this portal: Live",
        f"Approved by {issuer}",
        "Published on",
    ):
        assert words in said


def test_a_changed_word_is_told(verify, live):
    read = json.loads(as_json(whole(live)))
    read["content"]["purpose"] += "!"
    code, said = verify(json.dumps(read))
    assert code == 1 and "it was changed" in said


def test_a_true_file_of_another_portal_is_told(verify, member):
    code, said = verify(as_json(whole(write_mandate(member))))
    assert code == 1 and "No version of this portal" in said


def test_another_issuer_beside_true_words_is_told(verify, live):
    read = json.loads(as_json(whole(live))) | {"issuer": "Somebody Else"}
    code, said = verify(json.dumps(read))
    assert code == 1 and "issuer" in said


def test_a_copy_of_before_a_withdrawal_stays_true_when_the_version_is_published_again(
    verify, live, issuer, monkeypatch
):
    before, later = as_json(whole(live)), timezone.now() + timedelta(hours=1)
    actions.withdraw(live, by=issuer, reason="Too early.")
    actions.publish(live, by=issuer, content_hash=live.content_hash, now=later)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert before != as_json(whole(live))
    assert verify(before)[0] == verify(as_json(whole(live)))[0] == 0
    code, said = verify(json.dumps(json.loads(before) | {"published_at": "2020-01-01T00:00:00Z"}))
    assert code == 1 and "published_at" in said


def test_what_is_no_day_beside_true_words_is_told(verify, live):
    code, said = verify(json.dumps(json.loads(as_json(whole(live))) | {"published_at": ["x"]}))
    assert code == 1 and "published_at" in said


def test_a_version_that_waits_was_approved_by_nobody(verify, live, member):
    version = actions.seal(write_mandate(member), by=member)
    code, said = verify(as_json(whole(version)))
    assert code == 0 and "Nobody has approved it." in said and "In review" in said


@pytest.mark.parametrize("text", [b"", b"\xff", b"{", b"[]", b'{"a": NaN}', b"[" * 99_999, b" " * 600_000])
def test_what_is_no_mandate_is_told_in_one_sentence(text, verify):
    code, said = verify(text)
    assert code == 2 and said.count("\n") == 1 and "Traceback" not in said


def test_a_file_that_is_not_there_is_told(verify, tmp_path):
    assert verify.told(tmp_path / "nowhere")[0] == 2
    assert "is a folder" in verify.told(tmp_path)[1]
