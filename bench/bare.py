"""The least that a start of a download could be: a Django view without middleware that does one UPDATE.

A WSGI application with settings of its own, on the same database: `granian … bench.bare:application`.
"""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from csp_portal.database_setup import database_config

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={
        "default": {
            **database_config("DATABASE_URL", os.environ["DATABASE_URL"]),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
    },
    ROOT_URLCONF="bench.bare_urls",
    SECRET_KEY=os.environ["SECRET_KEY"],
)
application = get_wsgi_application()
