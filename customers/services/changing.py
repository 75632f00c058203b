"""Adding and changing a customer (U1, U4)."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from activity.models import Action
from activity.services import record, refusals_recorded
from csp_portal.accounts.models import Partner, User
from csp_portal.accounts.permissions import Permission, require
from csp_portal.errors import Refusal
from csp_portal.territories import country_name
from customers import reasons
from customers.details import ADDRESS, clean_details
from customers.models import Customer

_FIXED_BY_ORDERS = ("market", "currency")


def lock_customers_of(partner_id: int | None) -> None:
    """Until the transaction ends nobody else gives a customer of the partner a GUID or domain.

    So whether one is taken can be looked up before the row is written. Orders and invoices do not wait for it.
    """
    assert partner_id is not None  # no role of the operator's staff may edit customers
    Partner.objects.select_for_update(no_key=True).get(pk=partner_id)


@refusals_recorded(Action.CUSTOMER_CHANGE_REFUSED)
@transaction.atomic
def create_customer(*, actor: User, **details: Any) -> Customer:
    """Add a customer to the actor's partner (U1, U4).

    Raises Refusal if the actor's role may not, ValidationError naming the fields that are wrong or taken.
    """
    require(actor, Permission.ADD_CUSTOMERS)
    cleaned = clean_details(details)
    lock_customers_of(actor.partner_id)
    customer = Customer(partner=actor.partner, **cleaned)
    _check_not_taken(customer, actor)
    customer.save(force_insert=True)
    record(Action.CUSTOMER_CREATED, actor=actor, on=customer)
    return customer


@refusals_recorded(Action.CUSTOMER_CHANGE_REFUSED)
@transaction.atomic
def change_customer(tenant_id: UUID, /, *, version_seen: int, actor: User, **details: Any) -> Customer:
    """Change a customer's details; what is as it was changes nothing and is not recorded (U4).

    `version_seen` is the version that the editor started from. Raises Refusal if the role may not, if somebody else
    changed it since, or if market or currency would change after the first order; ValidationError naming the fields
    that are wrong or taken; Customer.DoesNotExist if it is no customer of the actor's partner.
    """
    now = timezone.now()
    customer = Customer.objects.visible_to(actor).get(tenant_id=tenant_id)
    require(actor, Permission.EDIT_CUSTOMERS, on=customer)
    cleaned = clean_details(details)
    lock_customers_of(actor.partner_id)
    # An order that is placed at this moment holds this lock too, so it is waited for, or waits and sees the new market.
    customer = Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
    changes = {name: value for name, value in cleaned.items() if value != getattr(customer, name)}
    if changes:
        _check_change(customer, changes, version_seen)
        before = {name: str(getattr(customer, name)) for name in changes}
        _apply(customer, changes, now=now, actor=actor)
        record(Action.CUSTOMER_CHANGED, actor=actor, on=customer, details=_for_log(before, changes))
    return customer


def _check_change(customer: Customer, changes: dict[str, Any], version_seen: int) -> None:
    if customer.version != version_seen:
        raise Refusal(
            reasons.CHANGED_MEANWHILE,
            on=customer,
            customer=customer.company_name,
            who=customer.changed_by,
            when=customer.changed_at,
        )
    if changes.keys() & set(_FIXED_BY_ORDERS) and customer.has_orders:
        raise Refusal(
            reasons.MARKET_FIXED,
            on=customer,
            customer=customer.company_name,
            market=country_name(customer.market),
            currency=customer.currency,
        )


def _apply(customer: Customer, changes: dict[str, Any], **stamp: Any) -> None:
    for name, value in changes.items():
        setattr(customer, name, value)
    _check_not_taken(customer, stamp["actor"])
    customer.version += 1
    customer.changed_at, customer.changed_by = stamp["now"], stamp["actor"]
    customer.save(update_fields=[*changes, "version", "changed_at", "changed_by"])


def _for_log(before: dict[str, str], changes: dict[str, Any]) -> dict[str, Any]:
    """What changed from what to what; of an address only that it did, for the log is kept for years."""
    told = {name: [before[name], str(value)] for name, value in changes.items() if name not in ADDRESS}
    return {"changes": told, "address_changed": any(name in ADDRESS for name in changes)}


def _check_not_taken(customer: Customer, actor: User) -> None:
    """Raise ValidationError if the GUID or domain is another customer's of the partner (U1).

    It names the other one where the actor sees it: an API client that is limited to customers may not.
    """
    taken = Q(tenant_id=customer.tenant_id) | Q(primary_domain=customer.primary_domain)
    of_partner = Customer.objects.filter(taken, partner_id=customer.partner_id).exclude(pk=customer.pk)
    seen = {other.pk for other in of_partner.visible_to(actor)}
    wrong: dict[str, ValidationError] = {}
    for other in of_partner:
        for name in ("tenant_id", "primary_domain"):
            if getattr(other, name) == getattr(customer, name):
                wrong[name] = _taken(name, other if other.pk in seen else None)
    if wrong:
        raise ValidationError(wrong)


_TAKEN = {
    "tenant_id": _("Your customer %(customer)s has this tenant GUID already."),
    "primary_domain": _("Your customer %(customer)s has this primary domain already."),
}
_TAKEN_UNSEEN = {
    "tenant_id": _("Another customer of your organisation has this tenant GUID already."),
    "primary_domain": _("Another customer of your organisation has this primary domain already."),
}


def _taken(name: str, other: Customer | None) -> ValidationError:
    if other is None:
        return ValidationError(_TAKEN_UNSEEN[name], code="taken")
    return ValidationError(_TAKEN[name], params={"customer": other.company_name}, code="taken")
