"""A pasted product key opens its purchase, or the log for who reads only that; it stands in no address (U2, K2)."""

import re
from urllib.parse import unquote_plus

import pytest
from django.db import connection
from django.urls import reverse

from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from csp_portal.key_text import canonical_key, holds_key, looks_like_key
from software.models import ProductKey
from software.services import reveal_key
from software.services.rotation import rotate_keys
from tests.factories import CustomerFactory, UserFactory, add_keys, buy_line, make_sku
from tests.helpers import MOST_QUERIES, queries_of, words_of

pytestmark = pytest.mark.django_db

URL = "/search/"
NOBODYS = "QQQQQ-WWWWW-EEEEE-RRRRR-11111"
NOT_FOUND = "No purchase that you may see has this product key."
NO_ADDRESS = "A product key must stand in no address, so this one was not looked up. Paste it into the search box."
WAYS_TO_WRITE_A_KEY = [
    str,
    str.lower,
    lambda key: f"  {key}\n",
    lambda key: key.replace("-", ""),
    lambda key: key.replace("-", " ").lower(),
    lambda key: key.replace("-", " – "),
    lambda key: f"{key[:13]} {key[13:]}",
    lambda key: f"Product key: {key}",
    lambda key: f"“{key}”",
    lambda key: f"{key}.",
    lambda key: f"key={key};",
    lambda key: key.replace("-", "_"),
    lambda key: key.replace("-", "."),
    lambda key: f"Windows Server ({key.replace('-', '').lower()}), thanks",
]


@pytest.fixture
def sku(db):
    return make_sku(key_issue="per_unit")


@pytest.fixture
def clear(sku):
    """Two keys in clear: one is bought, one stays in the pool."""
    return add_keys(sku, 2)


@pytest.fixture
def purchase(clock, agent, customer, sku, clear):
    return buy_line(agent, customer, sku).purchase


@pytest.fixture
def auditor(partner):
    return UserFactory(partner=partner, roles=[Role.AUDITOR])


def search(client, text):
    """Paste it into the box; answers the page that it ends at."""
    response = client.post(URL, {"q": text}, follow=True)
    assert response.redirect_chain[0][1] == 303
    return response


def page_of_key(purchase):
    key = purchase.keys.get()
    return reverse("activity:key", args=[purchase.customer.tenant_id, purchase.public_id, key.public_id])


@pytest.mark.parametrize("write", WAYS_TO_WRITE_A_KEY)
def test_a_key_opens_its_purchase_however_it_is_written(client_of, agent, purchase, clear, write):
    response = client_of(agent).post(URL, {"q": write(clear[0])})
    assert (response.status_code, response.url) == (303, page_of_key(purchase))


def test_a_global_admin_finds_the_purchase_too(client_of, global_admin, purchase, clear):
    page = search(client_of(global_admin), clear[0])
    assert purchase.order_number in words_of(page)


def test_a_revoked_key_is_found_with_its_purchase(client_of, agent, purchase, clear):
    ProductKey.objects.filter(purchase=purchase).update(status="revoked")
    assert client_of(agent).post(URL, {"q": clear[0]}).url == page_of_key(purchase)


def test_the_same_key_of_two_products_opens_the_purchase_that_got_it_last(
    clock, client_of, agent, customer, purchase, clear
):
    other = make_sku(keys=1)
    ProductKey.objects.filter(sku=other).update(hash=purchase.keys.get().hash)
    clock.set("2020-01-25T12:00:00Z")
    later = buy_line(agent, customer, other).purchase
    assert client_of(agent).post(URL, {"q": clear[0]}).url == page_of_key(later)


def test_an_unknown_key_one_of_the_pool_and_another_partners_get_the_same_answer(
    clock, client_of, agent, stranger, purchase, clear
):
    theirs = buy_line(stranger, CustomerFactory(partner=stranger.partner), make_sku(keys=0)).purchase
    (foreign,) = add_keys(theirs.sku, 1)
    ProductKey.objects.filter(sku=theirs.sku).update(status="allotted", purchase=theirs)
    for key in (NOBODYS, clear[1], foreign):
        page = search(client_of(agent), key)
        assert page.redirect_chain == [("/customers/", 303)]
        assert NOT_FOUND in words_of(page)
        assert key not in page.content.decode()


def test_finding_a_key_shows_none_of_it_and_logs_nothing_as_seen(client_of, agent, purchase, clear):
    page = search(client_of(agent), clear[0])
    assert clear[0] not in page.content.decode()
    assert not Event.objects.filter(action__in=[Action.KEY_REVEALED, Action.KEY_COPIED]).exists()


# In an address


@pytest.mark.parametrize("path", ["/search/", "/customers/", "/", "/orders/"])
def test_a_key_in_an_address_is_taken_out_of_it_and_not_looked_up(client_of, agent, purchase, clear, path):
    client = client_of(agent)
    response = client.get(path, {"q": clear[0], "market": "US"})
    assert (response.status_code, response.url) == (302, f"{path}?market=US")
    page = client.get(response.url, follow=True)
    assert NO_ADDRESS in words_of(page)
    assert clear[0] not in page.content.decode()
    assert purchase.order_number not in str(page.redirect_chain)


def test_the_operator_is_told_where_keys_are_found(client_of, clear):
    client = client_of(UserFactory(partner=None, roles=[Role.OPERATOR_ADMIN]))
    page = client.get("/operator/software/productkey/", {"q": clear[0]}, follow=True)
    assert page.redirect_chain == [("/operator/software/productkey/", 302)]
    assert "Choose Find a key for it." in words_of(page)
    assert clear[0] not in page.content.decode()


def test_nobody_is_sent_to_sign_in_with_a_key_in_the_address_or_to_another_host(client, clear):
    page = client.get("/search/", {"q": clear[0]}, follow=True)
    assert page.redirect_chain == [("/search/", 302), ("/accounts/sign-in/?next=%2Fsearch%2F", 302)]
    elsewhere = client.get("/", {"q": clear[0]}, PATH_INFO="//evil.example/")
    assert elsewhere.url == "/%2Fevil.example/"


@pytest.mark.parametrize("write", WAYS_TO_WRITE_A_KEY)
@pytest.mark.parametrize(
    ("path", "name"), [("/search/", "q"), ("/customers/", "q"), ("/activity/", "user"), ("/activity/", "customer")]
)
def test_however_it_is_written_a_key_stays_in_no_address_and_no_log(
    client_of, global_admin, purchase, clear, path, name, write
):
    client = client_of(global_admin)
    response = client.get(path, {name: write(clear[0])})
    assert (response.status_code, response.url) == (302, path)
    client.get(response.url, follow=True)
    posted = client.post(URL, {"q": write(NOBODYS)}, follow=True)
    addresses = [address for address, _status in posted.redirect_chain]
    logged = [str(details) for details in Event.objects.values_list("details", flat=True)]
    for key in (clear[0], NOBODYS):
        for text in (*addresses, *logged):
            assert canonical_key(key) not in canonical_key(unquote_plus(text)).replace("_", "").replace(".", "")


def test_several_keys_at_once_are_not_looked_up_and_stand_in_no_address(client_of, agent, purchase, clear):
    page = search(client_of(agent), f"{clear[0]}\t{clear[1]}")
    assert page.redirect_chain == [("/", 303)]
    assert "These are several product keys." in words_of(page)


def test_a_signature_is_no_key_whatever_it_looks_like(client_of, agent):
    assert client_of(agent).get("/customers/", {"signature": NOBODYS}).status_code == 200


@pytest.mark.parametrize(
    "text",
    [
        "margaret123456789012345678@customer.example",
        "desk@margaret12345678901234567.example",
        "2020-01-24 2020-02-24",
        "9B3E5D70-64F1-4A8C-B2D9-0E7C51F8A236",
        "Contoso Hotel Paris Munich Delhi, 3rd floor",
        "0" * 64,
    ],
)
def test_what_holds_no_key(text):
    assert not holds_key(text)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (NOBODYS, True),
        (NOBODYS.lower().replace("-", " "), True),
        ("QQQQQWWWWWEEEEERRRRRTTTTT", True),
        ("QQQQ QWWWWW EEEEE RRRRR 1111 1", True),
        ("Alpha Bravo Delta Hotel India", True),
        ("Contoso Pharmaceutical Ltd", False),
        ("Contoso Pharmaceutical-Ltda", False),
        (NOBODYS[:-1], False),
        (f"{NOBODYS}1", False),
        ("9B3E5D70-64F1-4A8C-B2D9-0E7C51F8A236", False),
        ("7KM0Q1X9AB", False),
        ("Üüüüü-Wwwww-Eeeee-Rrrrr-11111", False),
        ("", False),
    ],
)
def test_what_looks_like_a_key(text, is_one):
    assert looks_like_key(text) == is_one


# In the log


def rows(page):
    return [(row.event.action, row.event.key_last_five) for row in page.context["rows"]]


def test_for_who_reads_only_the_log_a_key_opens_what_it_says_of_that_key(
    clock, client_of, agent, auditor, customer, sku, purchase, clear
):
    reveal_key(purchase.keys.get().public_id, actor=agent)
    other = buy_line(agent, customer, sku).purchase
    reveal_key(other.keys.get().public_id, actor=agent)
    clock.set("2021-06-01T12:00:00Z")  # long after the days that the log shows by itself
    page = search(client_of(auditor), clear[0].lower())
    assert rows(page) == [(Action.KEY_REVEALED, clear[0][-5:])]
    assert "One product key" in words_of(page)
    ((address, _status),) = page.redirect_chain
    assert re.fullmatch(r"/activity/\?from=2014-06-01&key=[0-9a-f]{64}", address)
    assert clear[0] not in page.content.decode()


def test_the_log_finds_rows_written_before_the_hash_key_was_rotated_and_after(
    clock, settings, client_of, agent, auditor, purchase, clear
):
    key = purchase.keys.get()
    reveal_key(key.public_id, actor=agent)
    settings.KEY_HASH_KEYS = ["a newer key of the hash", *settings.KEY_HASH_KEYS]
    rotate_keys(lambda _done, _found: None)
    clock.set("2020-01-25T12:00:00Z")
    reveal_key(key.public_id, actor=agent)
    page = search(client_of(auditor), clear[0])
    assert rows(page) == [(Action.KEY_REVEALED, clear[0][-5:])] * 2
    assert len({row.event.key_hash for row in page.context["rows"]}) == 2


def test_the_log_does_not_tell_an_unknown_key_from_another_partners(clock, client_of, stranger, purchase, clear, agent):
    reveal_key(purchase.keys.get().public_id, actor=agent)
    reader = UserFactory(partner=stranger.partner, roles=[Role.AUDITOR])
    for key in (clear[0], NOBODYS):
        page = search(client_of(reader), key)
        assert rows(page) == []
        assert "Nothing in these days answers the filters" in words_of(page)


def test_reading_the_log_of_a_key_is_logged_with_its_hash(client_of, auditor, purchase, clear):
    search(client_of(auditor), clear[0])
    event = Event.objects.get(action=Action.LOG_READ)
    assert event.details["key"] == purchase.keys.get().hash
    assert clear[0] not in str(event.details)


@pytest.mark.parametrize("key", ["x", "0" * 63, "0" * 65, f"{'0' * 64},", f"{'G' * 64}", ",".join(["0" * 64] * 21)])
def test_what_is_no_hash_filters_nothing(clock, client_of, auditor, agent, purchase, key):
    reveal_key(purchase.keys.get().public_id, actor=agent)
    page = client_of(auditor).get("/activity/", {"key": key})
    assert len(rows(page)) == 1
    assert "One product key" not in words_of(page)


def test_other_days_keep_the_key(client_of, auditor, purchase, clear):
    page = search(client_of(auditor), clear[0]).content.decode()
    assert f'<input type="hidden" name="key" value="{purchase.keys.get().hash}"' in page


def test_the_searches_ask_few_questions(client_of, agent, auditor, purchase, clear):
    assert len(queries_of(client_of(agent), URL, "post", data={"q": clear[0]})) <= MOST_QUERIES
    assert len(queries_of(client_of(agent), URL, "post", data={"q": NOBODYS})) <= MOST_QUERIES
    client = client_of(auditor)
    log = client.post(URL, {"q": clear[0]}).url
    assert len(queries_of(client, log)) <= MOST_QUERIES


def test_the_log_of_a_key_is_read_by_an_index(partner, agent, purchase):
    reveal_key(purchase.keys.get().public_id, actor=agent)
    hashes = ["0" * 64, purchase.keys.get().hash]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # a few rows would be read from the table itself
    plan = Event.objects.of_partner(partner.pk).with_key_hash(hashes).explain()
    assert re.search(r"Index Cond: .*key_hash = ANY", plan)
