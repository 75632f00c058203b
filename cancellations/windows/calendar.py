"""The open windows as a calendar (RFC 5545): an event on the last day of each (C10)."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from cancellations.windows.rows import cancel_place
from csp_portal.accounts.models import User
from orders.models import OrderLine
from software.models import CancellationPolicy

MOST_EVENTS = 1000  # the first to close first
ASK_AGAIN = timedelta(hours=6)  # what programs are told
_DAY = timedelta(days=1)

InFull = Callable[[str], str]  # makes an address whole: with scheme and host


@dataclass(frozen=True)
class WindowEvent:
    """One event. It has the same `uid` for ever; `sequence` rises with whatever is cancelled of its line."""

    uid: str
    day: date
    stamp: datetime
    sequence: int
    is_cancelled: bool
    summary: str
    description: str
    url: str

    def component(self) -> Event:
        """As the library writes it."""
        event = Event()
        event.add("uid", self.uid)
        event.add("dtstamp", self.stamp)
        event.add("dtstart", self.day)
        event.add("dtend", self.day + _DAY)  # exclusive
        event.add("summary", self.summary)
        event.add("description", self.description)
        event.add("url", self.url)
        event.add("sequence", self.sequence)
        event.add("status", "CANCELLED" if self.is_cancelled else "CONFIRMED")
        event.add("transp", "TRANSPARENT")  # nobody is busy all day with it
        return event


def events_of(reader: User, now: datetime, in_full: InFull) -> list[WindowEvent]:
    """An event for each window that is open to `reader`'s partner.

    What was cancelled stays in it as cancelled until its last day is over: only so does every program take it out.
    """
    lines = OrderLine.objects.visible_to(reader).in_calendar(now).with_purchase()
    with translation.override(settings.LANGUAGE_CODE):  # nobody is signed in whose language it could be
        return [_event(line, in_full) for line in lines[:MOST_EVENTS]]


def _event(line: OrderLine, in_full: InFull) -> WindowEvent:
    assert line.last_cancel_day is not None  # only lines with a window are in the calendar
    place = in_full(cancel_place(line))
    return WindowEvent(
        uid=f"window-{line.purchase.public_id}",
        day=line.last_cancel_day,
        stamp=line.purchase.cancelled_at or line.order.placed_at,
        sequence=line.quantity_cancelled,
        is_cancelled=not line.purchase.is_active,
        summary=_("Last day to cancel: %(sku)s for %(customer)s")
        % {"sku": line.sku_title, "customer": line.order.customer.company_name},
        description=_description(line, line.last_cancel_day, place),
        url=place,
    )


def _description(line: OrderLine, day: date, place: str) -> str:
    told = {
        "order": line.order.number,
        "quantity": line.quantity if line.purchase.cancelled_at else line.purchase.quantity_left,
        "day": date_format(day, "DATE_FORMAT"),
    }
    if line.policy == CancellationPolicy.SUPPORT_ONLY:
        text = _("Order %(order)s, quantity %(quantity)s. Only by support request, until the end of %(day)s (UTC).")
    else:
        text = _("Order %(order)s, quantity %(quantity)s. Can be cancelled until the end of %(day)s (UTC).")
    return f"{text % told}\n{place}"


def etag_of(events: Sequence[WindowEvent]) -> str:
    """The same for the same events, so that who has them already is sent nothing."""
    return hashlib.sha256(repr([astuple(event) for event in events]).encode()).hexdigest()


def written(events: Sequence[WindowEvent]) -> bytes:
    """The calendar as it is sent."""
    calendar = Calendar()
    calendar.add("prodid", f"-//{settings.OPERATOR_NAME}//CSP portal//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", _("Windows to cancel"))
    calendar.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    for event in events:
        calendar.add_component(event.component())
    return calendar.to_ical()
