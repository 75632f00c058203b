"""A customer as the API writes it (partner-center-api.md, 3)."""

from typing import Any

from rest_framework import serializers

from csp_portal.api.resources import link, resource
from csp_portal.api.schema import LinkSerializer, ResourceSerializer
from customers.models import Customer


class AddressSerializer(serializers.Serializer):
    country = serializers.CharField(required=False)
    region = serializers.CharField(required=False)
    city = serializers.CharField(required=False)
    state = serializers.CharField(required=False)
    addressLine1 = serializers.CharField(required=False)
    postalCode = serializers.CharField(required=False)


class CompanyProfileSerializer(ResourceSerializer):
    tenantId = serializers.UUIDField()
    domain = serializers.CharField()
    companyName = serializers.CharField()
    address = AddressSerializer(required=False)
    links = serializers.DictField(child=LinkSerializer())


class CustomerSerializer(ResourceSerializer):
    """A customer, as a list has it."""

    id = serializers.UUIDField()
    companyProfile = CompanyProfileSerializer()
    relationshipToPartner = serializers.CharField()
    links = serializers.DictField(child=LinkSerializer())


def path_of(customer: Customer) -> str:
    return f"/customers/{customer.tenant_id}"


def company_profile(customer: Customer, **more: Any) -> dict[str, Any]:
    """Name, domain, and what else is known by id."""
    return resource(
        "CustomerCompanyProfile",
        tenantId=str(customer.tenant_id),
        domain=customer.primary_domain,
        companyName=customer.company_name,
        links={"self": link(f"{path_of(customer)}/profiles/company")},
        **more,
    )


def customer_in_list(customer: Customer) -> dict[str, Any]:
    """What a list tells of a customer."""
    return resource(
        "Customer",
        id=str(customer.tenant_id),
        companyProfile=company_profile(customer),
        relationshipToPartner="reseller",
        links={"self": link(path_of(customer))},
    )
