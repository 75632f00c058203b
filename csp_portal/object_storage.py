"""Files in S3-compatible object storage, which sends them itself to whoever holds a signed address (K10)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from errno import EIO
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from storages.backends.s3 import S3Storage

from csp_portal.one_sentence import one_sentence

SIGNED_FOR = timedelta(minutes=5)  # how long an address opens a file


class ObjectStorage(S3Storage):
    """A storage whose faults are OSErrors, as those of a disk are.

    The bucket stands in the path of an address, so that every server of the kind understands it.
    """

    def get_default_settings(self) -> dict[str, Any]:
        patience = {"connect_timeout": 5, "read_timeout": 30, "retries": {"max_attempts": 2, "mode": "standard"}}
        ours = {
            "client_config": Config(signature_version="s3v4", s3={"addressing_style": "path"}, **patience),
            "querystring_expire": int(SIGNED_FOR.total_seconds()),
            "file_overwrite": False,
        }
        return {**super().get_default_settings(), **ours}

    def size(self, name: str) -> int:
        with _faults_of_a_disk():
            return int(super().size(name))

    def exists(self, name: str) -> bool:
        with _faults_of_a_disk():
            return bool(super().exists(name))

    def delete(self, name: str) -> None:
        with _faults_of_a_disk():
            super().delete(name)

    def _save(self, name: str, content: File) -> str:
        with _faults_of_a_disk():
            return str(super()._save(name, content))


@contextmanager
def _faults_of_a_disk() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise OSError(EIO, f"the object storage failed: {one_sentence(error).rstrip('.')}") from error
