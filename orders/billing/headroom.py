"""What a partner may still order on its account in a currency (B3, R6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db.models import F, Model, OuterRef, Subquery, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from csp_portal.errors import Refusal
from csp_portal.money import Money
from orders import reasons
from orders.billing.models import Account, AccountQuerySet, Entry, Payment

PAYABLE = F("gross") + F("carried")  # what an entry adds to what is to be paid


@dataclass(frozen=True)
class Headroom:
    """A credit limit and what is owed of it. Binding only if it was read under the account's lock.

    Owed is what the account's entries come to and has not been paid, invoiced or not (R6). A credit that is fixed but
    not posted yet is no entry yet, so it makes room as soon as its entry stands (R4).
    """

    currency: str
    limit: Decimal | None
    owed: Decimal

    @classmethod
    def of(cls, partner_id: int, currency: str) -> "Headroom":
        """As it is now, in one query; a currency without an account has no limit and owes nothing."""
        accounts = Account.objects.filter(partner_id=partner_id, currency=currency)
        return next(iter(cls._found(accounts).values()), cls(currency, None, Decimal(0)))

    @classmethod
    def of_each(cls, accounts: Iterable[Account]) -> "dict[int, Headroom]":
        """Of several accounts, by their ids, in one query."""
        return cls._found(Account.objects.filter(pk__in=[account.pk for account in accounts]))

    @classmethod
    def _found(cls, accounts: AccountQuerySet) -> "dict[int, Headroom]":
        summed = accounts.annotate(entered=_summed(Entry, PAYABLE), paid=_summed(Payment, F("amount")))
        return {found.pk: cls(found.currency, found.credit_limit, found.entered - found.paid) for found in summed}

    def left_after(self, gross: Decimal) -> Decimal:
        """What is left of the limit after an order of `gross`; negative if it would be beyond it."""
        return (self.limit or Decimal(0)) - self.owed - gross

    @property
    def left(self) -> Decimal:
        """What can still be ordered: nothing where more is owed than a lowered limit allows."""
        return max(self.left_after(Decimal(0)), Decimal(0))

    def refusal(self, gross: Decimal) -> Refusal | None:
        """Why an order of `gross` cannot be charged; exactly the limit can."""
        operator = settings.OPERATOR_SUPPORT_EMAIL
        if self.limit is None:
            return Refusal(reasons.NO_CREDIT_LIMIT, currency=self.currency, operator=operator)
        if self.left_after(gross) >= 0:
            return None
        return Refusal(
            reasons.CREDIT_LIMIT_EXCEEDED,
            amount=Money(gross, self.currency),
            credit_limit=Money(self.limit, self.currency),
            owed=Money(self.owed, self.currency),
            left=Money(self.left, self.currency),
            operator=operator,
        )


def _summed(model: type[Model], amount: Combinable) -> Coalesce:
    """The sum over an account's rows of `model`, each kind apart: joined, they would multiply."""
    rows = model._default_manager.filter(account=OuterRef("pk")).order_by().values("account")
    return Coalesce(Subquery(rows.annotate(total=Sum(amount)).values("total")), Decimal(0))
