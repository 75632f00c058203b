"""The keys of a purchase as a CSV file (K2)."""

from django.http import StreamingHttpResponse

from csp_portal.csv_files import csv_answer
from software.services.keys import Exported

# For programs to read: the names stay, in every language.
COLUMNS = ("order_number", "purchase_id", "sku_id", "sku", "product_key")


def keys_file(exported: Exported) -> StreamingHttpResponse:
    """A download of keys whose export stands in the log."""
    purchase = exported.purchase
    about = (purchase.order_number, str(purchase.public_id), purchase.sku.catalogue_id, purchase.sku.title)
    return csv_answer(f"keys-{purchase.order_number}.csv", COLUMNS, [(*about, key) for key in exported.keys])
