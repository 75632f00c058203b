"""Closes and issues what is due at an instant, in a process of its own: `python -m tests.close_and_issue INSTANT [N]`.

With N it kills itself by signal 9 when it is about to send its N-th statement to the database.
"""

import os
import signal
import sys
from datetime import datetime
from typing import Any

import django


class KillsAt:
    """Counts the statements of a connection, and is gone before the one with this number."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, execute: Any, *statement: Any) -> Any:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*statement)


def main(instant: str, number: str = "0") -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "csp_portal.settings"
    django.setup()
    from django.db import connection

    from orders.billing.services import close_due_months, issue_due_invoices

    now = datetime.fromisoformat(instant)
    with connection.execute_wrapper(KillsAt(int(number))):
        close_due_months(now)
        issue_due_invoices(now)


if __name__ == "__main__":
    main(*sys.argv[1:])
