"""Profiles of a customer: its company, and who is billed (partner-center-api.md, 3)."""

from rest_framework.response import Response

from csp_portal.accounts.permissions import Permission
from csp_portal.api.endpoint import ApiRequest, Endpoint
from csp_portal.api.schema import documented
from customers.api.bodies import OF_A_PROFILE, BillingProfileBody
from customers.api.changing import change_by_body
from customers.api.endpoints import TAG
from customers.api.finding import customer_of
from customers.api.resources import (
    BillingProfileSerializer,
    CompanyProfileSerializer,
    address_of,
    billing_profile,
    company_profile,
)


class CompanyProfile(Endpoint):
    """`/v1/customers/{tenantId}/profiles/company`"""

    needs = {"GET": Permission.SEE_CUSTOMERS}

    @documented("A customer's company profile", tag=TAG, answer=CompanyProfileSerializer)
    def get(self, request: ApiRequest, tenant_id: str) -> Response:
        """Name, domain and address."""
        customer = customer_of(request.user, tenant_id)
        return Response(company_profile(customer, address=address_of(customer)))


class BillingProfile(Endpoint):
    """`/v1/customers/{tenantId}/profiles/billing`"""

    needs = {"GET": Permission.SEE_CUSTOMERS, "PUT": Permission.EDIT_CUSTOMERS}

    @documented("A customer's billing profile", tag=TAG, answer=BillingProfileSerializer)
    def get(self, request: ApiRequest, tenant_id: str) -> Response:
        """Who is billed, where and in which currency."""
        return Response(billing_profile(customer_of(request.user, tenant_id)))

    @documented(
        "Change a customer's billing profile",
        tag=TAG,
        body=BillingProfileBody,
        answer=BillingProfileSerializer,
        refusals=(409, 412),
    )
    def put(self, request: ApiRequest, tenant_id: str) -> Response:
        """Change name, address or currency. With If-Match, or attributes.etag, only as it was read."""
        given = {"billingProfile": self.given(request, BillingProfileBody)}
        return Response(billing_profile(change_by_body(self, request, tenant_id, given, OF_A_PROFILE)))
