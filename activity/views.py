"""The page of the activity log (A1)."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from csp_portal.accounts.permissions import Permission, role_required


@require_safe
@role_required(Permission.SEE_ACTIVITY)
def log(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")
