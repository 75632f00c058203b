"""The page of the activity log (A1), and what became of one key (K2)."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from activity.forms import LogForm
from activity.models import Event
from activity.reading import record_reading, suggestions, with_addresses
from activity.timeline import KeyTimeline
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.pagination import page_of
from software.models import ProductKey
from software.places import software_place


@require_safe
@role_required(Permission.SEE_ACTIVITY)
def log(request: SignedInRequest) -> HttpResponse:
    """Who came by keys and downloads, in a range of days; reading it is logged before a row is shown (A3)."""
    form = LogForm(request.GET.dict())
    context = {"form": form, "zone": timezone.get_current_timezone_name()}
    if not form.is_valid():
        return render(request, "activity/log.html", context)
    record_reading(actor=request.user, query=form.query)
    visible = Event.objects.visible_to(request.user)
    page = page_of(request, form.narrow(visible).newest_first())
    context |= {"page": page, "rows": with_addresses(page.object_list)}
    context["suggestions"] = suggestions(form.in_range(visible))
    return render(request, "activity/log.html", context)


@require_safe
@role_required(Permission.SEE_SOFTWARE)
def key(request: SignedInRequest, tenant_id: UUID, purchase_id: UUID, key_id: UUID) -> HttpResponse:
    """What became of a key: states and days for all who see software, names for readers of the log (K2).

    Reading the names is reading the log, and is logged like that (A3).
    """
    visible = ProductKey.objects.visible_to(request.user).of(tenant_id, purchase_id).with_purchase()
    found = get_object_or_404(visible, public_id=key_id)
    assert found.purchase is not None  # of a purchase that the reader may see
    timeline = KeyTimeline(found, request.user)
    if timeline.names_refusal is None:
        record_reading(actor=request.user, query={"key": str(key_id)})
    page = page_of(request, timeline.seen)
    context = {"key": found, "software": f"{software_place(found.purchase)}#keys", "timeline": timeline, "page": page}
    return render(request, "activity/key.html", {**context, "steps": list(timeline.steps(page))})
