"""The activity log."""

from activity.models.actions import KEYS_AND_DOWNLOADS, MADE_THE_LINK, SAW_THE_KEY, USED_THE_LINK, Action
from activity.models.events import ActorKind, Address, Event, EventQuerySet, Reader
from activity.models.exports import ExportFormat, ExportState, LogExport
from activity.models.seals import OPERATOR, DroppedMonth, Epoch, Seal, SealedRow, SealKey
from activity.models.views import LONGEST_VIEW_NAME, MOST_VIEWS, SavedView

__all__ = [
    "KEYS_AND_DOWNLOADS",
    "LONGEST_VIEW_NAME",
    "MADE_THE_LINK",
    "MOST_VIEWS",
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
    "ExportFormat",
    "ExportState",
    "LogExport",
    "Reader",
    "SavedView",
    "Seal",
    "SealKey",
    "SealedRow",
]
