"""Make the two roles and the database: the only work for which a superuser is needed.

The owner migrates and owns every table. The web role is that of web, workers and tests; it owns nothing and may
create nothing. What it may do with each table is said in `database_roles`.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import environ
import psycopg2
from django.core.exceptions import ImproperlyConfigured
from psycopg2 import sql
from psycopg2.extensions import connection, cursor


@dataclass(frozen=True)
class Role:
    """A role that logs in; without a password where the server trusts the connection."""

    name: str
    password: str = ""


def database_config(variable: str, url: str) -> dict[str, Any]:
    """Django's database dictionary for the address in the environment's `variable`.

    Raises ImproperlyConfigured, without repeating the address, which may hold a password.
    """
    config: dict[str, Any] = {}
    if url.startswith(("postgres://", "postgresql://")):
        with suppress(ValueError):  # its text would repeat part of the address
            config = environ.Env.db_url_config(url)
    if not (config.get("NAME") and config.get("USER")):
        raise ImproperlyConfigured(
            f"{variable} is not an address of PostgreSQL like postgres://user:password@host:5432/database."
        )
    return config


def connect(config: dict[str, Any], database: str | None = None) -> connection:
    """An autocommitting connection by one of Django's database dictionaries, to `database` if given."""
    given = {
        "dbname": database or config["NAME"],
        "user": config["USER"],
        "password": config["PASSWORD"],
        "host": config["HOST"],
        "port": config["PORT"],
        **config.get("OPTIONS", {}),
    }
    made = psycopg2.connect(**{key: value for key, value in given.items() if value})
    made.autocommit = True
    return made


def ensure_database(superuser_url: str, *, database: str, owner: Role, web: Role, template: str = "template1") -> None:
    """Make the roles and the database that are missing, and close what PUBLIC may do there; safe to repeat."""
    config = database_config("DATABASE_SUPERUSER_URL", superuser_url)
    server = connect(config)
    try:
        with server.cursor() as cur:
            for role in (owner, web):
                _ensure_role(cur, role)
            _ensure_database(cur, database, owner, template)
    finally:
        server.close()
    inside = connect(config, database)
    try:
        with inside.cursor() as cur:
            _close_to_public(cur, database, owner, web)
    finally:
        inside.close()


def _ensure_role(cur: cursor, role: Role) -> None:
    cur.execute("SELECT FROM pg_roles WHERE rolname = %s", [role.name])
    if cur.rowcount:
        return
    cur.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role.name)))
    if role.password:
        cur.execute(sql.SQL("ALTER ROLE {} PASSWORD %s").format(sql.Identifier(role.name)), [role.password])


def _ensure_database(cur: cursor, database: str, owner: Role, template: str) -> None:
    cur.execute("SELECT FROM pg_database WHERE datname = %s", [database])
    if cur.rowcount:
        return
    cur.execute(
        sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
            sql.Identifier(database), sql.Identifier(owner.name), sql.Identifier(template)
        )
    )


def _close_to_public(cur: cursor, database: str, owner: Role, web: Role) -> None:
    names = {
        "database": sql.Identifier(database),
        "owner": sql.Identifier(owner.name),
        "web": sql.Identifier(web.name),
    }
    for statement in (
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        "GRANT CONNECT ON DATABASE {database} TO {owner}, {web}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE, CREATE ON SCHEMA public TO {owner}",
        "GRANT USAGE ON SCHEMA public TO {web}",
    ):
        cur.execute(sql.SQL(statement).format(**names))
