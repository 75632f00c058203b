"""The first page: what waits for the reader this morning."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from cancellations.support.models import RequestStatus, SupportRequest
from cancellations.support.queue import SavedView, counts
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.calendar_utc import utc_day
from csp_portal.errors import Text
from csp_portal.mail.models import Mail
from orders.billing.models import Credit
from orders.line_windows import LineWindow
from orders.models import OrderLine
from software.models import SoftwarePurchase
from software.models.pools import pools_to_fill

ROWS_SHOWN = 5


@dataclass(frozen=True)
class Way:
    """A link below a card: to the whole of it, or to where it is seen to."""

    label: Text
    url_name: str
    query: str = ""

    @property
    def url(self) -> str:
        return f"{reverse(self.url_name)}{self.query}"


@dataclass(frozen=True)
class Card:
    """A short list on the page: for whom, what is found for it, and the ways on from it, if there are any."""

    title: Text
    permission: Permission
    template: str
    find: Callable[[User, datetime], Any]
    ways: tuple[Way, ...] = ()


@dataclass(frozen=True)
class Filled:
    """A card as one reader meets it; one row more than is shown was looked for."""

    card: Card
    found: Sequence[Any]

    @property
    def rows(self) -> Sequence[Any]:
        return self.found[:ROWS_SHOWN]

    @property
    def has_more(self) -> bool:
        return len(self.found) > ROWS_SHOWN


def _keys_pending(user: User, now: datetime) -> Any:
    return SoftwarePurchase.objects.visible_to(user).keys_pending(utc_day(now)).for_log()


def _closing_windows(user: User, now: datetime) -> Any:
    lines = OrderLine.objects.visible_to(user).closing_soon(now).with_purchase()
    return [LineWindow(line, now) for line in lines[: ROWS_SHOWN + 1]]


def _terms_ending(user: User, now: datetime) -> Any:
    purchases = SoftwarePurchase.objects.visible_to(user).ending_soon(utc_day(now)).for_log()
    return [LineWindow(purchase.order_line, now) for purchase in purchases[: ROWS_SHOWN + 1]]


def _credits_to_come(user: User, now: datetime) -> Any:
    return Credit.objects.visible_to(user).to_come().with_line().select_related("entry").order_by("-fixed_at", "-pk")


@dataclass(frozen=True)
class QueueCount:
    """A view of the operator's queue and how many requests are in it."""

    label: Text
    count: int
    url: str


def _waiting_requests(user: User, now: datetime) -> Any:
    waiting = SupportRequest.objects.visible_to(user).filter(status=RequestStatus.ACTION_REQUIRED)
    return waiting.with_names().order_by("changed_at", "pk")


def _queue_counts(user: User, now: datetime) -> list[QueueCount]:
    counted, queue = counts(user, now), reverse("queue:list")
    shown = (SavedView.MINE, SavedView.UNASSIGNED, SavedView.OVERDUE)
    return [QueueCount(view.label, counted[view], f"{queue}?view={view.value}") for view in shown]


def _pools_in_want(user: User, now: datetime) -> Any:
    return pools_to_fill(now)


def _mails_in_trouble(user: User, now: datetime) -> Any:
    return Mail.objects.in_trouble()


CARDS = (
    Card(
        _("Cancellation windows closing in the next 7 days"),
        Permission.SEE_SOFTWARE,
        "home/closing_windows.html",
        _closing_windows,
        ways=(
            Way(_("Those of the next 7 days"), "windows:list", query="?days=7"),
            Way(_("All open windows"), "windows:list"),
        ),
    ),
    Card(_("Terms ending in the next 90 days"), Permission.SEE_SOFTWARE, "home/terms_ending.html", _terms_ending),
    Card(_("Keys pending"), Permission.SEE_SOFTWARE, "home/keys_pending.html", _keys_pending),
    Card(
        _("Requests waiting for an answer"),
        Permission.FILE_SUPPORT,
        "home/waiting_requests.html",
        _waiting_requests,
        ways=(Way(_("All requests"), "support:list"), Way(_("Report a problem"), "support:new")),
    ),
    Card(
        _("Support requests"),
        Permission.TRIAGE,
        "home/queue_counts.html",
        _queue_counts,
        ways=(Way(_("The whole queue"), "queue:list"), Way(_("Figures of support"), "queue:figures")),
    ),
    Card(
        _("Credits to come"),
        Permission.SEE_INVOICES,
        "home/credits_to_come.html",
        _credits_to_come,
        ways=(Way(_("All invoices"), "billing:invoices"),),
    ),
    Card(
        _("Key pools to fill"),
        Permission.SEE_KEY_POOLS,
        "home/pools_in_want.html",
        _pools_in_want,
        ways=(
            Way(_("All pools to fill"), "admin:software_sku_changelist", query="?pool=to_fill"),
            Way(_("Import keys"), "admin:software_productkey_import"),
        ),
    ),
    Card(
        _("Mails that were not sent"),
        Permission.KEEP_HOUSE,
        "home/mails_in_trouble.html",
        _mails_in_trouble,
        ways=(Way(_("All mails"), "admin:mail_mail_changelist"),),
    ),
)


@require_safe
@role_required(Permission.SEE_HOME)
def home(request: SignedInRequest) -> HttpResponse:
    """The cards of the reader's roles; without any, where the roles lead (P2)."""
    now = timezone.now()
    cards = [
        Filled(card, list(card.find(request.user, now)[: ROWS_SHOWN + 1]))
        for card in CARDS
        if request.user.may(card.permission)
    ]
    return render(request, "home/home.html", {"cards": cards, "now": now})
