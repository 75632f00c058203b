"""The cart, its last check, and the order it becomes (B1 to B4)."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.errors import Refusal
from customers.models import Customer
from orders.forms import CartForm, ReviewForm
from orders.models import Cart
from orders.payment import ON_ACCOUNT
from orders.review import review_cart
from orders.reviewed import Reviewed
from orders.services import place_order, remove_from_cart, renew_purchase, set_quantities
from software.models import SoftwarePurchase

METHODS = ["GET", "HEAD", "POST"]
AFTER_SAVING = {"review": "orders:review"}  # by the button that was pressed; any other stays at the cart


@require_http_methods(METHODS)
@role_required(Permission.BUY)
def cart(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    """Show the cart with prices and terms as of now; save its quantities, and go on to the review if asked to."""
    customer = get_object_or_404(Customer.objects.visible_to(request.user), tenant_id=tenant_id)
    review = review_cart(Cart.objects.open_for(customer, request.user), timezone.now())
    form = CartForm(request.POST or None, review=review)
    if request.method == "POST" and form.is_valid():
        set_quantities(tenant_id, form.quantities(), actor=request.user)
        return redirect(AFTER_SAVING.get(request.POST.get("then", ""), "orders:cart"), tenant_id)
    return render(request, "orders/cart.html", {"customer": customer, "review": review, "form": form})


@require_POST
@role_required(Permission.BUY)
def remove(request: SignedInRequest, tenant_id: UUID, sku_id: UUID) -> HttpResponse:
    """Take a line out of the cart."""
    get_object_or_404(Customer.objects.visible_to(request.user), tenant_id=tenant_id)
    if remove_from_cart(tenant_id, sku_id, actor=request.user):
        messages.success(request, _("The line was taken out of the cart."))
    return redirect("orders:cart", tenant_id)


@require_POST
@role_required(Permission.BUY)
def renew(request: SignedInRequest, tenant_id: UUID, purchase_id: UUID) -> HttpResponse:
    """Put what is left of a purchase into the cart for a new term, and go there (B6)."""
    purchases = SoftwarePurchase.objects.visible_to(request.user).of(tenant_id)
    line = renew_purchase(get_object_or_404(purchases, public_id=purchase_id).public_id, actor=request.user)
    done = _("The cart holds %(quantity)s × %(sku)s for a new term. Nothing is ordered yet.")
    messages.success(request, done % {"quantity": line.quantity, "sku": line.sku.title})
    return redirect("orders:cart", tenant_id)


@require_http_methods(METHODS)
@role_required(Permission.BUY)
def review(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    """Show what would be ordered; order it. A refusal orders nothing and shows the review as it is now (B4)."""
    form, status = _review_form(request, tenant_id), 200
    if request.method == "POST" and form.is_valid():
        try:
            order = place_order(tenant_id, actor=request.user, **form.order())
        except Refusal as refusal:
            form, status = _review_form(request, tenant_id), refusal.status
            form.add_error(None, refusal.form_error)
        else:
            placed = _("Order %(number)s for %(customer)s is placed.")
            messages.success(request, placed % {"number": order.number, "customer": order.customer.company_name})
            return redirect(order)
    context = {
        "customer": form.review.cart.customer,
        "review": form.review,
        "reviewed": Reviewed.of(form.review).signed(),
        "changes": form.changes(),
        "payment": ON_ACCOUNT.preview(form.review),
        "form": form,
    }
    return render(request, "orders/review.html", context, status=status)


def _review_form(request: SignedInRequest, tenant_id: UUID) -> ReviewForm:
    """What was sent, beside the cart's review as it is now."""
    customer = get_object_or_404(Customer.objects.visible_to(request.user), tenant_id=tenant_id)
    cart = Cart.objects.open_for(customer, request.user)
    return ReviewForm(request.POST or None, review=review_cart(cart, timezone.now()))
