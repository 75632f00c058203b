"""`python -m csp_portal.deployment.collect_static`: collect what nginx serves by itself.

Production's settings start with all that they require or not at all, and an image must hold no secret. So where nothing
is given, as while the image is built, the values are made up for this one process: nothing that is collected depends on
them.
"""

import base64
import os
import secrets

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.management import execute_from_command_line
from django.template.loader import render_to_string

UNAVAILABLE = "unavailable.html"  # what nginx shows while the portal cannot answer


def made_up() -> dict[str, str]:
    """A value for everything that production requires; none of them opens or reaches anything."""
    text = ("ALLOWED_HOSTS", "OPERATOR_NAME", "OPERATOR_ADDRESS", "OPERATOR_TAX_ID", "OPERATOR_SUPPORT_EMAIL")
    keys = ("SECRET_KEY", "KEY_HASH_KEYS", "LINK_TOKEN_KEYS")
    return {
        **dict.fromkeys(text, "build.invalid"),
        **{name: secrets.token_urlsafe(50) for name in keys},
        "KEY_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "API_TOKEN_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "ACTIVITY_SIGNING_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "DATABASE_URL": "postgres://build@build.invalid/build",
        "REDIS_URL": "redis://build.invalid/0",
        "SITE_URL": "https://build.invalid",
        "EMAIL_URL": "smtp://build.invalid",
        "DEFAULT_FROM_EMAIL": "build@build.invalid",
        "X_ACCEL_PREFIX": "/_files/",
        "TRANSFER_LOGS": "unused",
    }


def collect() -> None:
    """Fill STATIC_ROOT; what is there from before is replaced."""
    os.environ |= {"DJANGO_SETTINGS_MODULE": "csp_portal.settings", "ENVIRONMENT": "production"}
    os.environ |= {name: value for name, value in made_up().items() if not os.environ.get(name)}
    execute_from_command_line(["manage.py", "collectstatic", "--noinput", "--verbosity", "0"])
    (settings.STATIC_ROOT / UNAVAILABLE).write_text(render_to_string(UNAVAILABLE), encoding="utf-8")


if __name__ == "__main__":
    collect()
