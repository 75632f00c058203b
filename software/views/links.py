"""Making and renewing links (K4)."""

from uuid import UUID

from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from activity.models import Action
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from software.forms import GetForm
from software.models import Build, SoftwarePurchase
from software.places import software_place
from software.services import grant_link


@require_POST
@role_required(Permission.GET_KEYS, refused=Action.LINK_REFUSED)
def get(request: SignedInRequest, tenant_id: UUID, purchase_id: UUID) -> HttpResponse:
    """Get keys and downloads: have the purchase's link to a build, and go back to where it is shown."""
    visible = SoftwarePurchase.objects.visible_to(request.user).of(tenant_id).select_related("customer", "sku")
    purchase = get_object_or_404(visible, public_id=purchase_id)
    form = GetForm(request.POST)
    if not form.is_valid():
        raise BadRequest
    build = get_object_or_404(Build, public_id=form.cleaned_data["build"])
    grant_link(purchase.public_id, build.public_id, grant_seen=form.cleaned_data["grant"], actor=request.user)
    return redirect(f"{software_place(purchase, build)}#link")
