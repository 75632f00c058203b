"""Endpoints of customers (partner-center-api.md, 3)."""

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers
from rest_framework.response import Response

from csp_portal.accounts.permissions import Permission
from csp_portal.api.endpoint import ApiRequest, Endpoint
from csp_portal.api.filters import filter_of
from csp_portal.api.folding import squashed
from csp_portal.api.idempotency import once
from csp_portal.api.paging import seek_page
from csp_portal.api.schema import collection_of, documented
from csp_portal.api.serializers import ApiSerializer
from csp_portal.errors import Refusal
from customers import reasons
from customers.api.bodies import CustomerBody, new_details, refused_details
from customers.api.changing import change_by_body
from customers.api.finding import customer_of
from customers.api.resources import CustomerSerializer, WholeCustomerSerializer, customer_in_list, whole_customer
from customers.models import Customer, CustomerQuerySet
from customers.services import create_customer

TAG = "Customers"
FILTERS = {"CompanyName": ("starts_with", "substring"), "Domain": ("starts_with", "substring")}


class CustomersQuery(ApiSerializer):
    size = serializers.IntegerField(required=False, help_text="Rows of a page; 0 for the usual 500.")
    filter = serializers.CharField(
        required=False, help_text='{"Field":"CompanyName","Value":"con","Operator":"starts_with"}'
    )
    seekOperation = serializers.CharField(required=False, help_text="Next, with the header MS-ContinuationToken.")


class Customers(Endpoint):
    """`/v1/customers`"""

    needs = {"GET": Permission.SEE_CUSTOMERS, "POST": Permission.ADD_CUSTOMERS}

    @documented(
        "Customers of the partner",
        tag=TAG,
        query=CustomersQuery,
        answer=collection_of(CustomerSerializer, seek=True),
    )
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """A page of the customers, in the order of their ids."""
        rows = _filtered(Customer.objects.visible_to(request.user), request.query.get("filter", ""))
        return Response(seek_page(request, rows, ["pk"], customer_in_list, path="/customers"))

    @documented(
        "Add a customer",
        tag=TAG,
        body=CustomerBody,
        answer=WholeCustomerSerializer,
        status=201,
        refusals=(409,),
    )
    @once
    def post(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Add a customer. There are no userCredentials in the answer: the portal makes no accounts of tenants."""
        given = self.given(request, CustomerBody)
        try:
            customer = create_customer(actor=request.user, **new_details(given))
        except ValidationError as error:
            raise refused_details(error) from None
        return Response(whole_customer(customer, relationship="none"), status=201)


class OneCustomer(Endpoint):
    """`/v1/customers/{tenantId}`"""

    needs = {"GET": Permission.SEE_CUSTOMERS, "PATCH": Permission.EDIT_CUSTOMERS}

    @documented("One customer", tag=TAG, answer=WholeCustomerSerializer)
    def get(self, request: ApiRequest, tenant_id: str) -> Response:
        """All that is known of a customer."""
        return Response(whole_customer(customer_of(request.user, tenant_id)))

    @documented(
        "Change a customer",
        tag=TAG,
        body=CustomerBody,
        answer=WholeCustomerSerializer,
        refusals=(409, 412),
    )
    def patch(self, request: ApiRequest, tenant_id: str) -> Response:
        """Change what the body names. An address is given whole; market and currency are fixed by the first order."""
        given = self.given(request, CustomerBody)
        if squashed(given.get("relationshipToPartner", "")) == "none":
            raise Refusal(reasons.RELATIONSHIP_STAYS)
        return Response(whole_customer(change_by_body(self, request, tenant_id, given)))


def _filtered(rows: CustomerQuerySet, text: str) -> CustomerQuerySet:
    asked = filter_of(text, FILTERS)
    if asked is None:
        return rows
    column = {"CompanyName": "company_name", "Domain": "primary_domain"}[asked.field]
    lookup = {"starts_with": "istartswith", "substring": "icontains"}[asked.operator]
    return rows.filter(**{f"{column}__{lookup}": asked.value})
