"""How an instant and a month are written, on pages, in the sentences of refusals and in mails."""

from datetime import date, datetime

from django.utils import formats
from django.utils.functional import lazy
from django.utils.translation import gettext as _


def written_instant(when: datetime) -> str:
    """`24 Mar 2020, 09:00 CET`: the day, the time and the zone it is told in."""
    zone = when.strftime("%Z")
    return _("%(day)s, %(time)s %(zone)s") % {
        "day": formats.date_format(when, "SHORT_DATE_FORMAT"),
        "time": formats.time_format(when, "TIME_FORMAT"),
        "zone": f"UTC{zone}" if zone[:1] in "+-" else zone,  # a zone without letters of its own
    }


def _written_month(month: date) -> str:
    """`February 2020`."""
    return formats.date_format(month, "YEAR_MONTH_FORMAT")


written_month = lazy(_written_month, str)  # in the language in which it is read, not in that of who calls
