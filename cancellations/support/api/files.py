"""A file that comes as the body of a call, streamed to disk, no larger than the portal takes."""

import hashlib
from tempfile import TemporaryFile
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from rest_framework.parsers import BaseParser

_CHUNK = 64 * 1024


class FileParser(BaseParser):
    """Reads the body as bytes, whatever the Content-Type says; answers the file, and its hash for repeated calls.

    One byte more than may be is read, and no more: the service refuses it by its size.
    """

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        file = TemporaryFile()  # noqa: SIM115  # the endpoint closes it once it has answered
        parser_context["view"].received = file  # REST framework gives one always
        digest, left = hashlib.sha256(), settings.SUPPORT_LARGEST_FILE + 1
        while left > 0 and (chunk := stream.read(min(_CHUNK, left))):
            left -= len(chunk)
            digest.update(chunk)
            file.write(chunk)
        size = file.tell()
        file.seek(0)
        return {"file": UploadedFile(file, name="upload", size=size), "sha256": digest.hexdigest()}
