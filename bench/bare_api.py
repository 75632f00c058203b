"""The least that an endpoint could be: a REST framework view without sign-in, on the same rows.

A WSGI application with settings of its own, on the same database: `granian … bench.bare_api:application`.
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
    INSTALLED_APPS=["rest_framework"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],  # which tells how long an answer is
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "UNAUTHENTICATED_USER": None,
    },
    ROOT_URLCONF="bench.bare_api_urls",
    SECRET_KEY=os.environ["SECRET_KEY"],
)
application = get_wsgi_application()
