"""The first page: what waits for the reader this morning."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from csp_portal.accounts.permissions import Permission, role_required


@require_safe
@role_required(Permission.SEE_HOME)
def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")
