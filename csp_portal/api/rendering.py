"""Answers as JSON: amounts are numbers with the digits that are stored, never rounded by a float."""

from typing import Any

import simplejson
from rest_framework.renderers import BaseRenderer


class JsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None  # bytes; the header says UTF-8 all the same

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """`data` in UTF-8; nothing for an answer without a body."""
        if data is None:
            return b""
        text: str = simplejson.dumps(
            data, use_decimal=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=str
        )
        return text.encode()


class FileRenderer(JsonRenderer):
    """Where an endpoint answers a file: whatever the client accepts, refusals are JSON all the same."""

    media_type = "*/*"
