"""`migrate` as the owner, then the rights of the web role."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db import OperationalError, connections

from csp_portal import database_roles
from csp_portal.database_setup import Role, ensure_database
from csp_portal.one_sentence import one_sentence


@contextmanager
def _in_one_sentence() -> Iterator[None]:
    """Tell what is wrong with the addresses or the server in a sentence."""
    try:
        yield
    except ImproperlyConfigured as error:
        raise CommandError(str(error)) from error
    except OperationalError as error:
        raise CommandError(f"The database cannot be reached: {one_sentence(error)}") from error


class Command(migrate.Command):
    help = "Makes roles and database where a superuser's address is given, migrates as the owner, grants rights."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database=database_roles.OWNER)

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Make roles and database before Django's checks, some of which ask the database already."""
        if options["database"] != database_roles.OWNER:
            raise CommandError("Only the owner migrates; leave --database out.")
        with _in_one_sentence():
            self._set_up()
            return super().execute(*args, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if not (options["plan"] or options["check_unapplied"]):
            database_roles.grant_rights()

    def _set_up(self) -> None:
        """Make the roles and the database, if a superuser's address is known."""
        database_roles.role_names()
        if not settings.DATABASE_SUPERUSER_URL:
            return
        owner, web = (connections[alias].settings_dict for alias in (database_roles.OWNER, database_roles.WEB))
        ensure_database(
            settings.DATABASE_SUPERUSER_URL,
            database=owner["NAME"],
            owner=Role(owner["USER"], owner["PASSWORD"]),
            web=Role(web["USER"], web["PASSWORD"]),
        )
