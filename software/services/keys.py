"""Showing, copying and exporting keys: the events stand in the log before a key leaves (K2)."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import record, record_each, refusals_recorded
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require
from csp_portal.calendar_utc import utc_day
from csp_portal.errors import Refusal
from software import reasons
from software.models import KeyState, KeyStatus, ProductKey, SoftwarePurchase


@refusals_recorded(Action.KEY_REFUSED)
def reveal_key(key_id: UUID, *, actor: User) -> str:
    """The key in clear, once the event that says so is committed; if that fails, no key (K2).

    Raises Refusal if the role may not see keys (P1), the key is revoked or its term over; ProductKey.DoesNotExist if it
    is not one of the actor's partner.
    """
    return _recorded_key(key_id, Action.KEY_REVEALED, actor=actor).reveal()


@refusals_recorded(Action.KEY_REFUSED)
def copy_key(key_id: UUID, *, actor: User) -> str:
    """The key in clear for the reader's clipboard: another event than showing it, and otherwise the same rule (K2)."""
    return _recorded_key(key_id, Action.KEY_COPIED, actor=actor).reveal()


@refusals_recorded(Action.KEY_REFUSED)
def read_key(key_id: UUID, *, actor: User) -> str:
    """The key in clear for a program: another event than showing it, and otherwise the same rule (K2)."""
    return _recorded_key(key_id, Action.KEY_READ, actor=actor).reveal()


@dataclass(frozen=True)
class Exported:
    """The keys of one purchase, in clear."""

    purchase: SoftwarePurchase
    keys: list[str]


@refusals_recorded(Action.KEY_REFUSED)
def export_keys(purchase_id: UUID, *, actor: User) -> Exported:
    """All keys of a purchase in clear, once an event for each is committed; if one fails, no key leaves (K2).

    Raises Refusal if the role may not see keys (P1), the purchase has none to give out or its term is over;
    SoftwarePurchase.DoesNotExist if it is not one of the actor's partner.
    """
    purchase, keys = _recorded_keys(purchase_id, actor=actor)
    return Exported(purchase, [key.reveal() for key in keys])


@transaction.atomic(durable=True)
def _recorded_keys(purchase_id: UUID, *, actor: User) -> tuple[SoftwarePurchase, list[ProductKey]]:
    purchase = SoftwarePurchase.objects.visible_to(actor).for_log().get(public_id=purchase_id)
    require(actor, Permission.GET_KEYS, on=purchase)
    _check_term(purchase)
    allotted = ProductKey.objects.filter(purchase=purchase, status=KeyStatus.ALLOTTED).with_purchase()
    keys = list(allotted.select_for_update(of=("self",)).order_by("pk"))
    if not keys:
        purchase.refresh_from_db(fields=["key_state"])  # a cancellation may have taken them meanwhile
        raise Refusal(reasons.NO_KEYS_TO_EXPORT, on=purchase, status=KeyState(purchase.key_state).label)
    record_each(Action.KEY_EXPORTED, actor=actor, on=keys)
    _note_seen(keys)
    return purchase, keys


@transaction.atomic(durable=True)
def _recorded_key(key_id: UUID, action: Action, *, actor: User) -> ProductKey:
    visible = ProductKey.objects.visible_to(actor).with_purchase()
    key = visible.select_for_update(of=("self",)).get(public_id=key_id)
    require(actor, Permission.GET_KEYS, on=key)
    if key.status != KeyStatus.ALLOTTED:
        raise Refusal(reasons.KEY_REVOKED, on=key)
    assert key.purchase is not None  # it is allotted
    _check_term(key.purchase)
    record(action, actor=actor, on=key)
    _note_seen([key])
    return key


def _note_seen(keys: list[ProductKey]) -> None:
    """Keep since when somebody has seen each: what nobody has is revoked first (C8)."""
    unseen = ProductKey.objects.filter(pk__in=[key.pk for key in keys], seen_at=None)
    unseen.update(seen_at=timezone.now())


def _check_term(purchase: SoftwarePurchase) -> None:
    """What is over is listed, without its keys (B6)."""
    if purchase.has_ended(utc_day(timezone.now())):
        raise Refusal(reasons.TERM_OVER, on=purchase, order=purchase.order_number, term_end=purchase.term_end)
