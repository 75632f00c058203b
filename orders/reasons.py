"""Why a cart is not ordered, with the next step (P2)."""

from django.utils.translation import gettext_lazy as _

from csp_portal.errors import Reason

CART_EMPTY = Reason(
    code="cart_empty",
    rule="B1",
    sentence=_("There is nothing in the cart."),
    next_step=_("Add products from the customer's catalogue first."),
)
CART_CHANGED = Reason(
    code="cart_changed",
    rule="B4",
    sentence=_("The cart was changed or ordered after this review was shown, so nothing has been ordered now."),
    next_step=_("Look through the review as it is now and place the order again."),
)
REVIEW_CHANGED = Reason(
    code="review_changed",
    rule="B4",
    sentence=_("This has changed since the review was shown: %(changed)s. Nothing has been ordered."),
    next_step=_("Look through what changed and place the order again if it still suits you."),
)
ORDERED_OTHERWISE = Reason(
    code="idempotency_key_reused",
    rule="B4",
    sentence=_(
        "This review was ordered already, as order %(order)s, but with another purchase order number, other ticks or "
        "other prices or terms. Nothing has been ordered now."
    ),
    next_step=_("Look at order %(order)s; if you need more than it holds, fill the cart and order again."),
)
CART_FULL = Reason(
    code="cart_full",
    rule="B1",
    sentence=_("A cart holds at most %(limit)s lines."),
    next_step=_("Place this order first, then start the next one."),
)
QUANTITY_OUT_OF_RANGE = Reason(
    code="quantity_out_of_range",
    rule="B2",
    sentence=_("A line can hold from 1 to %(limit)s units; this would be %(quantity)s."),
    next_step=_("Give a smaller quantity, or ask the operator at %(operator)s for a larger order."),
)
NOTHING_TO_RENEW = Reason(
    code="nothing_to_renew",
    rule="B6",
    sentence=_("%(sku)s of order %(order)s cannot be renewed: it was cancelled, or bought without a term."),
    next_step=_("Add the product from the customer's catalogue if it is needed again."),
)
NEVER_NOT_ACCEPTED = Reason(
    code="never_cancellable_not_accepted",
    rule="B2",
    sentence=_("%(sku)s can never be cancelled, and that has not been accepted."),
    next_step=_("Tick the box beside the line (by API: neverCancellableAccepted), or take it out of the cart."),
)
NO_CREDIT_LIMIT = Reason(
    code="no_credit_limit",
    rule="B3",
    sentence=_("Your organisation has no credit limit in %(currency)s, so nothing can be ordered in it."),
    next_step=_("Ask the operator at %(operator)s for a credit limit in %(currency)s."),
)
CREDIT_LIMIT_EXCEEDED = Reason(
    code="credit_limit_exceeded",
    rule="B3",
    sentence=_(
        "This order comes to %(amount)s including tax. Of your credit limit of %(credit_limit)s, %(owed)s is owed "
        "already, so only %(left)s is left."
    ),
    next_step=_("Order less, or ask the operator at %(operator)s for a higher credit limit."),
)
ORDER_NOT_FOUND = Reason(
    code="order_not_found",
    rule="B5",
    sentence=_("The customer has no order with this number."),
    next_step=_("GET /v1/customers/{customer}/orders lists the orders there are."),
    status=404,
)
LINE_NUMBER_WRONG = Reason(
    code="line_number_wrong",
    rule="B5",
    sentence=_("There is no line with this number: they go from 0 to %(last)s."),
    next_step=_("Read the order or cart and take the number of one of its lines."),
    status=400,
)
CART_NOT_FOUND = Reason(
    code="cart_not_found",
    rule="B1",
    sentence=_("The customer has no cart with this id."),
    next_step=_("Make a new one: carts are removed 30 days after their last change."),
    status=404,
)
CART_BUSY = Reason(
    code="cart_busy",
    rule="B4",
    sentence=_("Another call is at work on this cart."),
    next_step=_("Read the cart in a moment: it says whether it was ordered."),
)
CART_ORDERED = Reason(
    code="cart_ordered",
    rule="B4",
    sentence=_("This cart was ordered already, as order %(order)s."),
    next_step=_("Look at order %(order)s; if you need more than it holds, make a new cart."),
)
CART_EXPIRED = Reason(
    code="cart_expired",
    rule="B1",
    sentence=_("This cart expired on %(expired_at)s, so nothing has been ordered."),
    next_step=_("PUT the cart once more, or make a new one, and check it out."),
)
CART_LINES_WRONG = Reason(
    code="cart_lines_wrong",
    rule="B2",
    sentence=_("Lines of the cart cannot be ordered, so nothing has been ordered. The first says: %(first)s"),
    next_step=_("Read the cart: each such line has its error. Correct or leave out the lines, then check out."),
)
LINE_CURRENCY_WRONG = Reason(
    code="line_currency_wrong",
    rule="U1",
    sentence=_("The line asks for %(asked)s, but the customer buys in %(currency)s."),
    next_step=_("Leave currencyCode out, or give %(currency)s."),
    status=400,
)
LINE_BILLING_WRONG = Reason(
    code="line_billing_wrong",
    rule="B3",
    sentence=_("The line asks for the billing cycle %(asked)s, but all that is sold here is charged at once."),
    next_step=_("Give the billing cycle %(billing)s."),
    status=400,
)
LINE_TERM_WRONG = Reason(
    code="line_term_wrong",
    rule="B6",
    sentence=_("The line asks for the term %(asked)s, but %(sku)s has another: %(term)s."),
    next_step=_("Leave termDuration out, or choose the catalogue item of the term you want."),
    status=400,
)
LINE_BEYOND = Reason(
    code="line_beyond",
    rule="B1",
    sentence=_("The line asks for what is not sold here: %(asked)s."),
    next_step=_("Leave it out; order what it stands for in a line of its own."),
    status=400,
)
