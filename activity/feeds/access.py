"""Who may read the log as a program does: whoever shows a token of a feed (A6)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from activity.feeds.models import FeedToken
from activity.feeds.reasons import FEED_TOKEN_WRONG
from csp_portal.errors import Refusal

_CODES = {400: "800002", 401: "800001"}  # as the Partner Center API names them
View = Callable[..., HttpResponse]


def feed_of(request: HttpRequest) -> FeedToken | None:
    """The feed whose token the request shows, if it stands: the one door through which programs come."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    return FeedToken.objects.from_token(token.strip()) if scheme.lower() == "bearer" and token.strip() else None


def feed_required(view: View) -> View:
    """Let in who shows a token that stands, with its feed; refusals are answered as JSON, and nothing is kept."""

    @wraps(view)
    def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, _known(request), *args, **kwargs)
        except Refusal as refusal:
            response = refused(refusal)
        response.headers["Cache-Control"] = "no-store"
        return response

    gated.permission = None  # type: ignore[attr-defined]  # no sign-in: read by the test that walks the URL table
    gated.by_token = True  # type: ignore[attr-defined]  # and not public either
    return gated


def _known(request: HttpRequest) -> FeedToken:
    feed = feed_of(request)
    if feed is None:
        raise Refusal(FEED_TOKEN_WRONG)
    return feed


def refused(refusal: Refusal) -> HttpResponse:
    """A refusal in the shape of the Partner Center API's errors, with our reason and its facts (P2)."""
    facts = {"reason": refusal.code, **refusal.facts}
    body = {
        "code": _CODES[refusal.status],
        "description": str(refusal),
        "data": [{"key": name, "value": str(value)} for name, value in facts.items()],
        "source": "csp-portal",
    }
    response = JsonResponse(body, status=refusal.status, json_dumps_params={"ensure_ascii": False})
    if refusal.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="activity log"'
    return response
