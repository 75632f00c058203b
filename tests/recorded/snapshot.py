"""All that the portal keeps, in a form that two instants can be compared by."""

import redis
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection

from csp_portal.celery import app
from tests.servers import redis_url

_NOT_OF_THE_BUSINESS = ("django_session", "django_migrations")
_TABLES = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
      AND relname != ALL(%s)
    ORDER BY relname
"""
_TABLE = """
    SELECT '{0}', count(*) || ' rows, ' || md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) FROM {0} t
"""


def everything() -> dict[str, object]:
    """Each table's rows by their number and a hash, the files of the storage, and what is queued for workers."""
    return {**_tables(), "files": sorted(_files()), "queue": _queued()}


def changed(before: dict[str, object], after: dict[str, object]) -> set[str]:
    """What is not as it was."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def _tables() -> dict[str, object]:
    with connection.cursor() as cursor:
        cursor.execute(_TABLES, [list(_NOT_OF_THE_BUSINESS)])
        names = [name for (name,) in cursor.fetchall()]
        cursor.execute(" UNION ALL ".join(_TABLE.format(name) for name in names))
        return dict(cursor.fetchall())


def _files(folder: str = "") -> list[str]:
    folders, files = default_storage.listdir(folder)
    inner = [path for name in folders for path in _files(f"{folder}/{name}".lstrip("/"))]
    return [*(f"{folder}/{name}" for name in files), *inner]


def _queued() -> tuple[int, int]:
    """What would be queued at the commit, and what is queued already."""
    with redis.Redis.from_url(redis_url(settings.CELERY_BROKER_URL)) as broker:
        return len(connection.run_on_commit), broker.llen(app.conf.task_default_queue)
