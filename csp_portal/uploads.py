"""Uploaded files on their way into the portal."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class TidyUploadHandler(TemporaryFileUploadHandler):
    """Django's, but a file that could not be written to its end is removed at once: it would fill the disk further."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        with self._removed_on_failure():
            return super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> Any:
        with self._removed_on_failure():
            complete: UploadedFile | None = super().file_complete(file_size)
        return complete

    @contextmanager
    def _removed_on_failure(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            with suppress(OSError):  # what is still in memory cannot be written either
                self.upload_interrupted()
            raise
