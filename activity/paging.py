"""Turning over the log by places in it, not by numbers: it stays exact while rows arrive, at any depth (A1)."""

import base64
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from activity.models import Event, EventQuerySet

EVENTS_PER_PAGE = 25
OLDER, NEWER = "older", "newer"  # names in the address: the page after a place, or the one before it
_SHAPE = struct.Struct(">qq")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LENGTH = 22  # characters of base64url without padding


@dataclass(frozen=True)
class Place:
    """Where a row stands in the list of the newest first."""

    occurred_at: datetime
    event_id: int

    @classmethod
    def of(cls, event: Event) -> "Place":
        return cls(event.occurred_at, event.pk)

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """The place that an address names; None if it names none."""
        if len(text) != _LENGTH:
            return None
        try:
            moment, event_id = _SHAPE.unpack(base64.b64decode(f"{text}==", altchars=b"-_", validate=True))
            return cls(_EPOCH + timedelta(microseconds=moment), event_id)
        except (ValueError, OverflowError):
            return None

    def __str__(self) -> str:
        moment = (self.occurred_at - _EPOCH) // timedelta(microseconds=1)
        return base64.urlsafe_b64encode(_SHAPE.pack(moment, self.event_id)).decode().rstrip("=")


class LogPage:
    """A page of `events`, the newest first: the newest ones, or those on one side of the place that `asked` names.

    One query, which brings their addresses too. There is no number of it and no count: rows that arrive meanwhile move
    none that is shown.
    """

    def __init__(self, events: EventQuerySet, asked: Mapping[str, str]) -> None:
        self._side = next((side for side in (OLDER, NEWER) if asked.get(side)), "")
        place = Place.read(asked[self._side]) if self._side else None
        self.is_lost = bool(self._side) and place is None
        self._side = self._side if place else ""
        if place is None:
            found = events.newest_first()
        elif self._side == OLDER:
            found = events.older_than(place.occurred_at, place.event_id).newest_first()
        else:
            found = events.newer_than(place.occurred_at, place.event_id).oldest_first()
        self._found = found.select_related("address")[: EVENTS_PER_PAGE + 1]

    @cached_property
    def _rows(self) -> list[Event]:
        """The rows of the page in the order in which they were looked for, and one more if there is one."""
        return list(self._found)

    @cached_property
    def events(self) -> list[Event]:
        """The rows of the page, the newest first."""
        rows = self._rows[:EVENTS_PER_PAGE]
        return rows[::-1] if self._side == NEWER else rows

    @property
    def _goes_on(self) -> bool:
        return len(self._rows) > EVENTS_PER_PAGE

    @property
    def is_newest(self) -> bool:
        """Whether the page begins with the newest row, whatever arrives."""
        return not self._side

    @property
    def newer(self) -> Place | None:
        """The place before which the page of newer rows lies, if there are any."""
        has_newer = self._side == OLDER or (self._side == NEWER and self._goes_on)
        return Place.of(self.events[0]) if has_newer and self.events else None

    @property
    def older(self) -> Place | None:
        """The place after which the page of older rows lies, if there are any."""
        has_older = self._side == NEWER or self._goes_on
        return Place.of(self.events[-1]) if has_older and self.events else None
