"""The embedded form: one process, SQLite, letters kept as files. PORTAL is example or ours."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from pmo_portal.settings.base import *  # noqa: F403
from pmo_portal.settings.base import DATABASE_URL, EMAIL_URL, LOGGING, REDIS_URL, ROOT, database, sso_problems

PORTAL = os.environ.get("PORTAL", "example")
EXAMPLE = PORTAL == "example"
HOME = Path(os.environ.get("PORTAL_VAR", ROOT / "var")) / PORTAL


def kept_secret(path: Path) -> str:
    """The installation's own key, made at the first start and readable by its owner only."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all: a start that is killed here leaves no empty key behind.
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(60))
        fresh.rename(path)
    return path.read_text()


PORT = os.environ.get("PORT", "8000")
PORTAL_URL = os.environ.get("PORTAL_URL", f"http://127.0.0.1:{PORT}")
SECRET_KEY = os.environ.get("SECRET_KEY") or kept_secret(HOME / "secret-key")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *os.environ.get("ALLOWED_HOSTS", "").split()]
DATABASES = {"default": database(DATABASE_URL or f"sqlite:///{HOME / 'db.sqlite3'}")}
CELERY_BROKER_URL = REDIS_URL or "memory://localhost//"

# The example organisation can write to nobody, whatever the environment says.
if EXAMPLE or not EMAIL_URL:
    EMAIL_BACKEND = "pmo_portal.outbox.folder.EmailBackend"
    MAIL_FOLDER = HOME / "mail"

# Plain http on one's own machine: no redirect, and no __Host- cookies, which need https.
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 0
SESSION_COOKIE_NAME = f"{PORTAL}_session"
SESSION_COOKIE_SECURE = False
WHOSE_COOKIE_NAME = f"{PORTAL}_whose"
CSRF_COOKIE_NAME = f"{PORTAL}_csrf"
CSRF_COOKIE_SECURE = False

# A person reads these lines at a terminal.
LOGGING["handlers"]["console"]["formatter"] = "plain"
LOGGING["root"]["level"] = "WARNING"

# Static files straight from the tree: nothing to collect before the first start.
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None

if _found := sso_problems():
    raise ImproperlyConfigured("\n".join(_found))
