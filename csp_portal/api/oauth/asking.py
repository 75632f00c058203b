"""What a request for a token says of its client, before anything of it is checked."""

import base64
from urllib.parse import unquote_plus

from django.http import HttpRequest


def client_id_in(request: HttpRequest) -> str:
    """The client id in the form, or in the header of basic authentication; empty where there is none."""
    return _in_form(request) or _in_header(request)


def names_two_clients(request: HttpRequest) -> bool:
    """Whether form and header name different clients: one would be checked, and the other one logged."""
    return len({_in_form(request), _in_header(request)} - {""}) > 1


def _in_form(request: HttpRequest) -> str:
    return request.POST.get("client_id", "").replace("\0", "")


def _in_header(request: HttpRequest) -> str:
    scheme, _space, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return unquote_plus(base64.b64decode(credentials).decode().partition(":")[0]).replace("\0", "")
    except ValueError:
        return ""
