"""The one search box above every page (U2): what an id names is opened, anything else narrows the list of customers."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from customers.models import Customer
from orders.models import Order
from software.models import SoftwarePurchase
from software.places import software_place


@require_safe
@role_required(Permission.SEE_CUSTOMERS)
def search(request: SignedInRequest) -> HttpResponse:
    """Open what was asked for by its id; else list the customers that fit."""
    place = _place_of(request.GET.get("q", ""), request.user)
    asked = urlencode({name: value for name, value in request.GET.items() if value})
    return redirect(place or f"{reverse('customers:list')}?{asked}")


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
