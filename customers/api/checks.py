"""Looking before a customer is added: domains, addresses, and what a country's addresses have (3)."""

from typing import Any

from babel import Locale
from babel.languages import get_official_languages
from django.core.exceptions import ValidationError
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.response import Response

from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission
from csp_portal.api.endpoint import ApiRequest, Endpoint
from csp_portal.api.errors import input_wrong, renamed
from csp_portal.api.idempotency import once
from csp_portal.api.resources import resource
from csp_portal.api.schema import ResourceSerializer, documented
from csp_portal.errors import Refusal
from csp_portal.territories import is_country
from customers import reasons
from customers.api.bodies import OF_AN_ADDRESS, AddressBody, address_details
from customers.api.endpoints import TAG
from customers.api.resources import AddressSerializer
from customers.details import NEEDED_OF_AN_ADDRESS, clean_address
from customers.domains import domain_name
from customers.models import Customer

TENANT_DOMAIN = "onmicrosoft.com"  # what a prefix stands in front of


class Domains(Endpoint):
    """`/v1/domains/{domain}`"""

    needs = {"HEAD": Permission.SEE_CUSTOMERS}

    @documented("Whether a customer has a domain", tag=TAG, answer=None, has_body=False)
    def head(self, request: ApiRequest, domain: str) -> Response:
        """200 where one of the caller's customers has the domain, 404 where none has; without a body."""
        return Response(status=200 if _is_taken(_domain(domain), request.user) else 404)


class DomainPrefixes(Endpoint):
    """`/v1/validations/checkdomainavailability/{prefix}`"""

    needs = {"GET": Permission.SEE_CUSTOMERS}

    @documented("Whether a domain is free", tag=TAG, answer=OpenApiTypes.BOOL)
    def get(self, request: ApiRequest, prefix: str) -> Response:
        """Whether none of the caller's customers has the domain: a whole one, or PREFIX.onmicrosoft.com."""
        domain = _domain(prefix if "." in prefix else f"{prefix}.{TENANT_DOMAIN}")
        return Response(not _is_taken(domain, request.user))


class AddressValidationSerializer(serializers.Serializer):
    """What was found of an address. The portal looks at its form, and asks no post office: `NotValidated`."""

    originalAddress = AddressSerializer()
    suggestedAddresses = AddressSerializer(many=True)
    status = serializers.CharField()
    validationMessage = serializers.CharField()


class Addresses(Endpoint):
    """`/v1/validations/address`"""

    needs = {"POST": Permission.SEE_CUSTOMERS}

    @documented("Whether an address can be kept", tag=TAG, body=AddressBody, answer=AddressValidationSerializer)
    @once
    def post(self, request: ApiRequest) -> Response:
        """Whether an address is whole and its country known; what is wrong is named."""
        given = self.given(request, AddressBody)
        try:
            clean_address(address_details(given))
        except ValidationError as error:
            raise renamed(error, OF_AN_ADDRESS) from None
        said = {"status": "NotValidated", "validationMessage": "The address is whole. Whether it exists was not asked."}
        return Response({"originalAddress": given, "suggestedAddresses": [], **said})


class CountryRulesSerializer(ResourceSerializer):
    """What the portal needs of an address in a country, and the languages that CLDR knows there."""

    iso2Code = serializers.CharField()
    defaultCulture = serializers.CharField(required=False)
    isStateRequired = serializers.BooleanField()
    supportedStatesList = serializers.ListField(child=serializers.CharField())
    supportedLanguagesList = serializers.ListField(child=serializers.CharField())
    supportedCulturesList = serializers.ListField(child=serializers.CharField())
    isPostalCodeRequired = serializers.BooleanField()
    isCityRequired = serializers.BooleanField()
    isVatIdSupported = serializers.BooleanField()
    isTaxIdSupported = serializers.BooleanField()
    isTaxIdOptional = serializers.BooleanField()


class CountryRules(Endpoint):
    """`/v1/countryvalidationrules/{country}`"""

    needs = {"GET": Permission.SEE_CUSTOMERS}

    @documented("What an address in a country must have", tag=TAG, answer=CountryRulesSerializer)
    def get(self, request: ApiRequest, country: str) -> Response:
        """What is needed of an address, the same in each country. Tax ids of customers are not kept."""
        code = country.upper()
        if not is_country(code):
            raise Refusal(reasons.COUNTRY_UNKNOWN, country=country)
        return Response(_rules_of(code))


def _rules_of(code: str) -> dict[str, Any]:
    languages = [Locale.parse(tag).language for tag in get_official_languages(code)]
    cultures = [f"{language}-{code}" for language in languages]
    return resource(
        "CountryValidationRules",
        iso2Code=code,
        defaultCulture=cultures[0] if cultures else None,
        supportedStatesList=[],
        supportedLanguagesList=languages,
        supportedCulturesList=cultures,
        isStateRequired="region" in NEEDED_OF_AN_ADDRESS,
        isPostalCodeRequired="postal_code" in NEEDED_OF_AN_ADDRESS,
        isCityRequired="city" in NEEDED_OF_AN_ADDRESS,
        isVatIdSupported=False,
        isTaxIdSupported=False,
        isTaxIdOptional=True,
    )


def _domain(text: str) -> str:
    """The domain as it is kept. Raises Refusal."""
    try:
        return domain_name(text)
    except ValidationError as error:
        raise input_wrong({"domain": " ".join(error.messages)}) from None


def _is_taken(domain: str, user: User) -> bool:
    return Customer.objects.visible_to(user).filter(primary_domain=domain).exists()
