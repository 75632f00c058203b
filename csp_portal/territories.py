"""The reader's locale, and the names of countries, currencies and languages in it, from CLDR (M5)."""

import unicodedata
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.numbers import get_territory_currencies
from django.utils.translation import get_language, to_locale

from csp_portal.rounding import minor_unit_digits


def reader_locale() -> Locale:
    """The reader's language and region, as Babel knows them."""
    return Locale.parse(to_locale(get_language() or "en"))


def country_name(code: str) -> str:
    """The country's name in the reader's language; the code itself if CLDR does not know it."""
    return str(reader_locale().territories.get(code, code))


def is_country(code: str) -> bool:
    """Whether CLDR names `code` as a country: ISO 3166-1 alpha-2, or XK (U1)."""
    return len(code) == 2 and code.isupper() and code in Locale("en").territories and code not in _NOT_COUNTRIES


# Two-letter codes of CLDR that name no country: exceptional reservations and groupings.
_NOT_COUNTRIES = frozenset({"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"})


@cache
def countries() -> list[str]:
    """Every country's code (U1)."""
    return sorted(code for code in map(str, Locale("en").territories) if is_country(code))


def country_choices() -> list[tuple[str, str]]:
    """Every country's code and name (U1), in the order of the names."""
    named = [(code, country_name(code)) for code in countries()]
    return sorted(named, key=lambda country: _place_in_order(country[1]))


def currency_choices() -> list[tuple[str, str]]:
    """Every currency's code, and with it its name, in the order of the codes (M5)."""
    names = reader_locale().currencies
    codes = sorted(minor_unit_digits())
    return [(code, f"{code} – {names[code]}" if code in names else code) for code in codes]


def usual_currency(country: str) -> str:
    """The currency that is tender in a country, by CLDR; empty where there is none, or none of ISO 4217."""
    known = minor_unit_digits()
    return (
        next((code for code in get_territory_currencies(country) if code in known), "") if is_country(country) else ""
    )


def _place_in_order(name: str) -> str:
    """By letters without their accents, so that Åland stands with A."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign)).casefold()


def language_name(tag: str) -> str:
    """The name of a BCP 47 language tag in the reader's language; the tag itself if CLDR cannot read it."""
    try:
        named = Locale.parse(tag.replace("-", "_")).get_display_name(reader_locale())
    except (ValueError, UnknownLocaleError):
        return tag
    return str(named or tag)
