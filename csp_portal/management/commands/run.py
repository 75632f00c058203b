"""`manage.py run`: all of the portal on this machine, until Ctrl-C (`make run` calls it)."""

import os
import time
from typing import Any

import redis
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connections

from csp_portal import embedded, supervisor
from csp_portal.accounts.models import Partner
from csp_portal.demo import notes
from csp_portal.one_sentence import one_sentence


class Command(BaseCommand):
    help = "Starts the servers, the web server, the Celery worker and beat; PORT and HOST say where."
    requires_system_checks: list[str] = []  # `make test` makes them; here they would cost a second

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            code = self._run(os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000")
        except (supervisor.CannotRun, CommandError, ImproperlyConfigured, embedded.ServerError) as error:
            self.stderr.write(one_sentence(error))
            code = 1
        except (DatabaseError, redis.exceptions.RedisError) as error:
            self.stderr.write(f"A server does not do what it should: {one_sentence(error)}")
            code = 1
        if code:
            raise SystemExit(code)

    def _run(self, host: str, port: str) -> int:
        """Do one step after the other; the exit code."""
        self.began = time.monotonic()
        with supervisor.only_one(settings.VAR_DIR):
            if count := supervisor.end_leftovers(settings.VAR_DIR):
                self._say(f"Ended {count} process{'es' if count > 1 else ''} left over from an earlier run.")
            self.host, self.port = host, supervisor.check_port(host, port)
            self._say("Starting PostgreSQL and Valkey." if settings.EMBEDDED_POSTGRES else "Using the given database.")
            with embedded.running(
                settings.VAR_DIR,
                postgres=settings.EMBEDDED_POSTGRES,
                valkey=settings.EMBEDDED_VALKEY,
                say=self._say,
            ):
                self._prepare()
                code = supervisor.supervise(
                    host, self.port, folder=settings.BASE_DIR, var_dir=settings.VAR_DIR, announce=self._announce
                )
            self._say("Everything is stopped.")
            return code

    def _prepare(self) -> None:
        """Bring the stores to the state that the processes need, and leave no connection open across the fork."""
        redis.Redis.from_url(settings.CACHES["default"]["LOCATION"]).ping()
        self._say("Migrating the database.")
        call_command("migrate", verbosity=0, skip_checks=True)
        if notes.is_unfinished() or not Partner.objects.exists():
            self._say("Loading the demo data.")
            supervisor.run_once(["demo"], folder=settings.BASE_DIR, var_dir=settings.VAR_DIR)
        connections.close_all()
        self._say("Starting the web server, the worker and the clock.")

    def _announce(self) -> None:
        """Tell where the portal is and who may sign in."""
        address = f"http://{supervisor.reachable(self.host)}:{self.port}/"
        users = notes.read().get("users", [])  # none when this database has no demo data
        lines = ["", f"The portal is ready after {supervisor.seconds_since(self.began)}: {address}"]
        if users:
            lines += ["Sign in as one of the demo users:"]
            width = max(len(user["email"]) for user in users)
            lines += [f"  {user['email']:<{width}}  {user['password']}  {_describe(user)}" for user in users]
        self._say("\n".join([*lines, "Ctrl-C stops it.", ""]))

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _describe(user: dict[str, Any]) -> str:
    roles = ", ".join(user["roles"])
    return f"{roles} of {user['partner']}" if user["partner"] else roles
