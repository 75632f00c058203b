"""Customers as somebody names them in a form: one a line, by tenant GUID or primary domain."""

from collections.abc import Iterable
from contextlib import suppress
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from activity.models.scope import MOST_CUSTOMERS
from csp_portal.guids import guid_of
from customers.domains import domain_name
from customers.models import CustomerQuerySet

MOST_LINES_TOLD = 10  # of those that are wrong


def read(text: str, visible: CustomerQuerySet) -> frozenset[UUID]:
    """The tenant GUIDs of the customers on the lines of `text`; two queries at most.

    Raises ValidationError with the number of each line that names none of `visible`.
    """
    lines = {number: line.strip() for number, line in enumerate(text.splitlines(), start=1) if line.strip()}
    if len(lines) > MOST_CUSTOMERS:
        raise ValidationError(
            _("Name at most %(most)d customers; these are %(count)d lines."),
            params={
                "most": MOST_CUSTOMERS,
                "count": len(lines),
            },
        )
    meant = {number: guid_of(line) or _domain(line) for number, line in lines.items()}
    known = _known(meant.values(), visible)
    wrong = [
        ValidationError(
            _("Line %(line)d: none of your customers has the tenant GUID or primary domain “%(text)s”."),
            params={"line": number, "text": lines[number][:80]},
        )
        for number, named in meant.items()
        if named not in known
    ]
    if wrong:
        raise ValidationError(wrong[:MOST_LINES_TOLD])
    return frozenset(known[named] for named in meant.values())


def written(customers: Iterable[UUID], visible: CustomerQuerySet) -> str:
    """The lines that name these customers: by domain, which people know; by GUID where there is none any more."""
    ids = list(customers)
    domains = dict(visible.filter(tenant_id__in=ids).values_list("tenant_id", "primary_domain")) if ids else {}
    return "\n".join(sorted(domains.get(tenant_id) or str(tenant_id) for tenant_id in ids))


def _domain(line: str) -> str:
    """The domain that the line is, however it is written; empty if it is none."""
    with suppress(ValidationError):
        return domain_name(line)
    return ""


def _known(named: Iterable[UUID | str], visible: CustomerQuerySet) -> dict[UUID | str, UUID]:
    """Each GUID and domain that is a customer's, with the customer's GUID."""
    ids = [name for name in named if isinstance(name, UUID)]
    domains = [name for name in named if isinstance(name, str) and name]
    if not (ids or domains):
        return {}
    found = visible.order_by().filter(Q(tenant_id__in=ids) | Q(primary_domain__in=domains))
    known: dict[UUID | str, UUID] = {}
    for tenant_id, domain in found.values_list("tenant_id", "primary_domain"):
        known |= {tenant_id: tenant_id, domain: tenant_id}
    return known
