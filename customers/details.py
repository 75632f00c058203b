"""What is known of a customer, checked and brought into the one form in which it is kept (U1).

Pages, import and services read what they are given by the same functions, so that they refuse with the same words.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from csp_portal.guids import guid_of
from csp_portal.text_errors import TEXT_ERRORS
from csp_portal.typed_text import one_line
from customers.domains import domain_name
from customers.models import LONGEST_NAME, LONGEST_PLACE, LONGEST_POSTAL_CODE, known_country, known_currency

NEEDED_OF_AN_ADDRESS = ("address_line", "city", "country")
ADDRESS = (*NEEDED_OF_AN_ADDRESS, "region", "postal_code")
MISSING: dict[str, Any] = {
    "tenant_id": _("Give the tenant GUID."),
    "company_name": _("Give the company's name."),
    "primary_domain": _("Give the primary domain."),
    "market": _("Choose the market."),
    "currency": _("Choose the currency."),
    "address_line": _("Give the street."),
    "city": _("Give the city."),
    "country": _("Choose the country."),
}


def _guid(given: Any) -> UUID:
    """A tenant GUID, in any of the ways to write one."""
    found = guid_of(str(given))
    if found is None:
        raise ValidationError(
            _("This is no GUID. One looks like this: 2f7a1c6e-0b5d-4c1e-9a57-3d8e6f2b4c10."), code="guid"
        )
    return found


def _code(given: str, *, known: Callable[[str], None]) -> str:
    """The code of a country or currency, if it is one."""
    known(given)
    return given


def _text(given: str, *, most: int) -> str:
    """A line of text within its column."""
    if len(given) > most:
        raise ValidationError(TEXT_ERRORS["max_length"], params={"limit_value": most}, code="max_length")
    return given


_CLEAN: dict[str, Callable[[Any], Any]] = {
    "tenant_id": _guid,
    "company_name": partial(_text, most=LONGEST_NAME),
    "primary_domain": domain_name,
    "market": partial(_code, known=known_country),
    "currency": partial(_code, known=known_currency),
    "address_line": partial(_text, most=LONGEST_NAME),
    "city": partial(_text, most=LONGEST_PLACE),
    "region": partial(_text, most=LONGEST_PLACE),
    "postal_code": partial(_text, most=LONGEST_POSTAL_CODE),
    "country": partial(_code, known=known_country),
}
FIELDS = tuple(_CLEAN)


def clean_detail(field: str, given: Any) -> Any:
    """One detail as it is kept; a part of the address may be empty. Raises ValidationError with what is wrong."""
    text = one_line(str(given))
    if text:
        return _CLEAN[field](text)
    if field not in ADDRESS:
        raise ValidationError(MISSING[field], code="required")
    return ""


def clean_details(given: Mapping[str, Any]) -> dict[str, Any]:
    """Every detail as it is kept. Raises ValidationError naming each wrong field."""
    return _clean_all(FIELDS, given)


def clean_address(given: Mapping[str, Any]) -> dict[str, Any]:
    """A whole address as it is kept. Raises ValidationError naming each wrong field, and each that it lacks."""
    return _clean_all(ADDRESS, given, is_address_needed=True)


def _clean_all(fields: Iterable[str], given: Mapping[str, Any], *, is_address_needed: bool = False) -> dict[str, Any]:
    cleaned: dict[str, Any] = {}
    wrong: dict[str, ValidationError] = {}
    for field in fields:
        try:
            cleaned[field] = clean_detail(field, given.get(field, ""))
        except ValidationError as error:
            wrong[field] = error
    wrong = {**address_gaps(cleaned, is_needed=is_address_needed), **wrong}
    if wrong:
        raise ValidationError(wrong)
    return cleaned


def address_gaps(cleaned: Mapping[str, Any], *, is_needed: bool = False) -> dict[str, ValidationError]:
    """What an address lacks that was begun: it is given whole, or, unless it is needed, not yet (U4)."""
    if not is_needed and not any(cleaned.get(field) for field in ADDRESS):
        return {}
    missing = [field for field in NEEDED_OF_AN_ADDRESS if not cleaned.get(field)]
    return {field: ValidationError(MISSING[field], code="required") for field in missing}
