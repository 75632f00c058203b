"""Changing a customer by a body, unless it has changed since the client read it (U4)."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from csp_portal.api.endpoint import ApiRequest, Endpoint
from csp_portal.errors import Refusal
from customers import reasons
from customers.api.bodies import MEMBERS, changed_details, refused_details
from customers.api.finding import customer_of
from customers.api.resources import etag_of
from customers.models import Customer
from customers.services import change_customer


def change_by_body(
    endpoint: Endpoint, request: ApiRequest, tenant_id: str, given: Mapping[str, Any], members: Any = MEMBERS
) -> Customer:
    """Change what `given`, a body of a customer, names. Raises Refusal; `members` are its names of our fields.

    `If-Match` and `attributes.etag` fit the customer as it is, where they came.
    """
    customer = customer_of(request.user, tenant_id)
    endpoint.check_etag(request, etag_of(customer))
    _check_body_etag(customer, given)
    details = changed_details(customer, given)
    try:
        return change_customer(customer.tenant_id, version_seen=customer.version, actor=request.user, **details)
    except ValidationError as error:
        raise refused_details(error, members) from None


def _check_body_etag(customer: Customer, given: Mapping[str, Any]) -> None:
    for part in (given, given.get("billingProfile", {})):
        etag = part.get("attributes", {}).get("etag", "").strip('"')
        if etag and etag != etag_of(customer):
            raise Refusal(reasons.ETAG_OUTDATED, on=customer, customer=customer.company_name)
