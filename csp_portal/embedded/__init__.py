"""PostgreSQL and Valkey from PyPI wheels, for machines that have no servers of their own.

Both listen on Unix sockets only and keep their data below the portal's `var/`. Whoever needs them enters
`running(var_dir)`: the first one starts them, the last one stops them.
"""

from csp_portal.embedded.errors import ServerError
from csp_portal.embedded.place import Place
from csp_portal.embedded.postgres import Postgres
from csp_portal.embedded.urls import DATABASE, OWNER_ROLE, SUPERUSER_ROLE, WEB_ROLE, Urls
from csp_portal.embedded.users import remove, running
from csp_portal.embedded.valkey import DATABASES as VALKEY_DATABASES
from csp_portal.embedded.valkey import Valkey

__all__ = [
    "DATABASE",
    "OWNER_ROLE",
    "SUPERUSER_ROLE",
    "VALKEY_DATABASES",
    "WEB_ROLE",
    "Place",
    "Postgres",
    "ServerError",
    "Urls",
    "Valkey",
    "remove",
    "running",
]
