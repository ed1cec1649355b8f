"""Production settings on the database that the bench has made, over plain http on loopback."""

import os
from pathlib import Path

from pmo_portal.settings.base import *  # noqa: F403

SECRET_KEY = "only-for-the-bench-only-for-the-bench-only-for-the-bench"
ALLOWED_HOSTS = ["127.0.0.1"]
PORTAL_URL = "http://127.0.0.1"
EXAMPLE = True
ROOT_URLCONF = "tests.bench.urls"
BENCH_FOLDER = Path(os.environ["BENCH_FOLDER"])
STATIC_ROOT = BENCH_FOLDER / "static"
CELERY_BROKER_URL = "memory://localhost//"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

SECURE_SSL_REDIRECT = False
SESSION_COOKIE_NAME = "session"
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_NAME = "csrf"
CSRF_COOKIE_SECURE = False
