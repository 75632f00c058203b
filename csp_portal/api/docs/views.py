"""Reading the API: the OpenAPI document for programs, pages for people."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from csp_portal.accounts.permissions import Permission, public, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.api.docs.document import openapi
from csp_portal.api.docs.operations import by_tag


@public
@require_safe
def document(request: HttpRequest) -> JsonResponse:
    """The OpenAPI document."""
    return JsonResponse(openapi(), json_dumps_params={"ensure_ascii": False})


@require_safe
@role_required(Permission.READ_API_DOCS)
def docs(request: SignedInRequest) -> HttpResponse:
    """How the API is used, or its operations about one thing."""
    tags, tag = by_tag(openapi()), request.GET.get("about", "")
    if tag and tag not in tags:
        raise Http404
    host = f"{request.scheme}://{request.get_host()}"
    context = {"tags": list(tags), "tag": tag, "operations": tags.get(tag, []), "host": host}
    return render(request, "api/docs.html", context)
