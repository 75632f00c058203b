"""Closing months and issuing invoices (R5). Run late, twice or at once, they do their work once."""

from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Min

from activity.models import Action
from activity.services import Actor, SignedIn, record, refusals_recorded
from csp_portal.accounts.permissions import require_housekeeper
from csp_portal.calendar_utc import add_months, month_of, start_of_day
from csp_portal.errors import Refusal
from csp_portal.instants import written_month
from csp_portal.jobs import for_each
from orders.billing import reasons
from orders.billing.emails import tell_invoice_issued
from orders.billing.models import Account, Credit, Entry, Invoice, InvoiceCounter
from orders.billing.services.carrying import carry_negative_total
from orders.billing.services.posting import post_under_lock

ISSUE_DAY = 8  # of the month after, by when invoices are out (UTC)
FIXED_AT_ISSUE = (
    "number",
    "issued_at",
    "issuer_name",
    "issuer_address",
    "issuer_tax_id",
    "bill_to_name",
    "bill_to_address",
    "bill_to_tax_id",
)
CLOSER = Actor.system("close_invoices")


def close_due_months(now: datetime) -> int:
    """Close every account's months that are over at `now`, each account in its own transaction.

    Answers how many invoices were made.
    """
    last_over = add_months(month_of(now), -1)
    due = Account.objects.exclude(closed_through__gte=last_over)
    accounts = list(due.order_by("pk").values_list("pk", flat=True))
    return for_each(accounts, lambda account_id: _close_through(account_id, last_over, now))


@transaction.atomic
def _close_through(account_id: int, last_over: date, now: datetime) -> int:
    account = Account.objects.select_for_update(of=("self",)).select_related("partner").get(pk=account_id)
    if account.has_closed(last_over):
        return 0
    _post_credits_until(account, last_over)
    made = 0
    # Month by month: what one carries is an entry of the next, which then has an invoice too.
    while (month := _next_to_close(account, last_over)) is not None:
        _close(account, month, now)
        account.closed_through = month
        made += 1
    account.closed_through = last_over
    account.save(update_fields=["closed_through"])
    return made


def _next_to_close(account: Account, last_over: date) -> date | None:
    """The account's first month after the last closed one that has entries; None if there is none until `last_over`."""
    months = Entry.objects.filter(account=account, month__lte=last_over)
    if account.closed_through is not None:
        months = months.filter(month__gt=account.closed_through)
    first: date | None = months.aggregate(first=Min("month"))["first"]
    return first


def _post_credits_until(account: Account, month: date) -> None:
    """Closing a month first posts every credit of that month (R4)."""
    due = Credit.objects.unposted().filter(
        order_line__order__partner_id=account.partner_id,
        order_line__order__currency=account.currency,
        fixed_at__lt=start_of_day(add_months(month, 1)),
    )
    for credit in due.select_related("order_line__order"):
        post_under_lock(account, credit)


def _close(account: Account, month: date, now: datetime) -> None:
    invoice = Invoice.objects.create(account=account, month=month, closed_at=now)
    carry_negative_total(invoice, now=now)
    details = {"month": f"{month:%Y-%m}", "currency": account.currency}
    record(Action.MONTH_CLOSED, actor=CLOSER, on=invoice, details=details)


def issue_due_invoices(now: datetime) -> int:
    """Issue what is closed and whose issue day has come: the 8th (UTC) of the month after. Answers how many."""
    newest = month_of(now) if now.day >= ISSUE_DAY else add_months(month_of(now), -1)
    due = Invoice.objects.filter(number=None, month__lt=newest).order_by("month", "account_id")
    actor = Actor.system("issue_invoices")
    return for_each(list(due.values_list("pk", flat=True)), lambda pk: issue_invoice(pk, actor=actor, now=now))


@refusals_recorded(Action.INVOICE_REFUSED)
@transaction.atomic
def issue_invoice(invoice_id: int, *, actor: Actor | SignedIn, now: datetime) -> bool:
    """Give an invoice its number and fix the names on it; from then on it never changes. Answers whether it did.

    The job does so on the 8th, the operator earlier where they like (R5). Raises Refusal if the actor does not keep
    the house, or the month is not closed.
    """
    require_housekeeper(actor)
    invoice = Invoice.objects.select_for_update(of=("self",)).select_related("account__partner").get(pk=invoice_id)
    if invoice.number is not None:
        return False
    if not invoice.account.has_closed(invoice.month):
        facts = {"month": written_month(invoice.month), "currency": invoice.account.currency}
        raise Refusal(reasons.MONTH_NOT_CLOSED, **facts, on=invoice)
    _number_and_name(invoice, now)
    record(Action.INVOICE_ISSUED, actor=actor, on=invoice, details={"invoice": invoice.public_number})
    tell_invoice_issued(invoice)
    return True


def _number_and_name(invoice: Invoice, now: datetime) -> None:
    """Fix what makes it an issued one: its number, and issuer and partner as they are now."""
    partner = invoice.account.partner
    invoice.number = _next_number()
    invoice.issued_at = now
    invoice.issuer_name = settings.OPERATOR_NAME
    invoice.issuer_address = settings.OPERATOR_ADDRESS
    invoice.issuer_tax_id = settings.OPERATOR_TAX_ID
    invoice.bill_to_name = partner.legal_name
    invoice.bill_to_address = partner.address
    invoice.bill_to_tax_id = partner.tax_id
    invoice.save(update_fields=FIXED_AT_ISSUE)


def _next_number() -> int:
    """The number after the last one; the counter is locked until the commit, so none is left out."""
    counter, _made = InvoiceCounter.objects.select_for_update().get_or_create(pk=1)
    counter.last_number += 1
    counter.save(update_fields=["last_number"])
    return counter.last_number
