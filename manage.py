#!/usr/bin/env python
"""Django's command-line utility for the portal."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "csp_portal.settings")
    from csp_portal.command_line import run_command

    sys.exit(run_command(sys.argv))


if __name__ == "__main__":
    main()
