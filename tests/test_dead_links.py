"""Every way in which a link or download is dead, told with the reason and whom to ask, and naming no customer (K6)."""

import pytest
from django.test import Client
from django.utils import timezone

from software.models import LINK_DOWNLOADS, Build, DownloadLink, DownloadSession
from software.services import renew_link, revoke_link
from software.services.revoking import revoke_purchase
from tests.factories import buy_line, make_link, make_sku
from tests.helpers import words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def link(clock, agent, customer):
    return make_link(agent, buy_line(agent, customer, make_sku(keys=1)).purchase)


def secrets_of(link):
    """What would tell whose the link is."""
    purchase, customer = link.purchase, link.purchase.customer
    named = (customer.company_name, customer.primary_domain, customer.address_line, customer.city)
    return (*named, str(customer.tenant_id), purchase.order_number, str(purchase.public_id), link.granted_by.email)


def assert_told(link, response, status, sentence):
    partner = link.purchase.customer.partner
    words = words_of(response)
    assert response.status_code == status
    assert sentence in words
    assert "What to do now:" in words
    for told in (partner.legal_name, partner.support_name, partner.support_email):
        assert told in words
    page = response.content.decode()
    for secret in secrets_of(link):
        assert secret not in page
    assert response.headers["Cache-Control"] == "no-store"


def expire(clock, agent, link):
    clock.set("2020-02-07T12:00:00Z")


def use_up(clock, agent, link):
    DownloadLink.objects.update(used=LINK_DOWNLOADS)


def revoke(clock, agent, link):
    revoke_link(link.public_id, actor=agent)


def replace(clock, agent, link):
    renew_link(link.public_id, grant_seen=1, replace_address=True, actor=agent)


def cancel(clock, agent, link):
    revoke_purchase(link.purchase, now=timezone.now())


def end_the_term(clock, agent, link):
    clock.set("2021-01-24T00:00:00Z")


@pytest.mark.parametrize("method", ["get", "post", "head"])
@pytest.mark.parametrize(
    ("die", "sentence"),
    [
        (expire, "This download link expired on 7 Feb 2020, 12:00 UTC."),
        (use_up, "This download link has been used 50 times, which is all it allows."),
        (revoke, "This download link has been revoked."),
        (replace, "This download link has been replaced by one with another address."),
        (cancel, "This download link has been revoked."),
        (end_the_term, "The term for which this software was bought is over"),
    ],
)
def test_a_dead_link_says_why_and_whom_to_ask(clock, agent, link, die, sentence, method):
    die(clock, agent, link)
    used = DownloadLink.objects.get().used
    response = getattr(Client(), method)(link.get_absolute_url())
    if method == "head":
        assert (response.status_code, response.content) == (410, b"")
    else:
        assert_told(link, response, 410, sentence)
    assert DownloadLink.objects.get().used == used
    assert not DownloadSession.objects.exists()


@pytest.mark.parametrize(
    ("end", "status", "sentence"),
    [
        ("over", 410, "This download was started more than 24 hours ago and is over."),
        ("revoked", 410, "This download link has been revoked."),
        ("file_replaced", 409, "The file was replaced after this download had started"),
        ("over_budget", 429, "This download was asked for more than twice its file and 64 MiB, and is closed."),
    ],
)
def test_a_download_that_has_ended_says_why_and_whom_to_ask(link, end, status, sentence):
    session = Client().post(link.get_absolute_url()).headers["Location"]
    DownloadSession.objects.update(end=end, closed_at=timezone.now())
    assert_told(link, Client().get(session), status, sentence)


def test_a_replaced_file_is_told_the_first_time_too(link):
    session = Client().post(link.get_absolute_url()).headers["Location"]
    Build.objects.update(sha256="0" * 64)
    assert_told(link, Client().get(session), 409, "two files are never spliced")


# Addresses that are not ours


@pytest.mark.parametrize("kind", ["/d/{}", "/d/session/{}/setup.iso"])
@pytest.mark.parametrize(
    "token",
    ["x", "A" * 47, "A" * 48, "A" * 49, "+" * 48, "%2B" * 48, "A" * 1_000_000, "설" * 48, "%00" * 48, "%FF" * 48],
)
def test_what_we_did_not_make_is_not_found(link, kind, token):
    for method in ("get", "head", "post"):
        if method == "post" and "session" in kind:
            continue
        assert getattr(Client(), method)(kind.format(token)).status_code == 404
    assert DownloadLink.objects.get().used == 0


def test_a_truncated_or_changed_token_is_not_found(link):
    token = link.token
    changed = [token[:-1], token[1:], token + "A", token[:-1] + ("A" if token[-1] != "A" else "B"), token.swapcase()]
    changed += [("A" if token[20] != "A" else "B").join((token[:20], token[21:]))]  # its id
    changed += [("A" if token[25] != "A" else "B").join((token[:25], token[26:]))]  # its number
    assert [Client().post(f"/d/{other}").status_code for other in changed] == [404] * len(changed)
    assert DownloadLink.objects.get().used == 0


def test_a_token_written_otherwise_is_not_found(agent, link):
    """Base64 has two alphabets, `+` being the `-` of the other; only ours is a token of ours."""
    for grant in range(1, 60):
        if "-" in link.token:
            break
        link = renew_link(link.public_id, grant_seen=grant, replace_address=True, actor=agent).link
    other = link.token.replace("-", "%2B")
    assert other != link.token
    assert Client().get(f"/d/{other}").status_code == 404
    assert Client().get(link.get_absolute_url()).status_code == 200


def test_the_token_of_a_download_written_otherwise_is_not_found(link):
    started = (Client().post(link.get_absolute_url()).headers["Location"] for _download in range(LINK_DOWNLOADS))
    session, token = next((address, token) for address in started if "-" in (token := address.split("/")[3]))
    assert Client().get(session.replace(token, token.replace("-", "%2B"))).status_code == 404
    assert Client().get(session).getvalue()


def test_the_token_of_one_is_nothing_to_the_other(link):
    session = Client().post(link.get_absolute_url()).headers["Location"]
    assert Client().get(f"/d/session/{link.token}/setup.iso").status_code == 404
    assert Client().post(f"/d/{session.split('/')[3]}").status_code == 404
    assert Client().post(f"/d/{link.new_attempt()}").status_code == 404


@pytest.mark.parametrize(
    "given",
    ["bytes=", "bytes=-", "bytes=9-1", "bytes=0-1,2-3", "bytes=" + "9" * 5000 + "-", "x" * 60_000, "bytes=٠-٩", "\0"],
)
def test_no_range_however_odd_breaks_a_download(link, given):
    session = Client().post(link.get_absolute_url()).headers["Location"]
    response = Client().get(session, headers={"Range": given.encode().decode("latin-1")})
    response.getvalue()
    assert response.status_code in {200, 206, 416}
