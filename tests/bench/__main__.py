"""Prints how long the mandate and the area page take, as ratios to a bare page and to their own bytes ready-made.

python -m tests.bench [--seconds N]

A real gunicorn on PostgreSQL (SQLite where there is none), production settings, the example organisation in a
database of its own. The requests come one after another over one kept-alive line; each round asks for every
page, in another order, so that what else the machine does falls on all alike. Ratios are taken within a round.
"""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests import servers
from tests.journeys.processes import gunicorn, own_database, surroundings
from tests.servers import HOST

READER = "ines.carvalho@westmark.example"
WRITER = "maya.osei@westmark.example"
PAGES = {"mandate": "/mandate/", "area": "/areas/terminal-operations/"}
OPEN_PAGES = {"mandate signed out": "/mandate/"}
ASKS = 10  # requests for each page in a round
WARM_UP = 30  # requests for each page before the first round
FEWEST_ROUNDS = 5
SOMETHING = 5_000  # bytes: a page of the portal is never shorter


@dataclass
class Target:
    """What is asked for, what must come back, and the median of each round in milliseconds."""

    name: str
    path: str
    length: int
    cookie: str = ""
    queries: int = 0
    rounds: list[float] = field(default_factory=list)


@contextmanager
def database(folder: Path) -> Iterator[tuple[str, str]]:
    """URL and name of an empty database: PostgreSQL, else a SQLite file."""
    with servers.postgres() as server:
        if server is None:
            yield f"sqlite:///{folder / 'bench.sqlite3'}", "SQLite"
            return
        with own_database(server.url, urlsplit(server.url).path.lstrip("/")):
            yield server.url, str(server)


def make_example() -> None:
    from django.core.management import call_command

    from pmo_portal.common.models import Organisation
    from stakeholders.home import example

    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    example.make()
    # So that the mandate can be measured without a sign-in too; who is signed in gets the same page as before.
    Organisation.objects.update(mandate_readers=Organisation.Readers.ANYONE)


def sign_in(email: str = READER) -> str:
    """The session cookie of somebody: the reader."""
    from django.conf import settings
    from django.test import Client

    from pmo_portal.accounts.models import User

    client = Client()
    client.force_login(User.objects.get(email=email))
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def queries_of(path: str, cookie: str) -> tuple[int, bytes]:
    """How many queries a page costs once everything is warm, and its bytes."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": HOST} | ({"cookie": cookie} if cookie else {}))
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    return len(queries), answer.content


def targets(folder: Path, cookie: str) -> list[Target]:
    """The bare page, then each page and its ready-made twin."""
    found = [target("bare", "/bench/bare/", cookie)]
    found += [target("bare signed out", "/bench/open/bare/", "")]
    for name, path in PAGES.items():
        found += with_twin(folder, name, path, "ready", cookie)
    for name, path in OPEN_PAGES.items():
        found += with_twin(folder, name, path, "open", "")
    return found


def with_twin(folder: Path, name: str, path: str, door: str, cookie: str) -> list[Target]:
    """A page, and its own bytes behind the same door."""
    page = target(name, path, cookie)
    if page.length < SOMETHING:
        raise SystemExit(f"{path} has only {page.length} bytes: that is not the page.")
    slug = name.replace(" ", "-")
    (folder / f"{slug}.html").write_bytes(queries_of(path, cookie)[1])
    twin = target(f"{name} ready-made", f"/bench/{door}/{slug}/", cookie)
    if twin.length != page.length:
        raise SystemExit(f"{path} and its ready-made twin differ in length: {page.length} and {twin.length}.")
    return [page, twin]


def target(name: str, path: str, cookie: str) -> Target:
    queries, content = queries_of(path, cookie)
    return Target(name, path, len(content), cookie, queries)


Ask = Callable[[Target], float]


@contextmanager
def asking(port: int) -> Iterator[Ask]:
    """Asks over one line that is kept open; gives milliseconds, and ends the bench on any other answer."""
    line = http.client.HTTPConnection(HOST, port, timeout=10)

    def ask(wanted: Target) -> float:
        begun = time.perf_counter()
        line.request("GET", wanted.path, headers={"Cookie": wanted.cookie} if wanted.cookie else {})
        answer = line.getresponse()
        content = answer.read()
        took = time.perf_counter() - begun
        if (answer.status, len(content)) != (200, wanted.length):
            raise SystemExit(
                f"{wanted.path} answered {answer.status} with {len(content)} bytes, not 200 with {wanted.length}."
            )
        return took * 1000

    try:
        yield ask
    finally:
        line.close()


def measure(found: list[Target], ask: Ask, seconds: float, asks: int = ASKS, warm_up: int = WARM_UP) -> None:
    for each in found:
        for _ in range(warm_up):
            ask(each)
    ends = time.monotonic() + seconds
    count = 0
    while time.monotonic() < ends or count < FEWEST_ROUNDS:
        turn = count % len(found)
        for each in found[turn:] + found[:turn]:
            each.rounds.append(statistics.median(ask(each) for _ in range(asks)))
        count += 1


def spread(values: list[float], digits: int = 1) -> str:
    """The median, and between which values the middle half lies."""
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def ratios(page: Target, other: Target) -> list[float]:
    return [mine / theirs for mine, theirs in zip(page.rounds, other.rounds, strict=True)]


def compare_long(folder: Path, port: int, seconds: float) -> None:
    """Two long versions compared; nothing of it is kept, so each answer is worked out anew."""
    from pmo_portal.accounts.models import User
    from tests.bench import long

    path, cookie = long.make(User.objects.get(email=WRITER)), sign_in(WRITER)
    found = [target("bare", "/bench/bare/", cookie)]
    found += with_twin(folder, "compare", path, "ready", cookie)
    found += with_twin(folder, "compare side by side", f"{path}&view=side", "ready", cookie)
    # A line of its own: writing so much took longer than a server keeps one open.
    with asking(port) as ask:
        measure(found, ask, seconds, asks=1, warm_up=3)
    print(f"\n{long.CLAUSES} clauses of {long.WORDS} words, {long.CHANGES} others in each, compared with no cache")
    show(found, asks=1)
    for each in found[1::2]:
        print(f"{each.name}: {spread(processor_time(each), 0)} ms of the processor for one answer")


def processor_time(page: Target) -> list[float]:
    """What some answers take of the processor here, in milliseconds, whatever else the machine does."""
    from django.test import Client

    client, took = Client(headers={"cookie": page.cookie, "host": HOST}), []
    for _ in range(FEWEST_ROUNDS):
        begun = time.process_time()
        client.get(page.path)
        took.append((time.process_time() - begun) * 1000)
    return took


def show(found: list[Target], asks: int = ASKS) -> None:
    by_name = {each.name: each for each in found}
    bare = by_name["bare"]
    row = "{:<30} {:>18} {:>20} {:>20} {:>8} {:>8}"
    print(row.format("page", "ms", "ratio to bare", "ratio to ready-made", "queries", "bytes"))
    for each in found:
        twin = by_name.get(f"{each.name} ready-made")
        print(
            row.format(
                each.name,
                spread(each.rounds, 2),
                spread(ratios(each, by_name["bare" if each.cookie else "bare signed out"])),
                spread(ratios(each, twin)) if twin else "",
                each.queries,
                each.length,
            )
        )
    print(f"Medians of {len(bare.rounds)} rounds of {asks} requests; in brackets the middle half of the rounds.")


def bench(seconds: float) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-bench-")))
        url, name = stack.enter_context(database(folder))
        environment = surroundings(
            DJANGO_SETTINGS_MODULE="tests.bench.settings", DATABASE_URL=url, BENCH_FOLDER=folder
        )
        os.environ |= environment
        import django
        from django.db import connection

        django.setup()
        stack.callback(connection.close)
        print(f"The pages on {name}, one gthread worker", flush=True)
        make_example()
        cookie = sign_in()
        found = targets(folder, cookie)
        port = servers.free_port()
        stack.enter_context(gunicorn(environment, port, folder / "gunicorn.log"))
        ask = stack.enter_context(asking(port))
        measure(found, ask, seconds)
        show(found)
        compare_long(folder, port, seconds / 2)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure the pages, as ratios.")
    parser.add_argument("--seconds", type=float, default=20, help="how long to measure (20)")
    options = parser.parse_args(arguments)
    # So that a stop from outside still ends the server and drops the database.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    bench(min(options.seconds, 40))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
