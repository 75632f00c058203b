"""No product key and no link token stands in clear where it could leak: stores, mails, logs, error pages (K2, K5).

Values are planted, the whole road is walked against real processes, then everything that was written is searched.
"""

import base64
import os
import re
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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

from csp_portal.accounts.models import User
from csp_portal.embedded.place import installed_programs
from csp_portal.embedded.processes import wait_until
from csp_portal.mail.models import Mail
from csp_portal.supervisor import commands
from customers.models import Customer
from orders.billing.models import Entry, EntryKind
from orders.models import OrderLine
from software.models import Build, DownloadLink, DownloadSession, KeyIssue, ProductKey, Sku, SoftwarePurchase
from tests.factories import buy_line, make_build, make_sku
from tests.helpers import cancel
from tests.processes import free_port, listens
from tests.servers import redis_url

pytestmark = pytest.mark.django_db(transaction=True)
KEYS = ("PLANT-EDKEY-NUMBR-ONE11-SEEN1", "PLANT-EDKEY-NUMBR-TWO22-KEPT2")
FILE = b"x" * 1000
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


def load_keys(sku: Any, tmp_path: Path) -> str:
    """Load the planted keys, once rightly and once again; answers what the refusal says."""
    rows = "".join(f"{sku.product.product_id},{sku.sku_id},{key}\n" for key in KEYS)
    path = tmp_path / "keys.csv"
    path.write_text(f"ProductId,SkuId,ProductKey\n{rows}")
    call_command("import_keys", str(path))
    with pytest.raises(CommandError) as refused:
        call_command("import_keys", str(path))
    return str(refused.value)


@dataclass
class Scene:
    """One partner that buys, one customer that downloads, and what each of them asks the real server by."""

    agent: User
    customer: Customer
    sku: Sku
    build: Build
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.browser, self.stranger = Browser(self.port, self.agent), Browser(self.port)

    def show(self, key: ProductKey) -> str:
        """Where a key is shown."""
        return reverse("software:show_key", args=[self.customer.tenant_id, key.purchase.public_id, key.public_id])


@pytest.fixture
def scene(agent, customer) -> Scene:
    sku = make_sku(key_issue=KeyIssue.PER_UNIT)
    return Scene(agent, customer, sku, make_build(sku.product, FILE))


def see_a_key_and_download(scene: Scene, purchase: SoftwarePurchase) -> tuple[DownloadLink, DownloadSession]:
    """What goes well: the first key is shown, both are exported, a link is made and used."""
    assert KEYS[0] in scene.browser.ask(scene.show(purchase.keys.get(last_five="SEEN1")), {})[1]
    export = reverse("software:export_keys", args=[scene.customer.tenant_id, purchase.public_id])
    assert all(key in scene.browser.ask(export, {})[1] for key in KEYS)
    get = reverse("software:get", args=[scene.customer.tenant_id, purchase.public_id])
    assert scene.browser.ask(get, {"build": str(scene.build.public_id), "grant": "0"})[0] == 200
    link = DownloadLink.objects.get()
    assert scene.stranger.ask(link.get_absolute_url())[0] == 200
    assert scene.stranger.ask(link.get_absolute_url(), {}) == (200, FILE.decode())
    return link, DownloadSession.objects.get()


def search_for_keys(scene: Scene) -> list[str]:
    """What is answered to a key that is pasted into the search box, found and not, and to one put into an address."""
    box = reverse("search")
    pasted = [scene.browser.ask(box, {"q": key}) for key in (KEYS[0], f"{KEYS[1][:-1]}X")]
    assert [status for status, _page in pasted] == [200, 200]
    assert str(SoftwarePurchase.objects.get().public_id) in pasted[0][1]
    addressed = [scene.browser.ask(f"{path}?{urllib.parse.urlencode({'q': KEYS[0]})}")[1] for path in (box, "/orders/")]
    return [page for _status, page in pasted] + addressed


def fail_by_our_own_fault(scene: Scene, session: DownloadSession) -> list[str]:
    """What is answered where the file is gone, and where a key cannot be decrypted."""
    default_storage.delete(scene.build.storage_name)
    gone = scene.stranger.ask(session.get_absolute_url())[1]
    ProductKey.objects.filter(last_five="KEPT2").update(secret="cannot be decrypted")
    status, page = scene.browser.ask(scene.show(ProductKey.objects.get(last_five="KEPT2")), {})
    assert status == 500
    return [gone, page]


def ask_for_what_is_not_there(scene: Scene, token: str) -> list[str]:
    """What is answered to addresses that hold a token and lead nowhere; that it is one's own wrong token is no leak."""
    wrong = scene.stranger.ask(f"/d/{token}x")[1].replace(f"{token}x", "")
    return [wrong, scene.stranger.ask(f"/d/{token}/nothing")[1], scene.stranger.ask(f"/nowhere/d/{token}")[1]]


def cancel_and_come_back(scene: Scene, line: OrderLine, *addresses: str) -> list[str]:
    """What is answered at `addresses` once the purchase is cancelled and credited."""
    cancel(line, scene.agent)
    assert wait_until(lambda: Entry.objects.filter(kind=EntryKind.CREDIT).exists(), READY_SECONDS)
    answers = [scene.stranger.ask(address) for address in addresses]
    assert {status for status, _page in answers} == {410}
    return [page for _status, page in answers]


def everything_written(told: list[str], logs: Path) -> dict[str, bytes]:
    """All that holds what was done, but for Valkey, which forgets."""
    mails = [f"{mail.subject}\n{mail.text}\n{mail.complete_text}" for mail in Mail.objects.all()]
    connections.close_all()
    return {
        "the database": dump_of_the_database(),
        "mails": "\n".join(mails).encode(),
        "answers": "\n".join(told).encode(),
        **{path.name: path.read_bytes() for folder in (logs, settings.VAR_DIR) for path in folder.glob("*.log")},
    }


def leaks(places: dict[str, bytes], secrets: list[str]) -> list[tuple[str, str]]:
    """Where which secret stands."""
    return [
        (place, secret)
        for secret in secrets
        for written in ways_to_write(secret)
        for place, content in places.items()
        if written in content
    ]


def test_planted_keys_and_tokens_are_nowhere_in_clear(scene, tmp_path, capfd):
    told = [load_keys(scene.sku, tmp_path)]
    with process("web", scene.port, tmp_path / "web.log"), process("worker", scene.port, tmp_path / "worker.log"):
        assert wait_until(lambda: listens(scene.port), READY_SECONDS)
        line = buy_line(scene.agent, scene.customer, scene.sku, quantity=2)
        told += search_for_keys(scene)  # before there is a link, which the page found would show
        link, session = see_a_key_and_download(scene, line.purchase)
        tokens = [link.token, session.token]
        told += fail_by_our_own_fault(scene, session)
        told += [page for token in tokens for page in ask_for_what_is_not_there(scene, token)]
        told += cancel_and_come_back(scene, line, link.get_absolute_url(), session.get_absolute_url())
        seen = scene.show(line.purchase.keys.get(last_five="SEEN1"))
        told += [scene.browser.ask(address, {})[1] for address in (seen, link.get_absolute_url())]
        valkey = dump_of_valkey()
    output = "".join(capfd.readouterr()).encode()
    places = {**everything_written(told, tmp_path), "Valkey": valkey, "this process's output": output}
    assert b"SEEN1" in places["the database"]  # the dump is of what was just done
    assert b"ERROR" in places["web.log"]
    assert leaks(places, [*KEYS, *tokens]) == []
