"""One row of the Software tab, opened: its purchases, and the keys and downloads of the one chosen (K1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Case, Q, QuerySet, Value, When

from cancellations.software_page.rows import SoftwareRow
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission
from csp_portal.calendar_utc import utc_day
from csp_portal.errors import Refusal
from orders.line_windows import LineWindow
from orders.models import OrderLine
from orders.models.order import OrderLineQuerySet
from software.build_choice import FIELDS, BuildChoice
from software.forms import RenewForm
from software.models import Build, DownloadLink, KeyIssue, KeyState, LinkState, ProductKey
from software.models import SoftwarePurchase as Purchase
from software.models.purchases import running

PURCHASES_SHOWN = 10
KEYS_SHOWN = 10
_NEWEST = ("-order__placed_at", "-pk")


@dataclass
class OpenRow:
    """An open row; `asked` is the query of the address. Each part is looked up when a template first asks for it."""

    row: SoftwareRow
    lines: OrderLineQuerySet
    reader: User
    asked: Mapping[str, str]
    chosen_id: UUID | None

    @property
    def now(self) -> datetime:
        return self.row.now

    @property
    def today(self) -> date:
        return utc_day(self.now)

    @cached_property
    def purchase_page(self) -> "Page[Any]":
        """Which purchases are shown, by their keys; counted already with the row."""
        newest = self.lines.order_by(*_NEWEST).values("pk")
        return _counted_page(newest, self.row.figures.purchases, PURCHASES_SHOWN, self._page("purchases"))

    @cached_property
    def _found(self) -> list[OrderLine]:
        """The purchases of the page and, on it or not, the chosen one; in one query."""
        running_first = Case(When(running(self.today, of="purchase__"), then=Value(0)), default=1)
        choosable = self.lines.filter(purchase__public_id=self.chosen_id) if self.chosen_id else self.lines
        chosen = choosable.order_by(running_first, *_NEWEST).values("pk")[:1]
        found = self.lines.filter(Q(pk__in=self.purchase_page.object_list) | Q(pk__in=chosen))
        cancelled = found.with_cancellation().select_related("cancellation__credit__entry")
        return list(cancelled.with_purchase().order_by(*_NEWEST))

    @property
    def windows(self) -> list[LineWindow]:
        """The purchases, each as it stands to its cancellation window."""
        return [LineWindow(line, self.now) for line in self._found]

    @property
    def chosen(self) -> OrderLine | None:
        """The purchase that is acted on: the one asked for, else the newest that runs, else the newest."""
        if self.chosen_id:
            return next((line for line in self._found if line.purchase.public_id == self.chosen_id), None)
        return next((line for line in self._found if line.purchase.is_running(self.today)), self._found[0])

    @property
    def purchase(self) -> Purchase:
        assert self.chosen is not None  # the view has answered 404 otherwise
        return self.chosen.purchase

    @property
    def is_usable(self) -> bool:
        """Whether the chosen purchase still has keys and downloads."""
        return self.purchase.is_running(self.today)

    @property
    def is_waiting(self) -> bool:
        return self.purchase.key_state == KeyState.PENDING

    @cached_property
    def keys_refusal(self) -> Refusal | None:
        """Why this reader gets no keys and downloads (P1)."""
        return self.reader.refusal_to(Permission.GET_KEYS)

    # Select product

    @cached_property
    def builds(self) -> list[Build]:
        return list(Build.objects.filter(product=self.purchase.sku.product_id))

    @cached_property
    def choice(self) -> BuildChoice:
        """What the address asks for; without that, the build of the link that was made last."""
        asked = {field: self.asked.get(field, "") for field in FIELDS}
        latest = next(iter(self.links), None)
        if latest is not None and not any(asked.values()):
            asked = {field: getattr(latest.build, field) for field in FIELDS}
        return BuildChoice(self.builds, asked)

    @property
    def fitted_choice(self) -> BuildChoice:
        """What the selects stand on: the choice, or the nearest that is possible."""
        return BuildChoice.fitted(self.builds, self.choice.asked)

    # Keys and link

    @cached_property
    def links(self) -> list[DownloadLink]:
        """The purchase's links that are not revoked, the newest grant first; nobody else's business (P1)."""
        if self.keys_refusal or not self.is_usable:
            return []
        standing = DownloadLink.objects.visible_to(self.reader).filter(purchase=self.purchase, revoked_at=None)
        return list(standing.select_related("build", "granted_by").order_by("-granted_at", "-pk"))

    @property
    def link(self) -> DownloadLink | None:
        """The link to the build that was chosen."""
        build = self.choice.build
        return next((link for link in self.links if build and link.build_id == build.pk), None)

    @property
    def link_state(self) -> LinkState | None:
        return self.link.state(self.now) if self.link else None

    @property
    def link_is_active(self) -> bool:
        return self.link_state == LinkState.ACTIVE

    @property
    def link_has_expired(self) -> bool:
        return self.link_state == LinkState.EXPIRED

    @property
    def renew_form(self) -> RenewForm:
        """A new grant of the link; it names the grant that the page shows (K4)."""
        assert self.link is not None  # asked for only beside a link
        return RenewForm(initial={"grant": self.link.grant_number}, auto_id="renew_%s")

    @property
    def has_keys(self) -> bool:
        return self.purchase.key_state == KeyState.ALLOTTED and self.is_usable

    @property
    def has_several_keys(self) -> bool:
        return self.has_keys and self.key_page.paginator.count > 1

    @property
    def shows_keys(self) -> bool:
        """Whether the keys stand on the page, masked: once they were got, or where there is no file to get."""
        return self.has_keys and not self.keys_refusal and (bool(self.links) or not self.builds)

    @cached_property
    def key_page(self) -> "Page[ProductKey]":
        keys = ProductKey.objects.visible_to(self.reader).filter(purchase=self.purchase)
        total = KeyIssue(self.purchase.sku.key_issue).keys_for(self.purchase.quantity)
        return _counted_page(keys, total, KEYS_SHOWN, self._page("keys"))

    def _page(self, parameter: str) -> str:
        return self.asked.get(parameter, "1")


def _counted_page(rows: QuerySet, total: int, per_page: int, number: str) -> Page:
    """The page with a number, of rows whose count is known."""
    paginator = Paginator(rows, per_page)
    paginator.count = total
    return paginator.get_page(number)
