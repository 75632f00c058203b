"""From which address a request came, behind none, one or two proxies of ours (A1)."""

import pytest

from activity.middleware import address_of
from activity.models import Action, Address, Event
from activity.services import address_commitment

PEER, CLIENT, PROXY, SPOOFED = "192.0.2.1", "198.51.100.7", "203.0.113.9", "8.8.8.8"


def seen(rf, settings, proxies, forwarded=None, peer=PEER):
    settings.TRUSTED_PROXY_COUNT = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return address_of(rf.get("/", REMOTE_ADDR=peer, headers=headers))


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, PEER),
        (0, SPOOFED, PEER),
        (0, f"{SPOOFED}, {CLIENT}", PEER),
        (1, CLIENT, CLIENT),
        (1, f"{SPOOFED}, {CLIENT}", CLIENT),
        (1, f"{SPOOFED},{SPOOFED},{CLIENT}", CLIENT),
        (1, f"garbage, {CLIENT}", CLIENT),
        (1, f", , {CLIENT}", CLIENT),
        (2, f"{CLIENT}, {PROXY}", CLIENT),
        (2, f"{SPOOFED}, {CLIENT}, {PROXY}", CLIENT),
        (2, PROXY, PEER),  # it came past the outer proxy
        (1, None, PEER),
        (2, None, PEER),
    ],
)
def test_only_what_our_own_proxies_add_is_believed(rf, settings, proxies, forwarded, address):
    assert seen(rf, settings, proxies, forwarded) == address


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("2001:db8::7", "2001:db8::7"),
        ("2001:0DB8:0000::0007", "2001:db8::7"),
        (" 2001:db8::7 ", "2001:db8::7"),
    ],
)
def test_an_ipv6_address_is_read_in_any_way_to_write_it(rf, settings, written, address):
    assert seen(rf, settings, 0, peer=written) == address
    assert seen(rf, settings, 1, forwarded=f"{SPOOFED}, {written}") == address


@pytest.mark.parametrize("garbage", ["unknown", "", "256.1.1.1", "1.2.3", "[2001:db8::7]:443", "1.2.3.4:80", "'; --"])
def test_what_is_no_address_is_none(rf, settings, garbage):
    assert seen(rf, settings, 0, peer=garbage) == ""
    assert seen(rf, settings, 1, forwarded=f"{CLIENT}, {garbage or 'x'}") == ""


@pytest.mark.django_db
def test_the_log_holds_the_address_that_our_proxy_saw(client, agent, settings):
    settings.TRUSTED_PROXY_COUNT = 1
    client.post(
        "/accounts/sign-in/",
        {"login": agent.email, "password": "wrong"},
        headers={"X-Forwarded-For": f"{SPOOFED}, {CLIENT}"},
    )
    stored = Address.objects.get()
    assert stored.address == CLIENT
    assert len(address_commitment(stored.address, bytes(stored.salt))) == 32


@pytest.mark.django_db
@pytest.mark.parametrize(("peer", "kept"), [("garbage", 0), ("fe80::1%eth0", 1)])
def test_a_request_from_an_odd_address_is_answered_and_logged(client, agent, peer, kept):
    form = {"login": agent.email, "password": "wrong"}
    assert client.post("/accounts/sign-in/", form, REMOTE_ADDR=peer).status_code == 200
    assert Event.objects.filter(action=Action.SIGN_IN_REFUSED).count() == 1
    assert Address.objects.count() == kept
