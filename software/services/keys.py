"""Showing and copying a key: the event stands in the log before the key leaves (K2)."""

from uuid import UUID

from django.db import transaction

from activity.models import Action
from activity.services import record, refusals_recorded
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require
from csp_portal.errors import Refusal
from software import reasons
from software.models import KeyStatus, ProductKey


@refusals_recorded(Action.KEY_REFUSED)
def reveal_key(key_id: UUID, *, actor: User) -> str:
    """The key in clear, once the event that says so is committed; if that fails, no key (K2).

    Raises Refusal if the role may not see keys (P1) or the key is revoked; ProductKey.DoesNotExist if it is not
    one of the actor's partner.
    """
    return _recorded_key(key_id, Action.KEY_REVEALED, actor=actor).reveal()


@refusals_recorded(Action.KEY_REFUSED)
def copy_key(key_id: UUID, *, actor: User) -> str:
    """The key in clear for the reader's clipboard: another event than showing it, and otherwise the same rule (K2)."""
    return _recorded_key(key_id, Action.KEY_COPIED, actor=actor).reveal()


@transaction.atomic(durable=True)
def _recorded_key(key_id: UUID, action: Action, *, actor: User) -> ProductKey:
    visible = ProductKey.objects.visible_to(actor).with_purchase()
    key = visible.select_for_update(of=("self",)).get(public_id=key_id)
    require(actor, Permission.GET_KEYS, on=key)
    if key.status != KeyStatus.ALLOTTED:
        raise Refusal(reasons.KEY_REVOKED, on=key)
    record(action, actor=actor, on=key)
    return key
