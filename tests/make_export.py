"""Makes an export in a process of its own: `python -m tests.make_export ID [N]`.

With N it kills itself by signal 9 when it is about to send its N-th statement to the database.
"""

import os
import sys
from uuid import UUID

import django

from tests.close_and_issue import KillsAt


def main(export_id: str, number: str = "0") -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "csp_portal.settings"
    django.setup()
    from django.db import connection

    from activity.export.making import make_export

    with connection.execute_wrapper(KillsAt(int(number))):
        make_export(UUID(export_id))


if __name__ == "__main__":
    main(*sys.argv[1:])
