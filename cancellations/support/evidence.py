"""What stands beside a request when it is decided: the window, keys, links and earlier refunds, out of the log (S6)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Count, F, OuterRef, Q, Sum
from django.db.models.functions import Coalesce, JSONObject
from django.utils.translation import gettext_lazy as _

from activity.models import MADE_THE_LINK, SAW_THE_KEY, Action, Event
from activity.models import EventQuerySet as Events
from cancellations.models import Cancellation
from cancellations.support.models import RequestStatus, SupportRequest
from csp_portal.calendar_utc import utc_day
from csp_portal.figures import number_of
from csp_portal.money import Money
from orders.line_windows import LineWindow
from orders.models import OrderLine
from software.models import DownloadLink, ProductKey
from software.models.counting import bytes_sent, downloads_counted, last_started

EARLIER = timedelta(days=365)  # how far back earlier refunds and requests are counted
MOST_ASKED = 200  # earlier requests of a purchase that are named
SIGHTINGS_SHOWN = 5

_CANCELLED = (Action.PURCHASE_CANCELLED, Action.QUANTITY_CANCELLED)
_OF_LINKS = (*MADE_THE_LINK, Action.DOWNLOAD_STARTED, Action.DOWNLOAD_RELEASED, Action.DOWNLOAD_CLOSED)
_OF_REQUESTS = (Action.REQUEST_FILED, Action.REQUEST_CLOSED, Action.REFUND_APPROVED, Action.REFUND_DENIED)


class Topic(models.TextChoices):
    """What the rows behind a figure are about; the word stands in their address."""

    PURCHASE = "purchase", _("The purchase and its cancellations")
    KEYS = "keys", _("Who saw its keys")
    LINKS = "links", _("Who made and used its download links")
    REQUESTS = "requests", _("Refunds asked for of this purchase")
    CUSTOMER = "customer", _("Cancellations of this customer")
    PARTNER = "partner", _("Cancellations of this partner")


_ROWS: dict[str, Callable[[Events, OrderLine], Events]] = {
    Topic.PURCHASE: lambda rows, line: rows.of_customer(str(line.order.customer.tenant_id)).filter(
        Q(purchase_id=line.purchase.public_id, action__in=(Action.KEYS_ALLOTTED, *_CANCELLED))
        | Q(order_number=line.order.number, action=Action.ORDER_PLACED)
    ),
    Topic.KEYS: lambda rows, line: rows.of_purchase(line.purchase.public_id).filter(action__in=SAW_THE_KEY),
    Topic.LINKS: lambda rows, line: rows.of_purchase(line.purchase.public_id).filter(action__in=_OF_LINKS),
    Topic.REQUESTS: lambda rows, line: rows.of_purchase(line.purchase.public_id).filter(action__in=_OF_REQUESTS),
    Topic.CUSTOMER: lambda rows, line: rows.of_customer(str(line.order.customer.tenant_id)).filter(
        action__in=_CANCELLED
    ),
    Topic.PARTNER: lambda rows, line: rows.filter(action__in=_CANCELLED),
}


def log_rows(request: SupportRequest, topic: Topic, now: datetime) -> Events:
    """The rows of the log behind a figure, newest first: of the partner's chain, and of nothing but the topic."""
    assert request.order_line is not None  # asked of refunds
    rows = Event.objects.of_partner(request.partner_id)
    if topic in (Topic.CUSTOMER, Topic.PARTNER):
        rows = rows.between(now - EARLIER, now + timedelta(seconds=1))
    return _ROWS[topic](rows, request.order_line).newest_first()


@dataclass(frozen=True)
class Refunds:
    """Credits in one currency in the last twelve months, of the customer and of the whole partner."""

    currency: str
    of_customer: int
    customer_sum: Decimal
    of_partner: int
    partner_sum: Decimal

    @property
    def customer_money(self) -> Money:
        return Money(self.customer_sum, self.currency)

    @property
    def partner_money(self) -> Money:
        return Money(self.partner_sum, self.currency)


@dataclass(frozen=True)
class Asked:
    """An earlier request of the same line."""

    number: str
    status: RequestStatus


@dataclass(frozen=True)
class Evidence:
    """What speaks for and against a refund, as of `now`; each part is looked up when it is shown."""

    request: SupportRequest
    now: datetime

    @property
    def line(self) -> OrderLine:
        assert self.request.order_line is not None  # asked of refunds
        return self.request.order_line

    @property
    def window(self) -> LineWindow:
        """The window as it was when the request was filed: that is what it is judged by (S7)."""
        return LineWindow(self.line, self.request.filed_at)

    @property
    def day_of_filing(self) -> int:
        """The how-manieth day after the purchase it was filed on; the purchase day is day 0 (C2)."""
        return (utc_day(self.request.filed_at) - utc_day(self.line.purchase.purchased_at)).days

    @property
    def days_of_window(self) -> int:
        """How many days there were to ask for it."""
        last = self.line.last_cancel_day
        return (last - utc_day(self.line.purchase.purchased_at)).days if last else 0

    @cached_property
    def counts(self) -> Any:
        """Keys, links, downloads, bytes, last use and earlier requests of the purchase, in one query."""
        return type(self.line.purchase).objects.filter(pk=self.line.purchase_id).values(**_counts(self.request)).get()

    @cached_property
    def sightings(self) -> list[Event]:
        """The latest times that a key of it was seen, and by whom; of a key the log holds the last five signs."""
        return list(_ROWS[Topic.KEYS](self._rows, self.line).newest_first()[:SIGHTINGS_SHOWN])

    @cached_property
    def refunds(self) -> list[Refunds]:
        """What the partner, and with it the customer, was credited in the last twelve months, by currency."""
        own = Q(order_line__order__customer=self.line.order.customer_id)
        found = Cancellation.objects.filter(
            order_line__order__partner=self.request.partner_id, cancelled_at__gt=self.now - EARLIER
        )
        sums = (
            found.order_by()
            .values(currency=F("order_line__order__currency"))
            .annotate(
                of_customer=Count("pk", filter=own),
                customer_sum=Coalesce(Sum("credit__gross", filter=own), Decimal(0)),
                of_partner=Count("pk"),
                partner_sum=Sum("credit__gross"),
            )
        )
        return sorted((Refunds(**row) for row in sums), key=lambda row: row.currency)

    @property
    def customer_was_refunded(self) -> bool:
        """Whether any of them went to this customer."""
        return any(refund.of_customer for refund in self.refunds)

    @property
    def earlier_requests(self) -> list[Asked]:
        """Refunds that were asked for of the same line before, the newest first."""
        return [Asked(row["number"], RequestStatus(row["status"])) for row in self.counts["asked_before"]]

    @property
    def denied_before(self) -> int:
        """How many of them were denied."""
        return sum(asked.status == RequestStatus.DENIED for asked in self.earlier_requests)

    @property
    def _rows(self) -> Events:
        return Event.objects.of_partner(self.request.partner_id)


def _counts(request: SupportRequest) -> dict[str, Any]:
    keys = ProductKey.objects.filter(purchase=OuterRef("pk"))
    links = DownloadLink.objects.filter(purchase=OuterRef("pk"))
    before = SupportRequest.objects.refunds().filter(order_line__purchase=OuterRef("pk"), filed_at__lt=request.filed_at)
    asked = before.newest_first().values(row=JSONObject(number="number", status="status"))
    return {
        "keys_allotted": number_of(keys, Count("pk")),
        "keys_seen": number_of(keys.filter(seen_at__isnull=False), Count("pk")),
        "links_made": number_of(links, Count("pk")),
        "downloads": downloads_counted(link__purchase=OuterRef("pk")),
        "bytes_sent": bytes_sent(link__purchase=OuterRef("pk")),
        "asked_before": ArraySubquery(asked[:MOST_ASKED]),
        "last_use": last_started(link__purchase=OuterRef("pk")),
    }
