"""The page of the activity log (A1)."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from activity.forms import LogForm
from activity.models import Event
from activity.reading import record_reading, suggestions, with_addresses
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.pagination import page_of


@require_safe
@role_required(Permission.SEE_ACTIVITY)
def log(request: SignedInRequest) -> HttpResponse:
    """Who came by keys and downloads, in a range of days; reading it is logged before a row is shown (A3)."""
    form = LogForm(request.GET.dict())
    context = {"form": form, "zone": timezone.get_current_timezone_name()}
    if not form.is_valid():
        return render(request, "activity/log.html", context)
    record_reading(actor=request.user, query=form.query)
    of_partner = Event.objects.of_partner(request.user.partner_id)
    page = page_of(request, form.narrow(of_partner).newest_first())
    context |= {"page": page, "rows": with_addresses(page.object_list)}
    context["suggestions"] = suggestions(form.in_range(of_partner))
    return render(request, "activity/log.html", context)
