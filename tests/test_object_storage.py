"""With object storage the portal redirects to addresses signed for five minutes and sends no byte itself (K7, K10)."""

import hashlib
import os
import subprocess
import sys
import urllib.request
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from activity.models import Action, Event
from activity.services import Actor
from csp_portal.security import content_security_policy
from software.models import Build, DownloadLink, DownloadSession
from software.services import import_build
from tests.factories import buy_line, make_build, make_link, make_sku
from tests.helpers import cancel
from tests.s3 import BUCKET, s3_running, use_object_storage
from tests.test_production_settings import CHECKOUT, REQUIRED, SYSTEM

pytestmark = pytest.mark.django_db

CONTENT = bytes(range(256)) * 4


@pytest.fixture(scope="module")
def s3():
    with s3_running() as running:
        yield running


@pytest.fixture
def bucket(s3, settings):
    endpoint, bucket = s3
    use_object_storage(settings, endpoint)
    yield bucket
    bucket.objects.all().delete()


@pytest.fixture
def line(agent, customer):
    return buy_line(agent, customer, make_sku(keys=1))


@pytest.fixture
def link(bucket, agent, line):
    return make_link(agent, line.purchase, make_build(line.purchase.sku.product, CONTENT))


@pytest.fixture
def address(link):
    return Client().post(link.get_absolute_url()).headers["Location"]


def redirected(address, method="get", **headers):
    """Where a client is sent."""
    answer = getattr(Client(), method)(address, headers=headers)
    assert (answer.status_code, answer.content) == (302, b"")
    return answer


def fetched(url, method="GET", **headers):
    request = urllib.request.Request(
        url, method=method, headers={name.title(): given for name, given in headers.items()}
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return response.status, response.headers, response.read()


def test_a_download_is_redirected_to_the_storage_and_arrives_whole(link, address):
    answer = redirected(address)
    status, headers, body = fetched(answer.headers["Location"])
    assert (status, body) == (200, CONTENT)
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == 'attachment; filename="setup.iso"'
    assert headers["Cache-Control"] == "private, no-cache, no-transform"
    assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == ("no-store", "no-referrer")


def test_the_address_is_signed_for_five_minutes_and_one_file(link, address):
    target = urlsplit(redirected(address).headers["Location"])
    query = parse_qs(target.query)
    assert target.path == f"/{BUCKET}/{link.build.storage_name}"
    assert query["X-Amz-Expires"] == ["300"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Signature"][0]


def test_the_address_is_the_one_at_which_customers_reach_the_storage(s3, settings, bucket, address):
    endpoint, _bucket = s3
    use_object_storage(settings, endpoint, public="https://files.example")
    assert redirected(address).headers["Location"].startswith(f"https://files.example/{BUCKET}/builds/")


@pytest.mark.parametrize(
    ("given", "charged"),
    [
        ("bytes=0-9", 10),
        ("bytes=-3", 3),
        ("bytes=0-1,5-6", 1024),
        ("bytes= 0-0", 1024),
        ("Bytes=0-0", 1024),
        ("", 1024),
    ],
)
def test_the_bytes_asked_for_are_charged_before_the_redirect_and_it_opens_no_more(address, given, charged):
    target = redirected(address, range=given).headers["Location"]
    assert DownloadSession.objects.get().bytes_asked == charged
    signed = parse_qs(urlsplit(target).query)["X-Amz-SignedHeaders"]
    assert signed == ["host" if charged == 1024 else "host;range"]  # the storage opens it for that range alone
    if charged < 1024:
        assert fetched(target, range=given)[0] == 206


@pytest.mark.parametrize("given", ["bytes=1024-", "bytes=9999-10000", "bytes=9999999999-"])
def test_a_range_past_the_end_costs_nothing_and_leads_nowhere(link, address, given):
    answer = Client().get(address, headers={"Range": given})
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, "bytes */1024")
    assert "Location" not in answer.headers
    assert DownloadSession.objects.get().bytes_asked == 0


def test_a_fault_after_a_redirect_gives_nothing_back_and_ends_nothing(bucket, link, address):
    redirected(address)
    storage_name = link.build.storage_name
    bucket.objects.all().delete()
    assert Client().head(address).status_code == 500
    bucket.put_object(Key=storage_name, Body=CONTENT)
    assert redirected(address).status_code == 302
    assert DownloadLink.objects.get().used == 1


def test_head_probes_the_storage_and_costs_nothing(address):
    status, headers, body = fetched(redirected(address, "head").headers["Location"], "HEAD")
    assert (status, headers["Content-Length"], body) == (200, str(len(CONTENT)), b"")
    assert DownloadSession.objects.get().bytes_asked == 0


def test_past_its_budget_a_session_leads_nowhere(address):
    session = DownloadSession.objects.select_related("link__build").get()
    DownloadSession.objects.update(bytes_asked=session.most_bytes - len(CONTENT) + 1)
    assert Client().get(address).status_code == 429


def test_a_cancelled_purchase_leads_nowhere(agent, line, address):
    redirected(address)
    cancel(line, agent)
    assert Client().get(address).status_code == 410


def test_a_missing_file_is_our_fault_and_told_before_the_redirect(bucket, address):
    bucket.objects.all().delete()
    assert Client().get(address).status_code == 500
    assert DownloadSession.objects.get().bytes_asked == 0


def test_a_storage_that_is_down_is_told_before_the_redirect(settings, address):
    use_object_storage(settings, "http://127.0.0.1:9")
    answer = Client().get(address)
    assert answer.status_code == 500
    assert b"<h1" in answer.content
    assert Event.objects.filter(action=Action.DOWNLOAD_REFUSED).count() == 1


@pytest.mark.parametrize("size", [1, 20 * 1024 * 1024])  # the last in several parts
def test_an_imported_build_is_stored_with_its_size_and_hash(bucket, tmp_path, size):
    content = os.urandom(size)
    (tmp_path / "setup.iso").write_bytes(content)
    given = {"version": "2022", "language": "en-US", "file_type": "ISO x64"}
    product = make_sku().product
    import_build(tmp_path / "setup.iso", product_id=product.product_id, actor=Actor.system("test"), **given)
    build = Build.objects.get()
    assert (build.size, build.sha256) == (size, hashlib.sha256(content).hexdigest())
    assert bucket.Object(build.storage_name).get()["Body"].read() == content


def test_pages_let_a_form_end_at_the_storage_and_nowhere_else(settings, bucket):
    use_object_storage(settings, "http://storage:9000", public="https://files.example/path")
    assert "form-action 'self' https://files.example" in content_security_policy().split("; ")
    settings.S3_BUCKET = ""
    assert "form-action 'self'" in content_security_policy().split("; ")


def test_production_with_object_storage_needs_no_nginx_for_files(tmp_path):
    inherited = {name: os.environ[name] for name in SYSTEM if name in os.environ}
    portal = {**REQUIRED, "ENVIRONMENT": "production", "VAR_DIR": str(tmp_path), "S3_BUCKET": BUCKET}
    del portal["X_ACCEL_PREFIX"], portal["TRANSFER_LOGS"]

    def check(**more):
        words = [sys.executable, "manage.py", "check"]
        env = {**inherited, **portal, **more}
        return subprocess.run(words, cwd=CHECKOUT, env=env, capture_output=True, text=True, check=False, timeout=60)

    refused = check()
    assert (refused.returncode, refused.stderr) == (1, "S3_BUCKET is set, so S3_ENDPOINT_URL must be too.\n")
    started = check(S3_ENDPOINT_URL="https://s3.example")
    assert (started.returncode, started.stderr) == (0, "")
