"""How an export leaves the portal: by object storage or the web server; in development by Python (K10).

`software.delivery` says how each of them is told.
"""

from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.files.storage import default_storage, storages
from django.http import FileResponse, HttpResponse, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.utils.http import content_disposition_header

from activity.export.streaming import CopyStream
from activity.models import ExportFormat, LogExport


def headers_of(file_name: str, file_format: ExportFormat) -> dict[str, str]:
    """A file is saved, never shown in the portal's name, and kept by no cache."""
    return {
        "Content-Type": file_format.content_type,
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=file_name) or "attachment",
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }


def deliver(export: LogExport) -> HttpResponseBase:
    """The file of an export. Nothing was sent yet if this raises OSError."""
    headers = headers_of(export.file_name, ExportFormat(export.format))
    if settings.S3_BUCKET:
        return HttpResponseRedirect(_signed_address(export.storage_name, headers))
    if settings.X_ACCEL_PREFIX:
        place = f"{settings.X_ACCEL_PREFIX}whole/{quote(export.storage_name)}"
        return HttpResponse(headers={**headers, "X-Accel-Redirect": place})
    file = default_storage.open(export.storage_name)
    return FileResponse(file, as_attachment=True, filename=export.file_name, headers=headers)


def streamed(stream: CopyStream, file_name: str, file_format: ExportFormat) -> StreamingHttpResponse:
    """Rows as they come, with the length that they will have: a server that gets fewer breaks the transfer off."""
    headers = {**headers_of(file_name, file_format), "Content-Length": str(stream.measure())}
    return StreamingHttpResponse(stream, headers=headers)


def _signed_address(storage_name: str, headers: dict[str, str]) -> str:
    told = {
        "ResponseCacheControl": headers["Cache-Control"],
        "ResponseContentDisposition": headers["Content-Disposition"],
        "ResponseContentType": headers["Content-Type"],
    }
    downloads: Any = storages["downloads"]
    return str(downloads.url(storage_name, parameters=told))
