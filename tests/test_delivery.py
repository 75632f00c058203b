"""The same files, ranges and refusals by each of the three ways to send: stream, nginx, object storage (K7, K10)."""

import hashlib
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import F

from csp_portal.embedded.processes import wait_until
from software.models import Build, DownloadLink, DownloadSession
from software.services import revoke_link
from tests.downloads import link_to
from tests.factories import buy_line, make_build, make_link, make_sku
from tests.s3 import s3_running, use_object_storage
from tests.senders import NGINX, S3, STREAM, Sender, behind_nginx, streaming

pytestmark = pytest.mark.django_db(transaction=True)

MIB = 1024 * 1024
CONTENT = hashlib.shake_128(b"a build").digest(2 * MIB + 17)
SEGMENTS = 16
KOREAN = '윈도우 "서버"; a\'b.iso'
CURL_PARTIAL_FILE = 18


@pytest.fixture(scope="module", params=[STREAM, NGINX, S3])
def servers(request, django_db_setup, tmp_path_factory) -> Iterator[object]:
    """The servers of one way to send."""
    if request.param == S3:
        with s3_running() as (endpoint, _bucket):
            yield endpoint
    else:
        start = streaming if request.param == STREAM else behind_nginx
        with start(tmp_path_factory.mktemp(request.param)) as sender:
            yield sender


@pytest.fixture
def sender(servers, settings, request) -> Iterator[Sender]:
    if not isinstance(servers, Sender):
        use_object_storage(settings, servers)
        yield Sender(S3, request.getfixturevalue("live_server").url)
        return
    for name, value in servers.settings.items():
        setattr(settings, name, value)
    yield servers
    servers.settle()  # a server that still writes would be in the way of the next test


@pytest.fixture
def link(sender, agent, customer):
    return link_to(agent, customer, CONTENT, file_name=KOREAN)


@pytest.fixture
def started(sender, link):
    return sender.start(link)


def used():
    return DownloadLink.objects.get().used


def test_a_file_arrives_whole_under_its_name_and_counts_once(sender, link, tmp_path):
    subprocess.run(sender.curl(link.get_absolute_url(), "-fOJ", "--data", ""), cwd=tmp_path, check=True, timeout=60)
    (saved,) = tmp_path.iterdir()
    assert saved.read_bytes() == CONTENT
    assert saved.suffix == ".iso"
    assert used() == 1
    sender.settle()
    session = DownloadSession.objects.get()
    assert session.bytes_asked == len(CONTENT)
    if sender.kind != S3:
        assert (session.bytes_sent, session.completed_at is not None) == (len(CONTENT), True)
    assert session.sent_at is not None


def test_the_name_is_told_as_rfc_6266_wants_it(sender, started):
    told = sender.ask(started, "-r", "0-0").headers["content-disposition"]
    assert told == (
        'attachment; filename="___ ____; a\'b.iso"; '
        "filename*=UTF-8''%EC%9C%88%EB%8F%84%EC%9A%B0%20_%EC%84%9C%EB%B2%84_%3B%20a%27b.iso"
    )


@pytest.mark.parametrize(
    ("asked", "status", "sent"),
    [
        ("bytes=0-0", 206, CONTENT[:1]),
        ("bytes=1000-1999", 206, CONTENT[1000:2000]),
        ("bytes=-10", 206, CONTENT[-10:]),
        (f"bytes={len(CONTENT) - 1}-{10**30}", 206, CONTENT[-1:]),
        ("lines=1-2", 200, CONTENT),
        ("bytes=5-4", 200, CONTENT),
        ("bytes=,", 200, CONTENT),
    ],
)
def test_a_range_is_answered_as_rfc_9110_says(sender, started, asked, status, sent):
    answer = sender.ask(started, "-H", f"Range: {asked}")
    if sender.kind == S3 and status == 200:  # which ranges it passes over is the storage's affair
        assert answer.status in {200, 206, 416}
        assert len(answer.body) <= len(CONTENT)
    else:
        assert (answer.status, answer.body) == (status, sent)


def test_a_range_past_the_end_is_416(sender, started):
    assert sender.ask(started, "-r", f"{len(CONTENT)}-").status == 416
    assert DownloadSession.objects.get().bytes_asked == 0


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "bytes=" + ",".join(["0-"] * 900), "bytes=" + "0-0," * 900 + "1-1"])
def test_many_ranges_never_send_more_than_the_file(sender, started, asked):
    answer = sender.ask(started, "-H", f"Range: {asked}")
    assert answer.status in {200, 206, 416}
    assert len(answer.body) <= len(CONTENT)
    assert DownloadSession.objects.get().bytes_asked <= len(CONTENT)


def test_a_download_that_breaks_off_is_resumed_without_counting(sender, started, tmp_path):
    first = sender.ask(started, "-r", "0-999999")
    part, etag = tmp_path / "part", first.headers["etag"]
    part.write_bytes(first.body)
    words = ["-C", "-", "-o", str(part), "-H", f"If-Range: {etag}"]
    subprocess.run(sender.curl(started, *words), check=True, timeout=60)
    assert part.read_bytes() == CONTENT
    assert used() == DownloadSession.objects.count() == 1


def test_if_range_of_another_file_gets_the_whole_one(sender, started):
    answer = sender.ask(started, "-r", "5-9", "-H", 'If-Range: "another"')
    if sender.kind != S3:  # moto knows no If-Range
        assert (answer.status, answer.body) == (200, CONTENT)


def test_16_segments_at_once_are_one_download(sender, started):
    step = -(-len(CONTENT) // SEGMENTS)

    def segment(number: int) -> bytes:
        answer = sender.ask(started, "-r", f"{number * step}-{min((number + 1) * step, len(CONTENT)) - 1}")
        assert answer.status == 206
        return answer.body

    with ThreadPoolExecutor(SEGMENTS) as threads:
        assert b"".join(threads.map(segment, range(SEGMENTS))) == CONTENT
    sender.settle()
    session = DownloadSession.objects.get()
    assert (used(), session.bytes_asked) == (1, len(CONTENT))
    if sender.kind != S3:
        assert (session.bytes_sent, session.completed_at is not None) == (len(CONTENT), True)


def test_probes_inside_a_session_are_free(sender, started):
    head = sender.ask(started, "-I")
    assert (head.status, head.headers["content-length"], head.body) == (200, str(len(CONTENT)), b"")
    unchanged = sender.ask(started, "-H", f"If-None-Match: {head.headers['etag']}")
    assert (unchanged.status, unchanged.body) == (304, b"")
    assert used() == 1
    assert DownloadSession.objects.get().bytes_asked == (len(CONTENT) if sender.kind == S3 else 0)


def age(by: timedelta) -> None:
    """Have the session started that much earlier."""
    DownloadSession.objects.update(started_at=F("started_at") - by, expires_at=F("expires_at") - by)


def test_it_goes_on_for_24_hours_and_then_no_more(sender, started):
    assert sender.ask(started, "-r", "0-99").status == 206
    sender.settle()
    age(timedelta(hours=23, minutes=59))
    assert sender.ask(started, "-r", "100-").body == CONTENT[100:]
    age(timedelta(minutes=1))
    over = sender.ask(started, "-r", "0-0")
    assert (over.status, CONTENT[:100] in over.body) == (410, False)
    assert used() == 1


def test_without_a_session_no_byte_is_sent(sender, link, started):
    token = started.split("/")[3]
    forged = started.replace(token, token[:-1] + ("A" if token[-1] != "A" else "B"))
    for path in (forged, f"/d/session/{link.token}/x", f"/d/session/{token[:-1]}/x"):
        answer = sender.ask(path, "-r", "0-99")
        assert (answer.status, CONTENT[:16] in answer.body) == (404, False)
    assert not DownloadSession.objects.filter(bytes_asked__gt=0).exists()


def test_a_missing_file_is_our_fault_and_given_back(sender, link, started):
    default_storage.delete(link.build.storage_name)
    answer = sender.ask(started)
    assert (answer.status, b"our fault" in answer.body) == (500, True)
    assert used() == 0
    assert sender.ask(started).status == 410


def test_a_file_that_was_replaced_is_never_spliced(sender, link, started):
    sender.ask(started, "-r", "0-99")
    other = default_storage.save("builds/other", ContentFile(b"x" * len(CONTENT)))
    Build.objects.filter(pk=link.build_id).update(storage_name=other, sha256="0" * 64)
    answer = sender.ask(started, "-r", "100-")
    assert (answer.status, b"x" * 100 in answer.body) == (409, False)
    default_storage.delete(other)


def test_what_is_revoked_is_sent_to_nobody_who_asks_afterwards(sender, agent, link, started):
    assert sender.ask(started, "-r", "0-0").status == 206
    revoke_link(link.public_id, actor=agent)
    for path, words in ((started, []), (started, ["-r", "0-0"]), (link.get_absolute_url(), ["--data", ""])):
        answer = sender.ask(path, *words)
        assert (answer.status, CONTENT[:16] in answer.body) == (410, False)


def test_a_running_transfer_is_cut_by_the_development_server_alone(sender, agent, customer, tmp_path):
    """Behind nginx and from object storage the one answer that has begun runs to its end, as the docs say (C6)."""
    content = bytes(24 * MIB)  # more than the sockets of both sides hold
    link = link_to(agent, customer, content)
    started, saved = sender.start(link), tmp_path / "saved"
    client = subprocess.Popen(sender.curl(started, "--limit-rate", "4M", "-o", str(saved)), stderr=subprocess.DEVNULL)
    assert wait_until(lambda: saved.exists() and saved.stat().st_size > 0, 30)
    revoke_link(link.public_id, actor=agent)
    assert sender.ask(started, "-r", "0-0").status == 410
    ended = client.wait(timeout=60)
    if sender.kind == STREAM:
        assert ended == CURL_PARTIAL_FILE
        assert saved.stat().st_size < len(content)
    else:
        assert (ended, saved.stat().st_size) == (0, len(content))


def large_build(sender, product) -> Build:
    """3 GiB of holes, 64 MiB in the object storage, with words at its ends and past what 31 bits can count."""
    size = 64 * MIB if sender.kind == S3 else 3 * 1024 * MIB
    build = make_build(product, b"FIRST")
    words = {0: b"FIRST", min(2**31, size // 2) - 2: b"MIDDLE", size - 4: b"LAST"}
    if sender.kind == S3:
        content = bytearray(size)
        for place, word in words.items():
            content[place : place + len(word)] = word
        default_storage.delete(build.storage_name)
        default_storage.save(build.storage_name, ContentFile(bytes(content)))
    else:
        with open(default_storage.path(build.storage_name), "r+b") as file:
            file.truncate(size)
            for place, word in words.items():
                file.seek(place)
                file.write(word)
    Build.objects.filter(pk=build.pk).update(size=size)
    build.refresh_from_db()
    return build


def test_a_large_file_arrives_whole_and_in_parts(sender, agent, customer):
    purchase = buy_line(agent, customer, make_sku(keys=1)).purchase
    build = large_build(sender, purchase.sku.product)
    started = sender.start(make_link(agent, purchase, build))
    middle = min(2**31, build.size // 2) - 2
    for asked, word in (("0-4", b"FIRST"), (f"{middle}-{middle + 5}", b"MIDDLE"), ("-4", b"LAST")):
        assert sender.ask(started, "-r", asked).body == word
    words = sender.curl(started, "-o", "/dev/null", "-w", "%{size_download}")
    said = subprocess.run(words, capture_output=True, check=True, text=True, timeout=300)
    assert int(said.stdout) == build.size
    sender.settle()
    session = DownloadSession.objects.get()
    assert (used(), session.bytes_asked) == (1, build.size + 15)
    if sender.kind != S3:
        assert session.bytes_sent == build.size + 15
    default_storage.delete(build.storage_name)
