"""The cancel form with odd input and with another partner's ids: a clear sentence, and nothing is changed."""

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from activity.models import Action, Event
from cancellations.models import Cancellation
from csp_portal.mail.models import Mail
from orders.billing.models import Credit
from orders.models import OrderLine
from software.models import ProductKey, PurchaseStatus, SoftwarePurchase
from tests.factories import CustomerFactory, buy_line, make_sku
from tests.helpers import quote_of, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(clock, agent, customer):
    return buy_line(agent, customer, make_sku("1200.00", keys=2))


@pytest.fixture
def foreign(clock, stranger, line):
    """A line of another partner's customer, of the same SKU."""
    return buy_line(stranger, CustomerFactory(partner=stranger.partner), line.purchase.sku)


@pytest.fixture(autouse=True)
def _nothing_is_changed(line):
    """After every test of this file: whatever was sent, all is as it was."""
    yield
    assert not Cancellation.objects.exists()
    assert not Credit.objects.exists()
    assert not Mail.objects.filter(cause__startswith="purchase_cancelled:").exists()
    assert set(SoftwarePurchase.objects.values_list("status", flat=True)) == {PurchaseStatus.ACTIVE}
    assert set(OrderLine.objects.values_list("quantity_cancelled", flat=True)) == {0}
    assert not ProductKey.objects.exclude(revoked_at=None).exists()


def address(tenant_id, sku_id, query=""):
    return reverse("cancellations:cancel", args=[tenant_id, sku_id]) + query


def address_of(line):
    return address(line.order.customer.tenant_id, line.purchase.sku.public_id, f"?order={line.order.number}")


def sent(line, **changes):
    return {"quote": quote_of(line).signed(), "notice_accepted": "on", **changes}


def quote_in(response):
    return re.search(r'name="quote" value="([^"]+)"', response.content.decode())[1]


def assert_refused(response, code, words, status=400):
    assert response.status_code == status
    text = words_of(response)
    assert words in text
    assert f"Reason {code}" in text


# Another partner's ids, in every field


def test_another_partners_customer_order_and_both_are_not_found(agent, client_of, line, foreign):
    client, sku = client_of(agent), line.purchase.sku.public_id
    own, other = line.order.customer.tenant_id, foreign.order.customer.tenant_id
    for url in (
        address(other, sku, f"?order={foreign.order.number}"),
        address(other, sku, f"?order={line.order.number}"),
        address(own, sku, f"?order={foreign.order.number}"),
    ):
        assert client.get(url).status_code == 404
        response = client.post(url, sent(foreign))
        assert response.status_code == 404
        assert foreign.order.customer.company_name not in words_of(response)


def test_another_partners_quote_is_refused_without_a_word_of_it(agent, client_of, line, foreign):
    response = client_of(agent).post(address_of(line), sent(line, quote=quote_of(foreign).signed()))
    assert_refused(response, "quote_not_valid", "are not ones that we quoted for this order")
    assert foreign.order.number not in words_of(response)
    assert foreign.order.customer.company_name not in words_of(response)


def test_a_sku_that_only_the_other_partner_bought_is_not_found(agent, stranger, client_of, line, foreign):
    other = buy_line(stranger, foreign.order.customer, make_sku(keys=1))
    url = address(line.order.customer.tenant_id, other.purchase.sku.public_id)
    assert client_of(agent).get(url).status_code == 404
    assert client_of(agent).post(url, sent(other)).status_code == 404


@pytest.mark.parametrize("query", ["?order=", "?order=0", "?order=%00", "?order=" + "9" * 10_000, "?order='\"<b>"])
def test_an_order_that_is_none_is_not_found(agent, client_of, line, query):
    url = address(line.order.customer.tenant_id, line.purchase.sku.public_id, query)
    assert client_of(agent).get(url).status_code == 404
    assert client_of(agent).post(url, sent(line)).status_code == 404


def test_ids_that_do_not_exist_are_not_found(agent, client_of, line):
    for url in (address(uuid4(), line.purchase.sku.public_id), address(line.order.customer.tenant_id, uuid4())):
        assert client_of(agent).post(url, sent(line)).status_code == 404


# What is sent


@pytest.mark.parametrize(
    "quote", ["", "x", "\0", "a\0b", "견적서", "\N{RIGHT-TO-LEFT MARK}", "'; DROP TABLE", "<script>", "9" * 10_000]
)
def test_a_quote_that_is_none_is_refused_with_fresh_amounts_below(agent, client_of, line, quote):
    response = client_of(agent).post(address_of(line), sent(line, quote=quote))
    assert_refused(response, "quote_not_valid", "Open the cancellation again from the Software list.")
    assert "Credit, gross 1,200.00 USD" in words_of(response)
    assert quote_in(response) == quote_of(line).signed()


def test_a_quote_with_one_letter_changed_is_refused(agent, client_of, line):
    good = quote_of(line).signed()
    response = client_of(agent).post(address_of(line), sent(line, quote=good[:-1] + ("A" if good[-1] != "A" else "B")))
    assert_refused(response, "quote_not_valid", "are not ones that we quoted for this order")


def test_two_quotes_in_one_form_are_read_as_the_last(agent, client_of, line):
    response = client_of(agent).post(address_of(line), sent(line, quote=[quote_of(line).signed(), "x"]))
    assert_refused(response, "quote_not_valid", "are not ones that we quoted for this order")


@pytest.mark.parametrize("tick", [{}, {"notice_accepted": ""}, {"notice_accepted": "false"}, {"accepted": "on"}])
def test_a_tick_that_is_none_is_refused(agent, client_of, line, tick):
    response = client_of(agent).post(address_of(line), {"quote": quote_of(line).signed(), **tick})
    assert_refused(response, "notice_not_accepted", "Read the message, tick its box and submit again.")


def test_amounts_beside_the_quote_are_not_looked_at(clock, agent, client_of, line):
    clock.set("2020-03-25T00:00:00Z")
    data = sent(line, gross="999999", quantity="1000000000", cancelled_at="2020-02-31", policy="self_service")
    response = client_of(agent).post(address_of(line), data)
    assert_refused(response, "window_closed", "ended at the end of 24 March 2020 (UTC)", status=409)


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_no_other_method_does_anything(agent, client_of, line, method):
    response = getattr(client_of(agent), method)(address_of(line), sent(line))
    assert response.status_code == 405


def test_without_the_forms_own_secret_it_is_refused(agent, line):
    client = Client(enforce_csrf_checks=True)
    client.force_login(agent)
    assert client.post(address_of(line), sent(line)).status_code == 403


def test_each_refusal_stands_in_the_log_with_its_reason(agent, client_of, line):
    client_of(agent).post(address_of(line), sent(line, quote="x"))
    event = Event.objects.get(action=Action.CANCEL_REFUSED)
    assert (event.actor_name, event.order_number) == (agent.email, line.order.number)
    assert event.details == {"reason": "quote_not_valid"}
