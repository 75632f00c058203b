"""The addresses of the embedded servers."""

from dataclasses import dataclass
from pathlib import Path

from csp_portal.embedded.place import Place

SUPERUSER_ROLE = "postgres"
OWNER_ROLE = "csp_owner"
WEB_ROLE = "csp_web"
DATABASE = "csp"
MAINTENANCE_DATABASE = "postgres"
PORT = 5432  # only part of the socket's name; said outright so that PGPORT changes nothing


@dataclass(frozen=True)
class Urls:
    """Where the servers of one `var/` folder are found, whether they run or not."""

    web: str
    owner: str
    superuser: str
    broker: str
    cache: str

    @classmethod
    def below(cls, var_dir: Path) -> "Urls":
        """The addresses of the servers that belong to `var_dir`; starts nothing."""
        sockets = Place.of(var_dir).sockets
        return cls(
            web=_database_url(WEB_ROLE, DATABASE, sockets),
            owner=_database_url(OWNER_ROLE, DATABASE, sockets),
            superuser=_database_url(SUPERUSER_ROLE, MAINTENANCE_DATABASE, sockets),
            broker=f"redis+socket://{sockets}/valkey.sock?virtual_host=0",
            cache=f"unix://{sockets}/valkey.sock?db=1",
        )


def _database_url(role: str, database: str, sockets: Path) -> str:
    # The folder goes into the query: django-environ does not decode %2F in a host.
    return f"postgres://{role}@:{PORT}/{database}?host={sockets}"
