"""A customer as the API writes it (partner-center-api.md, 3)."""

from typing import Any

from rest_framework import serializers

from csp_portal.api.resources import link, resource
from csp_portal.api.schema import LinkSerializer, ResourceSerializer
from customers.models import Customer


class AddressSerializer(serializers.Serializer):
    """A billing address."""

    country = serializers.CharField(required=False, help_text="ISO 3166-1 alpha-2, or XK.")
    region = serializers.CharField(required=False)
    city = serializers.CharField(required=False)
    state = serializers.CharField(required=False)
    addressLine1 = serializers.CharField(required=False)
    addressLine2 = serializers.CharField(required=False)
    postalCode = serializers.CharField(required=False)


class CompanyProfileSerializer(ResourceSerializer):
    """Name and domain of a customer; its address where one customer is asked for."""

    tenantId = serializers.UUIDField()
    domain = serializers.CharField()
    companyName = serializers.CharField()
    address = AddressSerializer(required=False)
    links = serializers.DictField(child=LinkSerializer())


class BillingProfileSerializer(ResourceSerializer):
    """Who is billed, where, and in which currency; `attributes.etag` is its version."""

    id = serializers.UUIDField()
    companyName = serializers.CharField()
    defaultAddress = AddressSerializer(required=False)
    currencyCode = serializers.CharField(help_text="The currency in which the customer buys. Ours.")
    links = serializers.DictField(child=LinkSerializer())


class CustomerSerializer(ResourceSerializer):
    """A customer, as a list has it."""

    id = serializers.UUIDField()
    companyProfile = CompanyProfileSerializer()
    relationshipToPartner = serializers.CharField()
    links = serializers.DictField(child=LinkSerializer())


class WholeCustomerSerializer(CustomerSerializer):
    """All that is known of a customer."""

    commerceId = serializers.UUIDField()
    billingProfile = BillingProfileSerializer()
    allowDelegatedAccess = serializers.BooleanField()
    market = serializers.CharField(help_text="The country whose catalogue, prices and taxes count. Ours.")
    currencyCode = serializers.CharField(help_text="The currency in which the customer buys. Ours.")


def path_of(customer: Customer) -> str:
    return f"/customers/{customer.tenant_id}"


def etag_of(customer: Customer) -> str:
    """What tells whether a customer has changed since it was read."""
    return str(customer.version)


def address_of(customer: Customer) -> dict[str, Any] | None:
    """The billing address; None while none is known (U4)."""
    told = {
        "country": customer.country,
        "city": customer.city,
        "state": customer.region,
        "addressLine1": customer.address_line,
        "postalCode": customer.postal_code,
    }
    return {name: text for name, text in told.items() if text} or None


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


def billing_profile(customer: Customer) -> dict[str, Any]:
    """Who is billed, where and in which currency."""
    return resource(
        "CustomerBillingProfile",
        etag_of(customer),
        id=str(customer.tenant_id),
        companyName=customer.company_name,
        defaultAddress=address_of(customer),
        currencyCode=customer.currency,
        links={"self": link(f"{path_of(customer)}/profiles/billing")},
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


def whole_customer(customer: Customer, relationship: str = "reseller") -> dict[str, Any]:
    """All that is known of a customer; the partner acts for each of its customers."""
    return resource(
        "Customer",
        etag_of(customer),
        id=str(customer.tenant_id),
        commerceId=str(customer.tenant_id),
        companyProfile=company_profile(customer, address=address_of(customer)),
        billingProfile=billing_profile(customer),
        relationshipToPartner=relationship,
        allowDelegatedAccess=True,
        market=customer.market,
        currencyCode=customer.currency,
        links={"self": link(path_of(customer))},
    )
