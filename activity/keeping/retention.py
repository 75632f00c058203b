"""Retention: months of the log that are over, dropped by the owner with a signed record of what there was (A4, A5).

Seals and places stay. A month is dropped only where every row of it stands under a seal that holds, for what remains
vouches for nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone
from psycopg2 import sql

from activity.keeping.months import lock_log, months_in_default, months_made
from activity.models import Action, DroppedMonth, Event, Seal
from activity.models.seals import OPERATOR
from activity.seals.contents import chain_name, dropping_of
from activity.seals.keys import signing_key
from activity.seals.sealing import hold_sealing
from activity.seals.verifying import SealedMonth, verify_month
from activity.services import Actor, record
from activity.verify import dropped_message
from csp_portal.accounts.models import Partner
from csp_portal.calendar_utc import add_months, month_of, start_of_day

DROPPER = Actor.system("drop_activity")


class NotDropped(Exception):
    """Why a month of the log cannot be dropped, and what to do."""


@dataclass(frozen=True)
class OldMonth:
    """A month that may be dropped, and how many rows each chain has of it."""

    month: date
    chains: dict[str, int]

    @property
    def rows(self) -> int:
        return sum(self.chains.values())


def youngest_limit() -> date:
    """The first month that retention keeps: one that is not yet wholly older than ACTIVITY_YEARS."""
    return add_months(month_of(timezone.now()), -12 * settings.ACTIVITY_YEARS)


def old_months(before: date) -> Iterator[OldMonth]:
    """The months before `before`, the oldest first. Raises NotDropped where one may not be dropped."""
    if before > youngest_limit():
        raise NotDropped(
            f"The log is kept for {settings.ACTIVITY_YEARS} years (ACTIVITY_YEARS): only months before "
            f"{youngest_limit():%Y-%m} may be dropped."
        )
    if outside := [f"{each.month:%Y-%m}" for each in months_in_default() if each.month < before]:
        raise NotDropped(
            f"Rows of {', '.join(outside)} lie in the default partition. Run `manage.py sort_activity` first."
        )
    return (OldMonth(month, _rows_of(month)) for month in months_made() if month < before)


def _rows_of(month: date) -> dict[str, int]:
    """How many rows each chain has of a month, by the chain's name."""
    rows = Event.objects.between(start_of_day(month), start_of_day(add_months(month, 1)))
    counted = rows.order_by().values_list("partner__public_id").annotate(Count("pk"))
    return {str(public_id or OPERATOR): count for public_id, count in counted}


@transaction.atomic
def drop_month(month: date) -> int:
    """Drop a month of the log and its addresses, as the owner; answers how many rows there were.

    Signs what was dropped of each chain, and says so in it. Raises NotDropped where a row is not under a seal that
    holds, and LogInUse; nothing is dropped then.
    """
    hold_sealing()
    dropped = 0
    for partner in _partners_of(month):
        dropped += _sign(partner, month, _verified(partner, month))
    lock_log()  # after the rows that refer to partners: who changes one may be about to write into the log
    if sum(_rows_of(month).values()) != dropped:
        raise NotDropped(f"Not all rows of {month:%Y-%m} are sealed. Wait until the job seal_log has been there.")
    _remove(month)
    return dropped


def _partners_of(month: date) -> list[Partner | None]:
    """Whose chains have rows under seals of the month; None is the operator's."""
    sealed = Seal.objects.filter(month=month)
    operator = [None] if sealed.filter(partner=None).exists() else []
    return [*operator, *Partner.objects.filter(pk__in=sealed.values("partner")).order_by("pk")]


def _verified(partner: Partner | None, month: date) -> SealedMonth:
    """What stands under the month's seals. Raises NotDropped where something does not hold."""
    name = chain_name(partner)
    found = verify_month(partner.pk if partner else None, name, month)
    if found.fault:
        raise NotDropped(f"{month:%Y-%m} is not dropped: chain {name}: {found.fault}.")
    return found


def _sign(partner: Partner | None, month: date, found: SealedMonth) -> int:
    """Sign what is dropped of a chain, and write it into the chain; answers how many rows."""
    key = signing_key(actor=DROPPER)
    dropping = DroppedMonth(
        partner=partner,
        month=month,
        rows=found.rows,
        digest=bytes.fromhex(found.digest),
        dropped_at=timezone.now(),
        dropped_by=DROPPER.name,
        key_id=key.fingerprint,
    )
    dropping.signature = key.sign(dropped_message(dropping_of(dropping, chain_name(partner))))
    dropping.save(force_insert=True)
    details = {"month": f"{month:%Y-%m}", "rows": found.rows}
    record(Action.LOG_MONTH_DROPPED, actor=DROPPER, partner=partner, details=details)
    return found.rows


def _remove(month: date) -> None:
    """Drop the month's partition, and the addresses of its rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(months_made()[month])))
        cursor.execute(
            "DELETE FROM activity_address WHERE occurred_at >= %s AND occurred_at < %s",
            [start_of_day(month), start_of_day(add_months(month, 1))],
        )
