"""A PDF is made once, by a process of its own, within limits; what cannot be made is told and can be tried again."""

import http.server
import json
import os
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from pmo_portal.paper import actions, reading
from pmo_portal.paper.models import HELD, KEPT, Sheet

db = pytest.mark.django_db
needs_pango = pytest.mark.skipif(
    not reading.can_make(), reason="Pango does not take part in this run: no PDF can be made"
)
State, Trouble = Sheet.State, Sheet.Trouble
ONE = reading.source("<p>One</p>", ["p { color: red }"])


@pytest.fixture
def rung(monkeypatch) -> list:
    """What was rung for."""
    found: list = []
    monkeypatch.setattr(actions, "ring", lambda task, *args: found.append((task, *args)))
    return found


@pytest.fixture
def comes_out(monkeypatch):
    """What the press gives, without one."""

    def set_to(found):
        monkeypatch.setattr(actions, "press", lambda source: found)

    set_to(b"%PDF-1.7")
    return set_to


# --- once ---------------------------------------------------------------------------------------
@db
def test_a_sheet_is_ordered_once_whoever_asks(rung):
    first, again = actions.order(ONE), actions.order(ONE)
    assert first.pk == again.pk and rung == [("paper.make", first.pk)]


@db
def test_another_look_is_another_sheet(rung):
    other = reading.source("<p>One</p>", ["p { color: blue }"])
    assert actions.order(ONE).pk != actions.order(other).pk


@db
def test_it_is_made_and_found(rung, comes_out):
    assert reading.sheet_of(ONE) is None
    sheet = actions.order(ONE)
    assert sheet.is_coming
    actions.make(sheet.pk)
    found = reading.sheet_of(ONE)
    assert found.is_made and bytes(found.pdf) == b"%PDF-1.7"


@db
def test_who_comes_second_does_not_make_it_again(rung, comes_out):
    sheet = actions.order(ONE)
    actions.make(sheet.pk)
    comes_out(b"%PDF-other")
    actions.make(sheet.pk)
    assert bytes(reading.sheet_of(ONE).pdf) == b"%PDF-1.7"


@db
def test_what_failed_says_why_and_can_be_tried_again(rung, comes_out):
    comes_out(Trouble.TOO_LONG)
    sheet = actions.order(ONE)
    actions.make(sheet.pk)
    sheet.refresh_from_db()
    assert (sheet.state, sheet.trouble) == (State.FAILED, Trouble.TOO_LONG)
    assert actions.order(ONE).is_coming and len(rung) == 2


# --- the minute ---------------------------------------------------------------------------------
@db
def test_what_a_dead_worker_held_is_made_by_another_and_given_up_the_second_time(rung):
    sheet, now = actions.order(ONE), timezone.now()
    for state in (State.WANTED, State.FAILED):
        Sheet.objects.filter(pk=sheet.pk).update(
            state=State.MAKING, began_at=now - HELD * 2, tries=1 if state == State.WANTED else 2
        )
        actions.sweep(now)
        sheet.refresh_from_db()
        assert sheet.state == state


@db
def test_a_ring_that_was_lost_costs_a_minute(rung):
    sheet = actions.order(ONE)
    rung.clear()
    actions.sweep(timezone.now())
    assert rung == [("paper.make", sheet.pk)]


@db
def test_what_is_old_goes(rung, comes_out):
    sheet = actions.order(ONE)
    actions.make(sheet.pk)
    actions.sweep(timezone.now() + KEPT + timedelta(minutes=1))
    assert not Sheet.objects.exists()


# --- the press ----------------------------------------------------------------------------------
@needs_pango
def test_the_press_makes_a_pdf():
    assert actions.press(ONE).startswith(b"%PDF-")


@needs_pango
def test_the_press_fetches_nothing(tmp_path):
    asked: list[str] = []

    class Ear(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_args: object) -> None:
            pass

    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    with http.server.HTTPServer(("127.0.0.1", 0), Ear) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        here = f"http://127.0.0.1:{server.server_port}"
        html = f'<link rel="stylesheet" href="{here}/a.css"><img src="{here}/b.png"><img src="{secret.as_uri()}">x'
        made = actions.press(reading.source(html, [f"@import '{here}/c.css'; p {{ background: url({here}/d.png) }}"]))
        server.shutdown()
    assert made.startswith(b"%PDF-") and asked == []


def test_the_press_is_given_no_secret(monkeypatch):
    seen: dict = {}

    def run(command, **how):
        seen.update(how["env"])
        return subprocess.CompletedProcess(command, 0, b"%PDF-", b"")

    monkeypatch.setenv("SECRET_KEY", "secret")
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    monkeypatch.setattr(subprocess, "run", run)
    actions.press(ONE)
    assert set(seen) <= set(actions.PASSED_ON)


def test_what_takes_too_long_is_given_up(monkeypatch, tmp_path):
    slow = tmp_path / "press.py"
    slow.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(actions, "PRESS", slow)
    monkeypatch.setattr(actions, "SECONDS", 0.3)
    assert actions.press(ONE) == Trouble.TOO_LONG


ENDS = [
    ("import sys; sys.exit(3)", Trouble.MISSING),
    ("import sys; sys.exit(4)", Trouble.TOO_LARGE),
    ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", Trouble.TOO_LONG),
    ("raise ValueError", Trouble.BROKEN),
    ("print('no pdf')", Trouble.BROKEN),
]


@pytest.mark.parametrize(("program", "trouble"), ENDS)
def test_each_way_to_fail_has_its_words(program, trouble, monkeypatch, tmp_path):
    path = tmp_path / "press.py"
    path.write_text(program)
    monkeypatch.setattr(actions, "PRESS", path)
    assert actions.press(ONE) == trouble


def test_the_press_has_limits_of_memory_and_time(tmp_path):
    program = (
        f"import sys; sys.path.insert(0, {str(actions.PRESS.parent)!r})\n"
        "import json, resource, press\n"
        "press.confine()\n"
        "print(json.dumps([resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_CPU)]))\n"
        "try:\n    bytearray(2 * 1024**3)\nexcept MemoryError:\n    print('no memory')\n"
    )
    path = tmp_path / "program.py"
    path.write_text(program)
    done = subprocess.run([sys.executable, "-P", path], capture_output=True, text=True, env=os.environ, check=True)
    limits, *said = done.stdout.splitlines()
    assert all(0 < limit <= 2**30 for limit in json.loads(limits)) and said == ["no memory"]


# --- the page -----------------------------------------------------------------------------------
@db
def test_the_page_has_the_pdf_made_says_how_far_it_is_and_gives_it(rung, comes_out, live, head, as_user, monkeypatch):
    monkeypatch.setattr(reading, "can_make", lambda: True)
    browser, address = as_user(head), reverse("mandate:one_page_pdf")
    assert b"Make the PDF" in browser.get(address).content and not Sheet.objects.exists()
    assert browser.post(address)["Location"] == address
    assert b"It is being made" in browser.get(address).content
    actions.make(Sheet.objects.get().pk)
    answer = browser.get(address)
    assert answer["Content-Type"] == "application/pdf" and answer.content == b"%PDF-1.7"
    assert answer["Content-Disposition"] == 'attachment; filename="mandate-1-one-page.pdf"'
    assert answer["Cache-Control"] == "no-store"


@db
def test_the_page_says_what_went_wrong_and_offers_to_try_again(rung, comes_out, live, head, as_user, monkeypatch):
    monkeypatch.setattr(reading, "can_make", lambda: True)
    comes_out(Trouble.TOO_LARGE)
    browser, address = as_user(head), reverse("mandate:pdf")
    browser.post(address)
    actions.make(Sheet.objects.get().pk)
    assert b"needed too much memory" in browser.get(address).content
    assert b"Try again" in browser.get(address).content


@db
def test_where_pango_is_missing_the_page_says_so_and_the_portal_runs(live, head, as_user, monkeypatch):
    monkeypatch.setattr(reading, "can_make", lambda: False)
    browser, address = as_user(head), reverse("mandate:one_page_pdf")
    shown = browser.get(address)
    assert shown.status_code == 200 and b"cannot make PDFs" in shown.content and b"<form" in shown.content
    assert b"Make the PDF" not in shown.content
    assert browser.post(address).status_code == 302 and not Sheet.objects.exists()
    assert b"This portal cannot make one itself" in browser.get(reverse("mandate:one_page")).content
