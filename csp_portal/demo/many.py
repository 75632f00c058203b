"""A partner with thousands of customers, as they come out of Partner Center: names, ids and markets, no addresses."""

import csv
import io
from collections.abc import Iterator
from itertools import islice, product
from uuid import NAMESPACE_DNS, uuid5

COUNT = 3000
_FIRST = (
    "Amber", "Blue", "Cedar", "Copper", "Crystal", "Eastern", "Evergreen", "Falcon", "Golden", "Granite", "Harbor",
    "Highland", "Iron", "Juniper", "Lakeside", "Maple", "Meadow", "Northern", "Ocean", "Orchard", "Pacific", "Pine",
    "Prairie", "Quartz", "River", "Silver", "Southern", "Summit", "Valley", "Western",
)  # fmt: skip
_TRADES = (
    "Dental", "Freight", "Bakery", "Robotics", "Printing", "Vineyards", "Textiles", "Insurance", "Optics", "Furniture",
    "Pharmacy", "Logistics", "Ceramics", "Dairy", "Aviation", "Hotels", "Schools", "Marine", "Electric", "Brewing",
)  # fmt: skip
_FORMS = ("Group", "Works", "Partners", "Company", "Cooperative")
MARKETS = (("US", "USD"), ("CA", "CAD"), ("GB", "GBP"), ("AU", "AUD"), ("DE", "EUR"), ("IN", "INR"), ("BR", "BRL"))


def export_of_thousands() -> io.BytesIO:
    """Partner Center's customer export with COUNT rows; the same each time."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(("Microsoft ID", "Company name", "Primary domain name", "Relationship", "Market", "Currency"))
    rows.writerows(_rows())
    return io.BytesIO(text.getvalue().encode())


def _rows() -> Iterator[tuple[str, ...]]:
    names = islice(product(_FORMS, _TRADES, _FIRST), COUNT)
    for number, (form, trade, first) in enumerate(names):
        domain = f"{first}{trade}-{form}.example".lower()
        yield (
            str(uuid5(NAMESPACE_DNS, domain)),
            f"{first} {trade} {form}",
            domain,
            "Cloud Reseller",
            *MARKETS[number % len(MARKETS)],
        )
