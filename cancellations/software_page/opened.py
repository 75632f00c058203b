"""One row of the Software tab, opened: its purchases, and the keys and downloads of the one chosen (K1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Case, Q, QuerySet, Value, When

from cancellations.software_page.links import EARLIER_SHOWN, InFull, LinkPage, ListedLink, ShownLink
from cancellations.software_page.rows import SoftwareRow
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission
from csp_portal.calendar_utc import utc_day
from csp_portal.errors import Refusal
from orders.line_windows import LineWindow
from orders.models import OrderLine
from orders.models.order import OrderLineQuerySet
from orders.renewals import renewal_of
from software.build_choice import FIELDS, BuildChoice
from software.forms import AnotherLinkForm
from software.models import Build, DownloadLink, KeyState, KeyStatus, ProductKey
from software.models import SoftwarePurchase as Purchase
from software.models.links import DownloadLinkQuerySet
from software.models.purchases import running
from software.services.links import refusal_of_more_links, refusal_of_purchase

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
    in_full: InFull

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
        return list(found.with_purchase().with_sale(self.now).order_by(*_NEWEST))

    @property
    def shown(self) -> list[OrderLine]:
        """The lines of the purchases that are shown."""
        return self._found

    @property
    def windows(self) -> list[LineWindow]:
        """The purchases, each as it stands to its cancellation window and with its renewal, if its term ends."""
        return [LineWindow(line, self.now, renewal_of(line, self.reader, self.now)) for line in self._found]

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
        latest = next(iter(self._standing), None)
        if latest is not None and not any(asked.values()):
            asked = {field: getattr(latest.build, field) for field in FIELDS}
        return BuildChoice(self.builds, asked)

    @property
    def fitted_choice(self) -> BuildChoice:
        """What the selects stand on: the choice, or the nearest that is possible."""
        return BuildChoice.fitted(self.builds, self.choice.asked)

    # Keys and link

    @property
    def hands_out(self) -> bool:
        """Whether this reader may hand out links of the purchase (P1)."""
        return self.is_usable and not self.keys_refusal

    @property
    def _own_links(self) -> DownloadLinkQuerySet:
        return DownloadLink.objects.visible_to(self.reader).filter(purchase=self.purchase)

    @property
    def _to_list(self) -> DownloadLinkQuerySet:
        """What stands in the list: the revoked ones; all of them for who hands out none."""
        listed = self._own_links.exclude(revoked_at=None) if self.hands_out else self._own_links
        return listed.order_by("-pk")

    @cached_property
    def _links(self) -> list[DownloadLink]:
        """Those that stand, where the reader hands them out, and those of the list below them; in one query."""
        first = (self._links_page - 1) * EARLIER_SHOWN
        wanted = Q(pk__in=self._to_list.values("pk")[first : first + EARLIER_SHOWN + 1])
        if self.hands_out:
            wanted |= Q(revoked_at=None)
        return list(self._own_links.filter(wanted).select_related("build", "granted_by").order_by("-granted_at", "-pk"))

    @cached_property
    def _links_page(self) -> int:
        """The page of the list that the address asks for; beyond its end the last, which only then is counted for."""
        asked = self._page("links")
        return 1 if asked == "1" else Paginator(self._to_list, EARLIER_SHOWN).get_page(asked).number

    @cached_property
    def _standing(self) -> list[DownloadLink]:
        """The purchase's links that are not revoked, the newest grant first; nobody else's business (P1)."""
        return [link for link in self._links if link.revoked_at is None] if self.hands_out else []

    @cached_property
    def links(self) -> list[ShownLink]:
        """The links to the build that was chosen, by label: first the one without."""
        build = self.choice.build
        to_build = [link for link in self._standing if build and link.build_id == build.pk]
        return [ShownLink(link, self.now, self.in_full) for link in sorted(to_build, key=_by_label)]

    @property
    def link(self) -> ShownLink | None:
        """The link without a label."""
        return next((shown for shown in self.links if not shown.link.label), None)

    @property
    def labelled(self) -> list[ShownLink]:
        return [shown for shown in self.links if shown.link.label]

    @property
    def shows_labelled(self) -> bool:
        """Whether links with a label stand on the page: beside others, or where one was asked for in vain."""
        return bool(self.links) or (bool(self.choice.build) and "label" in self.asked)

    @property
    def another_form(self) -> AnotherLinkForm:
        """With the label that was typed and not taken, and why, if the address holds one."""
        assert self.choice.build is not None  # asked for only beside one
        build = {"build": self.choice.build.public_id}
        typed = {**build, "label": self.asked["label"]} if "label" in self.asked else None
        return AnotherLinkForm(typed, initial=build, auto_id="another_%s")

    @property
    def another_refusal(self) -> Refusal | None:
        """Why there is no link with a label to the chosen build beside those that it has."""
        assert self.choice.build is not None  # asked for only beside one
        return refusal_of_more_links(self.purchase, self.choice.build, len(self.labelled))

    @property
    def listed_links(self) -> LinkPage:
        """The page of the list."""
        found = [link for link in self._links if link.revoked_at is not None or not self.hands_out]
        rows = [ListedLink(link, link.state(self.now)) for link in sorted(found, key=lambda link: -link.pk)]
        return LinkPage(rows[:EARLIER_SHOWN], self._links_page, has_next=len(rows) > EARLIER_SHOWN)

    @property
    def links_refusal(self) -> Refusal | None:
        """Why the purchase has no links any more."""
        return refusal_of_purchase(self.purchase, self.now)

    @property
    def has_keys(self) -> bool:
        return self.purchase.key_state == KeyState.ALLOTTED and self.is_usable

    @property
    def had_keys(self) -> bool:
        """Whether there is a history of keys that are not to be had any more."""
        return not self.is_usable and self.purchase.key_state in (KeyState.ALLOTTED, KeyState.REVOKED)

    @property
    def has_several_keys(self) -> bool:
        return self.has_keys and self.key_page.paginator.count > 1

    @property
    def shows_keys(self) -> bool:
        """Whether the keys stand on the page, masked: once they were got, or where there is no file to get."""
        return self.has_keys and not self.keys_refusal and (bool(self._standing) or not self.builds)

    @cached_property
    def key_page(self) -> "Page[ProductKey]":
        keys = ProductKey.objects.visible_to(self.reader).filter(purchase=self.purchase)
        if self.is_usable:
            keys, total = keys.filter(status=KeyStatus.ALLOTTED), self.purchase.keys_needed
        else:  # for their histories
            total = keys.count()
        return _counted_page(keys, total, KEYS_SHOWN, self._page("keys"))

    def _page(self, parameter: str) -> str:
        return self.asked.get(parameter, "1")


def _by_label(link: DownloadLink) -> str:
    return link.label.casefold()


def _counted_page(rows: QuerySet, total: int, per_page: int, number: str) -> Page:
    """The page with a number, of rows whose count is known."""
    paginator = Paginator(rows, per_page)
    paginator.count = total
    return paginator.get_page(number)
