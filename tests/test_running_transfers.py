"""Transfers that run: cut, replaced, resumed, by the development server's stream and by curl (K7, C6)."""

import hashlib
import subprocess

import pytest
from django.utils import timezone

from activity.models import Action, Event
from software.models import LINK_DOWNLOADS, Build, DownloadLink, DownloadSession
from software.services.revoking import revoke_purchase
from software.services.streaming import CHUNK
from tests.downloads import link_to, session_of, stream_of, used
from tests.factories import make_build

pytestmark = pytest.mark.django_db


def test_a_running_transfer_is_cut_within_seconds(clock, agent, customer):
    link = link_to(agent, customer, bytes(4 * CHUNK))
    stream = stream_of(link)
    chunks = iter(stream)
    assert len(next(chunks)) == CHUNK
    revoke_purchase(link.purchase, now=timezone.now())
    clock.set("2020-01-24T12:00:01.9Z")
    assert len(next(chunks)) == CHUNK
    clock.set("2020-01-24T12:00:02Z")
    assert list(chunks) == []
    stream.close()


def test_a_file_that_is_replaced_while_it_is_sent_is_never_spliced(clock, agent, customer):
    link = link_to(agent, customer, b"a" * 2 * CHUNK)
    stream = stream_of(link)
    chunks = iter(stream)
    sent = next(chunks)
    other = make_build(link.build.product, b"b" * 2 * CHUNK, version="other")
    storage_name, digest = other.storage_name, other.sha256
    Build.objects.filter(pk=other.pk).update(storage_name="elsewhere")
    Build.objects.filter(pk=link.build_id).update(storage_name=storage_name, sha256=digest)
    clock.set("2020-01-24T12:00:02Z")
    assert sent + b"".join(chunks) == b"a" * CHUNK
    stream.close()
    assert DownloadSession.objects.get().end == "file_replaced"
    assert Event.objects.filter(action=Action.DOWNLOAD_CLOSED).count() == 1


def test_a_running_transfer_goes_on_while_its_session_is_open(clock, agent, customer):
    content = bytes(range(256)) * 4096
    link = link_to(agent, customer, content)
    stream = stream_of(link, first=5, length=len(content) - 6)
    got = b""
    for second, chunk in enumerate(stream):
        clock.set(f"2020-01-24T12:00:{3 * second:02}Z")
        got += chunk
    assert got == content[5:-1]
    stream.close()
    assert stream.file.closed


@pytest.mark.django_db(transaction=True)
def test_the_curl_line_of_the_landing_page_saves_the_file_with_its_name(live_server, client, agent, customer, tmp_path):
    content = hashlib.shake_128(b"a build").digest(3 * CHUNK + 17)
    link = link_to(agent, customer, content, file_name="en-us_setup_x64.iso")
    address = f"{live_server.url}{link.get_absolute_url()}"
    subprocess.run(["curl", "-sfOJL", "--data", "", address], cwd=tmp_path, check=True, timeout=60)
    saved = tmp_path / "en-us_setup_x64.iso"
    assert hashlib.sha256(saved.read_bytes()).hexdigest() == link.build.sha256
    assert link.build.sha256 in client.get(link.get_absolute_url()).content.decode()
    assert used(link) == 1


@pytest.mark.django_db(transaction=True)
def test_curl_resumes_inside_the_session(live_server, agent, customer, tmp_path):
    content = hashlib.shake_128(b"a build").digest(2 * CHUNK)
    link = link_to(agent, customer, content)
    address = f"{live_server.url}{session_of(link)}"
    part = tmp_path / "part"
    part.write_bytes(content[:1000])
    subprocess.run(["curl", "-sf", "-C", "-", "-o", str(part), address], check=True, timeout=60)
    assert part.read_bytes() == content
    assert used(link) == 1


@pytest.mark.django_db(transaction=True)
def test_curl_fails_on_a_dead_link(live_server, agent, customer, tmp_path):
    link = link_to(agent, customer)
    DownloadLink.objects.filter(pk=link.pk).update(used=LINK_DOWNLOADS)
    address = f"{live_server.url}{link.get_absolute_url()}"
    curl = subprocess.run(["curl", "-sfOJL", "--data", "", address], cwd=tmp_path, timeout=60)
    assert curl.returncode == 22
    assert list(tmp_path.iterdir()) == []
