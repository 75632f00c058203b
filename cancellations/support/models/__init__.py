"""Support requests, what happened to them, their files, decisions, and what the operator has set for them."""

from cancellations.support.models.approvals import Approval, ApprovalThreshold, DenialReason
from cancellations.support.models.files import Attachment, Draft
from cancellations.support.models.house import Holiday, OpeningSpan, ReplyTemplate, ResponseTarget
from cancellations.support.models.requests import (
    OPEN_STATUSES,
    Impact,
    ProblemType,
    RefundReason,
    RequestLanguage,
    RequestStatus,
    SupportRequest,
)
from cancellations.support.models.timeline import EventKind, InternalNote, RequestEvent

__all__ = [
    "OPEN_STATUSES",
    "Approval",
    "ApprovalThreshold",
    "Attachment",
    "DenialReason",
    "Draft",
    "EventKind",
    "Holiday",
    "Impact",
    "InternalNote",
    "OpeningSpan",
    "ProblemType",
    "RefundReason",
    "ReplyTemplate",
    "RequestEvent",
    "RequestLanguage",
    "RequestStatus",
    "ResponseTarget",
    "SupportRequest",
]
