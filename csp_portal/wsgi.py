"""The WSGI application that granian serves."""

import os

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "csp_portal.settings")


class Utf8Request(WSGIRequest):
    """A request whose texts are UTF-8, whatever charset its Content-Type names.

    A name such as `rot13` is a codec of Python's that no text has, and clients say ISO-8859-1 of forms in plain ASCII.
    """

    @property
    def encoding(self) -> str | None:
        """Django's own."""
        return None

    @encoding.setter
    def encoding(self, charset: str) -> None:
        """Django hands over the charset of the Content-Type."""


class PortalHandler(WSGIHandler):
    """Django's, with requests in UTF-8."""

    request_class = Utf8Request


django.setup(set_prefix=False)
application = PortalHandler()
