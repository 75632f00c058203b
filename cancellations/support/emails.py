"""Mail about support requests: each step that a partner may know of (S4). Never a note, never who of support."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cancellations.support.models import DenialReason, EventKind, RequestEvent, SupportRequest
from cancellations.support.models.timeline import PARTNERS_SEE
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission
from csp_portal.errors import Text
from csp_portal.key_text import holds_key
from csp_portal.mail.addresses import site_address
from csp_portal.mail.services import queue_mail

# What happened, to who filed it.
TOLD: dict[str, Text] = {
    EventKind.FILED: _("Your request has arrived."),
    EventKind.PARTNER_REPLIED: _("A colleague of yours replied."),
    EventKind.REPLIED: _("Support replied."),
    EventKind.ASKED: _("Support needs something from you before the request can go on. Please reply on its page."),
    EventKind.TAKEN_UP: _("Support has taken up your request."),
    EventKind.APPROVED: _("Your refund is approved. Credit and certificate stand on the request's page."),
    EventKind.DENIED: _("Your refund is denied."),
    EventKind.CLOSED: _("The request is closed. If you need more, file a new one."),
}
# What a partner did, to the support agent who works on it.
TOLD_TO_OWNER: dict[str, Text] = {
    EventKind.PARTNER_REPLIED: _("The partner replied to a request that is yours."),
    EventKind.CLOSED: _("The partner closed a request that was yours."),
}


def tell_of_step(request: SupportRequest, event: RequestEvent) -> None:
    """Mail a step to who filed the request, and what the partner did to its owner; in the step's transaction (S4).

    Nobody is told of the operator's own matters. Where who filed it files no more, the colleagues who do are told. A
    denial says why by `details["reason"]`, a DenialReason.
    """
    if event.kind in PARTNERS_SEE:
        words: dict[str, Any] = {"reason": _reason(event), "text": _lines(event), "address": request.get_absolute_url()}
        for user in _of_partner(request, event):
            _tell(user, request, event, TOLD[event.kind], **words)
    if event.kind in TOLD_TO_OWNER and event.is_of_partner and request.owner and request.owner.may(Permission.TRIAGE):
        address = reverse("queue:request", args=[request.number])
        _tell(request.owner, request, event, TOLD_TO_OWNER[event.kind], address=address)


def _of_partner(request: SupportRequest, event: RequestEvent) -> Iterable[User]:
    """Who of the partner is told: who filed it or, once they file no more, the colleagues who do; not who wrote it."""
    told: Iterable[User] = [request.filed_by]
    if not request.filed_by.is_mailed_for(request.partner_id, Permission.FILE_SUPPORT):
        told = User.objects.filter(partner_id=request.partner_id).who_may(Permission.FILE_SUPPORT)
    return [user for user in told if event.kind != EventKind.PARTNER_REPLIED or user.pk != event.actor_id]


def _lines(event: RequestEvent) -> list[str]:
    """The words of the step; none where a product key stands in them, which no mail carries."""
    return [] if holds_key(event.text) else event.text.splitlines()


def _reason(event: RequestEvent) -> Text:
    """Why a refund was denied, in words; nothing for any other step."""
    code = event.details.get("reason", "") if event.kind == EventKind.DENIED else ""
    return DenialReason(code).label if code in DenialReason.values else ""


def _tell(user: User, request: SupportRequest, event: RequestEvent, told: Text, *, address: str, **words: Any) -> None:
    queue_mail(
        user.email,
        "request_step",
        cause=f"request_step:{event.pk}",
        number=request.number,
        title="" if holds_key(request.title) else request.title,
        status=event.status_after.label,
        told=told,
        who=event.actor.name if event.is_of_partner else settings.OPERATOR_NAME,
        when=event.at,
        order=request.order_line.order.number if request.order_line else "",
        customer=request.customer.company_name if request.customer else "",
        address=site_address(address),
        **words,
    )
