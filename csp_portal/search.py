"""The one search box above every page (U2): an id or a key opens what it names, all else narrows the customers."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.calendar_utc import add_months, month_of
from csp_portal.key_text import keys_in
from customers.models import Customer
from orders.models import Order
from software import custody
from software.models import ProductKey, SoftwarePurchase
from software.places import software_place

MONTHS_OF_THE_LOG = 7 * 12  # that it is kept (A4)
_NOT_PASSED_ON = frozenset({"csrfmiddlewaretoken"})


class SeeOther(HttpResponseRedirect):
    """Where the answer to a form is, to be asked for by GET."""

    status_code = 303


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("q")
@role_required(Permission.SEARCH)
def search(request: SignedInRequest) -> HttpResponse:
    """Open what was asked for by its id or key; else list the customers that fit.

    The box sends by POST, for a product key may be pasted into it, which must stand in no address (K2); one that does
    has been taken out of it before (`KeysOutOfAddresses`).
    """
    given, answer = (request.POST, SeeOther) if request.method == "POST" else (request.GET, HttpResponseRedirect)
    text = given.get("q", "")
    if keys := keys_in(text):
        return answer(_place_of_key(keys, request))
    asked = urlencode({name: value for name, value in given.items() if value and name not in _NOT_PASSED_ON})
    return answer(_place_of(text, request.user) or f"{reverse('customers:list')}?{asked}")


def _place_of_key(keys: list[str], request: SignedInRequest) -> str:
    """Where a pasted key leads: to what became of it, or for readers of the log alone to what the log says of it.

    A key that is not the reader's partner's is as unknown as one that does not exist.
    """
    if len(keys) > 1:
        messages.warning(request, _("These are several product keys. Paste one at a time; none was looked up."))
        return reverse("home")
    (text,) = keys
    if not request.user.may(Permission.SEE_SOFTWARE):
        return _log_of_key(text)
    visible = ProductKey.objects.visible_to(request.user).of_key(text).with_purchase()
    found = visible.order_by("-allotted_at", "-pk").first()
    if found is None or found.purchase is None:
        messages.warning(request, _("No purchase that you may see has this product key."))
        return reverse("customers:list")
    purchase = found.purchase
    return reverse("activity:key", args=[purchase.customer.tenant_id, purchase.public_id, found.public_id])


def _log_of_key(text: str) -> str:
    """The whole log narrowed to a key, named by its hashes: rows stay with the hash key of their day."""
    begin = add_months(month_of(timezone.now()), -MONTHS_OF_THE_LOG)
    asked = {"from": begin.isoformat(), "key": ",".join(custody.hashes_of(text))}
    return f"{reverse('activity:log')}?{urlencode(asked, safe=',')}"


def _place_of(text: str, user: User) -> str:
    """The address of the one thing that the user may see and `text` is the id of; empty if there is none."""
    for permission, find in _FINDERS:
        if user.may(permission) and (place := find(text, user)):
            return place
    return ""


def _customer(text: str, user: User) -> str:
    found = Customer.objects.visible_to(user).with_guid(text)
    return found.get_absolute_url() if found else ""


def _order(text: str, user: User) -> str:
    found = Order.objects.visible_to(user).with_number(text)
    return found.get_absolute_url() if found else ""


def _purchase(text: str, user: User) -> str:
    found = SoftwarePurchase.objects.visible_to(user).with_guid(text)
    return software_place(found) if found else ""


_FINDERS: tuple[tuple[Permission, Callable[[str, User], str]], ...] = (
    (Permission.SEE_CUSTOMERS, _customer),
    (Permission.SEE_ORDERS, _order),
    (Permission.SEE_SOFTWARE, _purchase),
)
