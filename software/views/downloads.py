from django.http import HttpRequest, HttpResponse

from csp_portal.accounts.permissions import public


@public
def landing(request: HttpRequest, token: str) -> HttpResponse:
    return HttpResponse()


@public
def session(request: HttpRequest, token: str, file_name: str) -> HttpResponse:
    return HttpResponse()
