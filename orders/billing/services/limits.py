"""The credit limit of an account, which the operator sets (B3, P5)."""

from decimal import Decimal

from django.db import transaction

from activity.models import Action
from activity.services import Actor, SignedIn, record
from csp_portal.accounts.models import Partner
from csp_portal.accounts.permissions import Permission, require
from csp_portal.rounding import plain_amount
from orders.billing.models import Account
from orders.billing.services.posting import locked_account


@transaction.atomic
def set_credit_limit(partner: Partner, currency: str, limit: Decimal | None, *, actor: Actor | SignedIn) -> Account:
    """Set how much of `currency` (major unit) a partner may owe; None means no orders in it (B3).

    The same limit again changes nothing. What was ordered under another limit stands. Raises Refusal if a user who is
    no Operator admin asks for it.
    """
    if not isinstance(actor, Actor):
        require(actor, Permission.KEEP_HOUSE)
    account = locked_account(partner.pk, currency)
    if account.credit_limit == limit:
        return account
    account.credit_limit = limit
    account.save(update_fields=["credit_limit"])
    details = {"currency": currency, "limit": None if limit is None else plain_amount(limit, currency)}
    record(Action.CREDIT_LIMIT_SET, actor=actor, partner=partner, details=details)
    return account
