"""The test command: the whole suite on SQLite and on PostgreSQL with Redis, at once, saying plainly which took part.

python -m tests.run [--require postgres,redis,chromium] [--only sqlite|postgres] [pytest arguments]
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import servers

ROOT = Path(__file__).resolve().parent.parent
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|deselected|xfailed|xpassed|warnings?)\b")
WITNESS = "PORTAL_TEST_WITNESS"
PARTS = ("postgres", "redis", "chromium")


@dataclass
class Account:
    """What took part, how it went, and what was missing."""

    lines: list[str] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    journeys: int = 0
    code: int = 0

    def note(self, what: str, part: str, found: object, without: str) -> None:
        if found is None:
            self.missing.add(part)
            self.lines.append(f"{what}: not found, {without}")
        else:
            self.lines.append(f"{found}: took part")

    def add(self, title: str, code: int, closing: str) -> None:
        for number, word in COUNT.findall(closing):
            self.counts[word.removesuffix("s")] += int(number)
        self.lines.append(f"{title}: took part: {closing.strip('= ') or 'no closing line'}")
        # 5 is pytest's word for "no test collected", which a filter may well cause in one of the runs.
        self.code = self.code or (0 if code == 5 and closing.count("deselected") else code)


def pytest_runtest_logreport(report: Any) -> None:
    """In pytest's own process, where this module is a plugin: notes each journey that a browser walked."""
    witness = os.environ.get(WITNESS)
    if witness and report.when == "call" and "browser" in report.keywords and not report.skipped:
        with Path(witness).open("a") as file:
            file.write(f"{report.nodeid}\n")


@dataclass
class Run:
    """One pytest at work, writing into a file of its own: two of them share the machine, and are read one by one."""

    title: str
    process: subprocess.Popen[bytes]
    output: Any
    witness: Any

    def follow(self) -> tuple[int, str, int]:
        """Pass its output on, from the start and then as it comes; its exit code, closing line and journeys."""
        tail = b""
        with Path(self.output.name).open("rb") as written:
            while True:
                is_over = self.process.poll() is not None
                while piece := written.read(4096):
                    sys.stdout.buffer.write(piece)
                    sys.stdout.buffer.flush()
                    tail = (tail + piece)[-4000:]
                if is_over:
                    break
                time.sleep(0.1)
        lines = COLOURS.sub("", tail.decode(errors="replace")).strip().splitlines()
        closing = (line for line in reversed(lines) if COUNT.search(line) or "no tests ran" in line)
        return self.process.returncode, next(closing, ""), len(self.witness.read().splitlines())

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


def start(title: str, arguments: list[str], environment: dict[str, str], stack: ExitStack) -> Run:
    """Sets pytest going; when the stack is left it has ended, one way or the other."""
    colour = ["--color=yes"] if sys.stdout.isatty() else []
    output = stack.enter_context(tempfile.NamedTemporaryFile(prefix="portal-suite-"))  # noqa: SIM115
    witness = stack.enter_context(tempfile.NamedTemporaryFile(prefix="portal-journeys-"))  # noqa: SIM115
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "tests.run", *colour, *arguments],
        cwd=ROOT,
        env=environment | {WITNESS: witness.name},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
    )
    run = Run(title, process, output, witness)
    stack.callback(run.stop)
    return run


def on_sqlite(arguments: list[str], stack: ExitStack) -> Run:
    return start("SQLite", arguments, servers.without_servers(os.environ), stack)


def on_postgres(account: Account, arguments: list[str], stack: ExitStack) -> Run | None:
    postgres = stack.enter_context(servers.postgres())
    redis = stack.enter_context(servers.redis_server())
    if postgres is None:
        account.note("PostgreSQL", "postgres", None, "the suite ran on SQLite only")
        account.missing.add("redis")
        return None
    environment = servers.without_servers(os.environ) | {"DATABASE_URL": postgres.url}
    if redis is not None:
        environment["REDIS_URL"] = redis.url
    account.note("Redis", "redis", redis, "what needs it was left out")
    return start(str(postgres), arguments, environment, stack)


def tell(account: Account, run: Run) -> None:
    print(f"\nThe suite on {run.title}", flush=True)
    code, closing, journeys = run.follow()
    account.add(run.title, code, closing)
    account.journeys += journeys


def closing_line(account: Account, seconds: float) -> str:
    """The sum of the runs, in the form of pytest's own."""
    order = ("failed", "passed", "skipped", "deselected", "xfailed", "xpassed", "warning", "error")
    counts = ", ".join(f"{account.counts[word]} {word}" for word in order if account.counts[word])
    return f" {counts or 'nothing was counted'} in {seconds:.2f}s ".center(80, "=")


def report(account: Account, required: set[str], seconds: float) -> int:
    print("\nWhat took part", flush=True)
    for line in account.lines:
        print(f"  {line}")
    lacking = sorted(required & account.missing)
    if lacking:
        print(f"Required and missing: {', '.join(lacking)}.")
    print(closing_line(account, seconds), flush=True)
    return account.code or (1 if lacking else 0)


def note_chromium(account: Account, path: str | None) -> None:
    if path and not account.journeys:
        account.missing.add("chromium")
        account.lines.append(f"Chromium ({path}): found, but no browser journey ran")
    else:
        account.note("Chromium", "chromium", path and f"Chromium ({path})", "browser journeys left out")


def read(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(prog="python -m tests.run", allow_abbrev=False, add_help=False)
    parser.add_argument("--require", default="", type=lambda text: {part for part in text.split(",") if part})
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    options, others = parser.parse_known_args(arguments)
    unknown = set(options.require) - set(PARTS)
    if unknown:
        parser.error(f"--require knows {', '.join(PARTS)}, not {', '.join(sorted(unknown))}")
    return options, others


def main(arguments: list[str]) -> int:
    options, others = read(arguments)
    # So that a stop from outside still closes the throwaway servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    begun = time.monotonic()
    account = Account()
    with ExitStack() as stack:
        runs = [on_sqlite(others, stack)] if options.only != "postgres" else []
        if options.only == "sqlite":
            account.missing |= {"postgres", "redis"}
        elif run := on_postgres(account, others, stack):
            runs.append(run)
        for run in runs:
            tell(account, run)
    note_chromium(account, servers.chromium())
    return report(account, set(options.require), time.monotonic() - begun)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
