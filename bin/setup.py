"""Makes .venv and installs the pinned packages; says in one plain sentence what is in the way."""
# An old Python must be able to read this file, far enough to say that it is too old: so no newer ways here.
# ruff: noqa: B904, PTH100, PTH110, PTH118, PTH120, PTH123, SIM105, UP010, UP024, UP031, UP032

import hashlib
import os
import re
import subprocess
import sys
import tempfile

NEEDED = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FILES = {"run": ["requirements.txt"], "dev": ["requirements.txt", "requirements-dev.txt"]}
NO_NETWORK = (
    "NewConnectionError",
    "ConnectTimeoutError",
    "ConnectionError",
    "ReadTimeoutError",
    "ProxyError",
    "name resolution",
    "Network is unreachable",
    "Could not fetch URL",
)


class Told(Exception):
    """What is in the way, in one sentence fit for a person."""


def refuse_old_python(version):
    # type: (tuple[int, ...]) -> None
    if tuple(version[:2]) < NEEDED:
        raise Told(
            "PMO Portal needs Python 3.11 or newer and this is Python %d.%d: "
            "please install a newer one, or name one you have, as in `make run PYTHON=python3.12`."
            % tuple(version[:2])
        )


def refuse_missing_venv():
    # type: () -> None
    try:
        __import__("ensurepip")
        __import__("venv")
    except ImportError:
        raise Told(
            "This Python cannot make a virtual environment: on Debian and Ubuntu please run "
            "`apt install python%d.%d-venv`, then start again." % sys.version_info[:2]
        )


def refuse_read_only(folder):
    # type: (str) -> None
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except EnvironmentError:
        raise Told("The folder %s cannot be written to: please put the portal where you may write." % folder)


def fingerprint(root, names):
    # type: (str, list[str]) -> str
    """Of the Python and of every byte of the requirement files, so that a change installs anew."""
    digest = hashlib.sha256(repr(sys.version_info[:2]).encode())
    for name in names:
        with open(os.path.join(root, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def python_of(venv):
    # type: (str) -> str
    return os.path.join(venv, "bin", "python")


def stamp_of(venv, name):
    # type: (str, str) -> str
    return os.path.join(venv, ".installed-" + name)


def is_done(root, name):
    # type: (str, str) -> bool
    venv = os.path.join(root, ".venv")
    try:
        with open(stamp_of(venv, name)) as file:
            return file.read() == fingerprint(root, FILES[name]) and os.path.exists(python_of(venv))
    except EnvironmentError:
        return False


def note_done(root, name):
    # type: (str, str) -> None
    # The packages for development hold those to run, so both are done then.
    for done in ("run", "dev") if name == "dev" else ("run",):
        with open(stamp_of(os.path.join(root, ".venv"), done), "w") as file:
            file.write(fingerprint(root, FILES[done]))


def make_venv(venv):
    # type: (str) -> None
    # --clear only where the interpreter inside is gone or of another version: an unfinished install is kept.
    probe = "import sys, pip; sys.exit(sys.version_info[:2] != %r)" % (tuple(sys.version_info[:2]),)
    if os.path.exists(python_of(venv)) and quiet([python_of(venv), "-c", probe])[0] == 0:
        return
    code, output = quiet([sys.executable, "-m", "venv", "--clear", venv])
    if code:
        raise Told("The virtual environment .venv could not be made: %s" % last_line(output))


def quiet(command):
    # type: (list[str]) -> tuple[int, str]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    output, _ = process.communicate()
    return process.returncode, output


def last_line(output):
    # type: (str) -> str
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    return (errors or lines or ["no reason was given"])[-1]


def show(package, seen):
    # type: (str, int) -> None
    """One line that is written over on a screen; nothing in a log file."""
    if sys.stdout.isatty():
        sys.stdout.write(("\r  %3d  %s" % (seen, package))[:70].ljust(70))
        sys.stdout.flush()


def install(root, name):
    # type: (str, str) -> None
    command = [python_of(os.path.join(root, ".venv")), "-m", "pip", "install", "--no-input", "--retries", "2"]
    command += ["--disable-pip-version-check", "--no-color", "--progress-bar", "off", "-r", FILES[name][-1]]
    process = subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True
    )
    lines = []
    seen = 0
    for line in process.stdout or []:
        lines.append(line)
        if line.startswith(("Collecting ", "Requirement already satisfied: ")):
            seen += 1
            requirement = line.replace("Collecting ", "").split(": ")[-1].split()[0]
            show(re.split("[<>=~!;]", requirement)[0], seen)
    if sys.stdout.isatty():
        sys.stdout.write("\r".ljust(71) + "\r")
    if process.wait():
        refuse_failed_install("".join(lines), FILES[name][-1])


def refuse_failed_install(output, file):
    # type: (str, str) -> None
    if any(sign in output for sign in NO_NETWORK):
        raise Told("The packages could not be fetched: please check the network connection, then start again.")
    raise Told("The packages of %s could not be installed: %s" % (file, last_line(output)))


def set_up(root, name, version):
    # type: (str, str, tuple[int, ...]) -> None
    refuse_old_python(version)
    if is_done(root, name):
        return
    refuse_read_only(root)
    refuse_missing_venv()
    say("Installing the pinned packages into .venv/ (the first time only, a minute or two) ...\n")
    make_venv(os.path.join(root, ".venv"))
    install(root, name)
    note_done(root, name)


def say(text):
    # type: (str) -> None
    sys.stdout.write(text)
    sys.stdout.flush()


def main(arguments):
    # type: (list[str]) -> int
    name = arguments[0] if arguments else "run"
    if name not in FILES:
        sys.stderr.write("Please say what to set up: run or dev.\n")
        return 2
    try:
        set_up(ROOT, name, tuple(sys.version_info[:3]))
    except Told as reason:
        sys.stderr.write("%s\n" % reason)
        return 1
    except EnvironmentError as error:
        sys.stderr.write("The set-up stopped: %s.\n" % error)
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped; start again to carry on.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
