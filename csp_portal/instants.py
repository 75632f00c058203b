"""How an instant is written, on pages and in the sentences of refusals."""

from datetime import datetime

from django.utils import formats
from django.utils.translation import gettext as _


def written_instant(when: datetime) -> str:
    """`24 Mar 2020, 09:00 CET`: the day, the time and the zone it is told in."""
    zone = when.strftime("%Z")
    return _("%(day)s, %(time)s %(zone)s") % {
        "day": formats.date_format(when, "SHORT_DATE_FORMAT"),
        "time": formats.time_format(when, "TIME_FORMAT"),
        "zone": f"UTC{zone}" if zone[:1] in "+-" else zone,  # a zone without letters of its own
    }
