"""Who may read the log as a program does: whoever shows a token of a feed, or an API client that may (A6)."""

from typing import Protocol

from django.contrib.auth.models import AnonymousUser
from rest_framework.request import Request

from activity.feeds.models import FeedToken
from activity.feeds.reasons import FEED_TOKEN_WRONG
from activity.feeds.services.tokens import note_use
from activity.models import Action
from activity.reading import record_reading
from activity.services import record_refusal
from csp_portal.accounts.models import ApiClient, Partner
from csp_portal.accounts.permissions import LIMITED_TO_CUSTOMERS, Permission
from csp_portal.accounts.services.api_clients import note_use as note_use_of_client
from csp_portal.api.authentication import TokenAuthentication, client_of
from csp_portal.errors import Refusal


class Feed(Protocol):
    """Whose log is read, whose calls it counts among, and how that is noted before a row is told."""

    @property
    def partner(self) -> Partner: ...

    @property
    def counted_as(self) -> str: ...

    def note(self) -> None: ...


class TokenFeed:
    """A collector that shows a token of its own."""

    def __init__(self, feed: FeedToken) -> None:
        self._feed = feed
        self.partner: Partner = feed.partner
        self.counted_as = f"feed-calls:{feed.public_id}"

    def note(self) -> None:
        """Note its use, and its reading once an hour."""
        note_use(self._feed)


class ClientFeed:
    """An API client whose roles let it read the whole log: positions tell of rows that a part of it has not."""

    def __init__(self, client: ApiClient) -> None:
        self._user = client.user
        self.partner = client.partner
        self.counted_as = f"api-calls:{self.partner.pk}"
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


class FeedAuthentication(TokenAuthentication):
    """A collector's own token, or an access token: `request.auth` is the feed, and nobody is signed in."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Feed]:  # type: ignore[override]  # no user
        """The feed whose token the request shows. Raises Refusal unless it stands."""
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        feed = _feed_of(token.strip()) if scheme.lower() == "bearer" else None
        if feed is None:
            raise Refusal(FEED_TOKEN_WRONG)
        return AnonymousUser(), feed


def _feed_of(token: str) -> Feed | None:
    if token.count(".") == 2:  # the three parts of an access token
        client = client_of(token)
        return ClientFeed(client) if client else None
    feed = FeedToken.objects.from_token(token) if token else None
    return TokenFeed(feed) if feed else None
