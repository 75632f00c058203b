"""The operator posts, finds and reverses payments in the browser; partners see them on their invoices (R6)."""

import pytest
from django.urls import reverse

from orders.billing.models import Payment
from tests.helpers import MOST_QUERIES, queries_of, words_of
from tests.payments import issued_invoice, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client_of, keeper):
    return client_of(keeper)


@pytest.fixture
def invoice(clock, agent, customer):
    """G000001 over 1,200.00 USD; it is 10 February 2020."""
    return issued_invoice(clock, agent, customer)


POST = "/operator/invoices/G000001/payment/"


def form(**changed):
    return {"amount": "1200.00", "received_on": "2020-02-09", "reference": "WIRE 1", **changed}


def test_a_payment_is_posted_from_its_invoice(invoice, browser, keeper, partner):
    page = words_of(browser.get(reverse("admin:billing_invoice_change", args=[invoice.pk])))
    assert partner.legal_name in page
    assert "Post a payment" in page
    filled = browser.get(POST)
    assert "Of 1,200.00 USD on this invoice 1,200.00 USD is open." in words_of(filled)
    assert 'value="1200.00"' in filled.content.decode()
    assert 'value="2020-02-10"' in filled.content.decode()
    done = words_of(browser.post(POST, form(), follow=True))
    assert "The payment WIRE 1 is posted." in done
    assert "WIRE 1 9 February 2020 (UTC) posted 1,200.00 USD" in done
    assert "Nothing is open on this invoice." in done
    assert Payment.objects.get().posted_by == keeper.email


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"amount": "1200.01"}, "1,200.01 USD is more than the 1,200.00 USD that is open on invoice G000001."),
        ({"amount": "1.200,00"}, "Write the amount as digits, such as 25000 or 25000.50."),
        ({"amount": ""}, "This field is required."),
        ({"amount": "0.001"}, "in whole minor units of the currency"),
        ({"received_on": "2020-02-11"}, "11 February 2020 is not here yet"),
        ({"received_on": "2020-02-31"}, "There is no such day."),
        ({"reference": " "}, "This field is required."),
        ({"reference": "X" * 101}, "This is too long"),
    ],
)
def test_what_is_wrong_stands_on_the_form_and_nothing_is_posted(invoice, browser, changed, told):
    response = browser.post(POST, form(**changed))
    assert response.status_code == 200
    assert told in words_of(response)
    assert not Payment.objects.exists()


def test_a_payment_is_reversed_on_its_page_once(invoice, browser):
    payment = pay(invoice, "1200.00")
    page = reverse("admin:billing_payment_change", args=[payment.pk])
    url = f"/operator/payments/{payment.public_id}/reverse/"
    assert url in browser.get(page).content.decode()
    assert "a row of − 1,200.00 USD is put beside it" in words_of(browser.get(url))
    assert "stands already with 1,200.00 USD" in words_of(browser.post(url, {"reference": "WIRE 1"}))
    done = words_of(browser.post(url, {"reference": "BACK"}, follow=True))
    assert "The payment WIRE 1 is reversed." in done
    for address in (page, url):
        assert "The payment WIRE 1 was reversed already" in words_of(browser.get(address))
    assert "was reversed already" in words_of(browser.post(url, {"reference": "BACK 2"}))
    assert Payment.objects.count() == 2


def test_payments_and_invoices_are_found(invoice, browser, partner):
    pay(invoice, "100.00", "WIRE 7781")
    payments, invoices = reverse("admin:billing_payment_changelist"), reverse("admin:billing_invoice_changelist")
    for words in ("7781", partner.legal_name, "usd"):
        assert "WIRE 7781" in words_of(browser.get(payments, {"q": words}))
    assert "Nothing fits this search" in words_of(browser.get(payments, {"q": "7782"}))
    for words in ("g000001", partner.legal_name):
        page = words_of(browser.get(invoices, {"q": words}))
        assert f"G000001 {partner.legal_name} January 2020 1,200.00 USD 1,100.00 USD partly paid" in page
    assert "Nothing fits this search" in words_of(browser.get(invoices, {"q": "G000002"}))


def test_lists_and_pages_cost_few_queries(invoice, browser):
    first = pay(invoice, "1.00", "WIRE 0")
    urls = [
        reverse("admin:billing_payment_changelist"),
        reverse("admin:billing_invoice_changelist"),
        reverse("admin:billing_invoice_change", args=[invoice.pk]),
        reverse("admin:billing_payment_change", args=[first.pk]),
    ]
    for url in urls:
        browser.get(url)  # what is asked once and kept is asked now
    with_one = [len(queries_of(browser, url)) for url in urls]
    for number in range(1, 30):
        pay(invoice, "1.00", f"WIRE {number}")
    assert [len(queries_of(browser, url)) for url in urls] == with_one
    assert max(with_one) <= MOST_QUERIES


def test_a_partner_sees_payments_and_what_is_open_on_its_invoice(invoice, client_of, agent):
    pay(invoice, "200.00", "송금 1")
    listed = words_of(client_of(agent).get("/invoices/"))
    assert "G000001 USD partly paid" in listed
    assert "1,200.00 USD 1,000.00 USD" in listed
    page = words_of(client_of(agent).get("/invoices/G000001/"))
    assert "Invoice G000001 partly paid" in page
    assert "Open 1,000.00 USD" in page
    assert "송금 1 9 February 2020 (UTC) posted 200.00 USD" in page
    assert "/operator/" not in client_of(agent).get("/invoices/G000001/").content.decode()
