"""Reading the log: its rows with their addresses, and the row that says who has read (A3)."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from itertools import islice

from django.db import connection, transaction
from django.utils import timezone

from activity.models import Action, ActorKind, Event, EventQuerySet
from activity.services import SignedIn, record

EVENTS_SUGGESTED_FROM = 2_000
NAMES_SUGGESTED = 100


@dataclass(frozen=True)
class LogRow:
    """An event and the IP address it came from; empty for a job, or once the address has been redacted."""

    event: Event
    address: str

    @property
    def address_was_removed(self) -> bool:
        """Whether there was one: the event still commits to it."""
        return not self.address and bool(bytes(self.event.ip_commitment))


def with_addresses(events: Iterable[Event]) -> list[LogRow]:
    """The events with their addresses; no query where they were fetched with them, as `LogPage` does."""
    return [LogRow(event, str(getattr(event, "address", ""))) for event in events]


@dataclass(frozen=True)
class Suggestions:
    """Names to filter by: of those who acted, and of the customers and products concerned."""

    users: list[str]
    customers: list[str]
    products: list[str]


def suggestions(events: EventQuerySet) -> Suggestions:
    """The names in the newest of `events`, in alphabetical order; one query, however many events there are."""
    columns = ("actor_name", "actor_kind", "customer_name", "product_name")
    newest = list(events.newest_first().values_list(*columns)[:EVENTS_SUGGESTED_FROM])
    actors = dict.fromkeys((name, kind) for name, kind, _customer, _product in newest)
    return Suggestions(
        users=_first_names(name or str(ActorKind(kind).label) for name, kind in actors),
        customers=_first_names(customer for _name, _kind, customer, _product in newest),
        products=_first_names(product for _name, _kind, _customer, product in newest),
    )


def _first_names(names: Iterable[str]) -> list[str]:
    """The first few different names, sorted."""
    different = dict.fromkeys(name for name in names if name)
    return sorted(islice(different, NAMES_SUGGESTED), key=str.casefold)


@transaction.atomic
def record_reading(*, actor: SignedIn, query: dict[str, str]) -> bool:
    """Log that the actor reads what `query` asks for, once in each hour (UTC) (A3). Answers whether a row was written.

    Readings of one actor wait for each other, so that two pages opened at once make one row.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_lock_of(actor)])
    now = timezone.now()
    this_hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    rows = Event.objects.of_partner(actor.partner_id).filter(occurred_at__gte=this_hour)
    if rows.filter(action=Action.LOG_READ, actor_id=actor.public_id, details=query).exists():
        return False
    record(Action.LOG_READ, actor=actor, details=dict(query))
    return True


def _lock_of(actor: SignedIn) -> int:
    """The actor's key of pg_advisory_xact_lock: 64 bits with a sign."""
    digest = hashlib.sha256(b"activity.record_reading" + actor.public_id.bytes).digest()
    return int.from_bytes(digest[:8], signed=True)
