"""The command: what it prints, how it ends, and that nobody meets a traceback."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import DatabaseError

from pmo_portal.common.models import Organisation
from stakeholders.areas.models import Area
from stakeholders.people.models import Person
from stakeholders.reorganisation import actions
from tests.reorganisation.made_up import HARBOUR, changed, written

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
REAL = ROOT.parent / "shared" / "data"
NOTHING = "areas: 0 new, 0 kept; people: 0 new, 0 kept; problems: "
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not beside the project")


@pytest.fixture
def harbour(tmp_path):
    path = tmp_path / "harbour.csv"
    path.write_bytes(written(HARBOUR))
    return path


class Screen(io.StringIO):
    def isatty(self):
        return True


def run(file, *options, on="2020-03-31", pmo="9"):
    """Exit code, output and errors."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command("import_organogram", file, "--on", on, "--pmo", pmo, *options, stdout=out, stderr=err)
    except SystemExit as end:
        code = end.code
    return code, out.getvalue(), err.getvalue()


def last(output):
    return output.strip().splitlines()[-1]


def test_it_prints_the_new_areas_as_a_tree_with_their_heads(harbour):
    code, out, _err = run(harbour)
    assert code == 0
    assert (
        "New areas:\n"
        "  Harbour office (head: post 1, Harbour master)\n"
        "    Quays (head: post 2, Director of quays)\n"
        "    Works (head: post 4, Director of works)\n"
        "      Divers (head: post 6, Head of divers)\n"
        "New people:\n  Harbour office: 1\n  Quays: 2\n  Works: 3\n  Divers: 1\n"
        "The PMO: post 9, Programme office, Works\n"
        "The issuer: post 4, Director of works, Works\n"
    ) in out


def test_it_ends_with_the_counts_and_the_second_time_all_are_kept(harbour):
    assert last(run(harbour)[1]) == "areas: 4 new, 0 kept; people: 7 new, 0 kept; problems: 0"
    assert last(run(harbour)[1]) == "areas: 0 new, 4 kept; people: 0 new, 7 kept; problems: 0"


def test_a_dry_run_tells_the_same_and_writes_nothing(harbour):
    code, out, _err = run(harbour, "--dry-run")
    assert (code, Area.objects.count(), Person.objects.count()) == (0, 0, 0)
    assert "A dry run: nothing was written." in out
    assert last(out) == "areas: 4 new, 0 kept; people: 7 new, 0 kept; problems: 0"


def test_a_later_file_tells_what_changes(harbour):
    run(harbour)
    rows = changed("3", unit="Works", manager="4", title="Lifting manager")
    harbour.write_bytes(written([*rows, ("7", "Pilot", "Pilots", "2")]))
    _code, out, _err = run(harbour, on="2020-09-30", pmo="3")
    for line in (
        "  Harbour office (stands already)\n    Quays (stands already)\n      Pilots (head: post 7, Pilot)\n",
        "Changes on 30 Sep 2020:\n",
        "  post 3, Crane manager: Senior staff, Quays → Senior staff, Works\n",
        "  post 3 is called “Lifting manager” now, and was “Crane manager”\n",
        "  post 9, Programme office: no longer “PMO lead”\n",
    ):
        assert line in out, out


def test_a_wrong_file_ends_with_exit_code_1_its_problems_and_the_counts(harbour):
    harbour.write_bytes(written(changed("3", title="", manager="77")))
    code, out, err = run(harbour)
    assert (code, last(out), Area.objects.count()) == (1, f"{NOTHING}2", 0)
    assert "Line 4: “Job Title” is empty." in err
    assert "Line 4: post 3 reports to 77" in err
    assert "Nothing was brought in." in err


@pytest.mark.parametrize("day", ["31.3.2020", "2020-02-30", "", "yesterday", "99999-01-01"])
def test_a_wrong_day_is_told(harbour, day):
    code, out, err = run(harbour, on=day)
    assert (code, last(out)) == (1, f"{NOTHING}1")
    assert "--on must be a day like 2011-09-30" in err


def test_a_missing_file_a_folder_and_an_unreadable_path_are_told(tmp_path):
    for path, words in (
        (tmp_path / "none.csv", "There is no file"),
        (tmp_path, "is a folder"),
        (tmp_path / ("x" * 300), "cannot be read"),
        ("a\0b", "cannot be read"),
    ):
        code, out, err = run(path)
        assert (code, last(out)) == (1, f"{NOTHING}1")
        assert words in err


def test_a_file_of_two_gigabytes_is_refused_without_reading_it(tmp_path):
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(2 * 1024**3)
    code, out, err = run(path)
    assert (code, last(out)) == (1, f"{NOTHING}1")
    assert "larger than 10 MB" in err


def test_the_examples_database_is_refused_in_one_sentence_but_not_for_a_dry_run(harbour):
    Organisation.objects.update(is_example=True)
    code, out, err = run(harbour)
    assert (code, out.splitlines(), Area.objects.count()) == (1, [f"{NOTHING}1"], 0)
    assert "make ours" in err and "PORTAL=ours" in err
    assert run(harbour, "--dry-run")[0] == 0


@pytest.mark.parametrize(("trouble", "words"), [(DatabaseError, "migrate"), (KeyboardInterrupt, "Stopped")])
def test_a_database_that_fails_and_ctrl_c_are_told_too(harbour, monkeypatch, trouble, words):
    def fail(*args, **kwargs):
        raise trouble

    monkeypatch.setattr(actions, "bring_in", fail)
    code, out, err = run(harbour)
    assert (code, last(out)) == (1, f"{NOTHING}1")
    assert words in err


def test_progress_is_written_over_on_a_screen_and_told_plainly_elsewhere(harbour):
    screen, plain = Screen(), io.StringIO()
    for err, option in ((plain, ["--dry-run"]), (screen, [])):
        options = ["--on", "2020-03-31", "--pmo", "9", *option]
        call_command("import_organogram", harbour, *options, stdout=io.StringIO(), stderr=err)
    assert "\rareas: 1 of 4\rareas: 2 of 4" in screen.getvalue()
    assert plain.getvalue() == "posts read: 7 of 7\n"


def test_a_screen_without_a_letter_shows_its_code(harbour):
    harbour.write_bytes(written(changed("2", title="Head of \N{ANCHOR}")))
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    call_command("import_organogram", harbour, "--on", "2020-03-31", "--pmo", "9", stdout=out, stderr=io.StringIO())
    out.flush()
    assert rb"Head of \u2693" in raw.getvalue()


def test_a_reader_who_leaves_early_stops_it_without_a_traceback(harbour, monkeypatch):
    reader, writer = os.pipe()
    os.close(reader)
    err = io.StringIO()
    with os.fdopen(writer, "w") as closed, pytest.raises(SystemExit):
        monkeypatch.setattr(sys, "stdout", closed)
        call_command("import_organogram", harbour, "--on", "2020-03-31", "--pmo", "9", stderr=err)
    assert "The output was closed before the end." in err.getvalue()
    assert not Area.objects.exists()


@needs_real
def test_the_real_organisation_comes_in_and_a_second_time_nothing_is_new():
    file = REAL / "organogram-2011-09-30.csv"
    found = [last(run(file, on="2011-09-30", pmo="200")[1]) for _again in range(2)]
    assert found == [
        "areas: 6 new, 0 kept; people: 27 new, 0 kept; problems: 0",
        "areas: 0 new, 6 kept; people: 0 new, 27 kept; problems: 0",
    ]
    lead, issuer = Person.objects.get(office="lead"), Person.objects.get(office="issuer")
    assert (lead.post_reference, issuer.post_reference) == ("200", "14")
    assert lead.roles.get().area == issuer.roles.get().area == Area.objects.get(name="Major Projects")


@needs_real
def test_the_real_reorganisation_corrupts_nothing():
    run(REAL / "organogram-2011-03-31.csv", on="2011-03-31", pmo="14")
    for expected in ("areas: 4 new, 2 kept; people: 2 new, 25 kept", "areas: 0 new, 6 kept; people: 0 new, 27 kept"):
        code, out, _err = run(REAL / "organogram-2011-09-30.csv", on="2011-09-30", pmo="200")
        assert (code, last(out)) == (0, f"{expected}; problems: 0")
    assert Person.objects.get(office="lead").post_reference == "200"
    assert run(REAL / "organogram-2011-03-31.csv", on="2011-03-31", pmo="14")[0] == 1
