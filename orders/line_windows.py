"""How an order line stands to its cancellation window at one instant, for pages to put in words (C2)."""

from dataclasses import dataclass
from datetime import datetime

from csp_portal.calendar_utc import utc_day
from orders.models import OrderLine
from orders.renewals import Renewal
from software.models import CancellationPolicy


@dataclass(frozen=True)
class LineWindow:
    """A line as it stands at `now`; with its renewal where the page offers one."""

    line: OrderLine
    now: datetime
    renewal: Renewal | None = None

    @property
    def is_cancelled(self) -> bool:
        return not self.line.purchase.is_active

    @property
    def has_ended(self) -> bool:
        """Whether the paid term is over (B6)."""
        return self.line.purchase.has_ended(utc_day(self.now))

    @property
    def days_to_end(self) -> int | None:
        """Days to the end of its term, once the buyer is being warned of it (B6); None before, and after the end."""
        purchase, today = self.line.purchase, utc_day(self.now)
        return purchase.days_to_end(today) if purchase.ends_soon(today) else None

    @property
    def is_never(self) -> bool:
        return self.line.policy == CancellationPolicy.NEVER

    @property
    def is_support_only(self) -> bool:
        return self.line.policy == CancellationPolicy.SUPPORT_ONLY

    @property
    def is_open(self) -> bool:
        return self.line.window_is_open(self.now)

    @property
    def is_running(self) -> bool:
        """Whether it runs and there are days left to cancel it, by whichever way its policy has."""
        return self.is_open and self.line.purchase.is_running(utc_day(self.now))

    @property
    def days_left(self) -> int:
        return self.line.days_left(self.now)
