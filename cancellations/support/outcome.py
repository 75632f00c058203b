"""How a request ended, as its partner is told (S4, S7)."""

from dataclasses import dataclass
from datetime import date

from cancellations.models import Cancellation
from cancellations.support.models import DenialReason, EventKind, RequestStatus, SupportRequest
from csp_portal.errors import Text
from orders.billing.models import Credit
from orders.billing.services import month_of_credit


@dataclass(frozen=True)
class Outcome:
    """A refund that was approved, with its cancellation; or denied, with the reason in words."""

    cancellation: Cancellation | None = None
    reason: Text = ""

    @classmethod
    def of(cls, request: SupportRequest) -> "Outcome | None":
        """The outcome of a request that was decided; None for any other."""
        if request.state == RequestStatus.APPROVED:
            return cls(cancellation=Cancellation.objects.get(approval__request=request))
        if request.state == RequestStatus.DENIED:
            return cls(reason=_reason(request))
        return None

    @property
    def credit(self) -> Credit | None:
        return self.cancellation.credit if self.cancellation else None

    @property
    def month(self) -> date | None:
        """The invoice month of the credit (R5)."""
        return month_of_credit(self.credit) if self.credit else None


def _reason(request: SupportRequest) -> Text:
    event = request.events.filter(kind=EventKind.DENIED).last()
    code = event.details.get("reason", "") if event else ""
    return DenialReason(code).label if code in DenialReason.values else ""
