"""Production settings, read from the environment and loud when something is missing or unsafe."""

import os
import re
import sys
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
import structlog
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

ROOT = Path(__file__).resolve().parents[2]
env = environ.Env()
if __name__ == os.environ.get("DJANGO_SETTINGS_MODULE"):
    env.read_env(ROOT / ".env")

# --- what the environment says ------------------------------------------------------------------
SECRET_KEY = env.str("SECRET_KEY", default="")
# Keys of before: what they signed or encrypted can still be read.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
DATABASE_URL = env.str("DATABASE_URL", default="")
REDIS_URL = env.str("REDIS_URL", default="")
EMAIL_URL = env.str("EMAIL_URL", default="")
PORTAL_URL = env.str("PORTAL_URL", default=f"https://{ALLOWED_HOSTS[0]}" if ALLOWED_HOSTS else "")
DEFAULT_FROM_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", default=f"pmo@{ALLOWED_HOSTS[0]}" if ALLOWED_HOSTS else "pmo@localhost"
)
# Single sign-on: all of the first three, or none of them.
SSO_URL = env.str("SSO_URL", default="").removesuffix("/.well-known/openid-configuration").rstrip("/")
SSO_CLIENT_ID = env.str("SSO_CLIENT_ID", default="")
SSO_SECRET = env.str("SSO_SECRET", default="")
SSO_NAME = env.str("SSO_NAME", default="")
# By which claim the provider says that an address is really the person's.
SSO_VERIFIED_CLAIM = env.str("SSO_VERIFIED_CLAIM", default="email_verified")
EXAMPLE = False
DEBUG = False

# --- the house ----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "allauth.usersessions",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "pmo_portal.common",
    "pmo_portal.journal",
    "pmo_portal.audit",
    "pmo_portal.outbox",
    "pmo_portal.accounts",
    "mandate",
    "stakeholders",
    "stakeholders.digests",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "pmo_portal.common.access.CalmMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "pmo_portal.accounts.guard.EndedMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "pmo_portal.accounts.guard.ViewerMiddleware",
    "pmo_portal.accounts.guard.PlacesMiddleware",
    "pmo_portal.accounts.guard.FactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "pmo_portal.accounts.guard.ProofMiddleware",
]

ROOT_URLCONF = "pmo_portal.urls"
WSGI_APPLICATION = "pmo_portal.wsgi.application"
ASGI_APPLICATION = "pmo_portal.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "stakeholders.home.reading.frame",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- words, numbers, time -----------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", _("English"))]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- the ledger ---------------------------------------------------------------------------------
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
    # Without it REPLACE deletes a sealed row past its trigger.
    "PRAGMA recursive_triggers=ON;",
}


def database(url: str) -> dict[str, object]:
    """The settings of one database from its URL: persistent connections, and SQLite made fit for threads."""
    settings = environ.Env.db_url_config(url)
    if settings["ENGINE"].endswith("sqlite3"):
        return {**settings, "OPTIONS": SQLITE_OPTIONS}
    return {**settings, "CONN_MAX_AGE": 300, "CONN_HEALTH_CHECKS": True}


DATABASES = {"default": database(DATABASE_URL or "sqlite:///")}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "portal_cache",
        # Throttles, used codes and the clock's beat are kept here. With Django's own 300 a busy morning at the door,
        # or somebody who types many addresses, would push counts out before their time.
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    },
}

# --- static files -------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT: Path | None = ROOT / "staticfiles"
STATICFILES_DIRS = [ROOT / "static"]
STORAGES = {
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- the door -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "door:address"
LOGIN_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
ACCOUNT_ADAPTER = "pmo_portal.accounts.adapters.Door"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# Codes asked for: by one visitor, and for one address, letter or person.
ACCOUNT_RATE_LIMITS = {"send_code": "20/m/ip,3/m/key,10/h/key"}
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
# A device is remembered for reading (SESSION_COOKIE_AGE). How old, in seconds, the proof of who somebody is may be:
PROOF_FOR_WRITING = 12 * 3600
PROOF_FOR_SIGNING = 15 * 60

# Single sign-on: off when empty. accounts/sso.py says what is asked of the provider.
SSO: dict[str, str] = {}
if SSO_URL and SSO_CLIENT_ID and SSO_SECRET:
    SSO = {
        "url": SSO_URL,
        "client_id": SSO_CLIENT_ID,
        "secret": SSO_SECRET,
        "name": SSO_NAME or "single sign-on",
        "verified_claim": SSO_VERIFIED_CLAIM,
    }
SOCIALACCOUNT_ADAPTER = "pmo_portal.accounts.sso.Lobby"
SOCIALACCOUNT_STORE_TOKENS = False

# Second factors, for whoever wants them; the PMO and administrators must have one when this is true.
MFA_REQUIRED = env.bool("MFA_REQUIRED", default=False)
MFA_ADAPTER = "pmo_portal.accounts.adapters.Factors"
MFA_FORMS = {
    "authenticate": "pmo_portal.accounts.forms.factors.SecondCode",
    "reauthenticate": "pmo_portal.accounts.forms.factors.SecondCodeAgain",
    "activate_totp": "pmo_portal.accounts.forms.factors.FirstCode",
    "add_webauthn": "pmo_portal.accounts.forms.factors.NewPasskey",
    "edit_webauthn": "pmo_portal.accounts.forms.factors.PasskeyName",
    "authenticate_webauthn": "pmo_portal.accounts.forms.factors.PasskeyProof",
    "reauthenticate_webauthn": "pmo_portal.accounts.forms.factors.PasskeyProofAgain",
    "login_webauthn": "pmo_portal.accounts.forms.factors.PasskeyEntry",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# Nobody signs up by themselves: the address was given by the office, and is proved by the code sent to it.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# accounts/proofs.py asks for a fresh proof on these pages, and asks more than allauth's own rule does.
MFA_REAUTHENTICATION_REQUIRED = False
# allauth would write at each request; accounts/guard.py writes now and then.
USERSESSIONS_TRACK_ACTIVITY = False

# --- guards -------------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_REFERRER_POLICY = "same-origin"
if env.bool("TRUSTED_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # Throttles count visitors by the address that the proxy tells, not all of them as the proxy.
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
SESSION_COOKIE_NAME = "__Host-session"
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 30 * 24 * 3600
# Whose browser it last was, for who finds the session ended; opens nothing.
WHOSE_COOKIE_NAME = "__Host-whose"
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# Files are not counted above; the only ones are logos of up to 2 MB.
MOST_SENT = 5 * 1024 * 1024
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# --- letters ------------------------------------------------------------------------------------
if EMAIL_URL:
    _mail = environ.Env.email_url_config(EMAIL_URL)
    EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
    EMAIL_HOST = _mail.get("EMAIL_HOST") or ""
    EMAIL_PORT = _mail.get("EMAIL_PORT") or 25
    EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER") or ""
    EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD") or ""
    EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
    EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
MAIL_FOLDER: Path | None = None
# How long a letter may be in one worker's hands; longer than the time limits of outbox/tasks.py.
OUTBOX_LEASE_SECONDS = env.int("OUTBOX_LEASE_SECONDS", default=180)

# --- the doorbell -------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for Redis for as long as it takes
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 10,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_TIMEZONE = "UTC"


# --- logs: structured, without addresses, tokens or free text of a person -----------------------
SIGNED = re.compile(r"[\w-]+:[\w-]+:[\w-]{20,}")  # as django.core.signing writes tokens


def no_tokens(logger: Any, name: str, event: dict[str, Any]) -> dict[str, Any]:
    """A path that was refused stands in the log without the token of a letter's link."""
    return {key: SIGNED.sub("…", value) if isinstance(value, str) else value for key, value in event.items()}


def frames_only(logger: Any, name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Where something failed and as what, without the exception's words: they may carry an address."""
    found = event.pop("exc_info", None)
    kind, _words, trace = (sys.exc_info() if found is True else found) or (None, None, None)
    if kind:
        event["exception"] = "".join([*traceback.format_tb(trace), kind.__name__])
    return event


structlog.configure(
    processors=[
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                frames_only,
                no_tokens,
                structlog.processors.JSONRenderer(),
            ],
            "foreign_pre_chain": [
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
        },
        "plain": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                no_tokens,
                structlog.dev.ConsoleRenderer(colors=False),
            ],
            "foreign_pre_chain": [structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name],
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}


LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def sso_problems() -> list[str]:
    """What is missing or unsafe in the configuration of single sign-on; nothing when it is off."""
    given = {"SSO_URL": SSO_URL, "SSO_CLIENT_ID": SSO_CLIENT_ID, "SSO_SECRET": SSO_SECRET}
    if not any([*given.values(), SSO_NAME]):
        return []
    found = [
        f"{name} is missing: single sign-on needs all of {', '.join(given)}." for name in given if not given[name]
    ]
    address = urlsplit(SSO_URL)
    if SSO_URL and not (address.hostname and address.scheme in {"http", "https"}):
        found.append("SSO_URL is not an address: give the provider's own, https://login.example.org/….")
    elif address.scheme == "http" and address.hostname not in LOOPBACK:
        found.append("SSO_URL is not safe: give the provider's address with https.")
    if not SSO_VERIFIED_CLAIM:
        found.append(
            "SSO_VERIFIED_CLAIM is missing: leave it out, or name the claim that says an address is verified."
        )
    return found


def problems() -> list[str]:
    """What is missing or unsafe for production, one sentence each, naming the variable."""
    found = sso_problems()
    if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5 or SECRET_KEY.startswith("django-insecure"):
        found.append("SECRET_KEY is missing or weak: give at least 50 random characters.")
    if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
        found.append("DATABASE_URL is missing or not PostgreSQL: postgres://user:password@host:5432/name.")
    if not REDIS_URL.startswith(("redis://", "rediss://")):
        found.append("REDIS_URL is missing or not Redis: redis://host:6379/0.")
    if not EMAIL_URL.startswith("smtp"):
        found.append("EMAIL_URL is missing or not SMTP: smtp+tls://user:password@host:587.")
    if OUTBOX_LEASE_SECONDS < 120:
        found.append("OUTBOX_LEASE_SECONDS is too short: a mail server may hang for longer; give 120 or more.")
    if not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS:
        found.append("ALLOWED_HOSTS is missing or open to all: name the portal's own host.")
    return found


if __name__ == os.environ.get("DJANGO_SETTINGS_MODULE") and (_found := problems()):
    raise ImproperlyConfigured("\n".join(_found))
