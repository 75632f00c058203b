"""What a customer owns, one row per product and SKU (K1)."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import cast

from django.db.models import Aggregate, Case, Count, F, Min, Q, Sum, TextChoices, Value, When, Window
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from cancellations.checks import line_refusal
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission
from csp_portal.calendar_utc import utc_day
from csp_portal.errors import Refusal
from customers.models import Customer
from orders.models import OrderLine
from orders.models.order import OrderLineQuerySet, in_window
from software import window
from software.models import CancellationPolicy, KeyState, PurchaseStatus
from software.models.purchases import END_WARNING_DAYS, running

_TITLES = ("purchase__sku__product__title", "purchase__sku__title", "purchase__sku_id")
_ACTIVE = Q(purchase__status=PurchaseStatus.ACTIVE)


class RowState(TextChoices):
    """What has become of a customer's purchases of one SKU."""

    WAITING = "waiting", _("keys pending")
    ACTIVE = "active", _("active")
    ENDED = "ended", _("ended")
    CANCELLED = "cancelled", _("cancelled")

    @property
    def tone(self) -> str:
        """The colour of its badge."""
        return {RowState.ACTIVE: "good", RowState.WAITING: "waiting"}.get(self, "neutral")


@dataclass(frozen=True)
class Figures:
    """What the database counts over all lines of a row."""

    purchases: int
    active: int
    running: int
    waiting: int
    quantity: int
    cancel_day: date | None
    term_end: date | None


@dataclass(frozen=True)
class SoftwareRow:
    """A SKU of a customer. `line` stands for all: one that can still be cancelled if there is one, else the newest."""

    line: OrderLine
    figures: Figures
    now: datetime
    role_refusal: Refusal | None

    @property
    def state(self) -> RowState:
        figures = self.figures
        if figures.running:
            return RowState.WAITING if figures.waiting else RowState.ACTIVE
        return RowState.ENDED if figures.active else RowState.CANCELLED

    @property
    def cancel_day(self) -> date | None:
        """The last day of the window that closes first, unless a term ends before."""
        day, end = self.figures.cancel_day, self.figures.term_end
        return None if day and end and end < day else day

    @property
    def days_left(self) -> int | None:
        return window.days_left(self.cancel_day, self.now) if self.cancel_day else None

    @property
    def days_to_end(self) -> int | None:
        """Days to the first end of a term, once its buyer is being warned of it (B6)."""
        end = self.figures.term_end
        days = (end - utc_day(self.now)).days if end else None
        return days if days is not None and days <= END_WARNING_DAYS[0] else None

    @property
    def ended_on(self) -> date | None:
        """When the newest term ended, where nothing runs any more (B6)."""
        return self.line.purchase.term_end if self.state == RowState.ENDED else None

    @property
    def is_support_only(self) -> bool:
        return self.line.policy == CancellationPolicy.SUPPORT_ONLY

    @property
    def why_not_cancelled(self) -> list[Refusal]:
        """Why nothing of the row can be cancelled by this reader: the line's reason and the role's (C4)."""
        refusals = (line_refusal(self.line, self.now), self.role_refusal)
        return [refusal for refusal in refusals if refusal is not None]


def software_rows(customer: Customer, reader: User, now: datetime) -> OrderLineQuerySet:
    """One line for each SKU that the customer has bought, with the figures of its row, by title."""
    lines = OrderLine.objects.visible_to(reader).filter(order__customer=customer)
    runs = running(utc_day(now), of="purchase__")
    open_window = in_window(now)
    ranks = (When(open_window, then=Value(3)), When(runs, then=Value(2)), When(_ACTIVE, then=Value(1)))
    left = F("quantity") - F("quantity_cancelled")
    rows = (
        lines.with_purchase()
        .with_refund_asked()
        .annotate(
            row_purchases=_over_row(Count("pk")),
            row_active=_over_row(Count("pk", filter=_ACTIVE)),
            row_running=_over_row(Count("pk", filter=runs)),
            row_waiting=_over_row(Count("pk", filter=runs & Q(purchase__key_state=KeyState.PENDING))),
            row_quantity=Coalesce(_over_row(Sum(left, filter=runs)), 0),
            row_cancel_day=_over_row(Min("last_cancel_day", filter=open_window)),
            row_term_end=_over_row(Min("purchase__term_end", filter=runs)),
            standing=Case(*ranks, default=0),
        )
        .order_by(*_TITLES, "-standing", "-order__placed_at", "-pk")
        .distinct(*_TITLES)
    )
    return cast(OrderLineQuerySet, rows)


def _over_row(figure: Aggregate) -> Window:
    return Window(figure, partition_by=[F("purchase__sku_id")])


def as_row(line: OrderLine, reader: User, now: datetime) -> SoftwareRow:
    """A line of `software_rows` as its reader meets it."""
    figures = Figures(**{field.name: getattr(line, f"row_{field.name}") for field in fields(Figures)})
    return SoftwareRow(line, figures, now, reader.refusal_to(Permission.CANCEL))
