"""What a request for a token says of its client, before anything of it is checked."""

import base64
from urllib.parse import unquote_plus

from django.http import HttpRequest


def client_id_in(request: HttpRequest) -> str:
    """The client id in the form, or in the header of basic authentication; empty where there is none."""
    if form := request.POST.get("client_id", ""):
        return form.replace("\0", "")
    scheme, _space, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return unquote_plus(base64.b64decode(credentials).decode().partition(":")[0]).replace("\0", "")
    except ValueError:
        return ""
