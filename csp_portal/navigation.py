"""The frame around every page: navigation by role, the gear menu, who is signed in (P2, X2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.permissions import Permission, Role
from csp_portal.errors import Refusal, Text
from csp_portal.reader import Theme

DIALOG_TARGET = "dialog-content"  # id of the element in base.html that a dialog is swapped into


@dataclass(frozen=True)
class Place:
    """Somewhere a menu leads, and what one must be allowed to go there; what is `of_staff` partners never meet."""

    label: Text
    url_name: str
    permission: Permission
    icon: str
    of_staff: bool = False
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Item:
    """A place as one reader meets it: where it is, whether they are there, and why they may not go."""

    label: Text
    icon: str
    url: str
    current: bool
    refusal: Refusal | None


@dataclass(frozen=True)
class ThemeChoice:
    """One look a reader may choose."""

    label: Text
    value: str
    icon: str


@dataclass(frozen=True)
class Tab:
    """One of several views of the same object (`partials/tabs.html`)."""

    label: Text
    url: str
    current: bool = False


NAVIGATION = (
    Place(_("Home"), "home", Permission.SEE_HOME, icon="home"),
    Place(_("Customers"), "customers:list", Permission.SEE_CUSTOMERS, icon="building"),
    Place(_("Orders"), "orders:list", Permission.SEE_ORDERS, icon="shopping-cart"),
    Place(_("Invoices"), "billing:invoices", Permission.SEE_INVOICES, icon="file-invoice"),
    Place(_("Support"), "support:list", Permission.FILE_SUPPORT, icon="lifebuoy"),
    Place(_("Queue"), "queue:list", Permission.TRIAGE, icon="clock", of_staff=True),
    Place(_("Figures of support"), "queue:figures", Permission.SEE_SUPPORT_FIGURES, icon="chart-bar", of_staff=True),
    Place(
        _("Catalogue"),
        "admin:app_list",
        Permission.KEEP_HOUSE,
        icon="package",
        of_staff=True,
        arguments=("software",),
    ),
    Place(
        _("Partners"),
        "admin:accounts_partner_changelist",
        Permission.KEEP_HOUSE,
        icon="briefcase",
        of_staff=True,
    ),
    Place(
        _("Payments"),
        "admin:billing_payment_changelist",
        Permission.KEEP_HOUSE,
        icon="credit-card",
        of_staff=True,
    ),
)
GEAR_MENU = (
    Place(_("Activity log"), "activity:log", Permission.SEE_ACTIVITY, icon="history"),
    Place(_("Users and roles"), "users:list", Permission.MANAGE_USERS, icon="users"),
    Place(_("API clients"), "api_clients:list", Permission.MANAGE_API_CLIENTS, icon="key"),
    Place(_("API documentation"), "api_docs", Permission.READ_API_DOCS, icon="code"),
    Place(_("Rules and calculator"), "cancellations:rules", Permission.SEE_RULES, icon="calculator"),
)
THEMES = (
    ThemeChoice(_("Like the system"), "", icon="device-desktop"),
    ThemeChoice(_("Light"), Theme.LIGHT, icon="sun"),
    ThemeChoice(_("Dark"), Theme.DARK, icon="moon"),
)


class Frame:
    """What the layouts show around a page; each part is worked out when a template first asks for it."""

    operator_name = settings.OPERATOR_NAME
    support_email = settings.OPERATOR_SUPPORT_EMAIL
    themes = THEMES

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.user = getattr(request, "user", None)  # absent when a request fails before it is known who sent it
        self.htmx = getattr(request, "htmx", None)
        self.theme = getattr(request, "theme", None) or ""

    @property
    def layout(self) -> str:
        """The layout for a page that anybody may meet, such as an error: with navigation for those signed in."""
        if self.htmx:
            return "base_fragment.html"
        return "base.html" if self.user and self.user.is_authenticated else "base_public.html"

    @property
    def dialog_layout(self) -> str:
        """The layout for what is a dialog with scripts on and a page of its own without."""
        return "base_dialog.html" if self.htmx and self.htmx.target == DIALOG_TARGET else "base.html"

    @cached_property
    def navigation(self) -> list[Item]:
        return self._items(NAVIGATION)

    @cached_property
    def gear_menu(self) -> list[Item]:
        return self._items(GEAR_MENU)

    @property
    def may_search(self) -> bool:
        """Whether the search would answer the reader."""
        return self._may(Permission.SEARCH)

    @property
    def finds_customers(self) -> bool:
        """Whether the search would find the reader more than product keys in the log."""
        return self._may(Permission.SEE_CUSTOMERS)

    @property
    def search_refusal(self) -> Refusal | None:
        """Why the search would not answer the reader."""
        return self.user.refusal_to(Permission.SEARCH) if self.user else None

    @property
    def leads_on(self) -> bool:
        """Whether the reader's roles open any place but the one they are at."""
        return any(not item.refusal and not item.current for item in self.navigation + self.gear_menu)

    @cached_property
    def roles(self) -> list[Text]:
        """The reader's roles by name, in the table's order."""
        return [role.label for role in Role if self.user and role in self.user.roles]

    def _may(self, permission: Permission) -> bool:
        return self.user is not None and self.user.is_authenticated and self.user.may(permission)

    def _items(self, places: Iterable[Place]) -> list[Item]:
        """The places as the reader meets them; of two that hold the page, the nearer one is where they are."""
        staff = bool(self.user and self.user.is_authenticated and self.user.partner_id is None)
        shown = [place for place in places if staff or not place.of_staff]
        urls = [reverse(place.url_name, args=place.arguments) for place in shown]
        current = max(filter(self._holds_page, urls), key=len, default=None)
        return [self._item(place, url, current=url == current) for place, url in zip(shown, urls, strict=True)]

    def _holds_page(self, url: str) -> bool:
        """Whether the page that is shown is the one at `url`, or lies below it."""
        here = self.request.path
        return here == url if url == "/" else here.startswith(url)

    def _item(self, place: Place, url: str, *, current: bool) -> Item:
        allowed = self.user is not None and self.user.may(place.permission)
        refusal = None if allowed or self.user is None else self.user.refusal(place.permission)
        return Item(place.label, place.icon, url, current, refusal)


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `frame` in every template."""
    return {"frame": Frame(request)}
