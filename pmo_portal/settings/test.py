"""Settings of the suite: the database and Redis that the environment names, else a SQLite file."""

import os
import tempfile
from pathlib import Path

from pmo_portal.settings.base import *  # noqa: F403
from pmo_portal.settings.base import DATABASE_URL, EMAIL_URL, REDIS_URL, database

_folder = Path(tempfile.gettempdir()) / f"pmo-portal-test-{os.getpid()}"
SECRET_KEY = os.environ.get("SECRET_KEY", "only-for-the-suite-only-for-the-suite-only-for-the-suite")
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PORTAL_URL = os.environ.get("PORTAL_URL", "http://testserver")
DATABASES = {"default": database(DATABASE_URL or f"sqlite:///{_folder}.sqlite3")}
if not DATABASE_URL:
    # A file, not memory: threads and worker processes must meet the same database.
    DATABASES["default"]["TEST"] = {"NAME": f"{_folder}-suite.sqlite3"}
if not EMAIL_URL:
    EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_BROKER_URL = REDIS_URL or "memory://localhost//"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

SECURE_SSL_REDIRECT = False
SESSION_COOKIE_NAME = "session"
SESSION_COOKIE_SECURE = False
WHOSE_COOKIE_NAME = "whose"
CSRF_COOKIE_NAME = "csrf"
CSRF_COOKIE_SECURE = False
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None
