"""An S3 server (moto's) with a bucket that the portal's settings point at."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from django.conf import LazySettings
from moto.server import ThreadedMotoServer

BUCKET = "csp-portal-files"
KEYS = {"access_key": "test-key", "secret_key": "test-secret"}


def use_object_storage(settings: LazySettings, endpoint: str, public: str | None = None) -> None:
    """What the environment's S3_… would set."""

    def storage(url: str) -> dict[str, Any]:
        options = {"endpoint_url": url, "bucket_name": BUCKET, "region_name": "us-east-1", **KEYS}
        return {"BACKEND": "csp_portal.object_storage.ObjectStorage", "OPTIONS": options}

    settings.S3_BUCKET, settings.S3_ENDPOINT_URL, settings.S3_PUBLIC_URL = BUCKET, endpoint, public or endpoint
    settings.STORAGES = {
        **settings.STORAGES,
        "default": storage(endpoint),
        "downloads": storage(settings.S3_PUBLIC_URL),
    }


@contextmanager
def s3_running() -> Iterator[tuple[str, Any]]:
    """The server's address, and the bucket as its owner sees it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    owner = boto3.resource(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=KEYS["access_key"],
        aws_secret_access_key=KEYS["secret_key"],
    )
    yield endpoint, owner.create_bucket(Bucket=BUCKET)
    server.stop()
