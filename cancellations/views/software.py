from django.http import HttpRequest, HttpResponse

from csp_portal.accounts.permissions import Permission, role_required


@role_required(Permission.SEE_SOFTWARE)
def software(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse()
