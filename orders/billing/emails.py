"""Mail about money: a credit that was posted, an invoice that was issued (X5)."""

from collections.abc import Iterator

from django.utils import formats

from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, Role
from csp_portal.mail.addresses import site_address
from csp_portal.mail.services import queue_mail
from csp_portal.money import Money
from orders.billing.models import Credit, Entry, Invoice
from orders.models import Order

TOLD_OF_INVOICES = (Role.GLOBAL_ADMIN, Role.ACCOUNT_ADMIN)


def tell_credit_posted(entry: Entry, credit: Credit) -> None:
    """Mail who cancelled, and who had ordered, which invoice the credit is on; in the posting's transaction (R4)."""
    line = credit.order_line
    order = line.order
    for user in _concerned(order, credit):
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
            month=formats.date_format(entry.month, "YEAR_MONTH_FORMAT"),
            computation=credit.how_computed,
            address=site_address(order.get_absolute_url()),
        )


def _concerned(order: Order, credit: Credit) -> Iterator[User]:
    """Who cancelled and who had ordered, each once, if they still work for the partner and see orders."""
    cancellation = getattr(credit, "cancellation", None)  # not every cause of a credit is one
    people = {order.placed_by: None}
    if cancellation is not None:
        people[cancellation.cancelled_by] = None
    for user in people:
        if user.partner_id == order.partner_id and user.may(Permission.SEE_ORDERS):
            yield user


def tell_invoice_issued(invoice: Invoice) -> None:
    """Mail the partner's Global admins and Account admins number, month and amount; in the issue's transaction (R5)."""
    totals = invoice.entries.totals()
    currency = invoice.account.currency
    people = User.objects.filter(
        partner_id=invoice.account.partner_id, is_active=True, role_assignments__role__in=TOLD_OF_INVOICES
    )
    for email in people.order_by("email").values_list("email", flat=True).distinct():
        queue_mail(
            email,
            "invoice_issued",
            cause=f"invoice_issued:{invoice.public_number}",
            invoice=invoice.public_number,
            month=formats.date_format(invoice.month, "YEAR_MONTH_FORMAT"),
            partner=invoice.bill_to_name,
            net=Money(totals["net"], currency),
            tax=Money(totals["tax"], currency),
            gross=Money(totals["gross"], currency),
            payable=Money(totals["gross"] + totals["carried"], currency),
            address=site_address(invoice.get_absolute_url()),
        )
