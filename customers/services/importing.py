"""Importing customers from Partner Center's export: look first, then all or nothing (U4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.db import transaction
from django.utils.translation import gettext as _

from activity.models import Action
from activity.services import record, record_each, refusals_recorded
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require
from csp_portal.row_files import BadFile, RowError
from customers.import_file import ImportRow, read_customers
from customers.models import Customer
from customers.services.changing import lock_customers_of

_ROWS_PER_STATEMENT = 1000


@dataclass(frozen=True)
class Already:
    """A row whose tenant GUID is a customer's already; the customer is left as it is."""

    row: ImportRow
    customer: Customer

    @property
    def differs(self) -> bool:
        """Whether the file tells something else of it; an address that the file leaves out tells nothing."""
        told = self.row.details.items()
        return any(value != getattr(self.customer, name) for name, value in told if value)


@dataclass(frozen=True)
class ImportPlan:
    """What an import adds, and what it leaves as it is."""

    new: list[ImportRow]
    already: list[Already]

    @property
    def rows(self) -> list[ImportRow]:
        """All rows of the file, in its order."""
        return sorted([*self.new, *(found.row for found in self.already)], key=lambda row: row.line)

    @property
    def lacks_addresses(self) -> bool:
        """Whether a new customer comes without its billing address."""
        return any(not row.details["country"] for row in self.new)

    @property
    def differing(self) -> list[Already]:
        return [found for found in self.already if found.differs]


def check_import(source: BinaryIO, *, actor: User) -> ImportPlan:
    """What importing the file would do. Raises Refusal if the role may not, BadFile naming every bad row."""
    require(actor, Permission.ADD_CUSTOMERS)
    rows, errors = read_customers(source)
    return _plan(rows, errors, actor)


def plan_import(rows: Sequence[ImportRow], *, actor: User) -> ImportPlan:
    """What importing rows that were read before would do now. Raises BadFile naming every bad row."""
    return _plan(rows, [], actor)


@refusals_recorded(Action.CUSTOMER_CHANGE_REFUSED)
@transaction.atomic
def import_customers(rows: Sequence[ImportRow], *, file_name: str, actor: User) -> ImportPlan:
    """Add the customers of a file that are not there yet, all or none; answers what was added and what was there.

    Raises Refusal if the role may not, BadFile if a row cannot be added any more.
    """
    require(actor, Permission.ADD_CUSTOMERS)
    lock_customers_of(actor.partner_id)
    plan = plan_import(rows, actor=actor)
    if not plan.new:
        return plan
    added = Customer.objects.bulk_create(
        (Customer(partner=actor.partner, **row.details) for row in plan.new), batch_size=_ROWS_PER_STATEMENT
    )
    counts = {"added": len(added), "already_there": len(plan.already), "file": file_name}
    record(Action.CUSTOMERS_IMPORTED, actor=actor, details=counts)
    record_each(Action.CUSTOMER_CREATED, actor=actor, on=added)
    return plan


def _plan(rows: Sequence[ImportRow], errors: list[RowError], actor: User) -> ImportPlan:
    """Part the rows into new ones and known ones. Raises BadFile with `errors` and the domains that are taken."""
    visible = Customer.objects.visible_to(actor)
    by_guid = {customer.tenant_id: customer for customer in visible.filter(tenant_id__in=_all(rows, "tenant_id"))}
    new = [row for row in rows if row.details["tenant_id"] not in by_guid]
    of_new = visible.filter(primary_domain__in=_all(new, "primary_domain"))
    by_domain = {customer.primary_domain: customer for customer in of_new}
    taken = [_taken(row, by_domain[domain]) for row in new if (domain := row.details["primary_domain"]) in by_domain]
    if errors or taken:
        raise BadFile(sorted([*errors, *taken], key=lambda error: error.line))
    return ImportPlan(
        new, [Already(row, by_guid[guid]) for row in rows if (guid := row.details["tenant_id"]) in by_guid]
    )


def _all(rows: Sequence[ImportRow], field: str) -> list[Any]:
    return [row.details[field] for row in rows]


def _taken(row: ImportRow, other: Customer) -> RowError:
    reason = _("Primary domain name: your customer %(customer)s, tenant GUID %(guid)s, has %(domain)s already.")
    facts = {"customer": other.company_name, "guid": other.tenant_id, "domain": other.primary_domain}
    return RowError(row.line, reason % facts)
