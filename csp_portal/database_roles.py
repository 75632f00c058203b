"""What the web role may do: granted anew after every migration, so that no migration has to think of it.

A model says `append_only = True` when its rows are never changed or removed (the activity log), and which columns are
`filled_by_database` where whoever writes a row has no say in them. Partitions are reached through their parent only,
where the parent's rights are the ones that count.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Model

OWNER = "owner"  # the alias of the connection that migrates
WEB = "default"
LOCK = 7_203_415  # of pg_advisory_xact_lock: two grants at once would meet in the catalogue
READ_ONLY_TABLES = frozenset({"django_migrations"})

TABLES = """
    SELECT c.relname, c.relispartition
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
      AND pg_has_role(c.relowner, 'MEMBER')
    ORDER BY c.relname
"""


def role_names() -> tuple[str, str]:
    """The owner's and the web role's name.

    Raises ImproperlyConfigured when they are the same or belong to two databases.
    """
    owner, web = (connections[alias].settings_dict for alias in (OWNER, WEB))
    if owner["USER"] == web["USER"]:
        raise ImproperlyConfigured(
            f"DATABASE_URL and DATABASE_OWNER_URL both name the role {owner['USER']!r}; "
            "the role of web and workers must not own the tables."
        )
    if owner["NAME"] != web["NAME"]:
        raise ImproperlyConfigured(
            f"DATABASE_URL names the database {web['NAME']!r} but DATABASE_OWNER_URL {owner['NAME']!r}."
        )
    return owner["USER"], web["USER"]


@contextmanager
def as_owner() -> Iterator[None]:
    """Work on the owner's connection where the web role's would be used; for the few commands that change tables.

    Raises ImproperlyConfigured where no other owner is known than the web role.
    """
    role_names()
    web = connections[WEB]
    connections[WEB] = connections[OWNER]
    try:
        yield
    finally:
        connections[WEB] = web


def grant_rights() -> None:
    """Give the web role what it needs on every table and sequence of the owner, and take what it has beyond."""
    _, web = role_names()
    models = {model._meta.db_table: model for model in apps.get_models()}
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(TABLES)
        for table, is_partition in cursor.fetchall():
            rights = "" if is_partition else rights_on(table, models.get(table))
            _grant(cursor, table, rights, web)
        role = connections[OWNER].ops.quote_name(web)
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}")


def rights_on(table: str, model: type[Model] | None) -> str:
    """What the web role may do with an ordinary table."""
    if table in READ_ONLY_TABLES:
        return "SELECT"
    if not getattr(model, "append_only", False):
        return "SELECT, INSERT, UPDATE, DELETE"
    return f"SELECT, INSERT{_insertable(table, getattr(model, 'filled_by_database', ()))}"


def _insertable(table: str, filled_by_database: Sequence[str]) -> str:
    """The columns that a row may be written with, as GRANT wants them; empty is all."""
    if not filled_by_database:
        return ""
    with connections[OWNER].cursor() as cursor:
        columns = [column.name for column in connections[OWNER].introspection.get_table_description(cursor, table)]
    quote = connections[OWNER].ops.quote_name
    return f" ({', '.join(quote(column) for column in columns if column not in filled_by_database)})"


def _grant(cursor: CursorWrapper, table: str, rights: str, web: str) -> None:
    quote = connections[OWNER].ops.quote_name
    cursor.execute(f"REVOKE ALL ON TABLE {quote(table)} FROM {quote(web)}")
    if rights:
        cursor.execute(f"GRANT {rights} ON TABLE {quote(table)} TO {quote(web)}")
