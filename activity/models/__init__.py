"""The activity log."""

from activity.models.actions import KEYS_AND_DOWNLOADS, MADE_THE_LINK, SAW_THE_KEY, USED_THE_LINK, Action
from activity.models.events import ActorKind, Address, Event, EventQuerySet, Reader
from activity.models.seals import OPERATOR, DroppedMonth, Epoch, Seal, SealedRow, SealKey

__all__ = [
    "KEYS_AND_DOWNLOADS",
    "MADE_THE_LINK",
    "OPERATOR",
    "SAW_THE_KEY",
    "USED_THE_LINK",
    "Action",
    "ActorKind",
    "Address",
    "DroppedMonth",
    "Epoch",
    "Event",
    "EventQuerySet",
    "Reader",
    "Seal",
    "SealKey",
    "SealedRow",
]
