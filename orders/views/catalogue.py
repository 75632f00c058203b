"""The catalogue of a customer's market: what it can buy, at which price and terms, and what not (B1, M1 to M4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.errors import Refusal
from csp_portal.pagination import page_of
from customers.models import Customer
from orders.forms import AddForm, CatalogueFilterForm
from orders.reasons import QUANTITY_OUT_OF_RANGE
from orders.services import add_to_cart
from software.models import Sku
from software.offers import Catalogue, Offer


@dataclass(frozen=True)
class CatalogueRow:
    """One SKU as the page shows it, with the form that puts it into the cart."""

    offer: Offer
    form: AddForm
    now: datetime

    @property
    def refusal(self) -> Refusal | None:
        return self.offer.refusal()

    @property
    def last_cancel_day(self) -> date | None:
        """The last day (UTC) on which it could be cancelled if it were ordered now."""
        return self.offer.policy_version.last_day(self.now)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Permission.BUY)
def add(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    """Show what the customer's market can buy; put a SKU of it into the cart and come back to the same place."""
    visible = Customer.objects.visible_to(request.user).with_cart_of(request.user)
    customer = get_object_or_404(visible, tenant_id=tenant_id)
    sent = AddForm(request.POST or None)
    if request.method == "POST" and sent.is_valid():
        sku, quantity = sent.cleaned_data["sku"], sent.cleaned_data["quantity"]
        try:
            line = add_to_cart(tenant_id, sku.public_id, quantity, actor=request.user)
        except Refusal as refusal:
            sent.add_error("quantity" if refusal.reason == QUANTITY_OUT_OF_RANGE else None, refusal.form_error)
        else:
            done = _("The cart now holds %(quantity)s × %(sku)s.")
            messages.success(request, done % {"quantity": line.quantity, "sku": sku.title})
            return redirect(request.get_full_path())
    catalogue = Catalogue(customer.market, customer.currency, timezone.now())
    filters = CatalogueFilterForm(request.GET)
    page = page_of(request, filters.found(catalogue.sold_first()))
    rows = _rows(catalogue, page, sent)
    context = {"customer": customer, "catalogue": catalogue, "filters": filters, "page": page, "rows": rows}
    return render(request, "orders/add.html", {**context, "form": sent})


def _rows(catalogue: Catalogue, skus: Iterable[Sku], sent: AddForm) -> list[CatalogueRow]:
    """The rows of a page; the one for which something was sent keeps it."""
    offers = catalogue.offers(list(skus))
    return [CatalogueRow(offer, sent.for_row(offer.sku), catalogue.now) for offer in offers]
