"""A real nginx with the configuration that is delivered, in front of a real granian in production's settings."""

import os
import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPMessage, HTTPSConnection
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.conf import settings

from csp_portal.embedded.processes import die_with_parent, wait_until
from tests.processes import free_port, listens
from tests.test_production_settings import CHECKOUT, REQUIRED, SYSTEM

TEMPLATE = CHECKOUT / "csp_portal" / "deployment" / "nginx.conf.template"
HOST = REQUIRED["ALLOWED_HOSTS"]
START_SECONDS = 60
DAY = timedelta(days=1)
Body = str | Iterable[bytes] | None


def nginx_path() -> str:
    """The system's nginx. A machine without one fails, it does not skip: `make test` installs it or says how."""
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found is None:
        raise pytest.UsageError("The tests of production need nginx; on Debian `apt-get install nginx` brings it.")
    return found


@dataclass
class Answer:
    """What a client was answered."""

    status: int
    headers: HTTPMessage
    body: bytes


@dataclass
class Portal:
    """The portal as its clients reach it."""

    folder: Path
    web_port: int = field(default_factory=free_port)
    http_port: int = field(default_factory=free_port)
    https_port: int = field(default_factory=free_port)

    @property
    def transfers(self) -> Path:
        """Where nginx writes how much it has sent."""
        return self.folder / "transfers"

    def ask(self, method: str, path: str, body: Body = None, /, **headers: str) -> Answer:
        """One request through TLS, its body in chunks unless it is text; `If_Range` stands for `If-Range`."""
        unverified = ssl._create_unverified_context()  # the certificate is a throwaway
        return self._ask(
            HTTPSConnection("127.0.0.1", self.https_port, timeout=30, context=unverified),
            method,
            path,
            body,
            headers,
        )

    def ask_without_tls(self, method: str, path: str, **headers: str) -> Answer:
        return self._ask(HTTPConnection("127.0.0.1", self.http_port, timeout=30), method, path, None, headers)

    def ask_python(self, method: str, path: str, body: Body = None, /, **headers: str) -> Answer:
        """One request past nginx, as nginx would send it."""
        from_nginx = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https", **headers}
        return self._ask(HTTPConnection("127.0.0.1", self.web_port, timeout=30), method, path, body, from_nginx)

    def _ask(self, connection: HTTPConnection, method: str, path: str, body: Body, headers: dict[str, str]) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        form = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        connection.request(method, path, body, {"Host": HOST, **form, **named})
        response = connection.getresponse()
        answer = Answer(response.status, response.headers, response.read())
        connection.close()
        return answer

    @property
    def access_log(self) -> str:
        return (self.folder / "access.log").read_text()

    @property
    def error_log(self) -> str:
        return (self.folder / "error.log").read_text()


@contextmanager
def portal_running(folder: Path, *, workers: int = 1) -> Iterator[Portal]:
    """Granian on the test's database and nginx before it, both in `folder`."""
    web = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--blocking-threads", "4"]
    portal = Portal(folder)
    size = ["--workers", str(workers), "--port", str(portal.web_port)]
    # nginx first: the portal reads at its start which static files were collected for both.
    with nginx_running(portal), server_running([*web, *size, "csp_portal.wsgi:application"], folder, "web"):
        _wait_for(portal, portal.web_port)
        yield portal


@contextmanager
def nginx_running(portal: Portal) -> Iterator[None]:
    """nginx alone, before whatever listens at the portal's `web_port`, or nothing."""
    portal.transfers.mkdir()
    _collect_static(portal.folder)
    configured = str(_configured(portal))
    words = [nginx_path(), "-p", str(portal.folder), "-e", "/dev/stderr", "-c", configured, "-g", _by_hand()]
    with server_running(words, portal.folder, "nginx"):
        _wait_for(portal, portal.https_port)
        yield


def _wait_for(portal: Portal, port: int) -> None:
    if not wait_until(lambda: listens(port), START_SECONDS):
        logs = [path.read_text() for path in sorted(portal.folder.glob("*.log"))]
        raise AssertionError("The portal did not start:\n" + "\n".join(logs))


def _by_hand() -> str:
    """What the container gives nginx on its command line; as root the workers must stay root to read the files."""
    return "daemon off;" + (" user root;" if os.geteuid() == 0 else "")


def _configured(portal: Portal) -> Path:
    """The delivered template, filled in as envsubst does it."""
    certificate, key = _throwaway_certificate(portal.folder)
    values = {
        "PORTAL_TEMPORARY": portal.folder,
        "PORTAL_HTTP_PORT": f"127.0.0.1:{portal.http_port}",
        "PORTAL_HTTPS_PORT": f"127.0.0.1:{portal.https_port}",
        "PORTAL_TLS_CERTIFICATE": certificate,
        "PORTAL_TLS_KEY": key,
        "PORTAL_RESOLVER": "127.0.0.1",
        "PORTAL_WEB": f"127.0.0.1:{portal.web_port}",
        "PORTAL_STATIC": portal.folder / "static",
        "PORTAL_FILES": settings.MEDIA_ROOT,
        "PORTAL_TRANSFERS": portal.transfers,
        "PORTAL_STORAGE": "127.0.0.1:9",
        "PORTAL_BUCKET": "csp-portal-files",
    }
    filled = re.sub(r"\$\{(PORTAL_[A-Z_]+)\}", lambda found: str(values[found[1]]), TEMPLATE.read_text())
    written = portal.folder / "nginx.conf"
    written.write_text(filled)
    return written


def _throwaway_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + DAY)
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(builder.sign(key, SHA256()).public_bytes(Encoding.PEM))
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate_file, key_file


def _environment(folder: Path) -> dict[str, str]:
    """Production's settings, with the stores and keys of the tests."""
    inherited = {name: os.environ[name] for name in SYSTEM if name in os.environ}
    shared = {
        "DATABASE_URL": os.environ["DATABASE_URL"],
        "REDIS_URL": os.environ["REDIS_URL"],
        "CELERY_BROKER_URL": os.environ["CELERY_BROKER_URL"],
        "SECRET_KEY": settings.SECRET_KEY,
        "KEY_ENCRYPTION_KEYS": ",".join(settings.KEY_ENCRYPTION_KEYS),
        "KEY_HASH_KEYS": ",".join(settings.KEY_HASH_KEYS),
        "LINK_TOKEN_KEYS": ",".join(settings.LINK_TOKEN_KEYS),
        "ACTIVITY_SIGNING_KEYS": ",".join(settings.ACTIVITY_SIGNING_KEYS),
        "API_TOKEN_KEYS": ",".join(settings.API_TOKEN_KEYS),
        "API_CALLS_PER_MINUTE": str(settings.API_CALLS_PER_MINUTE),
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
    }
    own = {"STATIC_ROOT": str(folder / "static"), "VAR_DIR": str(folder / "var"), "TRUSTED_PROXY_COUNT": "1"}
    return {**inherited, **REQUIRED, **shared, **own, "ENVIRONMENT": "production"}


def _collect_static(folder: Path) -> None:
    """As the image does it, without any secret."""
    inherited = {name: os.environ[name] for name in SYSTEM if name in os.environ}
    places = {"STATIC_ROOT": str(folder / "static"), "VAR_DIR": str(folder / "var")}
    words = [sys.executable, "-m", "csp_portal.deployment.collect_static"]
    subprocess.run(words, cwd=CHECKOUT, env=inherited | places, check=True, timeout=120)


@contextmanager
def server_running(words: list[str], folder: Path, name: str) -> Iterator[None]:
    """A server; nginx writes its access log to stdout, and every server what is wrong to stderr."""
    output = folder / ("access.log" if name == "nginx" else f"{name}.log")
    errors = folder / ("error.log" if name == "nginx" else f"{name}-errors.log")
    with output.open("ab") as out, errors.open("ab") as err:
        server = subprocess.Popen(
            words, cwd=CHECKOUT, env=_environment(folder), stdout=out, stderr=err, preexec_fn=die_with_parent
        )
    try:
        yield
    finally:
        server.terminate()
        server.wait(timeout=30)
