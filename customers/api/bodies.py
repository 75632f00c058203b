"""Customers as clients send them, and as our services take them (partner-center-api.md, 3)."""

import uuid
from collections.abc import Mapping
from itertools import chain
from typing import Any

from django.core.exceptions import ValidationError

from csp_portal.api.errors import renamed
from csp_portal.api.serializers import ApiSerializer, TextField
from csp_portal.errors import Refusal
from csp_portal.territories import usual_currency
from customers import reasons
from customers.details import FIELDS
from customers.models import Customer

# Where the API has each of our fields.
MEMBERS = {
    "tenant_id": "companyProfile.tenantId",
    "company_name": "billingProfile.companyName",
    "primary_domain": "companyProfile.domain",
    "market": "market",
    "currency": "currencyCode",
    "address_line": "billingProfile.defaultAddress.addressLine1",
    "city": "billingProfile.defaultAddress.city",
    "region": "billingProfile.defaultAddress.state",
    "postal_code": "billingProfile.defaultAddress.postalCode",
    "country": "billingProfile.defaultAddress.country",
}
OF_A_PROFILE = {name: path.removeprefix("billingProfile.") for name, path in MEMBERS.items()}
OF_AN_ADDRESS = {name: path.rpartition(".")[2] for name, path in MEMBERS.items()}


def _text(told: str = "") -> TextField:
    return TextField(required=False, allow_blank=True, help_text=told or None)


class AttributesBody(ApiSerializer):
    etag = _text("As it was read: where the customer has changed since, nothing is done.")


class AddressBody(ApiSerializer):
    """An address; names and phone number of a contact are not kept."""

    country = _text("ISO 3166-1 alpha-2, or XK.")
    region = _text("Where there is no state.")
    city = _text()
    state = _text()
    addressLine1 = _text()
    addressLine2 = _text("Kept behind the first line, with a comma.")
    postalCode = _text()


class CompanyProfileBody(ApiSerializer):
    tenantId = _text("The tenant GUID; one is made where none is given. Ours.")
    domain = _text()
    companyName = _text("Where billingProfile has none.")


class BillingProfileBody(ApiSerializer):
    """What is billed; e-mail, contact, culture and language are not kept."""

    companyName = _text()
    defaultAddress = AddressBody(required=False)
    currencyCode = _text("The currency in which the customer buys; fixed from its first order on. Ours.")
    attributes = AttributesBody(required=False)


class CustomerBody(ApiSerializer):
    """A customer as `POST /v1/customers` takes it. The portal keeps no accounts of tenants, and makes none."""

    companyProfile = CompanyProfileBody(required=False)
    billingProfile = BillingProfileBody(required=False)
    market = _text("The country whose catalogue counts; the address's where none is given. Ours.")
    currencyCode = _text("The currency in which the customer buys; the market's own where none is given. Ours.")
    relationshipToPartner = _text()
    attributes = AttributesBody(required=False)


def details_of(given: Mapping[str, Any]) -> dict[str, str]:
    """What a body tells of a customer, by the names of our fields; what it leaves out is left out."""
    company, billing = given.get("companyProfile", {}), given.get("billingProfile", {})
    told = {
        "tenant_id": company.get("tenantId"),
        "company_name": billing.get("companyName") or company.get("companyName"),
        "primary_domain": company.get("domain"),
        "market": given.get("market"),
        "currency": given.get("currencyCode") or billing.get("currencyCode"),
    }
    address = address_details(billing["defaultAddress"]) if "defaultAddress" in billing else {}
    return {**address, **{name: _coded(name, text) for name, text in told.items() if text}}


def address_details(given: Mapping[str, str]) -> dict[str, str]:
    """A whole address by the names of our fields: what it leaves out is empty."""
    lines = (given.get("addressLine1", ""), given.get("addressLine2", ""))
    return {
        "address_line": ", ".join(line.strip() for line in lines if line.strip()),
        "city": given.get("city", ""),
        "region": given.get("state", "") or given.get("region", ""),
        "postal_code": given.get("postalCode", ""),
        "country": _coded("country", given.get("country", "")),
    }


def new_details(given: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a customer that is added: a GUID, the market and the currency are found where none is given."""
    told = details_of(given)
    market = told.get("market") or told.get("country", "")
    return {"tenant_id": uuid.uuid4(), "market": market, "currency": usual_currency(market), **told}


def changed_details(customer: Customer, given: Mapping[str, Any]) -> dict[str, Any]:
    """The customer's details with what a body tells of them."""
    return {**{name: getattr(customer, name) for name in FIELDS}, **details_of(given)}


def refused_details(error: ValidationError, members: Mapping[str, str] = MEMBERS) -> Refusal:
    """What a service found wrong, by the API's names; a GUID or domain that is another customer's is a conflict."""
    found = renamed(error, members)
    taken = any(each.code == "taken" for each in chain.from_iterable(error.error_dict.values()))
    return Refusal(reasons.CUSTOMER_TAKEN, **found.facts) if taken else found


def _coded(name: str, text: str) -> str:
    """Codes of countries and currencies in capitals, as they are kept; clients write them in any case."""
    return text.strip().upper() if name in ("market", "currency", "country") else text
