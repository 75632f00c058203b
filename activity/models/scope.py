"""Which part of a partner's log somebody may read (spec 1, Auditor)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from csp_portal.calendar_utc import end_of_day, start_of_day

MOST_CUSTOMERS = 500  # that one scope names


@dataclass(frozen=True)
class LogScope:
    """Rows about these customers, or without any of them all rows; of these days (UTC), both inclusive, if given."""

    customers: frozenset[UUID] = frozenset()
    first_day: date | None = None
    last_day: date | None = None

    @classmethod
    def of(cls, customers: Iterable[UUID], first_day: date | None, last_day: date | None) -> "LogScope":
        return cls(frozenset(customers), first_day, last_day)

    @property
    def is_limited(self) -> bool:
        """Whether it leaves anything of the partner's log out."""
        return self != WHOLE_LOG

    @property
    def begin(self) -> datetime | None:
        """The first instant of it."""
        return start_of_day(self.first_day) if self.first_day else None

    @property
    def end(self) -> datetime | None:
        """The instant from which on it has nothing."""
        return end_of_day(self.last_day) if self.last_day else None

    def narrowed_to(self, customers: Iterable[UUID]) -> "LogScope | None":
        """What of it is about these customers, all of it where none are named; None: nothing."""
        named = frozenset(customers)
        if not named:
            return self
        common = named & self.customers if self.customers else named
        return replace(self, customers=common) if common else None

    def covers(self, customer_id: UUID | None, when: datetime) -> bool:
        """Whether a row about this customer, of that instant, lies in it."""
        of_customer = not self.customers or customer_id in self.customers
        return of_customer and (not self.begin or self.begin <= when) and (not self.end or when < self.end)

    def as_details(self) -> dict[str, Any]:
        """How a row of the log tells of it."""
        return {
            "customers": sorted(str(customer_id) for customer_id in self.customers),
            "first_day": self.first_day.isoformat() if self.first_day else None,
            "last_day": self.last_day.isoformat() if self.last_day else None,
        }


WHOLE_LOG = LogScope()
