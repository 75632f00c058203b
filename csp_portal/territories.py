"""The reader's locale, and the names of countries and languages in it, from CLDR (M5)."""

from babel import Locale, UnknownLocaleError
from django.utils.translation import get_language, to_locale


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


def language_name(tag: str) -> str:
    """The name of a BCP 47 language tag in the reader's language; the tag itself if CLDR cannot read it."""
    try:
        named = Locale.parse(tag.replace("-", "_")).get_display_name(reader_locale())
    except (ValueError, UnknownLocaleError):
        return tag
    return str(named or tag)
