"""Payments from a file: looked through first, then posted all or none; the same file again posts nothing (R6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from activity.models import Action
from activity.services import Actor, SignedIn, record_each, refusals_recorded
from csp_portal.accounts.permissions import require_housekeeper
from csp_portal.calendar_utc import utc_day
from csp_portal.row_files import BadFile, RowError
from orders.billing import invoice_numbers
from orders.billing.models import Invoice, Payment
from orders.billing.payment_file import PaymentRow
from orders.billing.services.payments import lock_invoices, new_payment, reference_used, refusal_of


@dataclass(frozen=True)
class PaymentPlan:
    """What an import posts, and the rows that were posted before."""

    new: list[Payment]
    unchanged: list[PaymentRow]


@transaction.atomic
def check_payments(rows: Sequence[PaymentRow], errors: Sequence[RowError], *, actor: Actor | SignedIn) -> PaymentPlan:
    """What importing the rows would do now. Raises Refusal if the actor may not, BadFile naming every bad row."""
    require_housekeeper(actor)
    return _plan(rows, errors, actor)


@refusals_recorded(Action.PAYMENT_REFUSED)
@transaction.atomic
def import_payments(rows: Sequence[PaymentRow], errors: Sequence[RowError], *, actor: Actor | SignedIn) -> PaymentPlan:
    """Post the payments of a file that are not there yet, all or none (R6).

    A row that was posted before is unchanged. Raises Refusal if the actor does not keep the house, BadFile naming
    every bad row: an invoice that is none, what `post_payment` would refuse, a reference that stands for something
    else.
    """
    require_housekeeper(actor)
    plan = _plan(rows, errors, actor)
    Payment.objects.bulk_create(plan.new)
    record_each(Action.PAYMENT_POSTED, actor=actor, on=plan.new)
    return plan


def _plan(rows: Sequence[PaymentRow], errors: Sequence[RowError], actor: Actor | SignedIn) -> PaymentPlan:
    """Part the rows into new and known ones, under the locks. Raises BadFile with `errors` and what is wrong now."""
    sorting = _Sorting(rows, actor, timezone.now())
    for row in rows:
        sorting.take(row)
    found = [*errors, *sorting.errors]
    if found:
        raise BadFile(sorted(found, key=lambda error: error.line))
    return PaymentPlan(sorting.new, sorting.unchanged)


class _Sorting:
    """The rows of a file being sorted, one by one; several payments on one invoice share what is open of it."""

    def __init__(self, rows: Sequence[PaymentRow], actor: Actor | SignedIn, now: datetime) -> None:
        numbers = {invoice_numbers.read(row.invoice) for row in rows}
        ids = list(Invoice.objects.filter(number__in=numbers).values_list("pk", flat=True))
        self.invoices = {invoice.public_number: invoice for invoice in lock_invoices(ids).values()}
        self.still_open = {number: invoice.open_amount for number, invoice in self.invoices.items()}
        self.used = _used({row.reference for row in rows})
        self.actor, self.now = actor, now
        self.new: list[Payment] = []
        self.unchanged: list[PaymentRow] = []
        self.errors: list[RowError] = []

    def take(self, row: PaymentRow) -> None:
        """Put a row where it belongs."""
        invoice, used = self.invoices.get(row.invoice), self.used.get(row.key)
        if invoice is None:
            reason = _("there is no invoice %(number)s") % {"number": row.invoice}
            self.errors.append(RowError(row.line, reason))
        elif used is None:
            self._post(row, invoice)
        elif _same(row, used):
            self.unchanged.append(row)
        else:
            self.errors.append(RowError(row.line, str(reference_used(used, on=invoice))))

    def _post(self, row: PaymentRow, invoice: Invoice) -> None:
        payment = new_payment(invoice, row.amount, row.received_on, row.reference, now=self.now, actor=self.actor)
        open_amount: Decimal = self.still_open[row.invoice]
        refusal = refusal_of(payment, open_amount=open_amount, today=utc_day(self.now))
        if refusal is not None:
            self.errors.append(RowError(row.line, str(refusal)))
            return
        self.still_open[row.invoice] = open_amount - row.amount
        self.new.append(payment)


def _used(references: set[str]) -> dict[str, Payment]:
    """The payments that have one of the references already, by it."""
    if not references:
        return {}
    found = Payment.objects.with_reference(*references).with_names()
    return {payment.reference.lower(): payment for payment in found}


def _same(row: PaymentRow, payment: Payment) -> bool:
    told = (row.invoice, row.amount, row.received_on)
    return told == (payment.invoice.public_number, payment.amount, payment.received_on)
