"""The WSGI application that granian serves."""

import os
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "csp_portal.settings")


class Utf8Request(WSGIRequest):
    """A request whose texts are UTF-8, whatever charset its Content-Type names.

    A name such as `rot13` is a codec of Python's that no text has, and clients say ISO-8859-1 of forms in plain ASCII.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        """What Django does, but for the charset; parameters that cannot be decoded (RFC 2231) are left out."""
        given = meta.get("CONTENT_TYPE", "")
        try:
            self.content_type, self.content_params = parse_header_parameters(given)
        except (ValueError, LookupError):
            self.content_type, self.content_params = given.partition(";")[0].strip().lower(), {}


class PortalHandler(WSGIHandler):
    """Django's, with requests in UTF-8."""

    request_class = Utf8Request


django.setup(set_prefix=False)
application = PortalHandler()
