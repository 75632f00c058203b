"""The operator sets how much a partner may owe (B3, P5)."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from csp_portal.accounts.models import Partner
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.rounding import plain_amount
from orders.billing.forms import CreditLimitForm
from orders.billing.models import Account
from orders.billing.services import set_credit_limit


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Permission.KEEP_HOUSE)
def credit_limit(request: SignedInRequest, partner_id: UUID) -> HttpResponse:
    """A form for one currency; `?currency=` chooses it, with the limit that stands."""
    partner = get_object_or_404(Partner, public_id=partner_id)
    account = partner.accounts.filter(currency__in=request.GET.getlist("currency")[:1]).first()
    form = CreditLimitForm(request.POST or None, initial=_as_typed(account))
    if request.method == "POST" and form.is_valid():
        set_credit_limit(partner, form.cleaned_data["currency"], form.cleaned_data["limit"], actor=request.user)
        messages.success(request, _("The credit limit of %(partner)s is saved.") % {"partner": partner.legal_name})
        return redirect("admin:accounts_partner_change", partner.pk)
    return render(request, "billing/credit_limit.html", {"partner": partner, "form": form})


def _as_typed(account: Account | None) -> dict[str, str]:
    """The account's currency and limit as they would be typed."""
    if account is None:
        return {}
    limit = "" if account.credit_limit is None else plain_amount(account.credit_limit, account.currency)
    return {"currency": account.currency, "limit": limit}
