"""The embedded form: one web process of gunicorn with Celery's worker and clock as threads inside it.

This is gunicorn's configuration file (`gunicorn -c python:pmo_portal.embedded pmo_portal.wsgi`). The broker
is `memory://`, which serves one process only: hence one web process. bin/start.py names the address.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from celery.beat import EmbeddedService
from celery.worker import WorkController
from django.conf import settings

from pmo_portal.celery import app

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker

bind = "127.0.0.1:8000"
workers = 1
worker_class = "gthread"
threads = 8
timeout = 60
graceful_timeout = 4
loglevel = "warning"
control_socket_disable = True

# Static files come straight from the tree here, so nothing was collected into a folder of their own.
warnings.filterwarnings("ignore", message="No directory at", category=UserWarning)

STOP_WITHIN = 1.5  # seconds; what has not ended by then is left to its lease in the database
_inside: Inside | None = None


class Inside:
    """Celery's worker and beat, as two threads of the web process."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.worker: WorkController | None = None
        self.worker_thread = threading.Thread(target=self._work, name="celery-worker", daemon=True)
        self.beat: Any = None

    def start(self) -> None:
        _calm()
        self.worker_thread.start()
        # The schedule lives in memory: the times that matter are rows, beat only ticks.
        self.beat = EmbeddedService(app, thread=True, scheduler_cls="celery.beat:Scheduler")
        self.beat.start()
        # The first ticks now rather than in a minute: what fell due while the portal was off goes at once.
        for entry in app.conf.beat_schedule.values():
            app.send_task(entry["task"], expires=60)

    def _work(self) -> None:
        app.set_current()
        # The solo pool: tasks run one after another in this thread, as SQLite likes its writers.
        self.worker = WorkController(
            app=app,
            pool="solo",
            concurrency=1,
            hostname="embedded@localhost",
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
            ready_callback=lambda _consumer: self.ready.set(),
        )
        self.worker.start()

    def stop(self) -> None:
        """Stops both, waiting no longer than STOP_WITHIN."""
        deadline = time.monotonic() + STOP_WITHIN
        if self.beat is not None:
            self.beat.service.stop()
        # A message rather than a flag: the worker wakes for it at once and ends in its own thread.
        app.control.shutdown()
        for thread in (self.worker_thread, self.beat):
            if thread is not None:
                thread.join(max(0.0, deadline - time.monotonic()))


def _calm() -> None:
    """Celery inside a web server: no signal handlers, no taken-over streams, quick to answer, quiet."""
    app.finalize()
    app.conf.worker_redirect_stdouts = False
    app.conf.worker_hijack_root_logger = False
    app.conf.worker_send_task_events = False
    # The in-memory transport polls; at its own pace of a second every letter would wait that long.
    app.conf.broker_transport_options = {**app.conf.broker_transport_options, "polling_interval": 0.2}
    os.environ.setdefault("CELERY_SKIP_CHECKS", "1")  # the system checks ran with migrate
    for name in ("celery", "kombu"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # It warns of the end that we ask for ourselves.
    logging.getLogger("celery.worker.control").setLevel(logging.ERROR)


def _greeting(host: str, port: int) -> str:
    folder = settings.MAIL_FOLDER
    mail = (
        f"Mail is kept as files in {folder} and shown in the portal; sign-in codes in the files alone.\n"
        if folder
        else ""
    )
    return f"\n{mail}The portal runs at http://{host}:{port}\nCtrl-C ends it.\n"


def _say(text: str) -> None:
    with suppress(OSError):  # the terminal may be gone by the time we say goodbye
        sys.stdout.write(text)
        sys.stdout.flush()


def when_ready(server: Arbiter) -> None:
    # For gunicorn this signal means a reload; here it means that the terminal was closed, so: the end.
    signal.signal(signal.SIGHUP, lambda *_: server.SIG_QUEUE.put_nowait(signal.SIGTERM))


def _end_at_once(*_: object) -> None:
    """Ctrl-C, from the terminal and from the master, however often: the worker's end begins, once.

    gunicorn's own handler takes the thread pool's lock, which the first signal may still hold when the second comes.
    """
    _deaf_to_the_end()
    sys.exit(0)


def _deaf_to_the_end() -> None:
    # Not SIG_IGN: Python complains of a signal that was on its way while the handler was taken off.
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)


def post_worker_init(worker: Worker) -> None:
    global _inside
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the master hears it too, and tells this process
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, _end_at_once)
    _inside = Inside()
    _inside.start()
    _inside.ready.wait(10)
    if worker.age == 1:  # a second worker would be a replacement: nothing new for the person
        _say(_greeting(*worker.cfg.address[0]))


def worker_exit(server: Arbiter, worker: Worker) -> None:
    if worker.pid != os.getpid():  # the master calls this too, for a worker it finds gone
        return
    _deaf_to_the_end()  # a second Ctrl-C must not cut this short
    if _inside is not None:
        _inside.stop()
    if worker.booted:
        # Not through the interpreter's own end: it would wait for a page or a letter that is still busy,
        # and a letter that is cut off is found by its lease. A failed start keeps its own exit code.
        _say("")
        os._exit(0)


def on_exit(server: Arbiter) -> None:
    _say("\nThe portal has ended.\n")
