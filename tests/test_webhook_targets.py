"""A webhook is sent to the public internet only, to the address that was looked at, within ten seconds (A6)."""

import ipaddress
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from activity.feeds import posting
from activity.feeds.models import LONGEST_URL, Wanted, Webhook
from activity.feeds.posting import post
from activity.feeds.services.webhooks import change_webhook, make_webhook, ping_webhook
from activity.feeds.targets import checked_target, is_public
from activity.models import Action, Event
from csp_portal.errors import Refusal
from tests.receiver import receiver_running

PUBLIC = "93.184.215.14"


def lead(monkeypatch, *addresses):
    """Let every name lead to these addresses; what stands in the DNS is not ours to say."""

    def looked_up(_host, port, **_kind):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)


def refusal_of(url):
    with pytest.raises(Refusal) as refused:
        checked_target(url)
    return refused.value.code


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("192.0.2.1", "198.18.0.1", "224.0.0.1", "224.0.1.1", "240.0.0.1", "255.255.255.255", "192.0.0.8"),
        *("::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1"),
        *("::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:808:808::1"),
        *("2001:0:808:808::1", "64:ff9b:1::1", "::7f00:1", "3fff::1"),
    ],
)
def test_what_is_not_on_the_public_internet_is_refused(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", [PUBLIC, "2606:4700::6810:84e5", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"])
def test_what_is_on_it_is_taken(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://localhost/hook", "webhook_target_private"),
        ("https://127.0.0.1/hook", "webhook_target_private"),
        ("https://[::1]/hook", "webhook_target_private"),
        ("https://[::ffff:127.0.0.1]:8443/hook", "webhook_target_private"),
        ("https://2130706433/hook", "webhook_target_private"),  # 127.0.0.1 as one number
        ("https://0x7f.1/hook", "webhook_target_private"),
        ("https://169.254.169.254/latest/meta-data/", "webhook_target_private"),
        ("https://93.184.215.14:22/", "webhook_port_wrong"),
        ("https://93.184.215.14:80/", "webhook_port_wrong"),
        ("http://93.184.215.14/hook", "webhook_address_wrong"),
        ("ftp://93.184.215.14/hook", "webhook_address_wrong"),
        ("https://user:secret@93.184.215.14/", "webhook_address_wrong"),
        ("https://93.184.215.14/#part", "webhook_address_wrong"),
        ("https://93.184.215.14/a b", "webhook_address_wrong"),
        ("https://93.184.215.14/a\r\nHost: other", "webhook_address_wrong"),
        ("https://93.184.215.14\\@127.0.0.1/", "webhook_address_wrong"),
        ("https:///hook", "webhook_address_wrong"),
        ("https://93.184.215.14:99999/", "webhook_address_wrong"),
        ("https://93.184.215.14:0/", "webhook_address_wrong"),
        ("https://[::1/", "webhook_address_wrong"),
        ("https://a..b/", "webhook_address_wrong"),
        ("//93.184.215.14/", "webhook_address_wrong"),
        ("", "webhook_address_wrong"),
        (f"https://93.184.215.14/{'x' * LONGEST_URL}", "webhook_address_wrong"),
    ],
)
def test_a_wrong_address_is_refused_with_the_reason(url, code):
    assert refusal_of(url) == code


def test_a_name_that_leads_nowhere_is_refused(monkeypatch):
    def nowhere(*_asked, **_kind):
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    assert refusal_of("https://collector.partner.example/hook") == "webhook_host_unknown"


def test_one_private_address_among_several_is_enough(monkeypatch):
    lead(monkeypatch, PUBLIC, "10.0.0.1")
    assert refusal_of("https://collector.partner.example/hook") == "webhook_target_private"


def test_a_public_name_is_taken_in_any_script(monkeypatch):
    lead(monkeypatch, PUBLIC)
    target = checked_target("https://수집기.example:8443/hook?a=1")
    assert (target.ip, target.port, target.path, target.is_tls) == (PUBLIC, 8443, "/hook?a=1", True)
    assert target.host == "xn--ok0bm19aqtf.example"


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["https://localhost/hook", "https://169.254.169.254/", "http://93.184.215.14/"])
def test_where_an_address_is_refused_nothing_is_stored(url, global_admin, monkeypatch):
    with pytest.raises(Refusal):
        make_webhook(url, Wanted.ALL, actor=global_admin)
    assert not Webhook.objects.exists()
    assert Event.objects.filter(action=Action.FEED_REFUSED).count() == 1
    with monkeypatch.context() as patch:
        lead(patch, PUBLIC)
        stored = make_webhook("https://collector.partner.example/hook", Wanted.ALL, actor=global_admin)
    with pytest.raises(Refusal):
        change_webhook(stored.public_id, url=url, actor=global_admin)
    assert Webhook.objects.get().url == "https://collector.partner.example/hook"


@pytest.mark.django_db
def test_a_name_that_leads_elsewhere_by_now_is_refused_at_the_connection(global_admin, monkeypatch):
    lead(monkeypatch, PUBLIC)
    webhook = make_webhook("https://collector.partner.example/hook", Wanted.ALL, actor=global_admin)
    lead(monkeypatch, "127.0.0.1")
    answer = ping_webhook(webhook.public_id, actor=global_admin)
    assert not answer.is_taken
    assert answer.words.startswith("The name collector.partner.example leads to 127.0.0.1, which is no address")


def test_it_connects_to_the_address_that_was_looked_at_and_asks_no_second_time(monkeypatch, settings):
    """A name that led to a public address when it was looked at, and would lead elsewhere a moment later."""
    settings.WEBHOOK_PRIVATE_TARGETS = True
    asked = []
    with receiver_running() as receiver:
        port = int(receiver.url.rpartition(":")[2].partition("/")[0])
        real = socket.getaddrinfo

        def looked_up(host, *rest, **kind):
            asked.append(host)
            return real("127.0.0.1" if host == "collector.example" else host, *rest, **kind)

        monkeypatch.setattr(socket, "getaddrinfo", looked_up)
        assert post(f"http://collector.example:{port}/hook", "1", b"{}", b"s").is_taken
    assert receiver.messages[0].headers["host"] == f"collector.example:{port}"
    assert asked.count("collector.example") == 1


@pytest.fixture
def certificate(tmp_path):
    """A certificate of `localhost` with its key, signed by itself."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "us")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


def test_by_tls_the_certificate_must_be_trusted_and_the_names(certificate, settings, monkeypatch):
    settings.WEBHOOK_PRIVATE_TARGETS = True
    with receiver_running(certificate) as receiver:
        unknown = post(receiver.url, "1", b"{}", b"s")
        monkeypatch.setenv(ssl.get_default_verify_paths().openssl_cafile_env, str(certificate))
        taken = post(receiver.url, "1", b"{}", b"s")
        anothers = post(receiver.url.replace("localhost", "127.0.0.1"), "1", b"{}", b"s")
    assert taken.is_taken
    assert unknown.words.startswith("The receiver's certificate is not trusted")
    assert anothers.words.startswith("The receiver's certificate is not trusted")
    assert len(receiver.messages) == 1


def test_an_answer_that_trickles_in_is_cut_when_the_time_is_over(settings, monkeypatch):
    settings.WEBHOOK_PRIVATE_TARGETS = True
    monkeypatch.setattr(posting, "SECONDS", 1)
    with receiver_running() as receiver:
        receiver.answers, receiver.body, receiver.drip_seconds = [200], b"x" * 200, 0.1
        began = time.monotonic()
        answer = post(receiver.url, "1", b"{}", b"s")
    assert time.monotonic() - began < 5
    assert (answer.is_taken, answer.words) == (False, "The receiver did not answer within 1 seconds.")


def test_of_a_long_answer_64_kib_are_read(settings):
    settings.WEBHOOK_PRIVATE_TARGETS = True
    with receiver_running() as receiver:
        receiver.answers, receiver.body = [200], b"x" * (50 * 1024 * 1024)
        assert post(receiver.url, "1", b"{}", b"s").is_taken


def test_where_nobody_listens_the_answer_says_so(settings):
    settings.WEBHOOK_PRIVATE_TARGETS = True
    answer = post("http://127.0.0.1:9/hook", "1", b"{}", b"s")
    assert answer.words.startswith("The receiver could not be reached: ")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_receiver_that_says_nothing_is_left_when_the_time_is_over(scheme, settings, monkeypatch):
    settings.WEBHOOK_PRIVATE_TARGETS = True
    monkeypatch.setattr(posting, "SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as door:
        answer = post(f"{scheme}://127.0.0.1:{door.getsockname()[1]}/", "1", b"{}", b"s")
    assert answer.words == "The receiver did not answer within 1 seconds."
