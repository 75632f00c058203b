"""Endpoints of customers."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from csp_portal.accounts.permissions import Permission
from csp_portal.api.endpoint import ApiRequest, Endpoint
from csp_portal.api.filters import filter_of
from csp_portal.api.paging import seek_page
from csp_portal.api.schema import collection_of, documented
from csp_portal.api.serializers import ApiSerializer
from customers.api.resources import CustomerSerializer, customer_in_list
from customers.models import Customer, CustomerQuerySet

FILTERS = {"CompanyName": ("starts_with", "substring"), "Domain": ("starts_with", "substring")}


class CustomersQuery(ApiSerializer):
    size = serializers.IntegerField(required=False, help_text="Rows of a page; 0 for the usual 500.")
    filter = serializers.CharField(
        required=False, help_text='{"Field":"CompanyName","Value":"con","Operator":"starts_with"}'
    )
    seekOperation = serializers.CharField(required=False, help_text="Next, with the header MS-ContinuationToken.")


class Customers(Endpoint):
    """`/v1/customers`"""

    needs = {"GET": Permission.SEE_CUSTOMERS, "POST": Permission.EDIT_CUSTOMERS}

    @documented(
        "Customers of the partner",
        tag="Customers",
        query=CustomersQuery,
        answer=collection_of(CustomerSerializer, seek=True),
    )
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """A page of the customers, in the order of their ids."""
        rows = _filtered(Customer.objects.visible_to(request.user), request.query.get("filter", ""))
        return Response(seek_page(request, rows, ["pk"], customer_in_list, path="/customers"))


def _filtered(rows: CustomerQuerySet, text: str) -> CustomerQuerySet:
    asked = filter_of(text, FILTERS)
    if asked is None:
        return rows
    column = {"CompanyName": "company_name", "Domain": "primary_domain"}[asked.field]
    lookup = {"starts_with": "istartswith", "substring": "icontains"}[asked.operator]
    return rows.filter(**{f"{column}__{lookup}": asked.value})
