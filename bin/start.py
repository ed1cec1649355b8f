"""Starts the embedded portal: checks the port and the folder, brings the data up to date, serves."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections

ROOT = Path(__file__).resolve().parent.parent
FORMS = {"example": "make_example", "ours": "open_setup"}


class Told(Exception):
    """What is in the way, in one sentence fit for a person."""


def port_from(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise Told(f"PORT must be a number from 1 to 65535, and “{text}” is not.")
    return int(text)


def is_busy(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Asked first, because elsewhere than on Linux a taken port may well be bound again.
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            return True
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # The server sets this too: a port that has only just been left is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise Told(f"Port {port} needs special rights: please use one from 1024 up.") from None
        except OSError:
            return True
    return False


def refuse_busy(port: int) -> None:
    if is_busy(port):
        other = port + 1 if port < 65535 else 8000
        raise Told(f"Port {port} is in use already: please stop what runs there, or add PORT={other}.")


def folder_of(form: str) -> Path:
    """Where this form keeps its database and its mail; PORTAL_VAR stands for var/."""
    return Path(os.environ.get("PORTAL_VAR") or ROOT / "var").resolve() / form


def refuse_read_only(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        raise Told(f"The folder {folder} cannot be written to: please put the portal where you may write.") from None


def prepare(form: str) -> None:
    """Migrates, then makes the example or prints the address at which one's own is set up."""
    try:
        django.setup()
        call_command("migrate", interactive=False, verbosity=0)
        call_command(FORMS[form])
    except (CommandError, DatabaseError, ImproperlyConfigured) as error:
        raise Told(f"The portal could not be made ready: {' '.join(str(error).split())}") from error
    finally:
        if django.apps.apps.ready:
            connections.close_all()


def serve(port: int) -> None:
    """Becomes the server, so that one process answers Ctrl-C and gives the exit code."""
    sys.stdout.flush()
    sys.stderr.flush()
    server = ["-m", "gunicorn", "-c", "python:pmo_portal.embedded", "-b", f"127.0.0.1:{port}"]
    os.execv(sys.executable, [sys.executable, *server, "pmo_portal.wsgi"])


def start(form: str) -> None:
    port = port_from(os.environ.get("PORT") or "8000")
    refuse_busy(port)
    folder = folder_of(form)
    refuse_read_only(folder)
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    # The embedded form has its own database and its own broker, whatever the shell exports.
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    os.environ["PORT"] = str(port)
    os.environ["PORTAL"] = form
    os.environ["PORTAL_VAR"] = str(folder.parent)
    os.environ["DJANGO_SETTINGS_MODULE"] = "pmo_portal.settings.local"
    prepare(form)
    serve(port)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in FORMS:
        print("Please say what to start: example or ours.", file=sys.stderr)
        return 2
    try:
        start(arguments[0])
    except Told as reason:
        print(reason, file=sys.stderr)
        return 1
    except (KeyboardInterrupt, EOFError):
        print("\nStopped before the portal had started.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
