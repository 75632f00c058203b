"""The portal's one settings file, read from the environment.

Development runs with nothing set: the portal then starts its own PostgreSQL and Valkey (`csp_portal.embedded`)
and keeps its secrets in `var/`. With `ENVIRONMENT=production` every secret and address must be given.
"""

import base64
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import environ
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from csp_portal import embedded, secrets_file
from csp_portal.database_setup import database_config
from csp_portal.mail.server import sender, server_config

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))

ENVIRONMENT = env.str("ENVIRONMENT", default="development")
if ENVIRONMENT not in {"development", "production"}:
    raise ImproperlyConfigured(f"ENVIRONMENT is {ENVIRONMENT!r}; it must be 'development' or 'production'.")
PRODUCTION = ENVIRONMENT == "production"
DEBUG = env.bool("DEBUG", default=False)
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG must be off in production; remove DEBUG from the environment.")


def _required(name: str) -> str:
    """The value of `name`, which production must be given."""
    value = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set; production does not start without it.")
    return value


# Secrets: a list of keys is newest first; old ones stay readable until they are removed from the list.
_secrets = {} if PRODUCTION else secrets_file.development_secrets(VAR_DIR / "secrets.json")


def _secret(name: str) -> str:
    return _required(name) if PRODUCTION else env.str(name, default="") or _secrets[name]


def _secret_list(name: str) -> list[str]:
    keys = [key for key in _secret(name).split(",") if key]
    if not keys:
        raise ImproperlyConfigured(f"{name} holds no key; give one, or several by comma, the newest first.")
    return keys


def _fernet_keys(name: str) -> list[str]:
    keys = _secret_list(name)
    for number, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError as error:
            raise ImproperlyConfigured(f"Key {number} of {name} is no Fernet key: 32 bytes in base64url.") from error
    return keys


def _signing_keys(name: str) -> list[str]:
    keys = _secret_list(name)
    for number, key in enumerate(keys, start=1):
        try:
            Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(key))
        except ValueError as error:
            raise ImproperlyConfigured(f"Key {number} of {name} is no Ed25519 key: 32 bytes in base64url.") from error
    return keys


SECRET_KEY = _secret("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
KEY_ENCRYPTION_KEYS = _fernet_keys("KEY_ENCRYPTION_KEYS")  # Fernet keys that encrypt product keys at rest (K2)
KEY_HASH_KEYS = _secret_list("KEY_HASH_KEYS")  # keys of the hash by which a product key is found (K2)
LINK_TOKEN_KEYS = _secret_list("LINK_TOKEN_KEYS")  # keys of the MAC in a link's token (K5)
ACTIVITY_SIGNING_KEYS = _signing_keys("ACTIVITY_SIGNING_KEYS")  # Ed25519 keys of the activity log's seals (A5)
API_TOKEN_KEYS = _signing_keys("API_TOKEN_KEYS")  # Ed25519 keys of the API's access tokens (X3)

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["*"])
if PRODUCTION and not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS is not set; production does not start without it.")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# How many proxies of ours stand in front and append to X-Forwarded-For; 0 trusts none of that header.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
SITE_URL = _required("SITE_URL") if PRODUCTION else env.str("SITE_URL", default="")  # empty: that of the request
MAIL_SITE_URL = SITE_URL or f"http://127.0.0.1:{env.str('PORT', default='') or 8000}"  # where no request names it

# Stores: the given servers, else our own.
DATABASE_URL = _required("DATABASE_URL") if PRODUCTION else env.str("DATABASE_URL", default="")
REDIS_URL = _required("REDIS_URL") if PRODUCTION else env.str("REDIS_URL", default="")
EMBEDDED_POSTGRES = not DATABASE_URL
EMBEDDED_VALKEY = not REDIS_URL
_embedded = embedded.Urls.below(VAR_DIR)
DATABASE_OWNER_URL = _embedded.owner if EMBEDDED_POSTGRES else env.str("DATABASE_OWNER_URL", default=DATABASE_URL)
DATABASE_SUPERUSER_URL = _embedded.superuser if EMBEDDED_POSTGRES else env.str("DATABASE_SUPERUSER_URL", default="")


# In memory and on solid-state disks, rows in any order cost little more than in sequence. PostgreSQL supposes a disk
# that turns, and helpers that no other request needs: it would read and sort whole tables where an index has a page's
# rows in their order.
_MANY_SMALL_QUERIES = "-c random_page_cost=1.1 -c max_parallel_workers_per_gather=0"


def _database(variable: str, url: str) -> dict[str, Any]:
    config = database_config(variable, url)
    return {
        **config,
        "OPTIONS": {"options": _MANY_SMALL_QUERIES, **config.get("OPTIONS", {})},
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {
    "default": _database("DATABASE_URL", DATABASE_URL or _embedded.web),  # web, workers and tests: owns nothing
    "owner": _database("DATABASE_OWNER_URL", DATABASE_OWNER_URL),  # migrates, and nothing else
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL or _embedded.cache,
        "KEY_PREFIX": "csp",
    }
}
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL) or _embedded.broker
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,  # seconds; a task that takes longer would run twice
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "csp_portal",
    "csp_portal.accounts",
    "oauth2_provider",
    "csp_portal.api",
    "csp_portal.mail",
    "activity",
    "activity.feeds",
    "customers",
    "software",
    "orders",
    "orders.billing",
    "cancellations",
    "cancellations.windows",
    "cancellations.certificates",
    "cancellations.support",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp_portal.security.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "csp_portal.reader.ReaderMiddleware",
    "csp_portal.api.routes.ApiPathMiddleware",
    "activity.middleware.ClientAddressMiddleware",
    "csp_portal.pages.RefusalMiddleware",
    "csp_portal.security.KeysOutOfAddresses",
]
ROOT_URLCONF = "csp_portal.urls"
WSGI_APPLICATION = "csp_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp_portal.navigation.frame",
            ],
            "builtins": ["csp_portal.templatetags.portal"],
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Sign-in (spec 1)
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["csp_portal.accounts.backends.SignInBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "csp_portal.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {"login": "csp_portal.accounts.forms.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # accounts are made with a verified address, never by sign-up
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
SESSION_COOKIE_AGE = 12 * 60 * 60  # seconds: a working day
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
if TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
if PRODUCTION:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
CSRF_FAILURE_VIEW = "csp_portal.pages.csrf_failure"

# The REST API (X3)
API_CALLS_PER_MINUTE = env.int("API_CALLS_PER_MINUTE", default=500)  # of one partner
API_TOKENS_PER_MINUTE = env.int("API_TOKENS_PER_MINUTE", default=60)  # asked for from one address
OAUTH2_PROVIDER_APPLICATION_MODEL = "accounts.ApiClient"
OAUTH2_PROVIDER = {
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "ACCESS_TOKEN_GENERATOR": "csp_portal.api.oauth.views.generate",
    "OAUTH2_VALIDATOR_CLASS": "csp_portal.api.oauth.validator.ClientValidator",
    "ALLOWED_GRANT_TYPES": ["client_credentials"],
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
}
REST_FRAMEWORK = {
    "EXCEPTION_HANDLER": "csp_portal.api.errors.answered",
    "DEFAULT_SCHEMA_CLASS": "csp_portal.api.schema.ApiSchema",
    "DEFAULT_AUTHENTICATION_CLASSES": [],  # each endpoint names its own
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,  # `format` is no parameter of an endpoint, and ignored like any other
    "NUM_PROXIES": TRUSTED_PROXY_COUNT,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CSP portal",
    "VERSION": "v1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [],  # else enumerations of several resources fight for one name
}

# Language and time: stored in UTC, shown in the reader's zone (X4).
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
FORMAT_MODULE_PATH = ["csp_portal.formats"]
TIME_ZONE = "UTC"

# Files
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "csp_portal.frontend.PackageFinder",
]
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = False
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "csp_portal.uploads.TidyUploadHandler",
]
FILE_UPLOAD_TEMP_DIR = env.str("FILE_UPLOAD_TEMP_DIR", default="") or None  # else the system's

# Builds lie below MEDIA_ROOT, or in object storage where S3_BUCKET names some.
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "files")))
S3_BUCKET = env.str("S3_BUCKET", default="")
S3_ENDPOINT_URL = env.str("S3_ENDPOINT_URL", default="")
S3_PUBLIC_URL = env.str("S3_PUBLIC_URL", default="") or S3_ENDPOINT_URL  # where customers reach the same storage
if S3_BUCKET and not S3_ENDPOINT_URL:
    raise ImproperlyConfigured("S3_BUCKET is set, so S3_ENDPOINT_URL must be too.")


def _object_storage(endpoint: str) -> dict[str, Any]:
    options = {
        "endpoint_url": endpoint,
        "bucket_name": S3_BUCKET,
        "region_name": env.str("S3_REGION", default="") or "us-east-1",
        "access_key": env.str("S3_ACCESS_KEY_ID", default="") or None,  # without them boto asks the machine for its own
        "secret_key": env.str("S3_SECRET_ACCESS_KEY", default="") or None,
    }
    return {"BACKEND": "csp_portal.object_storage.ObjectStorage", "OPTIONS": options}


_on_disk = {
    "BACKEND": "django.core.files.storage.FileSystemStorage",
    "OPTIONS": {"location": str(MEDIA_ROOT), "file_permissions_mode": 0o600},
}
STORAGES = {
    "default": _object_storage(S3_ENDPOINT_URL) if S3_BUCKET else _on_disk,
    "downloads": _object_storage(S3_PUBLIC_URL) if S3_BUCKET else _on_disk,  # the same files, as customers address them
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# Who sends files (K10): object storage, or nginx, told by X-Accel-Redirect below this path; in development Python.
_by_nginx = PRODUCTION and not S3_BUCKET
X_ACCEL_PREFIX = _required("X_ACCEL_PREFIX") if _by_nginx else env.str("X_ACCEL_PREFIX", default="")
if X_ACCEL_PREFIX and not (X_ACCEL_PREFIX.startswith("/") and X_ACCEL_PREFIX.endswith("/")):
    raise ImproperlyConfigured(f"X_ACCEL_PREFIX is {X_ACCEL_PREFIX!r}; it must begin and end with a slash: /_files/.")
# Where nginx writes how much of each transfer it has sent, and the worker reads it (K8).
TRANSFER_LOGS = _required("TRANSFER_LOGS") if _by_nginx else env.str("TRANSFER_LOGS", default="")


def _operator(name: str, example: str) -> str:
    """A fact that stands on invoices: made up in development, given in production."""
    return _required(name) if PRODUCTION else env.str(name, default=example)


# The operator, as its partners see it
OPERATOR_NAME = _operator("OPERATOR_NAME", "Northwind Cloud Distribution Ltd")
OPERATOR_ADDRESS = _operator("OPERATOR_ADDRESS", "1 Harbour Street, London EC3N 4AB, United Kingdom")
OPERATOR_TAX_ID = _operator("OPERATOR_TAX_ID", "GB 123 4567 89")
OPERATOR_SUPPORT_EMAIL = _operator("OPERATOR_SUPPORT_EMAIL", "support@operator.example")

# Support requests (S3, S5)
SUPPORT_TIME_ZONE = env.str("SUPPORT_TIME_ZONE", default="Europe/London")  # of the operator's business hours
if SUPPORT_TIME_ZONE not in available_timezones():
    raise ImproperlyConfigured(f"SUPPORT_TIME_ZONE is {SUPPORT_TIME_ZONE!r}; it must be a zone such as Europe/London.")
SUPPORT_MOST_FILES = env.int("SUPPORT_MOST_FILES", default=10)  # of one request
SUPPORT_LARGEST_FILE = env.int("SUPPORT_LARGEST_FILE", default=20 * 1024 * 1024)  # bytes
CLAMAV_ADDRESS = env.str(
    "CLAMAV_ADDRESS", default=""
)  # host:port or the path of a socket; empty: files are not scanned

# Webhooks of the activity log (A6) go to the public internet, by https; a developer may want them to go elsewhere.
WEBHOOK_PRIVATE_TARGETS = env.bool("WEBHOOK_PRIVATE_TARGETS", default=False)
if PRODUCTION and WEBHOOK_PRIVATE_TARGETS:
    raise ImproperlyConfigured("WEBHOOK_PRIVATE_TARGETS must be off in production; remove it from the environment.")

# Exports of the activity log (A2): up to so many rows leave at once, more are made by a job.
ACTIVITY_EXPORT_STREAMED_ROWS = env.int("ACTIVITY_EXPORT_STREAMED_ROWS", default=50_000)

# The activity log (A4)
ACTIVITY_YEARS = env.int("ACTIVITY_YEARS", default=7)  # retention drops no month that is younger
if ACTIVITY_YEARS < 1:
    raise ImproperlyConfigured(f"ACTIVITY_YEARS is {ACTIVITY_YEARS}; the activity log is kept for a year at least.")

# Mail (X5): production sends it, development shows it at /dev/mail and sends it only if a server is given.
vars().update(server_config(_required("EMAIL_URL") if PRODUCTION else env.str("EMAIL_URL", default="")))
DEFAULT_FROM_EMAIL = sender(
    _required("DEFAULT_FROM_EMAIL")
    if PRODUCTION
    else env.str("DEFAULT_FROM_EMAIL", default="CSP portal <portal@operator.example>")
)

# What goes wrong is told on stderr, without the tokens that stand in addresses.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"no_tokens": {"()": "csp_portal.security.WithoutTokens"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "filters": ["no_tokens"], "formatter": "line"}},
    "loggers": {"django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
