"""Our own Redis and our own Celery workers, as processes that a test may stop, silence and kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import current_app
from django.conf import settings
from django.db import connection

from tests.servers import HOST, free_port, redis_binary

ROOT = Path(__file__).resolve().parents[2]


class Redis:
    """A Redis of the test's own: it can end, come back at the same port, and fall silent."""

    def __init__(self, folder: Path) -> None:
        binary = redis_binary()
        if binary is None:
            pytest.skip("no Redis here")
        self.port = free_port()
        self.url = f"redis://{HOST}:{self.port}/0"
        self.folder = folder
        self.command = [str(binary), "--port", str(self.port), "--bind", HOST, "--save", "", "--dir", str(folder)]
        self.start()

    def start(self) -> None:
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, start_new_session=True)
        for _ in range(200):
            with suppress(redis.RedisError), redis.Redis.from_url(self.url) as client:
                client.ping()
                return
            time.sleep(0.05)
        raise AssertionError((self.folder / "redis.log").read_text())

    def stop(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()

    def fall_silent(self) -> None:
        """It holds its lines and takes new ones, and says nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def speak(self) -> None:
        self.process.send_signal(signal.SIGCONT)


@contextmanager
def own_redis(folder: Path) -> Iterator[Redis]:
    server = Redis(folder)
    try:
        yield server
    finally:
        server.stop()


class Worker:
    """`celery worker` as in production, on the test's database, Redis and mail server."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.log = folder / f"worker-{time.monotonic_ns()}.log"
        command = [sys.executable, "-m", "celery", "-A", "pmo_portal", "worker"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--concurrency", "4", "--loglevel", "INFO", "--without-gossip", "--without-mingle"],
                cwd=ROOT,
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.said
        return " ready." in self.said

    def kill(self) -> None:
        """`kill -9`, for the worker and its children: nobody of them gets to say anything."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def workers(folder: Path, environment: dict[str, str]) -> Iterator[Any]:
    """Starts workers; none outlives the test."""
    started: list[Worker] = []

    def start() -> Worker:
        started.append(Worker(folder, environment))
        return started[-1]

    try:
        yield start
    finally:
        for worker in started:
            worker.kill()


def environment(*, redis_url: str, smtp_port: int, lease: int) -> dict[str, str]:
    """What makes a worker process meet the test's own database and servers."""
    return {
        "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE,
        "DATABASE_URL": database_url(),
        "REDIS_URL": redis_url,
        "EMAIL_URL": f"smtp://{HOST}:{smtp_port}",
        "OUTBOX_LEASE_SECONDS": str(lease),
    }


def database_url() -> str:
    at = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{at['NAME']}"
    user = f"{at['USER']}:{at['PASSWORD']}" if at["PASSWORD"] else at["USER"]
    return f"postgres://{user}@{at['HOST']}:{at['PORT'] or 5432}/{at['NAME']}"


def tick(redis_url: str) -> None:
    """What beat does each minute, on a line of its own."""
    with current_app.connection_for_write(redis_url, connect_timeout=2) as line:
        current_app.send_task("outbox.tick", connection=line, retry=False)
