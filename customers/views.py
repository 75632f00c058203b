"""The list of customers, adding one and changing one (U2, U4). One customer's pages lie above, with what they show."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.errors import Refusal
from csp_portal.pagination import page_of
from customers.forms import CustomerForm, CustomerSearchForm
from customers.models import Customer, CustomerQuerySet
from customers.services import change_customer, create_customer

METHODS = ["GET", "HEAD", "POST"]


@require_safe
@role_required(Permission.SEE_CUSTOMERS)
def customer_list(request: SignedInRequest) -> HttpResponse:
    """The customers that fit the search; ids that open something at once are the search's own affair."""
    form = CustomerSearchForm(request.GET, customers=Customer.objects.visible_to(request.user))
    context = {
        "form": form,
        "page": page_of(request, form.found(), complete=CustomerQuerySet.with_activity),
        "add_refusal": request.user.refusal_to(Permission.ADD_CUSTOMERS),
    }
    return render(request, "customers/list.html", context)


@require_http_methods(METHODS)
@role_required(Permission.ADD_CUSTOMERS)
def add(request: SignedInRequest) -> HttpResponse:
    """Add a customer."""
    form = CustomerForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            customer = create_customer(actor=request.user, **form.details())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("%(customer)s was added.") % {"customer": customer.company_name})
            return redirect(customer)
    return render(request, "customers/add.html", {"form": form})


@require_http_methods(METHODS)
@role_required(Permission.EDIT_CUSTOMERS)
def edit(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    """Change a customer; who was overtaken by somebody else's change is told, and keeps what was typed."""
    visible = Customer.objects.visible_to(request.user)
    customer = get_object_or_404(visible, tenant_id=tenant_id)
    form = CustomerForm(request.POST if request.method == "POST" else None, customer=customer)
    if form.is_valid():
        try:
            changed = change_customer(tenant_id, version_seen=form.version_seen, actor=request.user, **form.details())
        except Refusal as refusal:
            form.refuse(refusal, get_object_or_404(visible, pk=customer.pk))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("%(customer)s is saved.") % {"customer": changed.company_name})
            return redirect(changed)
    return render(request, "customers/edit.html", {"form": form, "customer": customer})
