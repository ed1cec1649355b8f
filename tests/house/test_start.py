"""The way the portal starts, ends and is tested: every obstacle told in a sentence, nothing left behind."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType

import psycopg2
import pytest
import redis
from django.conf import settings
from django.db import connection

from pmo_portal.celery import app
from tests import run, servers

ROOT = Path(__file__).resolve().parents[2]
SIGN_IN = re.compile(r"^\S.*?\s{2,}\S+@\S+\s{2,}\S+$", re.MULTILINE)


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"bin_{name}", ROOT / "bin" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def environment(**changes: object) -> dict[str, str]:
    """Ours without what the suite was told, so that a started portal behaves as for a newcomer."""
    dropped = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "DJANGO_SETTINGS_MODULE", "PORTAL", "PORT")
    kept = {key: value for key, value in os.environ.items() if key not in dropped}
    return kept | {key: str(value) for key, value in changes.items()}


def ask(command: list[str | Path], **changes: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, command)),
        cwd=ROOT,
        env=environment(**changes),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def assert_told(answer: subprocess.CompletedProcess[str], *words: str) -> None:
    """One plain line, exit code 1, no traceback."""
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1, answer.stderr
    assert all(word in answer.stderr for word in words), answer.stderr
    assert "Traceback" not in answer.stdout + answer.stderr


# The set-up


def test_a_too_old_python_is_told_in_one_sentence() -> None:
    pretend = "import runpy, sys; sys.version_info = (3, 9, 2); sys.argv = ['setup.py']; runpy.run_path"
    answer = ask([sys.executable, "-c", f"{pretend}({str(ROOT / 'bin/setup.py')!r}, run_name='__main__')"])
    assert_told(answer, "3.11 or newer", "Python 3.9")


def test_an_old_python_can_read_the_set_up() -> None:
    tree = ast.parse((ROOT / "bin/setup.py").read_text(), feature_version=(3, 7))
    newer = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Nonlocal, ast.AsyncFunctionDef)
    assert not [node for node in ast.walk(tree) if isinstance(node, newer)]
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert not [node.name for node in functions if node.returns or any(a.annotation for a in node.args.args)]


def test_a_python_without_venv_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    setup = load("setup")
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(setup.Told, match=r"apt install python3\.\d+-venv"):
        setup.refuse_missing_venv()


def test_set_up_in_a_read_only_folder_is_told(tmp_path: Path) -> None:
    # A file where a folder should be: nobody can write into that, not even root.
    (tmp_path / "portal").touch()
    setup = load("setup")
    with pytest.raises(setup.Told, match="cannot be written to"):
        setup.refuse_read_only(str(tmp_path / "portal"))


def test_set_up_without_a_network_is_told(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/setup.py").write_text((ROOT / "bin/setup.py").read_text())
    (tmp_path / "requirements.txt").write_text("django==5.2\n")
    nobody = f"http://127.0.0.1:{servers.free_port()}/simple"
    answer = ask(
        [sys.executable, tmp_path / "bin/setup.py", "run"],
        PIP_INDEX_URL=nobody,
        PIP_CONFIG_FILE=os.devnull,
        PIP_EXTRA_INDEX_URL="",
        PIP_NO_INDEX="0",
        PIP_FIND_LINKS="",
    )
    assert_told(answer, "network")


def test_a_second_set_up_does_nothing_until_the_requirements_change(tmp_path: Path) -> None:
    setup = load("setup")
    python = Path(setup.python_of(str(tmp_path / ".venv")))
    python.parent.mkdir(parents=True)
    python.touch()
    for name in setup.FILES["dev"]:
        (tmp_path / name).write_text("django==5.2\n")
    assert not setup.is_done(str(tmp_path), "run")
    setup.note_done(str(tmp_path), "dev")
    assert setup.is_done(str(tmp_path), "run")
    assert setup.is_done(str(tmp_path), "dev")
    (tmp_path / "requirements-dev.txt").write_text("django==5.3\n")
    assert setup.is_done(str(tmp_path), "run")
    assert not setup.is_done(str(tmp_path), "dev")


# The start


def test_a_busy_port_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        answer = ask([sys.executable, "bin/start.py", "example"], PORT=port, PORTAL_VAR=tmp_path)
    assert_told(answer, f"Port {port}", "in use")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("port", ["eighty", "0", "70000", "-1"])
def test_a_port_that_is_none_is_told(port: str, tmp_path: Path) -> None:
    answer = ask([sys.executable, "bin/start.py", "example"], PORT=port, PORTAL_VAR=tmp_path)
    assert_told(answer, "PORT", port)


def test_half_a_configuration_of_single_sign_on_is_told(tmp_path: Path) -> None:
    told = {"PORT": servers.free_port(), "PORTAL_VAR": tmp_path, "SSO_CLIENT_ID": "portal"}
    assert_told(
        ask([sys.executable, "bin/start.py", "example"], **told), "SSO_URL is missing", "SSO_SECRET is missing"
    )


@pytest.mark.parametrize("form", ["example", "ours"])
def test_a_folder_that_cannot_be_written_is_told(form: str, tmp_path: Path) -> None:
    (tmp_path / "var").touch()
    answer = ask([sys.executable, "bin/start.py", form], PORT=servers.free_port(), PORTAL_VAR=tmp_path / "var")
    assert_told(answer, str(tmp_path / "var"), "cannot be written to")


@contextmanager
def portal(var: Path, port: int, form: str = "example") -> Iterator[subprocess.Popen[str]]:
    """The embedded portal in a process group of its own, as a terminal would start it."""
    with (var / "output").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "bin/start.py", form],
            cwd=ROOT,
            env=environment(PORT=port, PORTAL_VAR=var),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            text=True,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def status_of(url: str, form: bytes | None = None) -> int:
    try:
        with urllib.request.urlopen(url, data=form, timeout=15) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return 0


def wait_for(url: str, process: subprocess.Popen[str], seconds: float) -> int:
    deadline = time.monotonic() + seconds
    status = 0
    while status in (0, 503) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.1)
        status = status_of(url)
    return status


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("var")


def again_and_again(pid: int, end: signal.Signals) -> None:
    """A person leans on the keys, and the master passes each on: the next comes while one is still being heard."""
    for _ in range(100):
        for number in (end, signal.SIGQUIT):
            os.killpg(pid, number)


@pytest.mark.parametrize(
    ("end", "whom"),
    [
        (signal.SIGINT, os.killpg),
        (signal.SIGINT, again_and_again),
        (signal.SIGINT, os.kill),
        (signal.SIGTERM, os.kill),
        (signal.SIGHUP, os.killpg),
    ],
    ids=["Ctrl-C", "Ctrl-C-again-and-again", "SIGINT", "SIGTERM", "terminal-closed"],
)
def test_the_embedded_portal_answers_ticks_and_ends_cleanly(end: signal.Signals, whom: object, var: Path) -> None:
    port = servers.free_port()
    assert callable(whom)
    with portal(var, port) as process:
        healthy = wait_for(f"http://127.0.0.1:{port}/healthz", process, 180)
        assert healthy == 200, (var / "output").read_text()
        # Ready means that the clock has rung and the worker inside has answered.
        assert wait_for(f"http://127.0.0.1:{port}/readyz", process, 120) == 200, (var / "output").read_text()
        begun = time.monotonic()
        whom(process.pid, end)
        assert process.wait(60) == 0
        # A server that waits for its threads to be killed needs half a minute.
        assert time.monotonic() - begun < 20
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)
    said = (var / "output").read_text()
    assert f"http://127.0.0.1:{port}" in said
    # On a busy machine we may ask before the first tick is through; Django logs that honest 503 as an error.
    calm = "\n".join(line for line in said.splitlines() if "Service Unavailable: /readyz" not in line)
    assert not re.search("Traceback|ERROR|warning", calm, re.IGNORECASE), said
    assert len(SIGN_IN.findall(said)) >= 6, said
    assert (var / "example" / "db.sqlite3").exists()


def send(port: int, megabytes: int) -> bytes:
    """What a real server answers to so much at once, sent by somebody who does not wait for an answer first."""
    body = b"a" * (megabytes * 2**20)
    head = (
        f"POST /in/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {len(body)}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=60) as link:
        with suppress(OSError):  # it may hang up before all of it is sent
            link.sendall(head.encode() + body)
        return link.recv(65536)


def test_one_s_own_portal_asks_nothing_at_the_start_prints_its_address_and_takes_no_flood(tmp_path: Path) -> None:
    port = servers.free_port()
    with portal(tmp_path, port, "ours") as process:
        assert wait_for(f"http://127.0.0.1:{port}/healthz", process, 180) == 200, (tmp_path / "output").read_text()
        (address,) = re.findall(r"http://\S+/setup/\S+/", (tmp_path / "output").read_text())
        assert address.startswith(f"http://127.0.0.1:{port}/setup/")
        assert status_of(address) == 200
        assert status_of(address.replace("/setup/", "/setup/x")) == 404
        for megabytes in (10, 100):
            assert send(port, megabytes).startswith(b"HTTP/1.1 413 "), megabytes
        assert status_of(address) == 200
        assert status_of(address, b"name=Harbour") == 403, "a form of another page, and it is logged"
        said, token = (tmp_path / "output").read_text(), address.rsplit("/", 2)[1]
        assert "/setup/…/" in said
        assert said.count(token) == 1, "printed once, and logged nowhere"


def test_the_example_can_mail_nobody_whatever_the_environment_says(tmp_path: Path) -> None:
    told = "import django; django.setup(); from django.conf import settings as s; from django.core.mail import "
    told += "get_connection; print(s.EMAIL_BACKEND, s.EXAMPLE, type(get_connection()).__module__, s.MAIL_FOLDER)"
    named = {
        "EMAIL_URL": "smtp://real.example:25", "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "real.example", "DJANGO_EMAIL_BACKEND": "x", "MAIL_FOLDER": "", "EXAMPLE": "false",
    }  # fmt: skip
    settings_of = {"DJANGO_SETTINGS_MODULE": "pmo_portal.settings.local", "PORTAL_VAR": tmp_path}
    example = ask([sys.executable, "-c", told], **named, **settings_of)
    ours = ask([sys.executable, "-c", told], PORTAL="ours", **named, **settings_of)
    folder = "pmo_portal.outbox.folder"
    assert example.stdout.split() == [f"{folder}.EmailBackend", "True", folder, str(tmp_path / "example" / "mail")]
    assert "smtp" in ours.stdout, "one's own does, and so the test would see it"


# The servers of the tests


@pytest.mark.filterwarnings("default::ResourceWarning")
def test_a_throwaway_postgres_starts_and_leaves_nothing() -> None:
    binaries = servers.postgres_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL is installed here")
    with servers.throwaway_postgres(binaries) as server:
        with (
            psycopg2.connect(re.sub(r"/portal_\w+$", "/postgres", server.url)) as link,
            link.cursor() as cursor,
        ):
            cursor.execute("SHOW data_directory")
            folder = Path(cursor.fetchone()[0])
            assert folder.exists()
        link.close()
    assert not folder.parent.exists()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(server.url)


def test_a_throwaway_redis_starts_and_leaves_nothing() -> None:
    binary = servers.redis_binary()
    if binary is None:
        pytest.skip("no Redis for this machine")
    with servers.throwaway_redis(binary) as server:
        client = redis.Redis.from_url(server.url)
        assert client.set("key", "value")
        folder = Path(str(client.config_get("dir")["dir"]))
        client.close()
    assert not folder.exists()
    assert servers._try_redis(server.url, "") is None


def test_every_run_has_a_database_of_its_own() -> None:
    url = "postgresql://someone:secret@db.example:5433/real"
    one, other = servers._with_own_database(url), servers._with_own_database(url)
    assert one != other
    assert one.startswith("postgres://someone:secret@db.example:5433/portal_")


def test_the_suite_runs_on_what_it_was_told() -> None:
    named = os.environ.get("DATABASE_URL", "").startswith("postgres")
    assert connection.vendor == ("postgresql" if named else "sqlite")
    assert app.conf.broker_url == settings.CELERY_BROKER_URL
    assert settings.CELERY_BROKER_URL.startswith(os.environ.get("REDIS_URL") or "memory://")


# The test command


def test_what_is_required_and_missing_fails_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    account = run.Account()
    account.add("SQLite", 0, "2 passed, 1 skipped in 0.10s")
    run.note_chromium(account, None)
    assert run.report(account, set(), 1.0) == 0
    assert run.report(account, {"chromium"}, 1.0) == 1
    said = capsys.readouterr().out
    assert "Chromium: not found, browser journeys left out" in said
    assert "Required and missing: chromium." in said
    assert said.strip().splitlines()[-1].strip("= ") == "2 passed, 1 skipped in 1.00s"


def test_a_browser_that_walked_no_journey_did_not_take_part() -> None:
    account = run.Account()
    run.note_chromium(account, "/usr/bin/chromium")
    assert account.missing == {"chromium"}
    account = run.Account(journeys=1)
    run.note_chromium(account, "/usr/bin/chromium")
    assert (account.missing, account.lines) == (set(), ["Chromium (/usr/bin/chromium): took part"])


def test_a_failed_run_fails_the_whole() -> None:
    account = run.Account()
    account.add("SQLite", 1, "1 failed, 2 passed, 3 warnings in 0.10s")
    account.add("PostgreSQL", 0, "3 passed in 0.10s")
    assert account.code == 1
    assert account.counts == {"failed": 1, "passed": 5, "warning": 3}


def test_an_unknown_requirement_is_refused() -> None:
    with pytest.raises(SystemExit):
        run.read(["--require", "oracle"])
    options, others = run.read(["--require", "redis,postgres", "-k", "start", "--only", "sqlite"])
    assert (options.require, options.only, others) == ({"redis", "postgres"}, "sqlite", ["-k", "start"])
