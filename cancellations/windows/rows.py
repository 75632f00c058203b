"""An open window as the list shows it (C10)."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse

from cancellations.checks import line_refusal
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission
from csp_portal.errors import Refusal
from orders.line_windows import LineWindow
from orders.models import OrderLine


@dataclass(frozen=True)
class OpenWindow(LineWindow):
    """A line whose window is open, with why this reader cannot cancel it, if so."""

    role_refusal: Refusal | None = None

    @classmethod
    def of(cls, line: OrderLine, reader: User, now: datetime) -> "OpenWindow":
        return cls(line, now, role_refusal=reader.refusal_to(Permission.CANCEL))

    @property
    def why_not_cancelled(self) -> list[Refusal]:
        """The line's reason and the role's (C4)."""
        refusals = (line_refusal(self.line, self.now), self.role_refusal)
        return [refusal for refusal in refusals if refusal is not None]

    @property
    def cancel_place(self) -> str:
        return cancel_place(self.line)


def cancel_place(line: OrderLine) -> str:
    """The dialog in which a line is cancelled."""
    dialog = reverse("cancellations:cancel", args=[line.order.customer.tenant_id, line.purchase.sku.public_id])
    return f"{dialog}?{urlencode({'order': line.order.number})}"
