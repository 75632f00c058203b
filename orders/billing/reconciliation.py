"""The reconciliation file of an invoice: one row per entry, which together are the invoice (R5)."""

from collections.abc import Iterator
from datetime import UTC

from django.utils import translation

from csp_portal.csv_files import Cell
from csp_portal.rounding import round_half_up
from orders.billing.models import Entry, EntryQuerySet
from orders.models import OrderLine
from software.tax import percent

# For programs to read: the names stay, in every language.
COLUMNS = (
    "month",
    "kind",
    "occurred_at_utc",
    "order_number",
    "purchase_order_number",
    "order_line",
    "customer",
    "tenant_id",
    "product",
    "sku",
    "sku_id",
    "quantity",
    "line_quantity",
    "currency",
    "unit_price",
    "unit_price_includes_tax",
    "tax_name",
    "tax_rate_percent",
    "net_excl_tax",
    "tax",
    "gross_incl_tax",
    "carried",
    "payable",
    "computation",
)
_ROWS_AT_ONCE = 2000


def reconciliation_rows(entries: EntryQuerySet, currency: str) -> Iterator[list[Cell]]:
    """The rows of COLUMNS for entries of one currency, by order, read by one statement while they are sent."""
    language = translation.get_language()
    found = entries.with_causes().select_related("order_line__purchase__sku__product").by_order()
    for entry in found.iterator(chunk_size=_ROWS_AT_ONCE):
        with translation.override(language):  # the request that asked for it is answered when this runs
            cells = {**_of_entry(entry, currency), **_of_line(entry.order_line, currency)}
        yield [cells.get(column) for column in COLUMNS]


def _of_entry(entry: Entry, currency: str) -> dict[str, Cell]:
    return {
        "month": f"{entry.month:%Y-%m}",
        "kind": entry.kind,
        "occurred_at_utc": f"{entry.occurred_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        "quantity": entry.quantity,
        "currency": currency,
        "net_excl_tax": round_half_up(entry.net, currency),
        "tax": round_half_up(entry.tax, currency),
        "gross_incl_tax": round_half_up(entry.gross, currency),
        "carried": round_half_up(entry.carried, currency),
        "payable": round_half_up(entry.payable, currency),
        "computation": " ".join(entry.credit.how_computed) if entry.credit else "",
    }


def _of_line(line: OrderLine | None, currency: str) -> dict[str, Cell]:
    """What was ordered; nothing where an entry only carries a total from month to month."""
    if line is None:
        return {}
    order, sku = line.order, line.purchase.sku
    return {
        "order_number": order.number,
        "purchase_order_number": order.purchase_order_number,
        "order_line": line.line_number,
        "customer": order.customer_name,
        "tenant_id": str(order.customer.tenant_id),
        "product": line.product_title,
        "sku": line.sku_title,
        "sku_id": sku.catalogue_id,
        "line_quantity": line.quantity,
        "unit_price": round_half_up(line.unit_price, currency),
        "unit_price_includes_tax": "yes" if line.tax_included else "no",
        "tax_name": line.tax_name,
        "tax_rate_percent": percent(line.tax_rate),
    }
