"""Production starts only when it is told everything, and safely; migrations are complete and named."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]
SAFE = {
    "SECRET_KEY": "k7w-2mQ9zXr4vT8bYp1sLd6hGf3jNc5aEu0oIiVvWwXxYyZz-AbCdEfGh",
    "DATABASE_URL": "postgres://portal:secret@db.example:5432/portal",
    "REDIS_URL": "redis://redis.example:6379/0",
    "EMAIL_URL": "smtp+tls://portal:secret@mail.example:587",
    "ALLOWED_HOSTS": "pmo.example",
}
BARE = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "pmo_portal.settings.base"}
UNSAFE = {
    "SECRET_KEY": ["", "short", "django-insecure-k7w-2mQ9zXr4vT8bYp1sLd6hGf3jNc5aEu0oIiVvWw", "a" * 60],
    "DATABASE_URL": ["", "sqlite:///portal.sqlite3"],
    "REDIS_URL": ["", "memory://", "filesystem://"],
    "EMAIL_URL": ["", "consolemail://", "dummymail://"],
    "ALLOWED_HOSTS": ["", "*", "pmo.example,*"],
}


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A process with nothing in its environment but what is given."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT, env={**BARE, **environment}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_production_is_clean_for_django_s_own_deployment_check() -> None:
    answer = run("-W", "error", "manage.py", "check", "--deploy", "--fail-level", "WARNING", **SAFE)
    assert answer.returncode == 0, answer.stderr
    assert "0 silenced" in answer.stdout


def test_production_without_anything_names_all_that_is_missing_without_a_traceback() -> None:
    answer = run("manage.py", "check", **dict.fromkeys(SAFE, ""))
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr
    assert all(name in answer.stderr for name in SAFE)


@pytest.mark.parametrize("name", SAFE)
def test_production_does_not_start_without(name: str) -> None:
    answer = run("manage.py", "check", **{**SAFE, name: ""})
    assert_refused(answer, name)


def assert_refused(answer: subprocess.CompletedProcess[str], name: str) -> None:
    """One plain sentence, and it is about this variable and no other."""
    assert answer.returncode == 1
    assert "Traceback" not in answer.stdout + answer.stderr
    assert f"{name} is missing" in answer.stderr
    assert not [other for other in SAFE if other != name and other in answer.stderr]


SSO = {"SSO_URL": "https://login.example/tenant/v2.0", "SSO_CLIENT_ID": "portal", "SSO_SECRET": "a-secret"}


def test_production_starts_with_single_sign_on_and_is_clean() -> None:
    answer = run("-W", "error", "manage.py", "check", "--deploy", "--fail-level", "WARNING", **SAFE, **SSO)
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("name", SSO)
def test_single_sign_on_is_configured_wholly_or_not_at_all(name: str) -> None:
    assert_refused(run("manage.py", "check", **SAFE, **{**SSO, name: ""}), name)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://login.example/x", "is not safe"),
        ("login.example", "is not an address"),
        ("ftp://x.example", "is not an"),
    ],
)
def test_the_provider_is_asked_over_https_alone(url: str, said: str) -> None:
    answer = run("manage.py", "check", **SAFE, **{**SSO, "SSO_URL": url})
    assert answer.returncode == 1
    assert f"SSO_URL {said}" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_name_alone_is_half_a_configuration() -> None:
    answer = run("manage.py", "check", **SAFE, SSO_NAME="Westmark account")
    assert all(f"{name} is missing" in answer.stderr for name in SSO)


def test_the_embedded_form_refuses_half_a_configuration_too(tmp_path: Path) -> None:
    told = {
        "DJANGO_SETTINGS_MODULE": "pmo_portal.settings.local",
        "PORTAL_VAR": str(tmp_path),
        "SECRET_KEY": "x" * 50,
    }
    answer = run("manage.py", "check", **told, SSO_CLIENT_ID="portal")
    assert answer.returncode == 1
    assert "SSO_URL is missing" in answer.stderr
    on_this_machine = {**SSO, "SSO_URL": "http://127.0.0.1:8139/.well-known/openid-configuration"}
    assert run("manage.py", "check", **told, **on_this_machine).returncode == 0


PROBE = """
import importlib, json, os, sys
answers = []
for name, value in json.load(sys.stdin):
    os.environ.update(json.loads(os.environ["SAFE"]) | {name: value})
    sys.modules.pop("pmo_portal.settings.base", None)
    try:
        importlib.import_module("pmo_portal.settings.base")
        answers.append([name, value, "started"])
    except Exception as problem:
        answers.append([name, value, str(problem)])
json.dump(answers, sys.stdout)
"""


def test_production_does_not_start_with_an_unsafe_value_and_says_which() -> None:
    asked = json.dumps([[name, value] for name, values in UNSAFE.items() for value in values])
    answer = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=ROOT, input=asked, capture_output=True, text=True, timeout=60, check=True,
        env={**BARE, "SAFE": json.dumps(SAFE)},
    )  # fmt: skip
    for name, value, said in json.loads(answer.stdout):
        assert said.startswith(f"{name} is missing or"), (name, value, said)
        assert len(said.splitlines()) == 1, said


@pytest.mark.parametrize("entrance", ["wsgi", "asgi", "celery"])
def test_every_entrance_but_the_command_line_leads_to_production(entrance: str) -> None:
    code = f"import pmo_portal.{entrance} as it; getattr(it, 'app', None) and it.app.conf.broker_url"
    environment = {"PATH": os.environ["PATH"], **dict.fromkeys(SAFE, "")}
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode != 0
    assert "SECRET_KEY is missing" in answer.stderr


TOLD = """
import json, django
from django.conf import settings as s
django.setup()
from django.test import Client
plain, secure = Client().get("/", headers={"host": "pmo.example"}), Client().get(
    "/healthz", secure=True, headers={"host": "pmo.example"})
names = ["SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_PATH",
    "SESSION_COOKIE_DOMAIN", "CSRF_COOKIE_NAME", "CSRF_COOKIE_SECURE", "CSRF_COOKIE_HTTPONLY", "CSRF_COOKIE_PATH",
    "CSRF_COOKIE_DOMAIN", "SESSION_COOKIE_SAMESITE", "CSRF_COOKIE_SAMESITE", "DEBUG", "EXAMPLE", "EMAIL_TIMEOUT",
    "SECURE_PROXY_SSL_HEADER"]
told = {name: getattr(s, name) for name in names}
told["plain"] = [plain.status_code, plain["Location"]]
told["hsts"] = secure["Strict-Transport-Security"]
print(json.dumps(told))
"""


def test_production_s_cookies_are_bound_to_the_host_and_plain_http_is_sent_away() -> None:
    answer = run("-c", TOLD, **SAFE)
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout.strip().splitlines()[-1])
    for cookie in ("SESSION", "CSRF"):
        # What a browser asks of a __Host- cookie: secure, for the whole host, for no other host.
        assert told[f"{cookie}_COOKIE_NAME"].startswith("__Host-")
        assert told[f"{cookie}_COOKIE_SECURE"] is True
        assert told[f"{cookie}_COOKIE_HTTPONLY"] is True
        assert told[f"{cookie}_COOKIE_PATH"] == "/"
        assert told[f"{cookie}_COOKIE_DOMAIN"] is None
        assert told[f"{cookie}_COOKIE_SAMESITE"] == "Lax"
    assert told["plain"] == [301, "https://pmo.example/"]
    assert told["hsts"] == "max-age=31536000; includeSubDomains; preload"
    assert (told["DEBUG"], told["EXAMPLE"], told["SECURE_PROXY_SSL_HEADER"]) == (False, False, None)
    assert 0 < told["EMAIL_TIMEOUT"] <= 30


@pytest.mark.django_db
def test_no_change_of_a_model_waits_for_its_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_migration_has_a_name_of_its_own() -> None:
    names = [
        path.stem
        for top in ("pmo_portal", "mandate", "stakeholders")
        for path in (ROOT / top).rglob("migrations/*.py")
        if path.stem != "__init__"
    ]
    assert names
    assert not [name for name in names if not re.fullmatch(r"\d{4}_[a-z][a-z_0-9]+", name)]
    assert not [name for name in names if re.search(r"_auto_|_initial$|_and_more$|_alter_|_squashed_", name)]


def test_what_failed_is_logged_without_the_words_of_the_exception() -> None:
    from pmo_portal.settings.base import frames_only

    address = "@".join(["secret.person", "x.example"])  # the line of code itself is shown, and holds no address
    try:
        raise ValueError(f"DETAIL: Key (email)=({address}) already exists.")
    except ValueError:
        told = frames_only(None, "error", {"event": "Internal Server Error", "exc_info": sys.exc_info()})
    assert "ValueError" in told["exception"]
    assert "test_what_failed" in told["exception"]
    assert "secret.person" not in str(told)
    assert frames_only(None, "info", {"event": "quiet"}) == {"event": "quiet"}
