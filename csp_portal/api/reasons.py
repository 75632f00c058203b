"""Why a call of the API is refused before it reaches a service (X3)."""

from django.utils.translation import gettext_lazy as _

from csp_portal.errors import Reason

TOKEN_MISSING = Reason(
    code="token_missing",
    rule="X3",
    sentence=_("The call has no access token."),
    next_step=_("Ask /oauth2/token for one, and send it as Authorization: Bearer TOKEN."),
    status=401,
)
TOKEN_WRONG = Reason(
    code="token_wrong",
    rule="X3",
    sentence=_("The access token is not one of ours, or its time is over, or its client was revoked."),
    next_step=_("Ask /oauth2/token for another one."),
    status=401,
)
BODY_BROKEN = Reason(
    code="body_broken",
    rule="X3",
    sentence=_("The body is no JSON in UTF-8: %(where)s."),
    next_step=_("Send one JSON value, or no body where none is needed."),
    status=400,
)
BODY_TOO_DEEP = Reason(
    code="body_too_deep",
    rule="X3",
    sentence=_("The body is nested too deep."),
    next_step=_("Send the resource as it is documented."),
    status=400,
)
BODY_TOO_LARGE = Reason(
    code="body_too_large",
    rule="X3",
    sentence=_("The body is larger than %(largest)s bytes."),
    next_step=_("Send less at a time."),
    status=400,
)
CALL_UNREADABLE = Reason(
    code="call_unreadable",
    rule="X3",
    sentence=_("The call cannot be read: %(where)s."),
    next_step=_("Look at its host, its address and how many parameters it has."),
    status=400,
)
LENGTH_MISSING = Reason(
    code="length_missing",
    rule="X3",
    sentence=_("The body comes in chunks, and nothing says how long it is."),
    next_step=_("Send it with a Content-Length."),
    status=400,
)
INPUT_WRONG = Reason(
    code="input_wrong",
    rule="X3",
    sentence=_("%(field)s: %(problem)s"),
    next_step=_("Correct it and send the call again."),
    status=400,
)
NOT_FOUND = Reason(
    code="not_found",
    rule="X3",
    sentence=_("There is no such %(what)s."),
    next_step=_("Look at the id; a list shows which ones there are."),
    status=404,
)
CUSTOMER_NOT_FOUND = Reason(
    code="customer_not_found",
    rule="U1",
    sentence=_("Your organisation has no customer with this tenant GUID."),
    next_step=_("GET /v1/customers lists the customers there are."),
    status=404,
)
PATH_UNKNOWN = Reason(
    code="path_unknown",
    rule="X3",
    sentence=_("The API has no such path."),
    next_step=_("The documentation of the API lists its paths."),
    status=404,
)
METHOD_UNKNOWN = Reason(
    code="method_unknown",
    rule="X3",
    sentence=_("The path does not take %(method)s."),
    next_step=_("The header Allow says what it takes."),
    status=405,
)
NOT_ACCEPTABLE = Reason(
    code="not_acceptable",
    rule="X3",
    sentence=_("The answer cannot be given in a form that the header Accept names."),
    next_step=_("Accept application/json."),
    status=406,
)
KEY_IN_ADDRESS = Reason(
    code="key_in_address",
    rule="K2",
    sentence=_("A product key stands in the address, where logs would keep it. It was not looked up."),
    next_step=_("Call again without it."),
    status=400,
)
CONTINUATION_WRONG = Reason(
    code="continuation_wrong",
    rule="X3",
    sentence=_("The continuation token is none of this list."),
    next_step=_("Send the token of the last page as it was, or begin with the first page."),
    status=400,
)
FILTER_WRONG = Reason(
    code="filter_wrong",
    rule="X3",
    sentence=_("The filter cannot be used: %(problem)s"),
    next_step=_("Filter by one of these fields: %(fields)s."),
    status=400,
)
ETAG_STALE = Reason(
    code="etag_stale",
    rule="X3",
    sentence=_("The resource has changed since it was read: If-Match does not fit any more."),
    next_step=_("Read it again, and change it as it is now."),
    status=412,
)
REQUEST_ID_USED = Reason(
    code="request_id_used",
    rule="X3",
    sentence=_("Another call with another body has been made with this MS-RequestId or Idempotency-Key."),
    next_step=_("Use an id of its own for each call, and the same one only to repeat it."),
    status=409,
)
WORD_UNKNOWN = Reason(
    code="word_unknown",
    rule="X3",
    sentence=_("%(field)s: there is no “%(given)s”."),
    next_step=_("Give one of these: %(known)s."),
    status=400,
)
