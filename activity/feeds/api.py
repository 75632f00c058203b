"""`GET /v1/activity?cursor=&size=`: the log in the order of its positions, for collectors (A6)."""

import re
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from activity.feeds.access import Feed, feed_required
from activity.feeds.cursors import cursor_of, place_of, read_cursor
from activity.feeds.reasons import CURSOR_AHEAD, CURSOR_STALE, CURSOR_UNREADABLE, SIZE_WRONG
from activity.feeds.rows import hash_at, head_position, stretch_after
from csp_portal.errors import Refusal

USUAL_SIZE = 500
LARGEST_SIZE = 2000


@require_safe
@feed_required
def activity(request: HttpRequest, feed: Feed) -> JsonResponse:
    """The rows behind the cursor; `nextCursor` goes on behind them, also where there are none yet."""
    asked = {name.lower(): value for name, value in request.GET.dict().items()}
    chain, size = str(feed.partner.public_id), _size(asked.get("size", ""))
    position = _position(feed, chain, asked.get("cursor", ""))
    feed.note()
    stretch = stretch_after(feed.partner.pk, position, size)
    answer: dict[str, Any] = {
        "items": stretch.items,
        "nextCursor": cursor_of(chain, place_of(stretch.last, stretch.last_hash)),
    }
    if stretch.dropped:
        answer["dropped"] = dict(zip(("from", "to"), stretch.dropped, strict=True))
    return JsonResponse(answer, json_dumps_params={"ensure_ascii": False})


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
