"""Columns that several lists of the operator share."""

from django.utils import formats
from django.utils.translation import gettext as _

from csp_portal.pagination import MOST_ROWS_COUNTED


def written_count(count: int) -> str:
    """The number, or that there are more than are counted."""
    if count > MOST_ROWS_COUNTED:
        return _("more than %(most)s") % {"most": formats.number_format(MOST_ROWS_COUNTED, force_grouping=True)}
    return formats.number_format(count, force_grouping=True)
