"""The customer that a path names."""

from csp_portal.accounts.models import User
from csp_portal.api.reasons import CUSTOMER_NOT_FOUND
from csp_portal.errors import Refusal
from customers.models import Customer


def customer_of(user: User, tenant_id: str) -> Customer:
    """The caller's customer with this tenant GUID. Raises Refusal, the same for another partner's as for none."""
    customer = Customer.objects.visible_to(user).with_guid(tenant_id.removeprefix("org:"))
    if customer is None:
        raise Refusal(CUSTOMER_NOT_FOUND)
    return customer
