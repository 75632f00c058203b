"""The tabs of a customer's page (U3)."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from csp_portal.navigation import Tab
from customers.models import Customer

_TABS = (
    (_("Overview"), "orders:overview"),
    (_("Software"), "cancellations:software"),
    (_("Order history"), "orders:history"),
    (_("Support"), "support:customer"),
)


def customer_tabs(customer: Customer, current: str) -> list[Tab]:
    """One tab for each view of the customer; `current` is the URL name of the one that is shown."""
    return [Tab(label, reverse(name, args=[customer.tenant_id]), name == current) for label, name in _TABS]
