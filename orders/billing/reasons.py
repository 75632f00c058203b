"""Why an invoice is not issued, or a payment not posted or not reversed, with the next step (P2)."""

from django.utils.translation import gettext_lazy as _

from csp_portal.errors import Reason

MONTH_NOT_CLOSED = Reason(
    code="month_not_closed",
    rule="R5",
    sentence=_("%(month)s is not closed yet in %(currency)s, so its invoice cannot be issued."),
    next_step=_("Issue it when the month is over (UTC) and closed, which happens by itself within an hour."),
)
INVOICE_NOT_ISSUED = Reason(
    code="invoice_not_issued",
    rule="R6",
    sentence=_("The invoice of %(month)s in %(currency)s is not issued yet, so nothing can be paid on it."),
    next_step=_("Post the payment when the invoice has its number."),
)
MORE_THAN_OPEN = Reason(
    code="payment_more_than_open",
    rule="R6",
    sentence=_("%(payment)s is more than the %(open)s that is open on invoice %(invoice)s."),
    next_step=_("Post at most what is open, and the rest on the partner's other invoices."),
)
REFERENCE_USED = Reason(
    code="payment_reference_used",
    rule="R6",
    sentence=_("The reference %(reference)s stands already with %(payment)s of %(day)s on invoice %(invoice)s."),
    next_step=_("See whether it is the same payment. If not, give this one a reference of its own, such as with /2."),
)
REFERENCE_UNFIT = Reason(
    code="payment_reference_unfit",
    rule="R6",
    sentence=_("A payment needs a reference of 1 to %(longest)s characters."),
    next_step=_("Give the reference that the bank's statement shows."),
)
RECEIVED_LATER = Reason(
    code="payment_in_the_future",
    rule="R6",
    sentence=_("%(day)s is not here yet: today is %(today)s (UTC)."),
    next_step=_("Post the payment once the money has come, with the day on which it came."),
)
RECEIVED_EARLIER = Reason(
    code="payment_before_its_month",
    rule="R6",
    sentence=_("%(day)s is before %(valid_from)s, the first day of the month of invoice %(invoice)s."),
    next_step=_("Give the day on which the money came, or post it on the invoice that it paid."),
)
NO_SUCH_AMOUNT = Reason(
    code="payment_amount_unfit",
    rule="R6",
    sentence=_("A payment in %(currency)s is more than nothing, in whole minor units of the currency."),
    next_step=_("Give the amount that was received. Correct a wrong payment by reversing it."),
)
REVERSED_ALREADY = Reason(
    code="payment_reversed_already",
    rule="R6",
    sentence=_("The payment %(reference)s was reversed already by %(who)s on %(when)s."),
    next_step=_("Post the right payment with a reference of its own, if that is not done."),
)
IS_A_REVERSAL = Reason(
    code="payment_is_a_reversal",
    rule="R6",
    sentence=_("%(reference)s is a reversal itself."),
    next_step=_("Post the payment anew, with a reference of its own."),
)
INVOICE_NOT_FOUND = Reason(
    code="invoice_not_found",
    rule="R5",
    sentence=_("Your organisation has no issued invoice with this number."),
    next_step=_("GET /v1/invoices lists those there are; what is not issued yet is among the unbilled lines."),
    status=404,
)
ACCOUNT_NOT_FOUND = Reason(
    code="account_not_found",
    rule="R5",
    sentence=_("Your organisation has no account in this currency."),
    next_step=_("GET /v1/invoices/summaries lists the currencies there are."),
    status=404,
)
