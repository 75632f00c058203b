"""Tax rates and markets without reservations, one by one: what counts already is followed, never rewritten (M2, M8)."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import Actor, SignedIn, refusals_recorded
from csp_portal.accounts.permissions import require_housekeeper
from csp_portal.calendar_utc import utc_day
from csp_portal.errors import Refusal
from csp_portal.territories import is_country
from software import reasons
from software.models import MarketRestriction, TaxRate
from software.services.advisory_locks import lock_in_transaction
from software.services.catalogue import record_change, save_changes

TAX_RATES_LOCK = "tax_rates"
RESTRICTIONS_LOCK = "market_restrictions"


def check_rate(market: str, valid_from: date, *, today: date, has_rate: bool) -> None:
    """Raise Refusal if a rate of a market that has one in force would begin in the past: orders were taxed by it."""
    if has_rate and valid_from < today:
        raise Refusal(reasons.RATE_IN_FORCE, market=market, valid_from=valid_from, today=today)


@refusals_recorded(Action.CATALOGUE_CHANGE_REFUSED)
@transaction.atomic
def add_tax_rate(
    *, market: str, name: str, rate: Decimal, included_in_price: bool, valid_from: date, actor: Actor | SignedIn
) -> TaxRate:
    """Give a market a rate from a day on (M8); the day may lie in the past only for a market that had none."""
    require_housekeeper(actor)
    lock_in_transaction(TAX_RATES_LOCK)
    _check_free(market, valid_from)
    values = {"name": name, "rate": rate, "included_in_price": included_in_price}
    made = TaxRate.objects.create(market=market, valid_from=valid_from, **values)
    record_change(made, {"added": [None, f"{made}, {valid_from}"]}, actor=actor)
    return made


@refusals_recorded(Action.CATALOGUE_CHANGE_REFUSED)
@transaction.atomic
def change_tax_rate(
    pk: int,
    *,
    market: str,
    name: str,
    rate: Decimal,
    included_in_price: bool,
    valid_from: date,
    actor: Actor | SignedIn,
) -> TaxRate:
    """Correct a rate until the end of the day (UTC) on which it begins; later a new rate follows it."""
    require_housekeeper(actor)
    lock_in_transaction(TAX_RATES_LOCK)
    today = utc_day(timezone.now())
    known = TaxRate.objects.select_for_update().get(pk=pk)
    check_rate(known.market, known.valid_from, today=today, has_rate=True)
    if (market, valid_from) != (known.market, known.valid_from):
        _check_free(market, valid_from, but=pk)
    values = {
        "market": market,
        "name": name,
        "rate": rate,
        "included_in_price": included_in_price,
        "valid_from": valid_from,
    }
    save_changes(known, values, actor=actor)
    return known


def _check_free(market: str, valid_from: date, *, but: int = 0) -> None:
    _check_country(market)
    today = utc_day(timezone.now())
    others = TaxRate.objects.filter(market=market).exclude(pk=but)
    if others.filter(valid_from=valid_from).exists():
        raise Refusal(reasons.RATE_OF_THAT_DAY, market=market, valid_from=valid_from)
    check_rate(market, valid_from, today=today, has_rate=others.filter(valid_from__lte=today).exists())


def _check_country(market: str) -> None:
    if not is_country(market):
        raise Refusal(reasons.NOT_A_COUNTRY, market=market)


@refusals_recorded(Action.CATALOGUE_CHANGE_REFUSED)
@transaction.atomic
def add_restriction(*, market: str, valid_from: date, valid_to: date | None, actor: Actor | SignedIn) -> Any:
    """Stop selling Azure reservations in a market from a day on, today or later (M2)."""
    require_housekeeper(actor)
    lock_in_transaction(RESTRICTIONS_LOCK)
    _check_country(market)
    _check_not_past(valid_from)
    _check_days(market, valid_from, valid_to)
    made = MarketRestriction.objects.create(market=market, valid_from=valid_from, valid_to=valid_to)
    record_change(made, {"added": [None, f"{valid_from}, {valid_to or '–'}"]}, actor=actor)
    return made


@refusals_recorded(Action.CATALOGUE_CHANGE_REFUSED)
@transaction.atomic
def change_restriction(
    pk: int, *, market: str, valid_from: date, valid_to: date | None, actor: Actor | SignedIn
) -> MarketRestriction:
    """Say when a market is free again, from today on; what has begun keeps its market and first day (M2)."""
    require_housekeeper(actor)
    lock_in_transaction(RESTRICTIONS_LOCK)
    known = MarketRestriction.objects.select_for_update().get(pk=pk)
    _check_country(market)
    if (market, valid_from) != (known.market, known.valid_from):
        _check_not_past(known.valid_from)
        _check_not_past(valid_from)
    if valid_to != known.valid_to:
        for day in (known.valid_to, valid_to):
            _check_not_past(day)
    _check_days(market, valid_from, valid_to, but=pk)
    save_changes(known, {"market": market, "valid_from": valid_from, "valid_to": valid_to}, actor=actor)
    return known


def _check_not_past(day: date | None) -> None:
    today = utc_day(timezone.now())
    if day is not None and day < today:
        raise Refusal(reasons.DAY_IS_PAST, day=day, today=today)


def _check_days(market: str, valid_from: date, valid_to: date | None, *, but: int = 0) -> None:
    """That it ends after it begins, and that the market has no other one on these days."""
    if valid_to is not None and valid_to <= valid_from:
        raise Refusal(reasons.ENDS_BEFORE_START, valid_from=valid_from, valid_to=valid_to)
    for other in MarketRestriction.objects.filter(market=market).exclude(pk=but):
        begins_before_other_ends = other.valid_to is None or valid_from < other.valid_to
        ends_after_other_begins = valid_to is None or valid_to > other.valid_from
        if begins_before_other_ends and ends_after_other_begins:
            raise Refusal(reasons.RESTRICTED_ALREADY, market=market, valid_from=other.valid_from)
