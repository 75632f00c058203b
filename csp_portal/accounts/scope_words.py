"""A scope of the log in words: whose rows and of which days (spec 1, Auditor)."""

from collections.abc import Mapping
from uuid import UUID

from babel.lists import format_list
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from activity.models.scope import LogScope
from csp_portal.territories import reader_locale

NAMES_TOLD = 3  # of one scope's customers


def in_short(scope: LogScope, names: Mapping[UUID, str]) -> str:
    """`the log of Contoso, from 1 January 2020 on (UTC)`, to stand beside the role; empty for the whole log."""
    if not scope.is_limited:
        return ""
    facts = {"customers": _customers(scope, names), "days": _days(scope)}
    if not scope.customers:
        return _("the log %(days)s") % facts
    return (_("the log of %(customers)s, %(days)s") if facts["days"] else _("the log of %(customers)s")) % facts


def for_reader(scope: LogScope, names: Mapping[UUID, str]) -> str:
    """What a reader is told of the part that they see; empty for the whole log."""
    told = in_short(scope, names)
    return _("You see %(part)s.") % {"part": told} if told else ""


def _customers(scope: LogScope, names: Mapping[UUID, str]) -> str:
    """`Contoso and Fabrikam`: the first few of the customers whose `names` are known, and how many more there are."""
    known = sorted((names[customer] for customer in scope.customers if customer in names), key=str.casefold)
    told = known[:NAMES_TOLD]
    more = len(scope.customers) - len(told)
    number = {"number": formats.number_format(more, force_grouping=True)}
    if not told:
        return ngettext("%(number)s customer", "%(number)s customers", more) % number
    if more:
        told.append(ngettext("%(number)s more customer", "%(number)s more customers", more) % number)
    return format_list(told, locale=reader_locale())


def _days(scope: LogScope) -> str:
    """`from 1 January 2020 to 31 March 2020 (UTC)`; empty for all days."""
    first, last = (day and formats.date_format(day, "DATE_FORMAT") for day in (scope.first_day, scope.last_day))
    if first and last:
        return _("from %(first)s to %(last)s (UTC)") % {"first": first, "last": last}
    if first:
        return _("from %(first)s on (UTC)") % {"first": first}
    return _("until the end of %(last)s (UTC)") % {"last": last} if last else ""
