"""Why a support request is not filed, with the next step (S2, P2); those of the line itself are among C4's."""

from django.utils.translation import gettext_lazy as _

from csp_portal.errors import Reason

CUSTOMER_UNKNOWN = Reason(
    code="customer_unknown",
    rule="S2",
    sentence=_("The customer that the request names is none of yours."),
    next_step=_("Look it up by its name, domain or tenant GUID, and choose it."),
)
ORDER_NOT_OF_CUSTOMER = Reason(
    code="order_not_of_customer",
    rule="S2",
    sentence=_("The order that the request names is none of %(customer)s."),
    next_step=_("Choose one of this customer's orders, or another customer."),
)
REFUND_WITHOUT_LINE = Reason(
    code="refund_without_line",
    rule="S2",
    sentence=_("A refund was asked for, but not what of."),
    next_step=_("Name the customer, its order, the units, the amount and why it is asked for."),
    status=400,
)
AMOUNT_NOT_CREDITABLE = Reason(
    code="amount_not_creditable",
    rule="S2",
    sentence=_("For %(quantity)s units of %(sku)s, order %(order)s, at most %(left)s can still be credited."),
    next_step=_("Ask for an amount above zero, and no more than that."),
)
AMOUNT_TOO_FINE = Reason(
    code="amount_too_fine",
    rule="R1",
    sentence=_("Amounts in %(currency)s have at most %(limit)s digits behind the point."),
    next_step=_("Write the amount with no more digits."),
)
REFUND_NOTICE_NOT_ACCEPTED = Reason(
    code="refund_notice_not_accepted",
    rule="S2",
    sentence=_("The Important message has not been accepted, so the refund was not asked for."),
    next_step=_("Read the message, tick its box and submit again."),
    status=400,
)
TOO_MANY_FILES = Reason(
    code="too_many_files",
    rule="S3",
    sentence=_("A request takes at most %(limit)s files."),
    next_step=_("Remove some of them, or put several into one document."),
    status=400,
)
REQUEST_ENDED = Reason(
    code="request_ended",
    rule="S4",
    sentence=_("Request %(request)s is %(status)s since %(when)s; nothing can be added to it."),
    next_step=_("Look at how it ended. If you need more, file a new request."),
)
NOTHING_WRITTEN = Reason(
    code="nothing_written",
    rule="S4",
    sentence=_("Nothing was written, so nothing was sent."),
    next_step=_("Write what the other side is to know, and send it again."),
    status=400,
)
TEXT_TOO_LONG = Reason(
    code="text_too_long",
    rule="S4",
    sentence=_("The text is longer than %(limit)s characters, so nothing was sent."),
    next_step=_("Shorten it, or send the rest in a second reply."),
    status=400,
)
REFUND_IS_DECIDED = Reason(
    code="refund_is_decided",
    rule="S7",
    sentence=_("Request %(request)s asks for a refund, which support decides and does not close."),
    next_step=_("Approve it or deny it; only the partner may withdraw it."),
)
NOT_A_REFUND = Reason(
    code="not_a_refund",
    rule="S7",
    sentence=_("Request %(request)s asks for no refund, so there is none to approve or deny."),
    next_step=_("Reply to the partner instead."),
)
REQUEST_DECIDED = Reason(
    code="request_decided",
    rule="S7",
    sentence=_("Request %(request)s is not open any more. %(what)s: %(who)s, %(when)s."),
    next_step=_("You changed nothing. Read how it ended; the partner can file a new request."),
)
REQUEST_CHANGED = Reason(
    code="request_changed",
    rule="S7",
    sentence=_("Request %(request)s has changed since you opened it. %(what)s: %(who)s, %(when)s."),
    next_step=_("Read what is new and decide again. What you typed is kept."),
)
CREDIT_TOO_HIGH = Reason(
    code="credit_too_high",
    rule="S7",
    sentence=_("At most %(limit)s can be credited: what the formula gives as of %(day)s (UTC), when it was filed."),
    next_step=_("Enter that amount or less."),
    status=400,
)
CREDIT_NOT_VALID = Reason(
    code="credit_not_valid",
    rule="S7",
    sentence=_("That is no amount that can be credited in %(currency)s."),
    next_step=_("Enter an amount from 0 up, with the digits that %(currency)s has."),
    status=400,
)
LESS_NEEDS_REASON = Reason(
    code="less_needs_reason",
    rule="S7",
    sentence=_("Less than the %(limit)s that the formula gives is credited only with a reason."),
    next_step=_("Say why; the partner reads it on the invoice."),
    status=400,
)
SECOND_MUST_BE_ANOTHER = Reason(
    code="second_must_be_another",
    rule="S7",
    sentence=_("A refund of this size is approved by two agents, and you were the first, on %(when)s."),
    next_step=_("Ask a colleague to look at request %(request)s, or withdraw your approval."),
    status=403,
)
OWN_REQUEST = Reason(
    code="own_request",
    rule="S7",
    sentence=_("You filed request %(request)s yourself."),
    next_step=_("Another agent must decide it."),
    status=403,
)
NOT_WHAT_WAS_APPROVED = Reason(
    code="not_what_was_approved",
    rule="S7",
    sentence=_("%(who)s approved a credit of %(amount)s; a second approval is of the same."),
    next_step=_("Approve that amount, deny the request, or ask %(who)s to withdraw the approval."),
)
NO_FIRST_APPROVAL = Reason(
    code="no_first_approval",
    rule="S7",
    sentence=_("Request %(request)s has no first approval that could be withdrawn."),
    next_step=_("Look at the request as it is now."),
)
FIRST_APPROVER_LEFT = Reason(
    code="first_approver_left",
    rule="S7",
    sentence=_("%(who)s, who approved request %(request)s first, approves refunds no more."),
    next_step=_("Withdraw that approval; then two others approve it."),
)
DENIAL_NEEDS_WORDS = Reason(
    code="denial_needs_words",
    rule="S7",
    sentence=_("Another reason to deny must be told to the partner in words."),
    next_step=_("Write why, or choose one of the other reasons."),
    status=400,
)
FIELD_NOT_FILLED = Reason(
    code="field_not_filled",
    rule="S5",
    sentence=_("%(field)s in line %(line)s of the reply is not filled in, so nothing was sent."),
    next_step=_("Replace it by what the partner is to read."),
    status=400,
)
CLAIMED_ALREADY = Reason(
    code="claimed_already",
    rule="S5",
    sentence=_("%(who)s works on request %(request)s."),
    next_step=_("Take another one, or have this one assigned to you."),
)
ASSIGNED_ALREADY = Reason(
    code="assigned_already",
    rule="S5",
    sentence=_("Request %(request)s is assigned to %(who)s already."),
    next_step=_("Nothing is left to do."),
)
NOBODYS_ALREADY = Reason(
    code="nobodys_already",
    rule="S5",
    sentence=_("Request %(request)s is assigned to nobody."),
    next_step=_("Anybody of support can claim it."),
)
REQUEST_OVER = Reason(
    code="request_over",
    rule="S4",
    sentence=_("Request %(request)s is %(status)s, since %(when)s."),
    next_step=_("Nothing can be changed in it any more; its timeline says who decided and why."),
)
NOT_AN_AGENT = Reason(
    code="not_an_agent",
    rule="S5",
    sentence=_("%(who)s cannot work on support requests."),
    next_step=_("Choose somebody who is a Support agent and whose account is active."),
)
TOO_MANY_REQUESTS = Reason(
    code="too_many_requests",
    rule="S5",
    sentence=_("%(count)s requests were sent; at most %(limit)s are assigned in one go. Nothing was assigned."),
    next_step=_("Choose fewer requests, and assign the others afterwards."),
    status=400,
)
NOTE_LENGTH = Reason(
    code="note_length",
    rule="S5",
    sentence=_("A note has at least one character and at most %(limit)s."),
    next_step=_("Write it so, and save it again."),
    status=400,
)
ATTACHMENT_EMPTY = Reason(
    code="attachment_empty",
    rule="S3",
    sentence=_("%(file)s is empty."),
    next_step=_("Choose the file again, or another one."),
    status=400,
)
ATTACHMENT_TOO_LARGE = Reason(
    code="attachment_too_large",
    rule="S3",
    sentence=_("%(file)s is larger than %(size)s."),
    next_step=_("Send a part of it, or a smaller picture."),
    status=400,
)
ATTACHMENT_TYPE_NOT_TAKEN = Reason(
    code="attachment_type_not_taken",
    rule="S3",
    sentence=_("%(file)s is of no type that support takes."),
    next_step=_("Send it as one of these: %(types)s."),
    status=400,
)
ATTACHMENT_NOT_WHAT_IT_SAYS = Reason(
    code="attachment_not_what_it_says",
    rule="S3",
    sentence=_("The content of %(file)s is not what its name says."),
    next_step=_("Save it again as one of these: %(types)s; texts in UTF-8, documents without macros."),
    status=400,
)
VIRUS_FOUND = Reason(
    code="virus_found",
    rule="S3",
    sentence=_("The virus scanner found %(finding)s in %(file)s, so it was not taken."),
    next_step=_("Do not open the file, and have the computer examined that it comes from."),
    status=400,
)
SCANNER_SILENT = Reason(
    code="scanner_silent",
    rule="S3",
    sentence=_("%(file)s could not be examined for viruses, so it was not taken."),
    next_step=_("Add it again in some minutes, or send the request without it; a reply takes files too."),
    status=503,
)
SPAN_ENDS_BEFORE_START = Reason(
    code="span_ends_before_start",
    rule="S5",
    sentence=_("Opening hours end after they begin."),
    next_step=_("Give a later end; 00:00 is the end of the day, and a night is two entries."),
    status=400,
)
SPANS_OVERLAP = Reason(
    code="spans_overlap",
    rule="S5",
    sentence=_("These hours reach into others of the same day: %(span)s."),
    next_step=_("Change those, or give hours beside them."),
)
SET_ALREADY = Reason(
    code="set_already",
    rule="S5",
    sentence=_("There is this one already: %(setting)s."),
    next_step=_("Open it in the list and change it there."),
)
TARGET_OF_NO_HOURS = Reason(
    code="target_of_no_hours",
    rule="S5",
    sentence=_("A request is due after at least one business hour."),
    next_step=_("Give a number of hours from 1 on."),
    status=400,
)
TEMPLATE_FIELD_UNKNOWN = Reason(
    code="template_field_unknown",
    rule="S5",
    sentence=_("Nothing is known to fill in for %(field)s, so the template could never be sent."),
    next_step=_("Use one of the fields that the form names."),
    status=400,
)
THRESHOLD_BELOW_ZERO = Reason(
    code="threshold_below_zero",
    rule="S7",
    sentence=_("The amount above which a second agent approves is not below zero."),
    next_step=_("Give zero, so that two approve every refund, or more."),
    status=400,
)
KEY_IN_TEXT = Reason(
    code="key_in_text",
    rule="K2",
    sentence=_("A product key stands in what you wrote; support never sees keys."),
    next_step=_("Take it out; name its last five characters if that helps, and send again."),
    status=400,
)
REQUEST_NOT_FOUND = Reason(
    code="service_request_not_found",
    rule="S4",
    sentence=_("Your organisation has no support request with this number."),
    next_step=_("GET /v1/servicerequests lists those there are."),
    status=404,
)
ATTACHMENT_NOT_FOUND = Reason(
    code="attachment_not_found",
    rule="S3",
    sentence=_("The request has no such file."),
    next_step=_("GET its attachments to see which ones there are."),
    status=404,
)
