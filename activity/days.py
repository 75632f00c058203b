"""Days of the reader's zone as instants."""

from datetime import date, datetime, time

from django.utils import timezone


def start_of(day: date) -> datetime:
    """The first instant of `day` in the reader's zone; where a clock change left out midnight, that of the change."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())
