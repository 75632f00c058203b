"""Production starts with all that it needs, and says what is missing otherwise."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

CHECKOUT = Path(__file__).resolve().parent.parent
REQUIRED = {
    "SECRET_KEY": "s" * 50,
    "KEY_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "KEY_HASH_KEYS": "h" * 32,
    "LINK_TOKEN_KEYS": "t" * 32,
    "ACTIVITY_SIGNING_KEYS": base64.urlsafe_b64encode(b"s" * 32).decode(),
    "API_TOKEN_KEYS": base64.urlsafe_b64encode(b"j" * 32).decode(),
    "ALLOWED_HOSTS": "portal.example",
    "DATABASE_URL": "postgres://web:secret@localhost:5432/portal",
    "REDIS_URL": "redis://localhost:6379/0",
    "X_ACCEL_PREFIX": "/_files/",
    "TRANSFER_LOGS": "/srv/transfers",
    "SITE_URL": "https://portal.operator.example",
    "EMAIL_URL": "smtp+tls://portal:secret@mail.operator.example:587",
    "DEFAULT_FROM_EMAIL": "CSP portal <portal@operator.example>",
    "OPERATOR_NAME": "Operator Ltd",
    "OPERATOR_ADDRESS": "1 Harbour Street, London",
    "OPERATOR_TAX_ID": "GB 1",
    "OPERATOR_SUPPORT_EMAIL": "support@operator.example",
}
SYSTEM = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH")  # nothing of the tests' own settings


def check(var, **changes):
    """`manage.py check` in production; changes of None are left out."""
    settings = {"ENVIRONMENT": "production", "VAR_DIR": str(var), **REQUIRED, **changes}
    inherited = {name: os.environ[name] for name in SYSTEM if name in os.environ}
    given = {name: value for name, value in settings.items() if value is not None}
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=CHECKOUT,
        env={**inherited, **given},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_production_starts_with_everything_set(tmp_path):
    done = check(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []  # no secrets are made for it


@pytest.mark.parametrize("name", REQUIRED)
def test_production_refuses_to_start_without(tmp_path, name):
    done = check(tmp_path, **{name: None})
    assert (done.returncode, done.stderr) == (1, f"{name} is not set; production does not start without it.\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("LINK_TOKEN_KEYS", ",", "LINK_TOKEN_KEYS holds no key; give one, or several by comma, the newest first."),
        ("KEY_ENCRYPTION_KEYS", "x", "Key 1 of KEY_ENCRYPTION_KEYS is no Fernet key: 32 bytes in base64url."),
        (
            "ACTIVITY_SIGNING_KEYS",
            "c2hvcnQ=",
            "Key 1 of ACTIVITY_SIGNING_KEYS is no Ed25519 key: 32 bytes in base64url.",
        ),
        ("SECRET_KEY", "", "SECRET_KEY is not set; production does not start without it."),
        ("DEBUG", "true", "DEBUG must be off in production; remove DEBUG from the environment."),
        (
            "WEBHOOK_PRIVATE_TARGETS",
            "true",
            "WEBHOOK_PRIVATE_TARGETS must be off in production; remove it from the environment.",
        ),
        ("X_ACCEL_PREFIX", "files", "X_ACCEL_PREFIX is 'files'; it must begin and end with a slash: /_files/."),
        (
            "EMAIL_URL",
            "portal:secret@mail.operator.example",
            "EMAIL_URL is not an address of a mail server like smtp+tls://user:password@host:587.",
        ),
        (
            "DEFAULT_FROM_EMAIL",
            "CSP portal",
            "DEFAULT_FROM_EMAIL is 'CSP portal'; it must be an address such as CSP portal <portal@operator.example>.",
        ),
        ("ENVIRONMENT", "prod", "ENVIRONMENT is 'prod'; it must be 'development' or 'production'."),
    ],
)
def test_a_bad_value_stops_it_in_one_sentence(tmp_path, name, value, sentence):
    done = check(tmp_path, **{name: value})
    assert (done.returncode, done.stderr) == (1, f"{sentence}\n")
