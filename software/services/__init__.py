"""Changing and revealing what customers own. One function per act; each writes its rows in the activity log."""

from software.services.catalogue import change_product, change_sku
from software.services.downloads import open_session
from software.services.imports.builds import import_build, replace_build_file
from software.services.imports.keys import import_keys
from software.services.imports.prices import import_price_list
from software.services.imports.tax_rates import import_tax_rates
from software.services.keys import copy_key, export_keys, read_key, reveal_key
from software.services.links import grant_link, renew_link, revoke_link
from software.services.markets import add_restriction, add_tax_rate, change_restriction, change_tax_rate
from software.services.policies import add_policy_version, withdraw_policy_version
from software.services.purchasing import create_purchase, fill_pending
from software.services.releasing import faults_released
from software.services.revoking import revoke_purchase, revoke_units
from software.services.starting import start_download, usable_link
from software.services.streaming import FileStream, open_file
from software.services.transfers import authorise, end_transfer

__all__ = [
    "FileStream",
    "add_policy_version",
    "add_restriction",
    "add_tax_rate",
    "authorise",
    "change_product",
    "change_restriction",
    "change_sku",
    "change_tax_rate",
    "copy_key",
    "create_purchase",
    "end_transfer",
    "export_keys",
    "faults_released",
    "fill_pending",
    "grant_link",
    "import_build",
    "import_keys",
    "import_price_list",
    "import_tax_rates",
    "open_file",
    "open_session",
    "read_key",
    "renew_link",
    "replace_build_file",
    "reveal_key",
    "revoke_link",
    "revoke_purchase",
    "revoke_units",
    "start_download",
    "usable_link",
    "withdraw_policy_version",
]
