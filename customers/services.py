"""Changing customers."""

from typing import Any

from django.db import transaction

from activity.models import Action
from activity.services import record
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require
from customers.models import Customer


@transaction.atomic
def create_customer(*, actor: User, **fields: Any) -> Customer:
    """Add a customer to the actor's partner (U1).

    Raises Refusal if the actor's role may not, ValidationError if a field is wrong or GUID or domain is taken.
    """
    require(actor, Permission.EDIT_CUSTOMERS)
    customer = Customer(partner=actor.partner, **fields)
    customer.primary_domain = customer.primary_domain.lower()
    customer.full_clean()
    customer.save(force_insert=True)
    record(Action.CUSTOMER_CREATED, actor=actor, on=customer)
    return customer
