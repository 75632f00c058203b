"""A transfer that is cut, at the web server of development: incomplete for the client, quiet in the log (C6, K7)."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from csp_portal.embedded.processes import die_with_parent, wait_until
from software.services import start_download
from software.services.revoking import revoke_purchase
from tests.factories import buy_line, make_build, make_link, make_sku
from tests.processes import free_port, listens

pytestmark = pytest.mark.django_db(transaction=True)

CURL_PARTIAL_FILE = 18
SIZE = 64 * 1024 * 1024  # several times what the sockets of both sides hold
SLOWLY = "4M"  # a second: without a cut it would take 16
SECONDS = 60


@pytest.fixture
def web(tmp_path) -> Iterator[tuple[str, Path]]:
    """Granian on the test's database: its address, and what it says."""
    port = free_port()
    words = ["granian", "--interface", "wsgi", "--no-ws", "--blocking-threads", "2", "--log-level", "warning"]
    said = tmp_path / "said"
    with said.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", *words, "--port", str(port), "csp_portal.wsgi:application"],
            cwd=settings.BASE_DIR,
            stdout=output,
            stderr=output,
            preexec_fn=die_with_parent,
        )
    try:
        assert wait_until(lambda: listens(port), SECONDS), said.read_text()
        yield f"http://127.0.0.1:{port}", said
    finally:
        server.terminate()
        server.wait(timeout=SECONDS)


def test_a_slow_download_is_cut_after_a_cancellation(web, agent, customer, tmp_path):
    address, said = web
    purchase = buy_line(agent, customer, make_sku(keys=1)).purchase
    link = make_link(agent, purchase, make_build(purchase.sku.product, bytes(SIZE)))
    session = start_download(link.token, user=None)
    saved = tmp_path / "saved"
    curl = ["curl", "-s", "--limit-rate", SLOWLY, "-o", str(saved), f"{address}{session.get_absolute_url()}"]
    client = subprocess.Popen(curl)
    assert wait_until(lambda: saved.exists() and saved.stat().st_size > 0, SECONDS)
    with transaction.atomic():
        revoke_purchase(link.purchase, now=timezone.now())
    assert client.wait(timeout=SECONDS) == CURL_PARTIAL_FILE
    assert 0 < saved.stat().st_size < SIZE
    assert said.read_text() == ""
