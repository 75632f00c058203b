"""Fixing a credit in the transaction of its cause (R4)."""

from datetime import date, datetime

from celery import signature
from django.db import transaction

from orders.billing.explanations import Computed
from orders.billing.models import Account, Credit, Entry
from orders.billing.services.posting import locked_account
from orders.models import Order, OrderLine

POST_CREDIT = "orders.billing.tasks.post_credit"  # by name: the task calls this package


def fix_credit(line: OrderLine, computed: Computed, *, now: datetime) -> Credit:
    """Fix what the line is credited, and queue its posting for after the commit (R3, R4).

    Runs in the caller's transaction, which holds the line's lock; the database refuses more than was charged. Takes
    the account's lock too, so that a month that is being closed either has this credit or leaves it to the next: from
    here on `credit_month` answers for good (R5).
    """
    account = locked_account(line.order.partner_id, line.order.currency)
    amounts, before = computed.amounts, line.credited
    credit = Credit.objects.create(
        order_line=line,
        fixed_at=now,
        quantity=computed.quantity,
        net=amounts.net,
        tax=amounts.tax,
        gross=amounts.gross,
        charged=computed.charged,
        units_before=line.quantity_cancelled,
        net_before=before.net,
        tax_before=before.tax,
        term_days=computed.term_days,
        days_used=computed.days_used,
        formula=computed.formula,
        less_reason=computed.less_reason,
    )
    credit.month_fixed = account.month_for(now)
    line.quantity_cancelled += computed.quantity
    line.credited_net += amounts.net
    line.credited_tax += amounts.tax
    line.credited_gross += amounts.gross
    line.save(update_fields=["quantity_cancelled", "credited_net", "credited_tax", "credited_gross"])
    # A broker that is down must not undo the answer: the sweep finds what was never queued.
    post = signature(POST_CREDIT, args=(credit.pk,))
    transaction.on_commit(post.delay, robust=True)
    return credit


def credit_month(line: OrderLine, now: datetime) -> date:
    """The invoice month (its first day) that a credit fixed at `now` will be on, as far as is known now (R5)."""
    return account_of(line.order).month_for(now)


def account_of(order: Order) -> Account:
    """The account that the order is on, or one as it would be opened."""
    found = Account.objects.filter(partner_id=order.partner_id, currency=order.currency).first()
    return found or Account()


def month_of_credit(credit: Credit, account: Account | None = None) -> date:
    """The invoice month of a fixed credit: that of its entry; until it stands, the one it will be posted to (R5).

    `account` is the credit's, where it is known already.
    """
    if credit.month_fixed is not None:
        return credit.month_fixed
    entry: Entry | None = getattr(credit, "entry", None)
    return entry.month if entry else (account or account_of(credit.order_line.order)).month_for(credit.fixed_at)
