"""What a journey runs beside the browser: a database, a web server, a clock, the embedded portal."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from tests.servers import HOST, without_servers

ROOT = Path(__file__).resolve().parents[2]
TOLD = ("EMAIL_URL", "DJANGO_SETTINGS_MODULE", "PORTAL", "PORTAL_URL", "PORTAL_VAR", "PORT")


def surroundings(**changes: object) -> dict[str, str]:
    """Our environment without what the suite was told, plus these."""
    kept = {key: value for key, value in without_servers(os.environ).items() if key not in TOLD}
    return kept | {key: str(value) for key, value in changes.items()}


class Database:
    """A PostgreSQL database of our own, to be asked in SQL."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows that a query gives; none for a statement without rows."""
        link = psycopg2.connect(self.url)
        try:
            with link, link.cursor() as cursor:
                cursor.execute(sql, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            link.close()


@contextmanager
def own_database(url: str, name: str) -> Iterator[Database]:
    """An empty database on the server that the URL names; gone afterwards."""
    parts = urlsplit(url)._replace(scheme="postgresql")
    maintenance = urlunsplit(parts._replace(path="/postgres"))
    alone(maintenance, f'CREATE DATABASE "{name}"')
    try:
        yield Database(urlunsplit(parts._replace(path=f"/{name}")))
    finally:
        alone(maintenance, f'DROP DATABASE "{name}" WITH (FORCE)')


def alone(url: str, statement: str) -> None:
    """A statement that wants no transaction around it."""
    link = psycopg2.connect(url)
    link.autocommit = True
    try:
        with link.cursor() as cursor:
            cursor.execute(statement)
    finally:
        link.close()


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a session of its own, ended politely and, when that does not help, by force."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
            start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(15)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError(log.read_text(errors="replace"))


def manage(environment: dict[str, str], *arguments: str) -> str:
    """`manage.py` as an operator types it; its output, or an AssertionError with it."""
    answer = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        timeout=300,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


@contextmanager
def gunicorn(environment: dict[str, str], port: int, log: Path, *more: str) -> Iterator[None]:
    """The production web server: one gthread worker on this port of loopback."""
    # Under TLS a browser's idle connections hold a thread each, which in production the proxy takes upon itself.
    command = [
        sys.executable, "-m", "gunicorn", "pmo_portal.wsgi", "--bind", f"{HOST}:{port}", "--worker-class", "gthread",
        "--workers", "1", "--threads", "32", "--no-control-socket", *more,
    ]  # fmt: skip
    with running(command, environment, log) as process:
        wait_for_port(port, process, log)
        yield


@contextmanager
def clock(environment: dict[str, str], folder: Path) -> Iterator[None]:
    """`celery beat`, with the short minute of tests.journeys.clock."""
    command = [
        sys.executable, "-m", "celery", "-A", "tests.journeys.clock", "beat", "--pidfile=",
        "--schedule", str(folder / "schedule"),
    ]  # fmt: skip
    with running(command, environment, folder / "beat.log"):
        yield


def certificate(folder: Path, openssl: str) -> tuple[str, str]:
    """A key and a certificate for loopback, signed by itself and good for a day."""
    key, cert = str(folder / "key.pem"), str(folder / "cert.pem")
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={HOST}"]
    subprocess.run([*command, "-keyout", key, "-out", cert], check=True, capture_output=True)
    return key, cert
