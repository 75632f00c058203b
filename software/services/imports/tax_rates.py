"""Tax rates from a file (M8); one by one they are kept in `services.markets`, by the same rule."""

from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import BinaryIO

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from activity.models import Action
from activity.services import Actor, SignedIn, record
from csp_portal.accounts.permissions import require_housekeeper
from csp_portal.calendar_utc import utc_day
from csp_portal.errors import Refusal
from csp_portal.row_files import BadFile, RowError, read_rows
from csp_portal.territories import is_country
from software.models import TaxRate
from software.services.advisory_locks import lock_in_transaction
from software.services.markets import TAX_RATES_LOCK, check_rate

COLUMNS = ("Market", "Name", "Rate", "Included", "ValidFrom")
_YES_NO = {"yes": True, "no": False}
_LONGEST_NAME = 50


@transaction.atomic
def import_tax_rates(source: Path | BinaryIO, *, actor: Actor | SignedIn) -> int:
    """Load tax rates from a CSV file `Market,Name,Rate,Included,ValidFrom`, all or nothing (M8).

    Answers how many were new or changed. Raises BadFile naming every bad row, such as one that would change a rate
    which counts already.
    """
    require_housekeeper(actor)
    numbered = read_rows(source, COLUMNS, _parse_tax_rate)
    lock_in_transaction(TAX_RATES_LOCK)
    known = {(rate.market, rate.valid_from): rate for rate in TaxRate.objects.all()}
    news = [(line, given) for line, given in numbered if not _same(given, known.get((given.market, given.valid_from)))]
    errors = _rows_twice(numbered) or _rows_too_late(news, known)
    if errors:
        raise BadFile(errors)
    for _line, given in news:
        standing = known.get((given.market, given.valid_from))
        given.pk = standing.pk if standing else None
        given.save()
    if news:
        record(Action.TAX_RATES_IMPORTED, actor=actor, details={"rates": len(news)})
    return len(news)


def _same(given: TaxRate, known: TaxRate | None) -> bool:
    names = ("name", "rate", "included_in_price")
    return known is not None and all(getattr(given, name) == getattr(known, name) for name in names)


def _rows_twice(numbered: list[tuple[int, TaxRate]]) -> list[RowError]:
    first_line: dict[tuple[str, date], int] = {}
    errors = []
    for line, rate in numbered:
        first = first_line.setdefault((rate.market, rate.valid_from), line)
        if first != line:
            reason = _("%(market)s has a rate from %(day)s on line %(line)s already")
            errors.append(RowError(line, reason % {"market": rate.market, "day": rate.valid_from, "line": first}))
    return errors


def _rows_too_late(news: list[tuple[int, TaxRate]], known: dict[tuple[str, date], TaxRate]) -> list[RowError]:
    """The rows that would rewrite the past of a market that has a rate in force."""
    today = utc_day(timezone.now())
    in_force = {market for market, valid_from in known if valid_from <= today}
    errors = []
    for line, given in news:
        try:
            check_rate(given.market, given.valid_from, today=today, has_rate=given.market in in_force)
        except Refusal as refusal:
            errors.append(RowError(line, str(refusal)))
    return errors


def _parse_tax_rate(cells: dict[str, str]) -> TaxRate:
    if not is_country(cells["Market"]):
        raise ValueError(_("Market “%(code)s” is not an ISO 3166-1 alpha-2 country code") % {"code": cells["Market"]})
    if not 0 < len(cells["Name"]) <= _LONGEST_NAME:
        raise ValueError(_("Name must have 1 to %(most)s characters") % {"most": _LONGEST_NAME})
    if cells["Included"] not in _YES_NO:
        raise ValueError(_("Included “%(written)s” must be yes or no") % {"written": cells["Included"]})
    return TaxRate(
        market=cells["Market"],
        name=cells["Name"],
        rate=_parse_rate(cells["Rate"]),
        included_in_price=_YES_NO[cells["Included"]],
        valid_from=_parse_day(cells["ValidFrom"]),
    )


def _parse_rate(written: str) -> Decimal:
    try:
        rate = Decimal(written)
    except InvalidOperation:
        raise ValueError(_("Rate “%(written)s” is not a number such as 0.19") % {"written": written}) from None
    if not rate.is_finite() or not 0 <= rate < 1 or rate != round(rate, 5):
        reason = _("Rate “%(written)s” must be from 0 to below 1, with at most five decimals: 0.19 is 19 %%")
        raise ValueError(reason % {"written": written})
    return rate


def _parse_day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise ValueError(_("ValidFrom “%(written)s” is not a day such as 2020-07-01") % {"written": written}) from None
