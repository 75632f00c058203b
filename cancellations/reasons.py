"""Why a purchase is not cancelled, in the order of C4, with the next step (P2)."""

from django.utils.translation import gettext_lazy as _

from csp_portal.errors import Reason

ALREADY_CANCELLED = Reason(
    code="already_cancelled",
    rule="C4",
    sentence=_("Order %(order)s was cancelled by %(who)s on %(when)s."),
    next_step=_("Nothing is left to do; its credit stands on the order's page."),
)
NEVER_CANCELLABLE = Reason(
    code="never_cancellable",
    rule="C1",
    sentence=_("%(sku)s can never be cancelled or exchanged."),
    next_step=_("It runs until its term ends on %(term_end)s."),
)
SUPPORT_ONLY = Reason(
    code="support_request_only",
    rule="C1",
    sentence=_("%(sku)s is cancelled only by a support request, until the end of %(last_day)s (UTC)."),
    next_step=_("Report a problem to ask for the refund of order %(order)s; the form knows all about it."),
)
REFUND_REQUEST_OPEN = Reason(
    code="refund_request_open",
    rule="C4",
    sentence=_("A refund of order %(order)s was asked for on %(when)s, in support request %(request)s."),
    next_step=_("Wait for support's decision, or close the request to cancel in another way."),
)
WINDOW_CLOSED = Reason(
    code="window_closed",
    rule="C2",
    sentence=_("The time to cancel order %(order)s ended at the end of %(last_day)s (UTC)."),
    next_step=_("It can no longer be cancelled; the customer may go on using it."),
)
QUANTITY_NOT_LEFT = Reason(
    code="quantity_not_left",
    rule="C8",
    sentence=_("Order %(order)s has %(quantity)s units of %(sku)s left to cancel."),
    next_step=_("Choose at least one and at most so many, and look at the credit again."),
)
CANCELLED_MEANWHILE = Reason(
    code="cancelled_meanwhile",
    rule="C7",
    sentence=_("%(who)s cancelled units of order %(order)s on %(when)s, after you saw these amounts."),
    next_step=_("Order %(order)s has %(quantity)s units of %(sku)s left. Look at the credit again and submit."),
)
ONLY_WHOLE = Reason(
    code="only_whole",
    rule="C8",
    sentence=_("The units of %(sku)s in order %(order)s can only be cancelled together."),
    next_step=_("Cancel all %(quantity)s of them, or none."),
)
TOO_MANY_LINES = Reason(
    code="too_many_lines",
    rule="C8",
    sentence=_("%(count)s lines were sent; at most %(limit)s are cancelled in one go. Nothing was cancelled."),
    next_step=_("Choose fewer lines, and cancel the others afterwards."),
    status=400,
)
QUOTE_EXPIRED = Reason(
    code="quote_expired",
    rule="C5",
    sentence=_("The amounts you saw are more than 15 minutes old."),
    next_step=_("Look at the amounts as they are now and submit again."),
)
QUOTE_NOT_VALID = Reason(
    code="quote_not_valid",
    rule="C5",
    sentence=_("The amounts that came with this request are not ones that we quoted for this order."),
    next_step=_("Open the cancellation again from the Software list."),
    status=400,
)
QUOTE_UNREADABLE = Reason(
    code="quote_unreadable",
    rule="C5",
    sentence=_("One of the amounts that came with this request is none that we quoted; nothing was cancelled for it."),
    next_step=_("Choose its line again and look at the credit."),
    status=400,
)
LINE_CHANGED = Reason(
    code="line_changed",
    rule="C4",
    sentence=_("Order %(order)s has changed since the amounts were shown."),
    next_step=_("Look at the amounts as they are now and submit again."),
)
NOTICE_NOT_ACCEPTED = Reason(
    code="notice_not_accepted",
    rule="C3",
    sentence=_("The Important message has not been accepted, so nothing was cancelled."),
    next_step=_("Read the message, tick its box and submit again."),
    status=400,
)
SUBSCRIPTION_NOT_FOUND = Reason(
    code="subscription_not_found",
    rule="B5",
    sentence=_("The customer has no software subscription with this id."),
    next_step=_("GET /v1/customers/{customer}/subscriptions lists those there are."),
    status=404,
)
