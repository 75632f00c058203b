"""How the bytes of a file leave the portal, once its session and its budget allow them (K7, K10).

The settings choose who sends:

- `S3_BUCKET`: object storage. `signed_address` is where the client is redirected to, after the charge, for at most five
  minutes. The storage judges preconditions and ranges, by an ETag and a date of its own.
- `X_ACCEL_PREFIX` (such as `/_files/`): the web server. The answer is empty and carries `X-Accel-Redirect`:

  - `<prefix>whole/<name in the storage>` for the whole file, whatever `Range` or `If-Range` the request carries;
  - `<prefix>part/<name in the storage>` for the one range that `X-Download-Range` names.

  Preconditions (304, 412), `HEAD`, 416 and which bytes are charged have been settled here before. nginx keeps
  `Content-Type`, `Content-Disposition`, `Cache-Control` and `Accept-Ranges` of our answer and drops the rest, and would
  judge the request's conditions again, by an ETag and a date of its own, and read its `Range` otherwise than we do. So
  both locations are `internal`, have `etag off; if_modified_since off;` and put back what was dropped: `add_header ETag
  $upstream_http_etag; add_header Last-Modified $upstream_http_last_modified;`. `whole/` has `max_ranges 0`; a request
  with `If-Match` or `If-Unmodified-Since`, which would meet 412 before those headers stand, goes through a `proxy_pass`
  that blanks both. `part/` always goes through one, which asks for the range as we name it: nothing that the client
  wrote decides which bytes leave.
  `X-Download-Transfer` tells nginx which transfer to write into its log, from which a job reads what was sent (K8).
- Else Python streams: development only, for a slow client holds a thread. Production refuses to start so.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.files.storage import storages
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from software.models import DownloadSession, Transfer
from software.services import FileStream, open_file


def deliver(transfer: Transfer, headers: Mapping[str, str], *, partial: bool) -> HttpResponseBase:
    """Answer a `GET` with the bytes of a transfer under `headers`: 206 where they are a part of the file.

    Raises Refusal (500) where the file cannot be read; the download is then given back (K8).
    """
    if settings.X_ACCEL_PREFIX:
        return _by_web_server(transfer, headers, partial=partial)
    return _streamed(transfer, headers, partial=partial)


def signed_address(session: DownloadSession, method: str, headers: Mapping[str, str], *, asked_range: str = "") -> str:
    """Where the object storage answers `method` with the session's file, named and typed as in `headers`.

    With `asked_range` the address opens nothing but that range: it is a part of what is signed.
    """
    told = {
        "ResponseCacheControl": headers["Cache-Control"],
        "ResponseContentDisposition": headers["Content-Disposition"],
        "ResponseContentType": headers["Content-Type"],
        **({"Range": asked_range} if asked_range else {}),
    }
    downloads: Any = storages["downloads"]
    return str(downloads.url(session.link.build.storage_name, parameters=told, http_method=method))


def _by_web_server(transfer: Transfer, headers: Mapping[str, str], *, partial: bool) -> HttpResponse:
    place = quote(transfer.session.link.build.storage_name)
    redirect = f"{settings.X_ACCEL_PREFIX}{'part' if partial else 'whole'}/{place}"
    for_nginx = {"X-Accel-Redirect": redirect, "X-Download-Transfer": str(transfer.public_id)}
    if partial:
        for_nginx["X-Download-Range"] = f"bytes={transfer.part.first}-{transfer.part.last}"
    return HttpResponse(headers={**headers, **for_nginx})


def _streamed(transfer: Transfer, headers: Mapping[str, str], *, partial: bool) -> StreamingHttpResponse:
    response = StreamingHttpResponse(
        FileStream(transfer, open_file(transfer)),
        status=206 if partial else 200,
        headers={**headers, "Content-Length": str(transfer.length)},
    )
    if partial:
        response.headers["Content-Range"] = transfer.part.content_range(transfer.session.link.build.size)
    return response
