"""Django's settings, from one typed reading of the environment (`configuration`)."""

import base64
import hashlib
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from environ import Env

from stepchange.configuration import Configuration, Mode
from stepchange.logs import configure_logging

BASE_DIR = Path(__file__).resolve().parent.parent
CONFIGURATION = Configuration.read(os.environ, BASE_DIR)

MODE = CONFIGURATION.mode
IS_DEMONSTRATION = MODE is Mode.DEMONSTRATION
IS_PRODUCTION = MODE is Mode.PRODUCTION
DEBUG = False
SECRET_KEY = CONFIGURATION.secret_key
FIELD_KEYS = CONFIGURATION.field_keys
PUBLIC_URL = CONFIGURATION.public_url
ALLOWED_HOSTS = list(CONFIGURATION.allowed_hosts)
TRUSTED_PROXIES = CONFIGURATION.trusted_proxies
VAR = CONFIGURATION.var
AUDIT_ANCHOR = VAR / "audit-anchor"
PORTAL_NAME = "Step-Change"

INSTALLED_APPS = [
    "stepchange.apps.StepchangeConfig",
    "workstreams",
    "projects",
    "participants",
    "reviews",
    "communications",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "crispy_forms",
    "crispy_forms_gds",
    "csp",
    "stepchange.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "stepchange.middleware.RequestReference",
    "stepchange.middleware.TrustedProxies",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "stepchange.caching.KeptPages",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "stepchange.middleware.PlainErrors",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "stepchange.middleware.AccountOfSession",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "stepchange.middleware.KeepsTyping",
    "allauth.account.middleware.AccountMiddleware",
    "stepchange.devices.RemembersDevices",
    "stepchange.middleware.SessionLimits",
    "stepchange.middleware.SecondFactor",
]

ROOT_URLCONF = "stepchange.urls"
WSGI_APPLICATION = "stepchange.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "stepchange.context.portal",
            ],
        },
    }
]

DATABASES = {"default": CONFIGURATION.database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CONFIGURATION.redis_url,
    }
    if CONFIGURATION.redis_url
    else {
        # Limits count across processes in the embedded default too: a table, not a process's memory.
        "BACKEND": "stepchange.cache.SharedCache",
        "LOCATION": "cache",
    }
}

# Accounts -----------------------------------------------------------------------------------------
AUTH_USER_MODEL = "stepchange.User"
# One only: with Django's beside it, each wrong password would be hashed twice. It knows permissions too.
AUTHENTICATION_BACKENDS = ["stepchange.authentication.AccountBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "stepchange.passwords.BreachedPasswords"},
]
BREACHED_PASSWORDS = CONFIGURATION.breached_passwords
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "account_login"
# Asked by the console before it shows people's details: a page instead, or None.
PEOPLE_GATE = "participants.views.people_gate.turn_away"
PEOPLE_LOOKED = "participants.workflow.looking.looked_at_row"
PEOPLE_LISTED = "participants.workflow.looking.looked_at_rows"
# Asked by `verify_audit`: the first row that is not as it was recorded, in words, or "".
RECORD_HELD = (
    "participants.workflow.held.first_that_differs",
    "reviews.workflow.held.first_that_differs",
)
LOGIN_REDIRECT_URL = "participants:account"
LOGOUT_REDIRECT_URL = ACCOUNT_LOGOUT_REDIRECT_URL = "stepchange:signed-out"
ACCOUNT_ADAPTER = "communications.accounts.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_CHANGE_EMAIL = (
    True  # one address an account; a new one takes the old one's place once confirmed
)
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
# A code outlives a mail server that is slow for some minutes (stepchange.codes.LASTS).
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_SESSION_REMEMBER = False
# allauth's own limits, less those by address alone: they would let anybody keep its owner out. What
# takes their place is in `stepchange.tries`. A second factor's tries are allauth's: 5 in 5 minutes.
ACCOUNT_RATE_LIMITS = {
    "confirm_email": "",
    "request_login_code": "20/m/ip",
    "reset_password": "20/m/ip",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_RATE_LIMITS = {"webauthn_login": "20/m/ip"}
MFA_TOTP_ISSUER = PORTAL_NAME
MFA_ADAPTER = "stepchange.second_factor.SecondFactorAdapter"
_FORMS = "stepchange.account_forms"
ACCOUNT_FORMS = {
    "add_email": f"{_FORMS}.NewAddressForm",
    "change_email": f"{_FORMS}.ChangeEmailForm",
    "change_password": f"{_FORMS}.ChangePasswordForm",
    "confirm_email_verification_code": f"{_FORMS}.ConfirmEmailCodeForm",
    "confirm_login_code": f"{_FORMS}.ConfirmSignInCodeForm",
    "confirm_password_reset_code": f"{_FORMS}.ConfirmResetCodeForm",
    "login": f"{_FORMS}.SignInForm",
    "reauthenticate": f"{_FORMS}.ConfirmAccessForm",
    "request_login_code": f"{_FORMS}.SignInCodeForm",
    "reset_password": f"{_FORMS}.ResetPasswordForm",
    "reset_password_from_key": f"{_FORMS}.NewPasswordForm",
    "set_password": f"{_FORMS}.SetPasswordForm",
    "signup": f"{_FORMS}.SignUpForm",
}
_PASSKEY_FORMS = "stepchange.passkey_forms"
MFA_FORMS = {
    "activate_totp": f"{_FORMS}.SetUpAppForm",
    "add_webauthn": f"{_PASSKEY_FORMS}.AddPasskeyForm",
    "authenticate": f"{_FORMS}.SecondFactorForm",
    "authenticate_webauthn": f"{_PASSKEY_FORMS}.UsePasskeyForm",
    "deactivate_totp": f"{_FORMS}.RemoveAppForm",
    "edit_webauthn": f"{_PASSKEY_FORMS}.RenamePasskeyForm",
    "login_webauthn": f"{_PASSKEY_FORMS}.SignInWithPasskeyForm",
    "reauthenticate": f"{_FORMS}.ConfirmSecondFactorForm",
    "reauthenticate_webauthn": f"{_PASSKEY_FORMS}.ConfirmByPasskeyForm",
}

SESSION_ENGINE = "stepchange.session_store"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60  # absolute, in seconds; `SessionLimits` ends idle ones sooner
SESSION_IDLE_SECONDS = 30 * 60
SESSION_IDLE_SECONDS_OFFICE = 15 * 60
# In the session, not in a cookie of its own: the cookies page lists them all.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "stepchange.errors.csrf_failure"

# Transport ----------------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_PRODUCTION
SECURE_SSL_REDIRECT = IS_PRODUCTION
# Redirect to the address we have, never to one that a Host header claims.
SECURE_SSL_HOST = urlsplit(PUBLIC_URL).netloc if IS_PRODUCTION else None
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = 2 * 365 * 24 * 60 * 60 if IS_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_PRODUCTION
# `TrustedProxies` drops this header unless a configured proxy sent it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if IS_PRODUCTION else []


def _source_hash(path: Path) -> str:
    """Return the CSP source that allows exactly the inline script in `path`."""
    digest = hashlib.sha256(path.read_bytes().strip()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, _source_hash(BASE_DIR / "templates/stepchange/js_enabled.js")],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: []
    for feature in (
        "accelerometer",
        "browsing-topics",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
}

# What a request may hold: far above any page of ours, far below what would hurt.
DATA_UPLOAD_MAX_MEMORY_SIZE = 512 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

# How many public pages each process keeps for visitors without a session.
PAGES_KEPT = 128

# Words and times ----------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/London"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = ["gds"]
CRISPY_TEMPLATE_PACK = "gds"

# Static files -------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT") or VAR / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# Email --------------------------------------------------------------------------------------------
_email = Env.email_url_config(CONFIGURATION.email_url) if CONFIGURATION.email_url else {}
_DJANGO_SMTP = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_BACKEND = _email.get(
    "EMAIL_BACKEND",
    "communications.demonstration.MailboxBackend"
    if IS_DEMONSTRATION
    else "django.core.mail.backends.locmem.EmailBackend",
)
if EMAIL_BACKEND == _DJANGO_SMTP:
    # Ours can tell whether a connection broke before or after the message was handed over.
    EMAIL_BACKEND = "communications.post.SMTPBackend"
EMAIL_HOST = _email.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = _email.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _email.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _email.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = bool(_email.get("EMAIL_USE_TLS"))
EMAIL_USE_SSL = bool(_email.get("EMAIL_USE_SSL"))
# In seconds, for each answer; 20 at most, so that no living worker sends for as long as SENDING_LASTS.
EMAIL_TIMEOUT = min(int(os.environ.get("EMAIL_TIMEOUT") or 20), 20)
MAILBOX = VAR / "mailbox"
# What mail servers were given, outside the database: shows that a backup was restored (decision 14).
LEDGER_JOURNAL = VAR / "ledger"
DEFAULT_FROM_EMAIL = CONFIGURATION.email_from
OFFICE_EMAIL = CONFIGURATION.office_email

# Celery -------------------------------------------------------------------------------------------
# The broker is only a doorbell (law 5): nothing is lost when it is emptied, so no results, no retries.
_BROKER = VAR / "broker"
CELERY_BROKER_URL = CONFIGURATION.redis_url or "filesystem://"
if not CONFIGURATION.redis_url:
    for _folder in ("queue", "control"):
        (_BROKER / _folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "data_folder_in": str(_BROKER / "queue"),
        "data_folder_out": str(_BROKER / "queue"),
        "control_folder": str(_BROKER / "control"),
        "polling_interval": 0.2,  # seconds; somebody waits for a code
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5, "socket_connect_timeout": 2}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "Europe/London"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "send what is due": {
        "task": "communications.tasks.sweep",
        "schedule": 5.0,
        "options": {"expires": 10},  # while no worker runs, sweeps do not pile up
    },
    "remind of what comes due": {
        "task": "communications.tasks.look_at_the_clock",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "tell what nobody was told of": {
        "task": "communications.tasks.look_through_all",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "seal the record": {"task": "stepchange.tasks.seal_record", "schedule": 30.0},
    "close calls that have ended": {"task": "workstreams.tasks.close_ended", "schedule": 60.0},
    "settle who is a co-chair": {"task": "workstreams.tasks.settle_co_chairs", "schedule": 3600.0},
    "forget what was typed": {"task": "stepchange.tasks.forget_kept_typing", "schedule": 3600.0},
    "clear the cache": {"task": "stepchange.tasks.clear_cache", "schedule": 3600.0},
    "suggest conflicts": {"task": "participants.tasks.suggest_conflicts", "schedule": 30.0},
    "suggest conflicts among all": {
        "task": "participants.tasks.suggest_conflicts_among_all",
        "schedule": 24 * 3600.0,
    },
    "record what ran out": {"task": "participants.tasks.record_run_out", "schedule": 600.0},
    "forget referees": {"task": "participants.tasks.forget_referees", "schedule": 6 * 3600.0},
    "open missing validations": {
        "task": "participants.tasks.open_missing_validations",
        "schedule": 3600.0,
    },
    "compare people": {
        "task": "participants.tasks.compare_people",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "record offers and memberships": {
        "task": "reviews.tasks.record_lapsed_and_changed",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "open ethics reviews": {"task": "reviews.tasks.open_ethics_reviews", "schedule": 3600.0},
    "clear ended sessions": {"task": "stepchange.tasks.clear_sessions", "schedule": 6 * 3600.0},
}

LOGGING = configure_logging(level=CONFIGURATION.log_level, as_json=not IS_DEMONSTRATION)

SILENCED_SYSTEM_CHECKS: list[str] = []
