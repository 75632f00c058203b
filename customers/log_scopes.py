"""Which customers the log of an Auditor is limited to, by name (spec 1)."""

from collections.abc import Iterable
from uuid import UUID

from activity.models.scope import WHOLE_LOG, LogScope
from csp_portal.accounts.models import User
from csp_portal.accounts.scope_words import NAMES_TOLD, for_reader
from customers.models import Customer


def told_scope(reader: User) -> str:
    """What a reader whose log is limited is told of the part that is theirs; empty for the whole log."""
    scope = reader.log_scope or WHOLE_LOG
    return for_reader(scope, Customer.objects.visible_to(reader).names_of(scope.customers))


def scope_names(reader: User, scopes: Iterable[LogScope]) -> dict[UUID, str]:
    """The names of as many customers of each scope as are told beside a role; one query, if there are any."""
    told = {tenant_id for scope in scopes for tenant_id in sorted(scope.customers)[:NAMES_TOLD]}
    return Customer.objects.visible_to(reader).names_of(told)
