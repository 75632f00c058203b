"""How a file of a request leaves the portal: as an attachment, never shown in the portal's name (S3)."""

from django.core.files.storage import default_storage
from django.http import FileResponse

from cancellations.support.models import Attachment


def sent_file(attachment: Attachment) -> FileResponse:
    """The file, of the type that it was found to be. Raises OSError before anything is sent where it is gone."""
    content = default_storage.open(attachment.storage_name)
    response = FileResponse(content, as_attachment=True, filename=attachment.name, content_type=attachment.content_type)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
