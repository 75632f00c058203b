"""A POST with an MS-RequestId or Idempotency-Key is done once: repeated, it is answered as before (X3).

The reply is kept in the transaction of what was done, for a day. What was refused changed nothing, and is tried anew.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

import simplejson
from django.db import transaction
from django.utils import timezone
from rest_framework.response import Response

from csp_portal.api.models import KEPT, LONGEST_KEY, StoredReply
from csp_portal.api.reasons import INPUT_WRONG, REQUEST_ID_USED
from csp_portal.errors import Refusal

HEADERS = ("Idempotency-Key", "MS-RequestId")
Handler = Callable[..., Response]


def once(handler: Handler) -> Handler:
    """Do what a POST asks once for each id that its client gives it.

    The endpoint's `kept` says what of the answer is stored, and its `replayed` makes an answer of that again.
    """

    @wraps(handler)
    def guarded(endpoint: Any, request: Any, **kwargs: Any) -> Response:
        key = _key_of(request)
        if not key:
            return handler(endpoint, request, **kwargs)
        with transaction.atomic():
            reply, is_new = _held(request, key)
            if not is_new:
                return _answer_again(endpoint, request, reply, kwargs)
            try:
                response = handler(endpoint, request, **kwargs)
            except Exception as error:
                reply.delete()
                return endpoint.handle_exception(error)
            reply.status, reply.body = response.status_code, _plain(endpoint.kept(response.data))
            reply.save(update_fields=["status", "body"])
        return response

    guarded.once = True  # type: ignore[attr-defined]  # read by the test that walks the URL table
    return guarded


def anew(handler: Handler) -> Handler:
    """Do what a POST asks each time that it comes: its event is committed before it answers, and no reply is kept (K2).

    For what shows a secret: repeated, it is another event in the log. And for what reaches out of the portal, which no
    transaction may wait for.
    """
    handler.once = False  # type: ignore[attr-defined]  # read by the test that walks the URL table
    return handler


def remove_old_replies() -> int:
    """Remove the replies that are a day old; answers how many."""
    removed: int = StoredReply.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]
    return removed


def _key_of(request: Any) -> str:
    key = next((request.headers[name].strip() for name in HEADERS if request.headers.get(name, "").strip()), "")
    if len(key) > LONGEST_KEY:
        raise Refusal(INPUT_WRONG, field=HEADERS[0], problem=f"It has more than {LONGEST_KEY} characters.")
    return key


def _held(request: Any, key: str) -> tuple[StoredReply, bool]:
    """The reply to this call, locked, and whether it has still to be made; waits for the same call at work."""
    which = {"user": request.user, "path": request.path.lower().rstrip("/"), "key": key}
    StoredReply.objects.filter(**which, created_at__lt=timezone.now() - KEPT).delete()
    made = StoredReply(**which, asked=_digest(request))
    StoredReply.objects.bulk_create([made], ignore_conflicts=True)
    reply = StoredReply.objects.select_for_update(of=("self",)).get(**which)
    return reply, reply.status is None


def _answer_again(endpoint: Any, request: Any, reply: StoredReply, kwargs: dict[str, Any]) -> Response:
    if bytes(reply.asked) != _digest(request):
        raise Refusal(REQUEST_ID_USED)
    return Response(endpoint.replayed(request, reply.body, **kwargs), status=reply.status)


def _digest(request: Any) -> bytes:
    """Of the query and the body, what the call asks for; and of the customers that the client is limited to.

    A reply from before a limit was set could tell of a customer that the client no longer sees.
    """
    asked = [request.query, request.data, request.user.limited_to]
    return hashlib.sha256(simplejson.dumps(asked, sort_keys=True, default=str).encode()).digest()


def _plain(body: Any) -> Any:
    """The answer as it was sent, to be kept."""
    return simplejson.loads(simplejson.dumps(body, use_decimal=True, default=str)) if body is not None else None
