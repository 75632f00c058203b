"""The PostgreSQL and the Valkey of the tests, as a pytest plugin.

With nothing set, a run starts a throwaway pair in the temporary directory, shared by the workers of xdist and
gone at the end. With DATABASE_URL, DATABASE_OWNER_URL and DATABASE_SUPERUSER_URL the tests run on that server,
in databases whose names begin with `test_`; with REDIS_URL on that one, in its highest numbers.

The database is migrated once, as the owner, and copied for each worker. Tests connect as the web role.
"""

import atexit
import fcntl
import itertools
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import django
import psycopg2.extensions
import pytest
import redis
from django.apps import apps
from django.conf import settings
from django.core.cache import caches
from django.core.management import call_command
from django.db import connections
from django.test import TransactionTestCase
from psycopg2 import sql

from csp_portal import embedded
from csp_portal.database_setup import Role, connect, database_config, ensure_database

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")  # empty: the controller, or the only process
WORKER_NUMBER = int(WORKER.removeprefix("gw") or 0)
URL_NAMES = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SUPERUSER_URL")
OWN_POSTGRES, OWN_VALKEY = "TESTS_OWN_POSTGRES", "TESTS_OWN_VALKEY"  # tell the workers what the controller started
EXTERNAL_REDIS_DATABASES = 16  # what a Redis has unless told otherwise
KEPT_TABLES = frozenset({"django_migrations", "django_content_type", "auth_permission"})
EMPTIED_BETWEEN_TRUNCATIONS = 100

_cleanup = ExitStack()
_emptied = itertools.count(1)


def _choose_addresses() -> None:
    """Put the addresses of the servers into the environment, before Django's settings are read from it."""
    if settings.configured:
        raise pytest.UsageError("Django was set up before tests/servers.py; unset DJANGO_SETTINGS_MODULE.")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright runs an event loop in the thread of the tests
    if not WORKER:
        _choose_servers()
    _choose_redis_databases()
    os.environ.setdefault("ENVIRONMENT", "development")
    os.environ["DJANGO_SETTINGS_MODULE"] = "csp_portal.settings"
    django.setup()
    del os.environ["DJANGO_SETTINGS_MODULE"]  # a worker that inherited it would read the settings too early


def _choose_servers() -> None:
    """Our own servers below a new folder of the temporary directory, or those that are given."""
    folder = Path(tempfile.mkdtemp(prefix="csp-tests-")).resolve()
    folder.chmod(0o711)  # as root PostgreSQL runs as nobody, who must pass
    _cleanup.callback(embedded.remove, folder)
    os.environ["VAR_DIR"] = str(folder)
    urls = embedded.Urls.below(folder)
    if os.environ.get("DATABASE_URL"):
        _require_all_urls()
    else:
        os.environ[OWN_POSTGRES] = "1"
        os.environ |= dict(zip(URL_NAMES, (urls.web, urls.owner, urls.superuser), strict=True))
    if not os.environ.get("REDIS_URL"):
        os.environ[OWN_VALKEY] = "1"
        os.environ |= {"REDIS_URL": urls.cache, "CELERY_BROKER_URL": urls.broker}


def _require_all_urls() -> None:
    missing = [name for name in URL_NAMES if not os.environ.get(name)]
    if missing:
        raise pytest.UsageError(f"DATABASE_URL is set, so the tests need {' and '.join(missing)} too.")


def _choose_redis_databases() -> None:
    """Two numbers for this worker, from the top: the low ones of a given server may be in use."""
    count = embedded.VALKEY_DATABASES if os.environ.get(OWN_VALKEY) else EXTERNAL_REDIS_DATABASES
    cache, broker = count - 1 - 2 * WORKER_NUMBER, count - 2 - 2 * WORKER_NUMBER
    if broker < 0:
        raise pytest.UsageError(f"REDIS_URL has databases for {count // 2} workers only.")
    os.environ["CELERY_BROKER_URL"] = _with_number(
        os.environ.get("CELERY_BROKER_URL") or os.environ["REDIS_URL"], broker
    )
    os.environ["REDIS_URL"] = _with_number(os.environ["REDIS_URL"], cache)


def _with_number(url: str, number: int) -> str:
    """The same server, another of its databases."""
    if "?" in url:
        return re.sub(r"(db|virtual_host)=\d+", rf"\g<1>={number}", url)
    return re.sub(r"(://[^/]+)(/\d*)?$", rf"\g<1>/{number}", url)


atexit.register(_cleanup.close)  # for when pytest does not come as far as pytest_unconfigure
_choose_addresses()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the servers before xdist starts its workers."""
    if WORKER or session.config.option.collectonly:
        return
    if OWN_POSTGRES not in os.environ:
        _cleanup.callback(_drop, f"test_{settings.DATABASES['default']['NAME']}_template")
    try:
        _cleanup.enter_context(
            embedded.running(
                settings.VAR_DIR,
                postgres=OWN_POSTGRES in os.environ,
                valkey=OWN_VALKEY in os.environ,
                throwaway=True,
            )
        )
    except embedded.ServerError as error:
        raise pytest.UsageError(str(error)) from error


def pytest_unconfigure() -> None:
    """Stop the servers and remove their folder."""
    _cleanup.close()


def superuser() -> dict[str, Any]:
    return database_config("DATABASE_SUPERUSER_URL", settings.DATABASE_SUPERUSER_URL)


def _use_database(name: str) -> None:
    """Point Django's connections, and the commands that tests start, at the database `name`."""
    for alias in ("default", "owner"):
        connections[alias].close()
        settings.DATABASES[alias]["NAME"] = name
        connections[alias].settings_dict["NAME"] = name
    for variable in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        os.environ[variable] = re.sub(r"(://[^/]*/)[^?]*", rf"\g<1>{name}", os.environ[variable])


def _drop(database: str) -> None:
    server = connect(superuser())
    with server.cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))
    server.close()


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make_template(name: str) -> None:
    """Migrate an empty database, once for all workers."""
    done = settings.VAR_DIR / "template.done"
    with _alone(settings.VAR_DIR / "template.lock"):
        if done.exists():
            return
        _drop(name)
        _use_database(name)
        call_command("migrate", verbosity=0)
        connections.close_all()
        done.touch()


def _make_copy(name: str, template: str) -> None:
    _drop(name)
    owner, web = (settings.DATABASES[alias] for alias in ("owner", "default"))
    ensure_database(
        settings.DATABASE_SUPERUSER_URL,
        database=name,
        owner=Role(owner["USER"]),
        web=Role(web["USER"]),
        template=template,
    )


def _tables_to_empty(cursor: psycopg2.extensions.cursor) -> list[str]:
    """All tables but Django's own books and what data migrations have filled (`reference_data` of a model)."""
    kept = KEPT_TABLES | {model._meta.db_table for model in apps.get_models() if hasattr(model, "reference_data")}
    cursor.execute(
        "SELECT relname FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition"
    )
    return [table for (table,) in cursor.fetchall() if table not in kept]


def _filled(cursor: psycopg2.extensions.cursor) -> list[str]:
    """Those of the tables to empty that hold a row."""
    asked = [
        sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(sql.Literal(table), sql.Identifier(table))
        for table in _tables_to_empty(cursor)
    ]
    cursor.execute(sql.SQL(" UNION ALL ").join(asked))
    return [table for (table,) in cursor.fetchall()]


def _empty_database() -> None:
    """Empty what a transactional test filled; Django's flush may not, being the web role.

    Row by row, where there are some, for TRUNCATE makes every file of every partition and index anew, half a second's
    work; now and then by that all the same, for what was deleted stays in the files. Either waits for what a request
    that outlived its test still writes.
    """
    connection = connect(superuser(), settings.DATABASES["default"]["NAME"])
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # neither foreign keys nor the log's triggers refuse
        tables = sql.SQL(", ").join(map(sql.Identifier, _tables_to_empty(cursor)))
        cursor.execute("BEGIN")
        if next(_emptied) % EMPTIED_BETWEEN_TRUNCATIONS:
            cursor.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(tables))
            for table in _filled(cursor):
                cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        else:
            cursor.execute(sql.SQL("TRUNCATE {} CASCADE").format(tables))
        cursor.execute("COMMIT")
    connection.close()


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """This worker's database, a copy of the migrated one (instead of pytest-django's own)."""
    name = f"test_{settings.DATABASES['default']['NAME']}"
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        _make_template(f"{name}_template")
        _make_copy(f"{name}_{WORKER or 'main'}", f"{name}_template")
        _use_database(f"{name}_{WORKER or 'main'}")
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _self: _empty_database())
        yield
        connections.close_all()
        if OWN_POSTGRES not in os.environ:
            _drop(f"{name}_{WORKER or 'main'}")


@pytest.fixture(scope="session")
def _redis_clients() -> Iterator[list[redis.Redis]]:
    urls = (settings.CACHES["default"]["LOCATION"], redis_url(settings.CELERY_BROKER_URL))
    clients = [redis.Redis.from_url(url) for url in urls]
    yield clients
    for client in clients:
        client.close()


def redis_url(broker: str) -> str:
    """Celery's address of a socket, as the redis client writes it."""
    return broker.replace("redis+socket://", "unix://").replace("virtual_host=", "db=")


@pytest.fixture(autouse=True)
def _empty_valkey(_redis_clients: list[redis.Redis]) -> None:
    """Every test begins with an empty cache and an empty queue."""
    for client in _redis_clients:
        client.flushdb()
    caches.close_all()


@pytest.fixture
def superuser_connection(db: None) -> Iterator[psycopg2.extensions.connection]:
    """An autocommitting connection of the superuser to this worker's database."""
    connection = connect(superuser(), settings.DATABASES["default"]["NAME"])
    yield connection
    connection.close()


@pytest.fixture
def tamper(superuser_connection: psycopg2.extensions.connection) -> Callable[..., int]:
    """Runs SQL with the triggers switched off, as who got hold of the server would; answers how many rows changed."""

    def run(statement: str, *parameters: object) -> int:
        with superuser_connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(statement, parameters)
            changed = cursor.rowcount
            cursor.execute("SET session_replication_role = DEFAULT")
            return changed

    return run


@pytest.fixture
def owner_connection(db: None) -> Iterator[psycopg2.extensions.connection]:
    """An autocommitting connection of the owner to this worker's database."""
    connection = connect(settings.DATABASES["owner"])
    yield connection
    connection.close()


def _insertable(cursor: psycopg2.extensions.cursor, table: str, role: str) -> str:
    """The columns that the role may write, which are not all of every table."""
    cursor.execute(
        "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = %s::regclass"
        " AND attnum > 0 AND NOT attisdropped AND has_column_privilege(%s, attrelid, attnum, 'INSERT')",
        [table, role],
    )
    (columns,) = cursor.fetchone()
    return str(columns)


@pytest.fixture
def refusing_inserts(superuser_connection: psycopg2.extensions.connection) -> Callable[[str], Any]:
    """`with refusing_inserts(table): …`: the role of web and workers may add no row to that table meanwhile."""
    role = settings.DATABASES["default"]["USER"]

    @contextmanager
    def refused(table: str) -> Iterator[None]:
        with superuser_connection.cursor() as cursor:
            columns = _insertable(cursor, table, role)
            cursor.execute(f'REVOKE INSERT ON {table} FROM "{role}"')
        try:
            yield
        finally:
            with superuser_connection.cursor() as cursor:
                cursor.execute(f'GRANT INSERT ({columns}) ON {table} TO "{role}"')

    return refused
