"""No product key and no link token stands in clear where it could leak: stores, mails, logs, error pages (K2, K5).

Values are planted, the whole road is walked against real processes, then everything that was written is searched.
"""

import base64
import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client
from django.urls import reverse

from csp_portal.accounts.permissions import Role
from csp_portal.embedded.place import installed_programs
from csp_portal.mail.models import Mail
from csp_portal.supervisor import commands
from orders.billing.models import Entry, EntryKind
from software.models import DownloadLink, DownloadSession, KeyIssue, ProductKey
from tests.factories import CustomerFactory, PartnerFactory, UserFactory, buy_line, make_build, make_sku
from tests.helpers import cancel
from tests.servers import redis_url

pytestmark = pytest.mark.django_db(transaction=True)
KEYS = ("PLANT-EDKEY-NUMBR-ONE11-SEEN1", "PLANT-EDKEY-NUMBR-TWO22-KEPT2")
READY_SECONDS = 60


@contextmanager
def process(name: str, port: int, log: Path) -> Iterator[None]:
    """One process of the portal on the test's servers; all it says goes to `log`."""
    with log.open("wb") as said:
        started = subprocess.Popen(
            commands("127.0.0.1", port)[name],
            cwd=settings.BASE_DIR,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "csp_portal.settings"},
            stdout=said,
            stderr=said,
        )
        try:
            yield
        finally:
            started.send_signal(signal.SIGTERM)
            started.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Browser:
    """Asks the real server; keeps what it answered."""

    def __init__(self, port: int, user: Any = None) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.cookies = {"csrftoken": "c" * 32}
        if user is not None:
            client = Client()
            client.force_login(user)
            self.cookies["sessionid"] = client.cookies["sessionid"].value

    def ask(self, path: str, data: dict[str, str] | None = None) -> tuple[int, str]:
        """Status and body of a GET, or of a POST with `data`; redirects are followed."""
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "X-CSRFToken": self.cookies["csrftoken"],
        }
        body = None if data is None else urllib.parse.urlencode(data).encode()
        request = urllib.request.Request(self.base + path, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode("utf-8", "replace")

    def wait(self) -> None:
        """Until the server answers."""
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                self.ask("/robots.txt")
            except OSError:
                assert time.monotonic() < deadline, "the server does not answer"
                time.sleep(0.1)
            else:
                return


def ways_to_write(secret: str) -> set[bytes]:
    """A secret as it might be written down: any case, without hyphens, quoted, in base64 or hex."""
    plain = {secret, secret.lower(), secret.replace("-", ""), secret.lower().replace("-", "")}
    encoded = {base64.b64encode(secret.encode()).decode().rstrip("="), secret.encode().hex()}
    return {text.encode() for text in plain | encoded | {urllib.parse.quote(secret)}}


def dump_of_the_database() -> bytes:
    name = settings.DATABASES["default"]["NAME"]
    address = re.sub(r"(://[^/]*/)[^?]*", rf"\g<1>{name}", settings.DATABASE_SUPERUSER_URL)
    pg_dump = installed_programs() / "bin" / "pg_dump"
    done = subprocess.run([pg_dump, "--inserts", "-d", address], capture_output=True, check=True)
    return done.stdout


def dump_of_valkey() -> bytes:
    found = []
    for url in (settings.CACHES["default"]["LOCATION"], redis_url(settings.CELERY_BROKER_URL)):
        client = redis.Redis.from_url(url)
        for key in client.scan_iter():
            found += [key, client.dump(key) or b"", _content(client, key)]
        client.close()
    return b"\n".join(found)


def _content(client: redis.Redis, key: bytes) -> bytes:
    """A value as it was put in; `dump` may compress it."""
    read = {b"string": client.get, b"hash": client.hgetall, b"set": client.smembers}
    ranges = {b"list": client.lrange, b"zset": client.zrange}
    kind = client.type(key)
    return repr(read[kind](key) if kind in read else ranges[kind](key, 0, -1)).encode()


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def load_keys(sku: Any, tmp_path: Path) -> str:
    """Load the planted keys, once rightly and once again; answers what the refusal says."""
    rows = "".join(f"{sku.product.product_id},{sku.sku_id},{key}\n" for key in KEYS)
    path = tmp_path / "keys.csv"
    path.write_text(f"ProductId,SkuId,ProductKey\n{rows}")
    call_command("import_keys", str(path))
    with pytest.raises(CommandError) as refused:
        call_command("import_keys", str(path))
    return str(refused.value)


def test_planted_keys_and_tokens_are_nowhere_in_clear(tmp_path, capfd):
    partner = PartnerFactory()
    agent = UserFactory(partner=partner, roles=[Role.ADMIN_AGENT])
    customer = CustomerFactory(partner=partner)
    sku = make_sku(key_issue=KeyIssue.PER_UNIT)
    told = [load_keys(sku, tmp_path)]
    build = make_build(sku.product, b"x" * 1000)
    port = free_port()
    browser, stranger = Browser(port, agent), Browser(port)
    with process("web", port, tmp_path / "web.log"), process("worker", port, tmp_path / "worker.log"):
        browser.wait()
        line = buy_line(agent, customer, sku, quantity=2)
        purchase = line.purchase
        keys = {key.last_five: key for key in purchase.keys.all()}
        shown = reverse("software:show_key", args=[customer.tenant_id, purchase.public_id, keys["SEEN1"].public_id])
        assert KEYS[0] in browser.ask(shown, {})[1]
        get = reverse("software:get", args=[customer.tenant_id, purchase.public_id])
        assert browser.ask(get, {"build": str(build.public_id), "grant": "0"})[0] == 200
        link = DownloadLink.objects.get()
        assert stranger.ask(link.get_absolute_url())[0] == 200
        assert stranger.ask(link.get_absolute_url(), {}) == (200, "x" * 1000)
        session = DownloadSession.objects.get()
        tokens = [link.token, session.token]

        default_storage.delete(build.storage_name)  # the fault is ours
        told.append(stranger.ask(session.get_absolute_url())[1])
        ProductKey.objects.filter(last_five="KEPT2").update(secret="cannot be decrypted")
        broken = reverse("software:show_key", args=[customer.tenant_id, purchase.public_id, keys["KEPT2"].public_id])
        status, page = browser.ask(broken, {})
        assert status == 500
        told.append(page)
        for token in tokens:
            told.append(stranger.ask(f"/d/{token}x")[1].replace(f"{token}x", ""))
            told.append(stranger.ask(f"/d/{token}/nothing")[1])
            told.append(stranger.ask(f"/nowhere/d/{token}")[1])
        cancel(line, agent)
        wait_for(lambda: Entry.objects.filter(kind=EntryKind.CREDIT).exists())
        for path in (link.get_absolute_url(), session.get_absolute_url()):
            status, page = stranger.ask(path)
            assert status == 410
            told.append(page)
        told += [browser.ask(path, {})[1] for path in (shown, link.get_absolute_url())]
        valkey = dump_of_valkey()
    connections.close_all()
    mails = "\n".join(f"{mail.subject}\n{mail.text}\n{mail.complete_text}" for mail in Mail.objects.all())
    places = {
        "the database": dump_of_the_database(),
        "Valkey": valkey,
        "mails": mails.encode(),
        "answers to what failed": "\n".join(told).encode(),
        "this process's output": "".join(capfd.readouterr()).encode(),
        **{path.name: path.read_bytes() for path in tmp_path.glob("*.log")},
        **{path.name: path.read_bytes() for path in settings.VAR_DIR.glob("*.log")},
    }
    assert b"SEEN1" in places["the database"]  # the dump is of what was just done
    assert b"ERROR" in places["web.log"]
    leaks = [
        (place, secret)
        for secret in [*KEYS, *tokens]
        for place, content in places.items()
        for written in ways_to_write(secret)
        if written in content
    ]
    assert leaks == []
