"""Run a management command with the servers it needs, and tell what goes wrong in one sentence."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import redis
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError as DjangoOperationalError
from psycopg2 import OperationalError

from csp_portal import embedded
from csp_portal.one_sentence import one_sentence

# `run` starts the servers itself, after it has ended what was left over.
WITHOUT_SERVERS = frozenset(
    {"check", "collectstatic", "compilemessages", "help", "makemessages", "makemigrations", "run", "version"}
)
EXPECTED = (
    ImproperlyConfigured,
    embedded.ServerError,
    OperationalError,
    DjangoOperationalError,
    redis.exceptions.ConnectionError,
)


def run_command(arguments: list[str]) -> int:
    """Run what `manage.py` was asked for; the exit code."""
    signal.signal(signal.SIGTERM, _leave)
    try:
        with servers_for(arguments):
            execute_from_command_line(arguments)
    except EXPECTED as error:
        print(one_sentence(error), file=sys.stderr)  # noqa: T201  the terminal is where it belongs
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


@contextmanager
def servers_for(arguments: list[str]) -> Iterator[None]:
    """Have the embedded servers run for the length of a command that needs them."""
    if not needs_servers(arguments):
        yield
        return
    with embedded.running(settings.VAR_DIR, postgres=settings.EMBEDDED_POSTGRES, valkey=settings.EMBEDDED_VALKEY):
        yield


def needs_servers(arguments: list[str]) -> bool:
    """Whether the command uses a server of ours; asking for help never does."""
    command = arguments[1] if len(arguments) > 1 else "help"
    if command in WITHOUT_SERVERS or {"-h", "--help", "--version"} & set(arguments):
        return False
    return bool(settings.EMBEDDED_POSTGRES or settings.EMBEDDED_VALKEY)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    """End on SIGTERM as on any other way out, so that the servers are let go."""
    sys.exit(143)
