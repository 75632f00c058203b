"""`manage.py demo`: load the demo data, or with `--show` print what to try, as JSON."""

import json
import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from csp_portal.demo import cast, notes
from csp_portal.demo.examples import demo_examples
from csp_portal.demo.making import make_demo


class Command(BaseCommand):
    help = "Load demo data by the portal's own services; run again, it takes up where it was interrupted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--show", action="store_true", help="print users, customers and example ids as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Demo data has no place in production; run it with ENVIRONMENT=development.")
        if options["show"]:
            self.stdout.write(json.dumps(_notes(), indent=2, ensure_ascii=False))
            return
        make_demo(self.stdout.write)
        notes.write({**notes.read(), **_notes()})
        self.stdout.write("The demo data is loaded; `manage.py demo --show` prints users, passwords and ids.")


def _notes() -> dict[str, Any]:
    port = os.environ.get("PORT", "8000")
    return {
        "address": settings.SITE_URL or notes.read().get("address") or f"http://127.0.0.1:{port}",
        "users": notes.read().get("users", []),
        "api_clients": notes.read().get(notes.API_CLIENTS, []),
        "customers": [
            {"tenant_id": customer.tenant_id, "name": customer.company_name, "market": customer.market}
            for customer in cast.CUSTOMERS
        ],
        "examples": demo_examples(),
    }
