"""Payments that the operator posts, and their reversals: rows of their own, never a change (R6)."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import formats, timezone

from activity.models import Action
from activity.services import Actor, SignedIn, record, refusals_recorded
from csp_portal.accounts.permissions import require_housekeeper
from csp_portal.calendar_utc import start_of_day, utc_day
from csp_portal.errors import Refusal
from csp_portal.money import Money
from csp_portal.rounding import round_half_up
from csp_portal.typed_text import one_line
from orders.billing import reasons
from orders.billing.models import REFERENCE_LENGTH, Account, Invoice, Payment
from software.services.advisory_locks import lock_in_transaction

REFERENCES_LOCK = "payment_references"  # a reference is looked for on all accounts


@refusals_recorded(Action.PAYMENT_REFUSED)
@transaction.atomic
def post_payment(
    invoice_id: int, *, amount: Decimal, received_on: date, reference: str, actor: Actor | SignedIn
) -> Payment:
    """Post money received for an issued invoice, at most what is open on it (R6).

    Raises Refusal if the actor does not keep the house, the invoice is not issued, less is open, the reference was
    used, the day is to come or before the invoice's month, or amount or reference are unfit.
    """
    require_housekeeper(actor)
    now = timezone.now()
    invoice = lock_invoices([invoice_id])[invoice_id]
    payment = new_payment(invoice, amount, received_on, reference, now=now, actor=actor)
    refusal = refusal_of(payment, open_amount=invoice.open_amount, today=utc_day(now))
    refusal = refusal or refusal_of_reference(payment)
    if refusal is not None:
        raise refusal
    return save_payment(payment, actor=actor)


@refusals_recorded(Action.PAYMENT_REFUSED)
@transaction.atomic
def reverse_payment(payment_id: int, *, reference: str, actor: Actor | SignedIn) -> Payment:
    """Take a wrong payment back by a row of the negative amount with a reference of its own, dated today (R6).

    Raises Refusal if the actor does not keep the house, the payment was reversed or is a reversal, or the reference
    was used.
    """
    require_housekeeper(actor)
    now = timezone.now()
    invoice_id = Payment.objects.values_list("invoice_id", flat=True).get(pk=payment_id)
    invoice = lock_invoices([invoice_id])[invoice_id]
    wrong = Payment.objects.with_names().get(pk=payment_id)
    reversal = new_payment(invoice, -wrong.amount, utc_day(now), reference, now=now, actor=actor)
    refusal = reversal_refusal(wrong) or _unfit_reference(reversal) or refusal_of_reference(reversal)
    if refusal is not None:
        raise refusal
    reversal.reverses = wrong  # only now: it makes `wrong` look reversed
    return save_payment(reversal, actor=actor)


def lock_invoices(invoice_ids: list[int]) -> dict[int, Invoice]:
    """The invoices `with_totals`, their accounts locked in order until the transaction ends.

    The lock on references comes before those of accounts, everywhere.
    """
    lock_in_transaction(REFERENCES_LOCK)
    accounts = Account.objects.filter(invoices__in=invoice_ids).order_by("pk").distinct().values("pk")
    list(Account.objects.select_for_update(of=("self",)).filter(pk__in=accounts).order_by("pk"))
    found = Invoice.objects.with_totals().select_related("account__partner").filter(pk__in=invoice_ids)
    return {invoice.pk: invoice for invoice in found}


def new_payment(
    invoice: Invoice,
    amount: Decimal,
    received_on: date,
    reference: str,
    *,
    now: datetime,
    actor: Actor | SignedIn,
) -> Payment:
    """A payment on an invoice that is not saved yet; the caller holds the account's lock."""
    return Payment(
        account=invoice.account,
        invoice=invoice,
        amount=amount,
        received_on=received_on,
        month=invoice.account.month_for(start_of_day(received_on)),
        reference=one_line(reference),
        posted_at=now,
        posted_by=Actor.of(actor).name,
    )


def save_payment(payment: Payment, *, actor: Actor | SignedIn) -> Payment:
    """Save and record it; the caller has checked it under the locks."""
    payment.save(force_insert=True)
    action = Action.PAYMENT_REVERSED if payment.is_reversal else Action.PAYMENT_POSTED
    record(action, actor=actor, on=payment)
    return payment


def refusal_of(payment: Payment, *, open_amount: Decimal, today: date) -> Refusal | None:
    """Why a payment cannot be posted while `open_amount` is open on its invoice; its reference is looked up apart."""
    invoice, currency = payment.invoice, payment.account.currency
    if invoice.number is None:
        month = formats.date_format(invoice.month, "YEAR_MONTH_FORMAT")
        return Refusal(reasons.INVOICE_NOT_ISSUED, month=month, currency=currency, on=invoice)
    if payment.amount <= 0 or payment.amount != round_half_up(payment.amount, currency):
        return Refusal(reasons.NO_SUCH_AMOUNT, currency=currency, on=invoice)
    if payment.amount > open_amount:
        return Refusal(
            reasons.MORE_THAN_OPEN,
            payment=Money(payment.amount, currency),
            open=Money(open_amount, currency),
            invoice=invoice.public_number,
            on=invoice,
        )
    return _refusal_of_day(payment, today) or _unfit_reference(payment)


def _refusal_of_day(payment: Payment, today: date) -> Refusal | None:
    """A payment comes between the first day of its invoice's month and today."""
    day, invoice = payment.received_on, payment.invoice
    if day > today:
        return Refusal(reasons.RECEIVED_LATER, day=day, today=today, on=invoice)
    if day < invoice.month:
        number = invoice.public_number
        return Refusal(reasons.RECEIVED_EARLIER, day=day, valid_from=invoice.month, invoice=number, on=invoice)
    return None


def refusal_of_reference(payment: Payment) -> Refusal | None:
    """Where the reference stands already, whatever its case."""
    used = Payment.objects.with_reference(payment.reference).with_names().first()
    return None if used is None else reference_used(used, on=payment.invoice)


def reference_used(used: Payment, *, on: Invoice) -> Refusal:
    """That `used` has the reference already."""
    return Refusal(
        reasons.REFERENCE_USED,
        reference=used.reference,
        payment=Money(used.amount, used.account.currency),
        day=used.received_on,
        invoice=used.invoice.public_number,
        on=on,
    )


def reversal_refusal(payment: Payment) -> Refusal | None:
    """Why a payment that was fetched `with_names` cannot be reversed."""
    if payment.is_reversal:
        return Refusal(reasons.IS_A_REVERSAL, reference=payment.reference, on=payment)
    reversal = payment.reversed_by
    if reversal is None:
        return None
    return Refusal(
        reasons.REVERSED_ALREADY,
        reference=payment.reference,
        who=reversal.posted_by,
        when=reversal.posted_at,
        on=payment,
    )


def _unfit_reference(payment: Payment) -> Refusal | None:
    if 0 < len(payment.reference) <= REFERENCE_LENGTH:
        return None
    return Refusal(reasons.REFERENCE_UNFIT, longest=REFERENCE_LENGTH, on=payment.invoice)
