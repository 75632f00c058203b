"""Finding a customer (U2)."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.pagination import page_of
from customers.forms import CustomerSearchForm
from customers.models import Customer


@require_safe
@role_required(Permission.SEE_CUSTOMERS)
def customer_list(request: SignedInRequest) -> HttpResponse:
    """The customers that fit the search; a tenant GUID opens its customer at once."""
    form = CustomerSearchForm(request.GET, customers=Customer.objects.visible_to(request.user))
    exact = form.exact()
    if exact is not None:
        return redirect(exact)
    page = page_of(request, form.found().with_activity())
    return render(request, "customers/list.html", {"form": form, "page": page})
