"""A request as the API takes it, made the one that the page files (S1, S2)."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from cancellations.support.api.words import TOPICS
from cancellations.support.forms import RequestForm
from cancellations.support.models import RequestLanguage
from csp_portal.accounts.models import User
from csp_portal.api.errors import input_wrong
from csp_portal.guids import guid_of
from orders.models import OrderLine
from orders.models.order import OrderLineQuerySet, order_number_of

NO_PURCHASE = UUID(int=0)
# The form's fields by the members that they come from.
MEMBERS = {
    "problem": "supportTopicId",
    "customer": "customerId",
    "order": "orderId",
    "refund_reason": "refundReason",
    "amount": "amountRequested",
    "impact": "severity",
    "contact_name": "primaryContact.lastName",
    "contact_email": "primaryContact.email",
    "contact_phone": "primaryContact.phoneNumber",
    "notice_version": "noticeVersion",
    "notice_accepted": "noticeVersion",
}


def form_of(given: dict[str, Any], language: RequestLanguage, user: User) -> RequestForm:
    """The page's form, filled from the body. Raises Refusal, which names each member that is wrong."""
    line = line_of(given, user)
    form = RequestForm({**_typed(given, line), **_contact(given, user), "language": language}, reader=user, judged=True)
    if not form.is_valid():
        wrong = {MEMBERS.get(name, name): " ".join(map(str, errors)) for name, errors in form.errors.items()}
        raise input_wrong(wrong)
    if user.limited_to and form.subject.customer is None:
        raise input_wrong({"customerId": _("Your client is limited to customers: name the one that it is about.")})
    return form


def line_of(given: dict[str, Any], user: User) -> OrderLine | None:
    """The line that is named by order and number, or by subscription; None where none is. Raises Refusal."""
    order, subscription = given.get("orderId", "").strip(), given.get("subscriptionId", "").strip()
    if not order and not subscription:
        return None
    found = list(_named(OrderLine.objects.visible_to(user), order, subscription, given.get("lineItemNumber"))[:2])
    if len(found) == 1:
        return found[0]
    if found:
        raise input_wrong({"lineItemNumber": _("The order has several lines: say which one, counted from 0.")})
    missing = _("None of your customers has such an order line or subscription.")
    raise input_wrong({"orderId" if order else "subscriptionId": missing})


def _named(lines: OrderLineQuerySet, order: str, subscription: str, number: int | None) -> OrderLineQuerySet:
    lines = lines.filter(order__number=order_number_of(order) or None) if order else lines
    lines = lines.filter(purchase__public_id=guid_of(subscription) or NO_PURCHASE) if subscription else lines
    lines = lines.filter(line_number=number + 1) if number is not None else lines
    return lines.select_related("order__customer", "purchase").order_by("pk")


def _typed(given: dict[str, Any], line: OrderLine | None) -> dict[str, Any]:
    """What would be typed into the form; what was not given it fills in by itself."""
    customer = given.get("customerId", "").removeprefix("org:") or (str(line.order.customer.tenant_id) if line else "")
    amount, version = given.get("amountRequested"), given.get("noticeVersion")
    typed = {
        "problem": TOPICS[given["supportTopicId"]],
        "impact": given["severity"],
        "title": given["title"],
        "description": given["description"],
        "customer": customer,
        "order": str(line.purchase.public_id) if line else "",
        "refund_reason": given.get("refundReason", ""),
        "quantity": str(given.get("quantity", "")),
        "amount": "" if amount is None else f"{amount:f}",
    }
    return typed if version is None else {**typed, "notice_version": version, "notice_accepted": True}


def _contact(given: dict[str, Any], user: User) -> dict[str, str]:
    """Whom support asks: who is named, else the partner's own contact, for a program has no mailbox."""
    named, partner = given.get("primaryContact") or {}, user.partner
    assert partner is not None  # the operator's staff have no API clients
    name = " ".join(filter(None, (named.get("firstName", ""), named.get("lastName", ""))))
    return {
        "contact_name": name or partner.support_name or user.name,
        "contact_email": named.get("email", "") or partner.support_email,
        "contact_phone": named.get("phoneNumber", "") or ("" if name else partner.support_phone),
    }
