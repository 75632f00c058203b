"""What calls about invoices ask for, and the invoice that a path names."""

from datetime import UTC, datetime, time, timedelta

from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework import serializers

from csp_portal.accounts.models import User
from csp_portal.api.dates import day_of
from csp_portal.api.errors import input_wrong
from csp_portal.api.filters import filter_of
from csp_portal.api.serializers import ApiSerializer
from csp_portal.api.words import word_of
from csp_portal.csv_files import csv_answer
from csp_portal.errors import Refusal
from orders.billing.invoice_numbers import written
from orders.billing.models import Account, EntryQuerySet, Invoice, InvoiceQuerySet
from orders.billing.reasons import ACCOUNT_NOT_FOUND, INVOICE_NOT_FOUND
from orders.billing.reconciliation import COLUMNS, reconciliation_rows

PREFIXES = ("onetime-", "recurring-")  # that clients put before a number
PROVIDERS = ("OneTime", "All", "Marketplace", "Azure", "Office")
OURS = ("OneTime", "All")
LINE_TYPES = ("BillingLineItems", "UsageLineItems")
PERIODS = ("current", "previous")
_COMPARED = ("equals", "greater_than", "greater_than_or_equals", "less_than", "less_than_or_equals")
DATE_FILTER = {"InvoiceDate": _COMPARED}
LARGEST_NUMBER = 2**31 - 1  # that the database has room for


class InvoicesQuery(ApiSerializer):
    size = serializers.IntegerField(required=False, help_text="Rows of a page; 0 for the usual 100.")
    offset = serializers.IntegerField(required=False, help_text="Rows before it.")
    filter = serializers.CharField(
        required=False, help_text='{"Field":"InvoiceDate","Value":"2020-02-08","Operator":"greater_than_or_equals"}'
    )


class OffsetQuery(ApiSerializer):
    size = serializers.IntegerField(required=False, help_text="Rows of a page; 0 for the usual number.")
    offset = serializers.IntegerField(required=False, help_text="Rows before it.")


class LinesQuery(ApiSerializer):
    provider = serializers.CharField(required=False, help_text=", ".join(PROVIDERS))
    invoiceLineItemType = serializers.CharField(required=False, help_text=", ".join(LINE_TYPES))
    currencyCode = serializers.CharField(required=False, help_text="USD; lines of another currency are left out.")
    size = serializers.IntegerField(required=False, help_text="Rows of a page; 0 for the usual 2000.")
    seekOperation = serializers.CharField(required=False, help_text="Next, with the header MS-ContinuationToken.")


class UnbilledQuery(LinesQuery):
    period = serializers.CharField(required=False, help_text="current: open months; previous: closed, not issued.")


class CurrencyQuery(ApiSerializer):
    currencyCode = serializers.CharField(required=False, help_text="USD")
    period = serializers.CharField(required=False, help_text="current or previous")


def invoices_of(user: User) -> InvoiceQuerySet:
    """The issued invoices that a user may see, with their totals."""
    return Invoice.objects.visible_to(user).issued().with_totals().select_related("account__partner")


def invoice_of(user: User, invoice_id: str) -> Invoice:
    """The issued invoice with this number, with or without its kind before it. Raises Refusal."""
    text = invoice_id.strip().lower()
    number = next((text.removeprefix(prefix) for prefix in PREFIXES if text.startswith(prefix)), text).removeprefix("g")
    digits = int(number) if number.isascii() and number.isdigit() and len(number) <= len(str(LARGEST_NUMBER)) else 0
    named = digits <= LARGEST_NUMBER and written(digits) == f"G{number}"
    found = invoices_of(user).filter(number=digits).first() if named else None
    if found is None:
        raise Refusal(INVOICE_NOT_FOUND)
    return found


def account_of(user: User, currency: str) -> Account:
    """The account in a currency. Raises Refusal."""
    found = Account.objects.visible_to(user).select_related("partner").filter(currency=currency.strip().upper()).first()
    if found is None:
        raise Refusal(ACCOUNT_NOT_FOUND)
    return found


def dated(rows: InvoiceQuerySet, text: str) -> InvoiceQuerySet:
    """Those of the invoices that the parameter `filter` asks for, by the day (UTC) on which they were issued."""
    asked = filter_of(text, DATE_FILTER)
    if asked is None:
        return rows
    try:
        begin = datetime.combine(day_of(asked.value), time(), UTC)
        end = begin + timedelta(days=1)
    except (ValueError, OverflowError):
        raise input_wrong({"filter": _("InvoiceDate is compared with a day, such as 2020-02-08.")}) from None
    limits = {
        "equals": {"issued_at__gte": begin, "issued_at__lt": end},
        "greater_than": {"issued_at__gte": end},
        "greater_than_or_equals": {"issued_at__gte": begin},
        "less_than": {"issued_at__lt": begin},
        "less_than_or_equals": {"issued_at__lt": end},
    }
    return rows.filter(**limits[asked.operator])


def has_lines(provider: str, line_type: str) -> bool:
    """Whether there can be any: all that is sold here is one-time, and has billing lines. Raises Refusal."""
    asked = word_of(provider or PROVIDERS[0], PROVIDERS, field="provider")
    kind = word_of(line_type or LINE_TYPES[0], LINE_TYPES, field="invoiceLineItemType")
    return asked in OURS and kind == LINE_TYPES[0]


def with_all(entries: EntryQuerySet) -> EntryQuerySet:
    """With all that a line tells."""
    return entries.with_causes().select_related("account__partner", "order_line__purchase__sku__product")


def reconciliation(entries: EntryQuerySet, name: str, currency: str) -> HttpResponseBase:
    """The reconciliation file of entries, as the page has it (R5)."""
    return csv_answer(f"{name}.csv", COLUMNS, reconciliation_rows(entries, currency))
