"""The page that cancels several lines of a customer in one go (C8)."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from activity.models import Action
from cancellations.several.services import MOST_LINES, cancel_several
from cancellations.several.terms import Chosen, SeveralTerms
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.errors import Refusal
from customers.models import Customer


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Permission.CANCEL, refused=Action.CANCEL_REFUSED)
def several(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    """GET lists what can be cancelled, and what the chosen lines would give back; POST cancels what was quoted.

    The answer to a POST tells what became of each line; sent again it tells the same (C7).
    """
    customer = get_object_or_404(Customer.objects.visible_to(request.user), tenant_id=tenant_id)
    if request.method != "POST":
        return _show(request, customer)
    quotes = list(dict.fromkeys(request.POST.getlist("quote")))
    accepted = request.POST.get("notice_accepted") == "on"
    try:
        outcomes = cancel_several(tenant_id, quotes, notice_accepted=accepted, actor=request.user)
    except Refusal as refusal:
        return _show(request, customer, refusal)
    context = {
        "customer": customer,
        "outcomes": outcomes,
        "done": sum(outcome.cancellation is not None for outcome in outcomes),
        "chosen": request.GET.urlencode(),
    }
    return render(request, "cancellations/several/done.html", context)


def _show(request: SignedInRequest, customer: Customer, refusal: Refusal | None = None) -> HttpResponse:
    terms = SeveralTerms(customer, request.user, Chosen.from_address(request.GET), timezone.now())
    context = {"customer": customer, "terms": terms, "refusal": refusal, "most": MOST_LINES}
    return render(request, "cancellations/several/choose.html", context, status=refusal.status if refusal else 200)
