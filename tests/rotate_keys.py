"""Rotates the product keys in a process of its own: `python -m tests.rotate_keys BATCH [N]`.

With N it kills itself by signal 9 when it is about to send its N-th statement to the database.
"""

import os
import sys

import django

from tests.close_and_issue import KillsAt


def main(batch: str, number: str = "0") -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "csp_portal.settings"
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from software.services import rotation

    rotation.BATCH = int(batch)
    with connection.execute_wrapper(KillsAt(int(number))):
        call_command("rotate_keys")


if __name__ == "__main__":
    main(*sys.argv[1:])
