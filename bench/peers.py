"""Two logs that Django projects keep: django-auditlog's and that of Django's own admin, each with its own list.

A WSGI application with settings and a database of its own: `granian … bench.peers:application`. Run as a program it
makes the tables, and prints the cookie of somebody who may see all.
"""

import os
import sys
from typing import Any

import django
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.test import Client

from bench import PEERS_DATABASE
from csp_portal.database_setup import database_config

_APPS = ("admin", "auth", "contenttypes", "sessions", "messages")


def configure() -> None:
    """Django with its admin, as a new project has it, and django-auditlog."""
    database = database_config("DATABASE_URL", os.environ["DATABASE_URL"])
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": {**database, "NAME": PEERS_DATABASE, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}},
        INSTALLED_APPS=[*(f"django.contrib.{app}" for app in _APPS), "auditlog"],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        ROOT_URLCONF="bench.peers_urls",
        SECRET_KEY=os.environ["SECRET_KEY"],
        STATIC_URL="/static/",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        USE_TZ=True,
    )


configure()
django.setup()


def prepare() -> str:
    """Make the tables; the cookie of somebody who may see all of them."""
    call_command("migrate", verbosity=0)
    users: Any = get_user_model().objects  # Django's own, not the portal's
    browser = Client()
    browser.force_login(users.create_superuser("keeper"))
    return browser.cookies[settings.SESSION_COOKIE_NAME].value


if __name__ == "__main__":
    sys.stdout.write(prepare())
else:
    application = get_wsgi_application()
