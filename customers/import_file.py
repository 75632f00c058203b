"""Partner Center's customer export as a file to import: its columns, its limits, and what is wrong with a row (U4)."""

from dataclasses import dataclass
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from csp_portal.row_files import RowError, sift_rows
from customers.details import clean_details

MOST_ROWS = 10_000
LARGEST_FILE = 5 * 1024 * 1024  # bytes
COLUMNS = {
    "Microsoft ID": "tenant_id",
    "Company name": "company_name",
    "Primary domain name": "primary_domain",
    "Market": "market",
    "Currency": "currency",
}
ADDRESS_COLUMNS = {
    "Address": "address_line",
    "City": "city",
    "State or province": "region",
    "Postal code": "postal_code",
    "Country": "country",
}
RELATIONSHIP = "Relationship"
EXPORTED = ("Microsoft ID", "Company name", "Primary domain name", RELATIONSHIP)  # by Partner Center itself
# What Partner Center writes there: the words of its list, and those of its API.
RELATIONSHIPS = (
    "Reseller",
    "Cloud Reseller",
    "Indirect Reseller",
    "Advisor",
    "Syndication",
    "Microsoft Support",
    "None",
    "Unknown",
)
EXAMPLE = (
    (*EXPORTED, "Market", "Currency", *ADDRESS_COLUMNS),
    (
        *("2f7a1c6e-0b5d-4c1e-9a57-3d8e6f2b4c10", "Contoso Bicycle Works", "contoso.example", "Cloud Reseller"),
        *("DE", "EUR", "Hafenstraße 7", "Hamburg", "", "20457", "DE"),
    ),
    (
        *("9b3e5d70-64f1-4a8c-b2d9-0e7c51f8a236", "서울 자전거", "seoul-bikes.example", "Cloud Reseller"),
        *("KR", "KRW", "", "", "", "", ""),
    ),
)
_CODES = frozenset({"market", "currency", "country"})


@dataclass(frozen=True)
class ImportRow:
    """One customer of the file, its details as they are kept."""

    line: int
    details: dict[str, Any]


def read_customers(source: BinaryIO) -> tuple[list[ImportRow], list[RowError]]:
    """The customers of a file and its bad rows. Raises BadFile where the file as a whole cannot be read."""
    rows, errors = sift_rows(source, (*COLUMNS, RELATIONSHIP), _read_row, most_rows=MOST_ROWS)
    if not rows and not errors:
        errors = [RowError(1, _("the file has a header but no customers"))]
    known: dict[tuple[str, Any], int] = {}
    customers = []
    for _line, row in rows:
        repeated = _repeated(row, known)
        if repeated:
            errors.append(RowError(row.line, repeated))
        else:
            customers.append(row)
    return customers, errors


def _read_row(line: int, cells: dict[str, str]) -> ImportRow:
    """Raises ValueError with all that is wrong with the row."""
    columns = {column: field for column, field in (COLUMNS | ADDRESS_COLUMNS).items() if column in cells}
    given = {field: cells[column].upper() if field in _CODES else cells[column] for column, field in columns.items()}
    wrong = _wrong_relationship(cells[RELATIONSHIP])
    try:
        details = clean_details(given)
    except ValidationError as error:
        names = {field: column for column, field in (COLUMNS | ADDRESS_COLUMNS).items()}
        found = error.message_dict
        wrong = [*(f"{names[field]}: {' '.join(found[field])}" for field in names if field in found), *wrong]
    if wrong:
        raise ValueError(" ".join(wrong))
    return ImportRow(line, details)


def _wrong_relationship(given: str) -> list[str]:
    if _bare(given) in _KNOWN_RELATIONSHIPS:
        return []
    reason = _("Relationship: Give one of Partner Center's: %(known)s.") % {"known": ", ".join(RELATIONSHIPS)}
    return [reason]


def _bare(relationship: str) -> str:
    """`Microsoft Support`, `microsoft_support` and `MicrosoftSupport` are one."""
    return "".join(sign for sign in relationship.casefold() if sign.isalnum())


_KNOWN_RELATIONSHIPS = frozenset(_bare(relationship) for relationship in RELATIONSHIPS)


def _repeated(row: ImportRow, known: dict[tuple[str, Any], int]) -> str:
    """Which earlier line has this GUID or domain, in a sentence; the row's own are noted in `known`."""
    for column in ("Microsoft ID", "Primary domain name"):
        value = row.details[COLUMNS[column]]
        earlier = known.setdefault((column, value), row.line)
        if earlier != row.line:
            return _("%(column)s: %(value)s stands on line %(line)d already.") % {
                "column": column,
                "value": value,
                "line": earlier,
            }
    return ""
