"""Showing a key and hiding it again, copying it without showing it, and exporting all of a purchase (K2)."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from activity.models import Action
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from software.key_file import keys_file
from software.models import ProductKey, SoftwarePurchase
from software.places import software_place
from software.services import copy_key, export_keys, reveal_key

SHOWN_SECONDS = 60


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Permission.GET_KEYS, refused=Action.KEY_REFUSED)
@never_cache
def show_key(request: SignedInRequest, tenant_id: UUID, purchase_id: UUID, key_id: UUID) -> HttpResponse:
    """POST shows the key for 60 seconds; GET shows it masked."""
    visible = ProductKey.objects.visible_to(request.user).of(tenant_id, purchase_id).with_purchase()
    key = get_object_or_404(visible, public_id=key_id)
    assert key.purchase is not None  # of a purchase that the reader may see
    context = {"key": key, "tenant_id": tenant_id, "purchase_id": purchase_id, "seconds": SHOWN_SECONDS}
    masked = f"{software_place(key.purchase)}#keys"
    if request.method != "POST":
        return render(request, "software/partials/key.html", context) if request.htmx else redirect(masked)
    context |= {"shown": reveal_key(key.public_id, actor=request.user), "masked": masked}
    if request.htmx:
        return render(request, "software/partials/key_shown.html", context)
    response = render(request, "software/key.html", context)
    response.headers["Refresh"] = f"{SHOWN_SECONDS}; url={masked}"
    return response


@require_POST
@role_required(Permission.GET_KEYS, refused=Action.KEY_REFUSED)
@never_cache
def copied_key(request: SignedInRequest, tenant_id: UUID, purchase_id: UUID, key_id: UUID) -> HttpResponse:
    """The key as plain text, for the script that puts it into the clipboard (copy.js)."""
    visible = ProductKey.objects.visible_to(request.user).of(tenant_id, purchase_id)
    key = get_object_or_404(visible, public_id=key_id)
    return HttpResponse(copy_key(key.public_id, actor=request.user), content_type="text/plain; charset=utf-8")


@require_POST
@role_required(Permission.GET_KEYS, refused=Action.KEY_REFUSED)
@never_cache
def exported_keys(request: SignedInRequest, tenant_id: UUID, purchase_id: UUID) -> HttpResponseBase:
    """All keys of a purchase as a CSV file."""
    visible = SoftwarePurchase.objects.visible_to(request.user).of(tenant_id)
    found = get_object_or_404(visible, public_id=purchase_id)
    return keys_file(export_keys(found.public_id, actor=request.user))
