"""Who may read the log as a program does: whoever shows a token of a feed, or an API client that may (A6)."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol

from django.http import HttpRequest, HttpResponse

from activity.feeds.models import FeedToken
from activity.feeds.reasons import FEED_TOKEN_WRONG
from activity.feeds.services.tokens import note_use
from activity.models import Action
from activity.reading import record_reading
from activity.services import record_refusal
from csp_portal.accounts.models import ApiClient, Partner
from csp_portal.accounts.permissions import LIMITED_TO_CUSTOMERS, Permission
from csp_portal.accounts.services.api_clients import note_use as note_use_of_client
from csp_portal.api.authentication import client_of
from csp_portal.api.errors import plain_refusal
from csp_portal.errors import Refusal

View = Callable[..., HttpResponse]


class Feed(Protocol):
    """Whose log is read, and how that is noted before a row is told."""

    @property
    def partner(self) -> Partner: ...

    def note(self) -> None: ...


class TokenFeed:
    """A collector that shows a token of its own."""

    def __init__(self, feed: FeedToken) -> None:
        self._feed = feed
        self.partner: Partner = feed.partner

    def note(self) -> None:
        """Note its use, and its reading once an hour."""
        note_use(self._feed)


class ClientFeed:
    """An API client whose roles let it read the whole log: positions tell of rows that a part of it has not."""

    def __init__(self, client: ApiClient) -> None:
        self._user = client.user
        self.partner = client.partner
        refusal = self._refusal()
        if refusal is not None:
            details = {"permission": Permission.SEE_ACTIVITY.value, "path": "/v1/activity"}
            record_refusal(Action.ACCESS_REFUSED, refusal, actor=self._user, **details)
            raise refusal
        note_use_of_client(client)

    def _refusal(self) -> Refusal | None:
        if not self._user.may(Permission.SEE_ACTIVITY):
            return self._user.refusal(Permission.SEE_ACTIVITY)
        scope = self._user.log_scope
        if scope is not None and not scope.is_limited:
            return None
        customers = len(self._user.limited_to)
        return Refusal(LIMITED_TO_CUSTOMERS, action=Permission.SEE_ACTIVITY.label, customers=customers)

    def note(self) -> None:
        """Record its reading, once an hour."""
        record_reading(actor=self._user, query={"feed": "activity"})


def feed_of(request: HttpRequest) -> Feed | None:
    """The feed whose token the request shows, if it stands: the one door through which programs come."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return None
    if token.count(".") == 2:  # the three parts of an access token
        client = client_of(token.strip())
        return ClientFeed(client) if client else None
    feed = FeedToken.objects.from_token(token.strip())
    return TokenFeed(feed) if feed else None


def feed_required(view: View) -> View:
    """Let in who shows a token that stands, with its feed; refusals are answered as JSON, and nothing is kept."""

    @wraps(view)
    def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse
        try:
            response = view(request, _known(request), *args, **kwargs)
        except Refusal as refusal:
            response = _refused(refusal)
        response.headers["Cache-Control"] = "no-store"
        return response

    gated.permission = None  # type: ignore[attr-defined]  # no sign-in: read by the test that walks the URL table
    gated.by_token = True  # type: ignore[attr-defined]  # and not public either
    return gated


def _known(request: HttpRequest) -> Feed:
    feed = feed_of(request)
    if feed is None:
        raise Refusal(FEED_TOKEN_WRONG)
    return feed


def _refused(refusal: Refusal) -> HttpResponse:
    """A refusal in the shape of the API's errors, with our reason and its facts (P2)."""
    response = plain_refusal(refusal)
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="activity log"'
    return response
