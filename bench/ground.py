"""Where it is measured: the portal in production's settings, on a PostgreSQL and a Valkey as durable as there."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connections

from csp_portal import embedded
from tests.nginx import Portal, portal_running


@contextmanager
def ground() -> Iterator[Portal]:
    """The portal, and Django here on the same new database; all servers and files are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="csp-bench-")).resolve()
    folder.chmod(0o711)  # as root PostgreSQL runs as nobody, who must pass
    try:
        os.environ |= _environment(folder)
        django.setup()
        with embedded.running(folder):
            call_command("migrate", verbosity=0)
            with portal_running(_empty(folder / "portal"), workers=2) as portal:
                yield portal
            connections.close_all()
    finally:
        embedded.remove(folder)


def _empty(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _environment(folder: Path) -> dict[str, str]:
    urls = embedded.Urls.below(folder)
    return {
        "DJANGO_SETTINGS_MODULE": "csp_portal.settings",
        "ENVIRONMENT": "development",
        "VAR_DIR": str(folder),
        "MEDIA_ROOT": str(folder / "files"),
        "DATABASE_URL": urls.web,
        "DATABASE_OWNER_URL": urls.owner,
        "DATABASE_SUPERUSER_URL": urls.superuser,
        "API_CALLS_PER_MINUTE": "1000000000",  # what one partner may ask for is not what is measured
        "REDIS_URL": urls.cache,
        "CELERY_BROKER_URL": urls.broker,
    }
