from django.http import HttpRequest, HttpResponse

from csp_portal.accounts.permissions import Permission, role_required


@role_required(Permission.GET_KEYS)
def get(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse()
