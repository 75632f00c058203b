"""Changing and revealing what customers own. One function per act; each writes its rows in the activity log."""

from software.services.catalogue import change_product, change_sku
from software.services.downloads import Transfer, charge, open_file, open_session
from software.services.imports import CannotImport, import_build, import_keys, import_tax_rates
from software.services.keys import reveal_key
from software.services.links import grant_link, renew_link, revoke_link
from software.services.price_import import PriceListReport, import_price_list
from software.services.purchasing import create_purchase, fill_pending, revoke_purchase
from software.services.starting import start_download, usable_link

__all__ = [
    "CannotImport",
    "PriceListReport",
    "Transfer",
    "change_product",
    "change_sku",
    "charge",
    "create_purchase",
    "fill_pending",
    "grant_link",
    "import_build",
    "import_keys",
    "import_price_list",
    "import_tax_rates",
    "open_file",
    "open_session",
    "renew_link",
    "reveal_key",
    "revoke_link",
    "revoke_purchase",
    "start_download",
    "usable_link",
]
