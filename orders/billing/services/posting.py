"""Posting entries, always under the account's lock (R4, R5)."""

from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import Actor, record
from csp_portal.jobs import for_each
from csp_portal.rounding import plain_amount
from orders.billing.emails import tell_credit_posted
from orders.billing.headroom import Headroom
from orders.billing.models import Account, Credit, Entry, EntryKind
from orders.models import Order, OrderLine

POSTER = Actor.system("post_credits")


def locked_account(partner_id: int, currency: str) -> Account:
    """The partner's account in a currency, made when first needed, locked until the transaction ends."""
    locked = Account.objects.select_for_update(of=("self",)).filter(partner_id=partner_id, currency=currency)
    account = locked.first()
    if account is None:
        Account.objects.get_or_create(partner_id=partner_id, currency=currency)
        account = locked.get()
    return account


def post_charges(order: Order, lines: Sequence[OrderLine]) -> None:
    """Charge every line of an order to the partner's account, in the caller's transaction (B5).

    Under the account's lock, so that orders at once cannot pass the credit limit together: raises Refusal if what is
    owed and this order come to more than it, or if there is none (B3).
    """
    account = locked_account(order.partner_id, order.currency)
    refusal = Headroom.of(order.partner_id, order.currency).refusal(sum((line.gross for line in lines), Decimal(0)))
    if refusal is not None:
        refusal.on = order.customer
        raise refusal
    month = account.month_for(order.placed_at)
    now = timezone.now()
    Entry.objects.bulk_create(
        Entry(
            account=account,
            kind=EntryKind.CHARGE,
            order_line=line,
            net=line.net,
            tax=line.tax,
            gross=line.gross,
            occurred_at=order.placed_at,
            month=month,
            posted_at=now,
        )
        for line in lines
    )


@transaction.atomic
def post_credit(credit_id: int) -> bool:
    """Post a credit to its account once; again does nothing (R4). Answers whether it did."""
    credit = Credit.objects.select_related("order_line__order").get(pk=credit_id)
    order = credit.order_line.order
    account = locked_account(order.partner_id, order.currency)
    return post_under_lock(account, credit)


def post_under_lock(account: Account, credit: Credit) -> bool:
    """Post `credit` unless its entry stands; the caller holds the account's lock."""
    if Entry.objects.filter(credit=credit).exists():
        return False
    entry = Entry.objects.create(
        account=account,
        kind=EntryKind.CREDIT,
        order_line=credit.order_line,
        credit=credit,
        net=-credit.net,
        tax=-credit.tax,
        gross=-credit.gross,
        occurred_at=credit.fixed_at,
        month=account.month_for(credit.fixed_at),
        posted_at=timezone.now(),
    )
    details = {
        "gross": plain_amount(credit.gross, account.currency),
        "currency": account.currency,
        "month": f"{entry.month:%Y-%m}",
    }
    purchase = credit.order_line.purchase
    record(Action.CREDIT_POSTED, actor=POSTER, on=purchase, details=details)
    tell_credit_posted(entry, credit)
    return True


def post_due_credits() -> int:
    """Post every credit whose entry does not stand yet, each in its own transaction. Answers how many it posted."""
    waiting = Credit.objects.unposted()
    return for_each(list(waiting.values_list("pk", flat=True)), post_credit)
