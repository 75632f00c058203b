"""The base of every endpoint: who may call it, what comes in, and the headers of each answer (X3)."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from activity.models import Action
from activity.services import record_refusal
from csp_portal.accounts.models import ApiClient, User
from csp_portal.accounts.permissions import Permission
from csp_portal.api.authentication import TokenAuthentication
from csp_portal.api.folding import NotText, folded
from csp_portal.api.parsing import FoldingParser
from csp_portal.api.reasons import ETAG_STALE, INPUT_WRONG, KEY_IN_ADDRESS, LENGTH_MISSING
from csp_portal.api.rendering import JsonRenderer
from csp_portal.api.throttling import PartnerThrottle
from csp_portal.errors import Refusal
from csp_portal.key_text import holds_key

ECHOED = ("MS-RequestId", "MS-CorrelationId")


class ApiRequest(HttpRequest):
    """A request that has reached an endpoint, for the type checker."""

    user: User
    auth: ApiClient
    data: Any
    query: dict[str, str]  # of the address, names in lower case


class Endpoint(APIView):
    """One path. `needs` names, by method, what its caller must be allowed to do.

    `refused` names as what the log has its refusals, where that is more than that access was refused.
    """

    authentication_classes = (TokenAuthentication,)
    permission_classes = ()
    throttle_classes = (PartnerThrottle,)
    parser_classes = (FoldingParser,)
    renderer_classes: Sequence[type[BaseRenderer]] = (JsonRenderer,)
    metadata_class = None

    needs: ClassVar[Mapping[str, Permission]] = {}
    refused: ClassVar[Mapping[str, Action]] = {}

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Whether there is such a method, who calls, how often, whether they may, and what the address says."""
        if request.method not in self.allowed_methods:
            self.http_method_not_allowed(request)
        super().initial(request, *args, **kwargs)
        if "Transfer-Encoding" in request.headers and not request.headers.get("Content-Length"):
            raise Refusal(LENGTH_MISSING)  # else the body would count as empty
        request.query = _query(request)
        if any("\0" in str(value) for value in kwargs.values()):
            raise Refusal(INPUT_WRONG, field="path", problem=_("It has a sign that no text has."))

    def check_permissions(self, request: Any) -> None:
        """Raise the role's refusal, which is recorded, unless the caller may do what the method does."""
        super().check_throttles(request)  # before the roles: a refusal is written to the log
        needed = self.needs.get("GET" if request.method == "HEAD" and "HEAD" not in self.needs else request.method)
        if needed is not None and not request.user.may(needed):
            refusal = request.user.refusal(needed)
            details = {"permission": needed.value, "path": request.path.replace("\0", "")}
            action = self.refused.get(request.method, Action.ACCESS_REFUSED)
            record_refusal(action, refusal, actor=request.user, **details)
            raise refusal

    def check_throttles(self, request: Any) -> None:
        """The call was counted before its roles were asked."""

    def given(self, request: Any, form: type[Serializer], **context: Any) -> dict[str, Any]:
        """The body, checked by `form`. Raises ValidationError, which names what is wrong."""
        return self._checked(form(data=request.data, context={"request": request, **context}))

    def asked(self, request: Any, form: type[Serializer]) -> dict[str, Any]:
        """The query, checked by `form`. Raises ValidationError."""
        return self._checked(form(data=request.query))

    def _checked(self, form: Serializer) -> dict[str, Any]:
        form.is_valid(raise_exception=True)
        found: dict[str, Any] = form.validated_data
        return found

    def check_etag(self, request: Any, etag: str) -> None:
        """Raise unless `If-Match`, where it came, fits the resource as it is now."""
        if self.etag_seen(request) not in (None, etag):
            raise Refusal(ETAG_STALE)

    def etag_seen(self, request: Any) -> str | None:
        """What `If-Match` names, for a service that judges it under its lock; None where any state will do."""
        given = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
        return None if given in ("", "*") else given

    def kept(self, data: Any) -> Any:
        """What of an answer is stored, for when the call is repeated: no key, address or secret."""
        return data

    def replayed(self, request: Any, data: Any, **kwargs: Any) -> Any:
        """The answer again, out of what was stored."""
        return data

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer in UTC, and in the language that the client names, where there is one."""
        locale = request.headers.get("X-Locale", "") or settings.LANGUAGE_CODE
        language = translation.get_supported_language_variant(settings.LANGUAGE_CODE)
        for known, _name in settings.LANGUAGES:
            if known.lower() in (locale.lower(), locale.lower().partition("-")[0]):
                language = known
        with timezone.override("UTC"), translation.override(language):
            response = super().dispatch(request, *args, **kwargs)
            if isinstance(response, Response):
                response.render()
        return response

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """The headers of each answer."""
        response = super().finalize_response(request, response, *args, **kwargs)
        for name in ECHOED:
            response.headers[name] = _guid(request.headers.get(name, ""))
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Locale"] = request.headers.get("X-Locale", "")[:35].strip() or "en-US"
        if isinstance(response, Response) and response.content_type is None and response.data is not None:
            response.content_type = "application/json; charset=utf-8"
        patch_vary_headers(response, ("Authorization",))
        return response


def _query(request: Any) -> dict[str, str]:
    """The query with names in lower case. Raises Refusal where a product key stands in it, or what is no text."""
    try:
        query: dict[str, str] = folded(request.GET.dict())
    except NotText:
        raise Refusal(INPUT_WRONG, field="query", problem=_("It has a sign that no text has.")) from None
    if any(map(holds_key, query.values())):
        raise Refusal(KEY_IN_ADDRESS)
    return query


def _guid(text: str) -> str:
    """The id that the client gave, or one of ours."""
    try:
        return str(uuid.UUID(text.strip()))
    except ValueError:
        return str(uuid.uuid4())
