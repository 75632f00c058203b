"""What was read from an uploaded file, between its check and its import: kept for an hour, for the user who sent it."""

import uuid
from typing import Any, Protocol

from django.core.cache import cache

KEPT_FOR = 60 * 60  # seconds


class Sender(Protocol):
    """Who sent a file."""

    public_id: uuid.UUID


def keep(kind: str, content: Any, user: Sender) -> uuid.UUID:
    """Keep what a file of one kind holds; answers the id by which only this user gets it back."""
    upload_id = uuid.uuid4()
    cache.set(_key(kind, upload_id, user), content, KEPT_FOR)
    return upload_id


def kept(kind: str, upload_id: uuid.UUID, user: Sender) -> Any:
    """What the user's file holds; None once the hour is over."""
    return cache.get(_key(kind, upload_id, user))


def _key(kind: str, upload_id: uuid.UUID, user: Sender) -> str:
    return f"{kind}-import:{user.public_id}:{upload_id}"
