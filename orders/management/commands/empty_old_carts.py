"""`manage.py empty_old_carts [--dry-run]`."""

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from orders.models import ApiCart, Cart
from orders.models.cart import CART_KEPT
from orders.services.keeping import empty_old_carts


class Command(BaseCommand):
    help = (
        "Empty the carts that nobody has changed for 30 days, as the job does every night. May be interrupted and run "
        "again (X6)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would be emptied")

    def handle(self, *args: Any, **options: Any) -> None:
        self._tell(timezone.now())
        if options["dry_run"]:
            self.stdout.write("Nothing was emptied.")
        else:
            self.stdout.write(f"Carts that were emptied: {empty_old_carts()}")

    def _tell(self, now: datetime) -> None:
        """How many carts are over, and each of them."""
        over, of_api = Cart.objects.over(now), ApiCart.objects.over(now)
        count = over.count() + of_api.count()
        self.stdout.write(f"Carts last changed {CART_KEPT.days} days ago or earlier: {count}")
        carts: Iterator[Cart | ApiCart] = chain(_in_order(over), _in_order(of_api))
        for cart in carts:
            self.stdout.write(
                f"{cart.user.email} for {cart.customer.company_name} of {cart.customer.partner.legal_name}, changed "
                f"{cart.changed_at:%Y-%m-%dT%H:%M:%SZ}: lines {cart.line_count}"
            )


def _in_order(carts: Any) -> Iterator[Any]:
    """Those that were changed first, first."""
    listed: Iterator[Any] = carts.with_lines_counted().order_by("changed_at", "pk").iterator()
    return listed
