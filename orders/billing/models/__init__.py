"""The partner's account: entries are the truth, invoices group them by month, no column holds a balance (R4, R5)."""

from orders.billing.models.accounts import Account, AccountQuerySet
from orders.billing.models.credits import Credit, CreditQuerySet
from orders.billing.models.entries import SUMMED, Entry, EntryKind, EntryQuerySet
from orders.billing.models.invoices import Invoice, InvoiceCounter, InvoiceQuerySet, InvoiceState
from orders.billing.models.payments import REFERENCE_LENGTH, Payment, PaymentQuerySet

__all__ = [
    "REFERENCE_LENGTH",
    "SUMMED",
    "Account",
    "AccountQuerySet",
    "Credit",
    "CreditQuerySet",
    "Entry",
    "EntryKind",
    "EntryQuerySet",
    "Invoice",
    "InvoiceCounter",
    "InvoiceQuerySet",
    "InvoiceState",
    "Payment",
    "PaymentQuerySet",
]
