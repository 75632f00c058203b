"""Who may do what: the table of the spec's chapter 1, and the gate in front of every view (P1, P2)."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db.models import TextChoices
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from activity.models import Action, ActorKind
from activity.services import Actor, record_refusal
from csp_portal.errors import Loggable, Reason, Refusal

View = Callable[..., HttpResponseBase]


class Role(TextChoices):
    ADMIN_AGENT = "admin_agent", _("Admin agent")
    GLOBAL_ADMIN = "global_admin", _("Global admin")
    ACCOUNT_ADMIN = "account_admin", _("Account admin")
    REFERRAL_ADMIN = "referral_admin", _("Referral admin")
    MARKETING_CONTENT_ADMIN = "marketing_content_admin", _("Marketing content admin")
    AUDITOR = "auditor", _("Auditor")
    SUPPORT_AGENT = "support_agent", _("Support agent")
    OPERATOR_ADMIN = "operator_admin", _("Operator admin")


OPERATOR_ROLES = frozenset({Role.SUPPORT_AGENT, Role.OPERATOR_ADMIN})


class Permission(TextChoices):
    SEE_HOME = "see_home", _("see the home page")
    SEE_RULES = "see_rules", _("read the rules")
    SEARCH = "search", _("search")
    SEE_CUSTOMERS = "see_customers", _("see customers")
    ADD_CUSTOMERS = "add_customers", _("add customers")
    EDIT_CUSTOMERS = "edit_customers", _("edit customers")
    SEE_SOFTWARE = "see_software", _("see software")
    SEE_ORDERS = "see_orders", _("see orders")
    SEE_INVOICES = "see_invoices", _("see invoices")
    SEE_CERTIFICATES = "see_certificates", _("see certificates of cancellation")
    BUY = "buy", _("buy for a customer")
    GET_KEYS = "get_keys", _("see keys and downloads")
    CANCEL = "cancel", _("cancel a purchase")
    FILE_SUPPORT = "file_support", _("file support requests")
    READ_SUPPORT_FILES = "read_support_files", _("read the files of support requests")
    TRIAGE = "triage", _("triage support requests")
    SEE_SUPPORT_FIGURES = "see_support_figures", _("see the figures of support")
    SEE_ACTIVITY = "see_activity", _("see the activity log")
    EXPORT_ACTIVITY = "export_activity", _("export the activity log")
    MANAGE_FEEDS = "manage_feeds", _("manage feeds of the activity log")
    MANAGE_USERS = "manage_users", _("manage users and roles")
    MANAGE_API_CLIENTS = "manage_api_clients", _("manage API clients")
    READ_API_DOCS = "read_api_docs", _("read the documentation of the API")
    SEE_KEY_POOLS = "see_key_pools", _("see which products wait for keys")
    KEEP_HOUSE = "keep_house", _("keep catalogue, key pools and partners")


_AGENT_AND_GLOBAL = frozenset({Role.ADMIN_AGENT, Role.GLOBAL_ADMIN})
_READERS_OF_THE_LOG = frozenset(
    {Role.GLOBAL_ADMIN, Role.ACCOUNT_ADMIN, Role.REFERRAL_ADMIN, Role.MARKETING_CONTENT_ADMIN, Role.AUDITOR}
)

# The table. A role that is not named in a row may not.
ROLES_THAT_MAY: dict[Permission, frozenset[Role]] = {
    Permission.SEE_HOME: frozenset(Role),
    Permission.SEE_RULES: frozenset(Role),
    Permission.SEARCH: _AGENT_AND_GLOBAL | _READERS_OF_THE_LOG,  # these for a key, which leads them to the log
    Permission.SEE_CUSTOMERS: _AGENT_AND_GLOBAL,
    Permission.ADD_CUSTOMERS: _AGENT_AND_GLOBAL,
    Permission.EDIT_CUSTOMERS: _AGENT_AND_GLOBAL,
    Permission.SEE_SOFTWARE: _AGENT_AND_GLOBAL,
    Permission.SEE_ORDERS: _AGENT_AND_GLOBAL,
    Permission.SEE_INVOICES: _AGENT_AND_GLOBAL,
    Permission.SEE_CERTIFICATES: _AGENT_AND_GLOBAL | _READERS_OF_THE_LOG,
    Permission.BUY: _AGENT_AND_GLOBAL,
    Permission.GET_KEYS: frozenset({Role.ADMIN_AGENT}),
    Permission.CANCEL: frozenset({Role.ADMIN_AGENT}),
    Permission.FILE_SUPPORT: _AGENT_AND_GLOBAL,
    Permission.READ_SUPPORT_FILES: _AGENT_AND_GLOBAL | {Role.SUPPORT_AGENT},
    Permission.TRIAGE: frozenset({Role.SUPPORT_AGENT}),
    Permission.SEE_SUPPORT_FIGURES: OPERATOR_ROLES,
    Permission.SEE_ACTIVITY: _READERS_OF_THE_LOG,
    Permission.EXPORT_ACTIVITY: _READERS_OF_THE_LOG,
    Permission.MANAGE_FEEDS: frozenset({Role.GLOBAL_ADMIN}),
    Permission.MANAGE_USERS: frozenset({Role.GLOBAL_ADMIN, Role.OPERATOR_ADMIN}),  # each of their own side
    Permission.MANAGE_API_CLIENTS: frozenset({Role.GLOBAL_ADMIN}),
    Permission.READ_API_DOCS: frozenset(Role),
    Permission.SEE_KEY_POOLS: frozenset({Role.OPERATOR_ADMIN}),
    Permission.KEEP_HOUSE: frozenset({Role.OPERATOR_ADMIN}),
}

# What belongs to no one customer: an API client that is limited to some has none of it, whatever its roles.
NEEDS_WHOLE_PARTNER = frozenset(
    {
        Permission.ADD_CUSTOMERS,
        Permission.SEE_INVOICES,
        Permission.MANAGE_USERS,
        Permission.MANAGE_API_CLIENTS,
        Permission.MANAGE_FEEDS,
    }
)

LIMITED_TO_CUSTOMERS = Reason(
    code="limited_to_customers",
    rule="P1",
    sentence=_("An API client that is limited to customers (%(customers)s of them) may not %(action)s."),
    next_step=_("Use a client that is not limited, or ask a Global admin of your organisation."),
    status=403,
)
ROLE_REQUIRED = Reason(
    code="role_required",
    rule="P1",
    sentence=_("Only these roles may %(action)s: %(needed)s. Yours: %(held)s."),
    next_step=_("Ask %(whom)s for the role, or a colleague who has it."),
    status=403,
)


def role_refusal(permission: Permission, roles: frozenset[Role], *, staff: bool) -> Refusal:
    """Why someone who holds `roles` may not use `permission`; the operator's `staff` ask someone else for more."""
    needed = [role for role in Role if role in ROLES_THAT_MAY[permission]]
    return Refusal(
        ROLE_REQUIRED,
        needed=_names(needed),
        action=permission.label,
        held=_names([role for role in Role if role in roles]) or "–",
        whom=_("an Operator admin") if staff else _("a Global admin of your organisation"),
    )


def _names(roles: list[Role]) -> str:
    return ", ".join(str(role.label) for role in roles)


def require(actor: Any, permission: Permission, *, on: Loggable | None = None) -> None:
    """Raise the role's refusal unless `actor` may use `permission`; the first check of every service (C4).

    `on` is what the log names as refused.
    """
    if not actor.may(permission):
        refusal: Refusal = actor.refusal(permission)
        refusal.on = on
        raise refusal


def require_housekeeper(actor: Any) -> None:
    """Raise the role's refusal unless `actor` keeps the house: an Operator admin, or a command or job of the portal."""
    if not (isinstance(actor, Actor) and actor.kind == ActorKind.SYSTEM):
        require(actor, Permission.KEEP_HOUSE)


def role_required(permission: Permission, *, refused: Action = Action.ACCESS_REFUSED) -> Callable[[View], View]:
    """Let in signed-in users whose roles may use `permission`; others meet the refusal (403), logged as `refused`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect(f"{reverse(settings.LOGIN_URL)}?{urlencode({'next': _page_after_sign_in(request)})}")
            if not request.user.may(permission):
                refusal = request.user.refusal(permission)
                details = {"permission": permission.value, "path": request.path.replace("\0", "")}
                record_refusal(refused, refusal, actor=request.user, **details)
                raise refusal
            return view(request, *args, **kwargs)

        gated.permission = permission  # type: ignore[attr-defined]  # read by the test that walks the URL table
        return gated

    return decorate


def _page_after_sign_in(request: HttpRequest) -> str:
    """The address asked for, where a browser can open it; after a form the page that it stood on, else the first."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    page, here = request.headers.get("Referer", ""), {request.get_host()}
    if not url_has_allowed_host_and_scheme(page, here, require_https=request.is_secure()):
        return "/"
    path = urlsplit(page)._replace(scheme="", netloc="", fragment="").geturl()
    return path if url_has_allowed_host_and_scheme(path, None) else "/"


def public(view: View) -> View:
    """Mark a view as open to anybody; the test that walks the URL table wants one mark or the other."""

    @wraps(view)
    def marked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    marked.permission = None  # type: ignore[attr-defined]  # read by the test that walks the URL table
    return marked
