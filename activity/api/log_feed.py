"""`GET /v1/activity?cursor=&size=`: the log in the order of its positions, for collectors (A6)."""

import re
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import serializers
from rest_framework.response import Response

from activity.feeds.access import Feed, FeedAuthentication
from activity.feeds.cursors import cursor_of, place_of, read_cursor
from activity.feeds.reasons import CURSOR_AHEAD, CURSOR_STALE, CURSOR_UNREADABLE, SIZE_WRONG
from activity.feeds.rows import hash_at, head_position, stretch_after
from csp_portal.api.endpoint import Endpoint
from csp_portal.api.schema import documented
from csp_portal.api.serializers import ApiSerializer, TextField
from csp_portal.api.throttling import CountedThrottle
from csp_portal.errors import Refusal

USUAL_SIZE = 500
LARGEST_SIZE = 2000


class FeedQuery(ApiSerializer):
    """`cursor` is what `nextCursor` was; without one the log is read from its first row."""

    cursor = TextField(required=False)
    size = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_SIZE, default=USUAL_SIZE)


class DroppedSerializer(serializers.Serializer):
    """Positions whose rows were dropped after the years that they are kept, the first and the last."""

    def get_fields(self) -> dict[str, serializers.Field]:
        return {name: serializers.IntegerField() for name in ("from", "to")}


class FeedSerializer(serializers.Serializer):
    """`items` are rows as an export has them; `nextCursor` goes on behind them, also where there are none yet."""

    items = serializers.ListField(child=serializers.DictField())
    nextCursor = serializers.CharField()
    dropped = DroppedSerializer(required=False)


class FeedThrottle(CountedThrottle):
    """An API client counts among its partner's calls, a collector by itself: neither can stop the other."""

    def most(self) -> int:
        return settings.API_CALLS_PER_MINUTE

    def name_of(self, request: Any) -> str:
        feed: Feed = request.auth
        return feed.counted_as


class FeedScheme(OpenApiAuthenticationExtension):
    """A collector's token, or an access token, in the document."""

    target_class = FeedAuthentication
    name = "feedToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer"}


class LogFeed(Endpoint):
    """`/v1/activity`"""

    authentication_classes = (FeedAuthentication,)
    throttle_classes = (FeedThrottle,)

    @documented("The log for collectors", tag="Feeds of the log", query=FeedQuery, answer=FeedSerializer)
    def get(self, request: Any, **kwargs: Any) -> Response:
        """The rows behind the cursor, each once and in the order of its position, however late it was committed.

        It opens with a collector's own token too.
        """
        feed: Feed = request.auth
        chain, size = str(feed.partner.public_id), _size(request.query.get("size", ""))
        position = _position(feed, chain, request.query.get("cursor", ""))
        feed.note()
        stretch = stretch_after(feed.partner.pk, position, size)
        answer: dict[str, Any] = {
            "items": stretch.items,
            "nextCursor": cursor_of(chain, place_of(stretch.last, stretch.last_hash)),
        }
        if stretch.dropped:
            answer["dropped"] = dict(zip(("from", "to"), stretch.dropped, strict=True))
        return Response(answer)


def _size(text: str) -> int:
    """How many rows are asked for. Raises Refusal."""
    if not text:
        return USUAL_SIZE
    size = int(text) if re.fullmatch(r"[0-9]{1,4}", text) else 0
    if not 1 <= size <= LARGEST_SIZE:
        raise Refusal(SIZE_WRONG, most=LARGEST_SIZE, usual=USUAL_SIZE)
    return size


def _position(feed: Feed, chain: str, cursor: str) -> int:
    """The position behind which the cursor stands.

    Raises Refusal: one that lies ahead would miss rows to come, and one behind another row than it was has missed some.
    """
    if not cursor:
        return 0
    place = read_cursor(chain, cursor)
    if place is None:
        raise Refusal(CURSOR_UNREADABLE)
    if place.position > (head := head_position(feed.partner.pk)):
        raise Refusal(CURSOR_AHEAD, position=place.position, head=head)
    if place != place_of(place.position, hash_at(feed.partner.pk, place.position)):
        raise Refusal(CURSOR_STALE, position=place.position)
    return place.position
