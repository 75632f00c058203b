"""The token endpoint, and what clients ask about it (partner-center-api.md, 2)."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe
from oauth2_provider.views.mixins import OAuthLibMixin
from oauthlib.common import Request

from activity.models import Action
from activity.services import record
from csp_portal.accounts.models import ApiClient
from csp_portal.accounts.permissions import public
from csp_portal.accounts.services.api_clients import token_made
from csp_portal.api import tokens
from csp_portal.api.oauth.asking import client_id_in, names_two_clients
from csp_portal.api.throttling import TokenThrottle

USUAL_RESOURCE = "https://graph.windows.net"


@csrf_exempt
@sensitive_post_parameters("client_secret")
@require_POST
@public
def token(request: HttpRequest, tenant: str = "") -> HttpResponse:
    """A token for a client that shows its secret; in the URL may stand its organisation's id, or any domain."""
    throttle = TokenThrottle()
    if not throttle.allow_request(request, None):
        answer = _error("temporarily_unavailable", "Too many tokens were asked for from this address.", 429)
        answer.headers["Retry-After"] = str(max(1, round(throttle.wait() or 1)))
        return answer
    if any("\0" in value for value in request.POST.values()):
        return _error("invalid_client", _SAID["invalid_client"], 401)
    if request.POST.get("grant_type") != "client_credentials":
        return _error("unsupported_grant_type", _SAID["unsupported_grant_type"], 400)
    if names_two_clients(request):
        return _error("invalid_request", "The form and the Authorization header name different clients.", 400)
    if not _is_own_tenant(tenant, client_id_in(request)):
        return _error("invalid_request", "The tenant in the address is not the client's.", 400)
    _uri, headers, body, status = OAuthLibMixin().create_token_response(request)
    answer = _made(request, json.loads(body)) if status == 200 else _refused(request, json.loads(body), status)
    if "WWW-Authenticate" in headers:
        answer.headers["WWW-Authenticate"] = headers["WWW-Authenticate"]
    return answer


def generate(request: Request, refresh_token: bool = False) -> str:
    """The access token, as django-oauth-toolkit asks for it."""
    return tokens.make_token(
        request.client, (request.body and dict(request.decoded_body).get("resource")) or USUAL_RESOURCE
    )


@public
@require_safe
def keys(request: HttpRequest) -> JsonResponse:
    """The public keys of the tokens (RFC 7517)."""
    return JsonResponse({"keys": tokens.public_keys()})


@public
@require_safe
def discovery(request: HttpRequest, tenant: str = "") -> JsonResponse:
    """Where tokens are had, for libraries that look it up (OpenID Connect Discovery 1.0)."""
    root = request.build_absolute_uri("/").rstrip("/") + (f"/{tenant}" if tenant else "")
    return JsonResponse(
        {
            "issuer": tokens.issuer(),
            "token_endpoint": f"{root}/oauth2/v2.0/token",
            "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
            "jwks_uri": request.build_absolute_uri("/oauth2/keys"),
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": ["token"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "id_token_signing_alg_values_supported": [tokens.ALGORITHM],
            "subject_types_supported": ["public"],
        }
    )


def _is_own_tenant(tenant: str, client_id: str) -> bool:
    """Whether the GUID in the address, if one stands there, is that of the client's organisation."""
    try:
        asked = UUID(tenant)
    except ValueError:
        return True
    client = ApiClient.objects.select_related("user__partner").filter(client_id=client_id).first()
    return client is None or client.partner.public_id == asked


def _made(request: HttpRequest, body: dict[str, Any]) -> JsonResponse:
    """The answer with what SDKs read of it: numbers as texts."""
    client = ApiClient.objects.select_related("user__partner").get(client_id=client_id_in(request))
    now = timezone.now()
    expires = now + tokens.LIFETIME
    token_made(client, expires)
    seconds = str(int(tokens.LIFETIME / timedelta(seconds=1)))
    answer = {
        "token_type": "Bearer",
        "expires_in": seconds,
        "ext_expires_in": seconds,
        "expires_on": str(int(expires.timestamp())),
        "not_before": str(int(now.timestamp())),
        "resource": request.POST.get("resource") or USUAL_RESOURCE,
        "access_token": body["access_token"],
    }
    return _not_kept(JsonResponse(answer))


def _refused(request: HttpRequest, body: dict[str, Any], status: int) -> JsonResponse:
    """Why there is no token; of a client that is known its organisation's log is told."""
    client = ApiClient.objects.select_related("user__partner").filter(client_id=client_id_in(request)).first()
    if client is not None:
        details = {"client": client.client_id, "name": client.name, "reason": body.get("error", "")}
        record(Action.API_TOKEN_REFUSED, actor=client.user, details=details)
    return _error(
        body.get("error", "invalid_request"), body.get("error_description") or _SAID.get(body["error"], ""), status
    )


_SAID = {
    "invalid_client": "The client is not known, was revoked, or its secret is another one.",
    "unsupported_grant_type": "Only grant_type=client_credentials is given tokens.",
    "unauthorized_client": "Only grant_type=client_credentials is given tokens.",
}


def _error(error: str, description: str, status: int) -> JsonResponse:
    return _not_kept(JsonResponse({"error": error, "error_description": description or error}, status=status))


def _not_kept(answer: JsonResponse) -> JsonResponse:
    answer.headers["Cache-Control"], answer.headers["Pragma"] = "no-store", "no-cache"
    return answer
