"""`python -m csp_portal.deployment.collect_static`: collect the static files while the image is built.

Production's settings start with all that they require or not at all, and an image must hold no secret. So they are
given values that are made up for this one process: nothing that is collected depends on them.
"""

import os
import secrets

from cryptography.fernet import Fernet
from django.core.management import execute_from_command_line


def made_up() -> dict[str, str]:
    """A value for everything that production requires; none of them opens or reaches anything."""
    text = ("ALLOWED_HOSTS", "OPERATOR_NAME", "OPERATOR_ADDRESS", "OPERATOR_TAX_ID", "OPERATOR_SUPPORT_EMAIL")
    keys = ("SECRET_KEY", "KEY_HASH_KEYS", "LINK_TOKEN_KEYS")
    return {
        **dict.fromkeys(text, "build.invalid"),
        **{name: secrets.token_urlsafe(50) for name in keys},
        "KEY_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "DATABASE_URL": "postgres://build@build.invalid/build",
        "REDIS_URL": "redis://build.invalid/0",
        "SITE_URL": "https://build.invalid",
        "EMAIL_URL": "smtp://build.invalid",
        "DEFAULT_FROM_EMAIL": "build@build.invalid",
        "X_ACCEL_PREFIX": "/_files/",
    }


if __name__ == "__main__":
    os.environ |= {"DJANGO_SETTINGS_MODULE": "csp_portal.settings", "ENVIRONMENT": "production", **made_up()}
    execute_from_command_line(["manage.py", "collectstatic", "--noinput", "--verbosity", "0"])
