"""Mail about money: a credit that was posted, an invoice that was issued (X5)."""

from typing import Any

from django.utils.functional import lazy

from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission
from csp_portal.instants import written_month
from csp_portal.mail.addresses import site_address
from csp_portal.mail.services import queue_mail
from csp_portal.money import Money
from orders.billing.models import Credit, Entry, Invoice
from orders.models import Order


def tell_credit_posted(entry: Entry, credit: Credit) -> None:
    """Mail who cancelled or asked for it, and who had ordered, the invoice of the credit; in its transaction (R4)."""
    line = credit.order_line
    order = line.order
    cancellation = getattr(credit, "cancellation", None)  # not every cause of a credit is one
    for user in concerned(order, cancellation and cancellation.accepted_by):
        queue_mail(
            user.email,
            "credit_posted",
            cause=f"credit_posted:{credit.pk}",
            order=order.number,
            sku=line.sku_title,
            units=credit.quantity,
            of=line.quantity,
            customer=order.customer.company_name,
            credit=Money(credit.gross, order.currency),
            month=written_month(entry.month),
            computation=_how_computed(credit),
            address=site_address(order.get_absolute_url()),
        )


def concerned(order: Order, canceller: User | None) -> list[User]:
    """Who cancelled and who had ordered, each once, if they still work for the partner and see orders."""
    people = dict.fromkeys(user for user in (canceller, order.placed_by) if user)
    return [user for user in people if user.is_mailed_for(order.partner_id, Permission.SEE_ORDERS)]


def tell_invoice_issued(invoice: Invoice) -> None:
    """Mail the partner's users who may see invoices number, month and amount; in the issue's transaction (R5).

    Nobody is told of a month with no charge and no credit, in which something is only carried on.
    """
    if not invoice.entries.of_orders().exists():
        return
    people = User.objects.filter(partner_id=invoice.account.partner_id).who_may(Permission.SEE_INVOICES)
    facts = _facts_of(invoice)
    for email in people.order_by("email").values_list("email", flat=True):
        queue_mail(email, "invoice_issued", cause=f"invoice_issued:{invoice.public_number}", **facts)


def _facts_of(invoice: Invoice) -> dict[str, Any]:
    """What the mail tells; `payable` is None where nothing is to be paid."""
    totals, currency = invoice.entries.totals(), invoice.account.currency
    payable = totals["gross"] + totals["carried"]
    carried = invoice.carried_forward
    return {
        "invoice": invoice.public_number,
        "month": written_month(invoice.month),
        "partner": invoice.bill_to_name,
        "net": Money(totals["net"], currency),
        "tax": Money(totals["tax"], currency),
        "gross": Money(totals["gross"], currency),
        "payable": Money(payable, currency) if payable else None,
        "carried": Money(carried, currency) if carried else None,
        "address": site_address(invoice.get_absolute_url()),
    }


# Written when the mail is, in its language and not in that of who caused it.
_how_computed = lazy(lambda credit: credit.how_computed, list)
