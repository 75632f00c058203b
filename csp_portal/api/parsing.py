"""The body of a call: JSON with names in any case, of a bounded size and depth."""

import json
from typing import Any

from rest_framework.parsers import BaseParser

from csp_portal.api.folding import NotText, TooDeep, folded
from csp_portal.api.reasons import BODY_BROKEN, BODY_TOO_DEEP, BODY_TOO_LARGE
from csp_portal.errors import Refusal

LARGEST = 1024 * 1024  # bytes of a body


class FoldingParser(BaseParser):
    """Reads JSON, whatever the Content-Type says: clients send it as text/json, or say nothing."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The body with its names in lower case. Raises Refusal."""
        raw = stream.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise Refusal(BODY_TOO_LARGE, largest=LARGEST)
        try:
            return folded(json.loads(raw.decode("utf-8-sig"), parse_constant=_no_number)) if raw.strip() else {}
        except (TooDeep, RecursionError):
            raise Refusal(BODY_TOO_DEEP) from None
        except NotText:
            raise Refusal(BODY_BROKEN, where="a text with a zero or half a sign") from None
        except json.JSONDecodeError as error:
            raise Refusal(BODY_BROKEN, where=f"line {error.lineno}, column {error.colno}") from None
        except ValueError as error:  # no UTF-8, a number of thousands of digits
            raise Refusal(BODY_BROKEN, where=type(error).__name__) from None


def _no_number(name: str) -> Any:
    raise ValueError(name)
