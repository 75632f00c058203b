"""The operator's partners (P5)."""

from typing import Any

from django.db import transaction

from activity.models import Action
from activity.services import Actor, record
from csp_portal.accounts.models import Partner, User
from csp_portal.accounts.permissions import Permission, require
from csp_portal.accounts.services.sides import hold_side, one_line

FIELDS = ("legal_name", "address", "tax_id", "support_name", "support_email", "support_phone")


@transaction.atomic
def create_partner(*, actor: Actor | User, **fields: Any) -> Partner:
    """Make a partner with its legal name, address, tax id and support contact (P5).

    Raises Refusal if the actor is no Operator admin, ValidationError if a field is wrong.
    """
    if isinstance(actor, User):
        require(actor, Permission.KEEP_HOUSE)
    partner = Partner(**_tidy(fields))
    partner.full_clean()
    partner.save(force_insert=True)
    record(Action.PARTNER_CREATED, actor=actor, partner=partner, details={"partner": partner.legal_name})
    return partner


@transaction.atomic
def change_partner(partner_id: int, *, actor: Actor | User, **fields: Any) -> Partner:
    """Change what stands on landing pages and on invoices to come; issued ones keep what they say (P5).

    Nothing changed, nothing recorded. Raises Refusal if the actor is no Operator admin, ValidationError if a field
    is wrong.
    """
    if isinstance(actor, User):
        require(actor, Permission.KEEP_HOUSE)
    hold_side(partner_id)
    partner = Partner.objects.get(pk=partner_id)
    given = _tidy(fields)
    changed = {name: given[name] for name in FIELDS if name in given and given[name] != getattr(partner, name)}
    if not changed:
        return partner
    details = {"partner": partner.legal_name, "before": {name: getattr(partner, name) for name in changed}}
    for name, value in changed.items():
        setattr(partner, name, value)
    partner.full_clean()
    partner.save(update_fields=list(changed))
    record(Action.PARTNER_CHANGED, actor=actor, partner=partner, details={**details, "after": changed})
    return partner


def _tidy(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields with all but the address in one line each."""
    return {name: value if name == "address" else one_line(value) for name, value in fields.items()}
