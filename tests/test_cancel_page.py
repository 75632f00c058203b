"""The dialog and page that cancel: C3, and of C4, C5 and C7 what they show."""

import re
from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse

from cancellations.models import Cancellation
from csp_portal.accounts.permissions import Role
from orders.billing.models import Account, Credit
from software.models import CancellationPolicy, Kind, TaxRate
from tests.factories import CustomerFactory, UserFactory, buy_line, make_sku
from tests.helpers import quote_of, words_of

pytestmark = pytest.mark.django_db

DIALOG = {"HX-Request": "true", "HX-Target": "dialog-content"}
PART = {"HX-Request": "true", "HX-Target": "cancellation"}


@pytest.fixture
def line(clock, agent, customer):
    """A subscription of 1,200.00 USD, bought at 2020-01-24 12:00 UTC."""
    return buy_line(agent, customer, make_sku("1200.00", keys=9))


def address_of(line, **query):
    customer, sku = line.order.customer, line.purchase.sku
    path = reverse("cancellations:cancel", args=[customer.tenant_id, sku.public_id])
    return f"{path}?order={query['order']}" if query else path


def quote_in(response):
    return re.search(r'name="quote" value="([^"]+)"', response.content.decode())[1]


def submit(client, line, *, tick=True, quote=None, headers=None):
    quote = quote_in(client.get(address_of(line, order=line.order.number))) if quote is None else quote
    data = {"quote": quote} | ({"notice_accepted": "on"} if tick else {})
    return client.post(address_of(line, order=line.order.number), data, headers=headers)


def nothing_cancelled(line):
    line.purchase.refresh_from_db()
    return line.purchase.is_active and not Cancellation.objects.exists() and not Credit.objects.exists()


def test_the_page_tells_the_terms(clock, agent, client_of, line):
    clock.set("2020-02-02T12:00:00Z")
    text = words_of(client_of(agent).get(address_of(line)))
    for words in (
        "51 days left: it can be cancelled until the end of 24 March 2020 (UTC)",
        "Credit, net 1,167.21 USD excl. tax",
        "Tax 0.00 USD",
        "Credit, gross 1,167.21 USD incl. tax",
        "1,200.00 USD × (366 − 10) / 366 = 1,167.21 USD",
        "It comes on the February 2020 invoice.",
        "All keys and download links of this purchase are revoked at once",
        "stop using the software, uninstall it",
        "The item stays listed without its key.",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("instant", "words"),
    [
        ("2020-03-23T23:59:59Z", "1 day left:"),
        ("2020-03-24T00:00:00Z", "Today is the last day:"),
        ("2020-03-24T23:59:59Z", "Today is the last day:"),
        ("2020-03-25T00:00:00Z", "ended at the end of 24 March 2020 (UTC)"),
    ],
)
def test_the_days_left_are_counted_in_utc(clock, agent, client_of, line, instant, words):
    clock.set(instant)
    assert words in words_of(client_of(agent).get(address_of(line)))


def test_the_readers_own_time_stands_beside_the_day(agent, client_of, line):
    client = client_of(agent)
    client.cookies["timezone"] = "Asia/Seoul"
    text = words_of(client.get(address_of(line)))
    assert "until the end of 24 March 2020 (UTC), which is" in text
    assert "25 Mar 2020, 09:00 KST" in text


def test_net_tax_and_gross_are_labelled_where_prices_include_tax(clock, agent, client_of, partner):
    customer = CustomerFactory(partner=partner, market="AU", currency="AUD")
    TaxRate.objects.create(market="AU", name="GST", rate="0.1", included_in_price=True, valid_from="2019-01-01")
    clock.set("2021-01-24T12:00:00Z")
    line = buy_line(agent, customer, make_sku("1100.00", market="AU", currency="AUD", keys=1))
    clock.set("2021-02-02T12:00:00Z")
    text = words_of(client_of(agent).get(address_of(line)))
    for words in ("net 972.60 AUD excl. tax", "Tax (GST) 97.26 AUD", "gross 1,069.86 AUD incl. tax"):
        assert words in text


@pytest.mark.parametrize(
    ("instant", "words"),
    [
        ("2020-01-31T23:44:59Z", "It comes on the January 2020 invoice."),
        ("2020-01-31T23:45:00Z", "on the January 2020 invoice, or on the February 2020 invoice if you submit after"),
        ("2020-01-31T23:59:59Z", "on the January 2020 invoice, or on the February 2020 invoice if you submit after"),
        ("2020-02-01T00:00:00Z", "It comes on the February 2020 invoice."),
    ],
)
def test_within_15_minutes_of_a_months_end_both_months_are_named(clock, agent, client_of, line, instant, words):
    clock.set(instant)
    assert words in words_of(client_of(agent).get(address_of(line)))


def test_a_month_that_is_closed_already_is_not_promised(clock, agent, client_of, line):
    Account.objects.update(closed_through="2020-02-01")
    clock.set("2020-02-28T12:00:00Z")
    assert "It comes on the March 2020 invoice." in words_of(client_of(agent).get(address_of(line)))


# The drop-down


def test_the_drop_down_has_every_order_of_the_row_and_says_what_cannot_be_cancelled(clock, agent, client_of, line):
    sku, customer = line.purchase.sku, line.order.customer
    cancelled = buy_line(agent, customer, sku)
    submit(client_of(agent), cancelled)
    clock.set("2020-03-25T00:00:00Z")
    late = buy_line(agent, customer, sku)
    page = client_of(agent).get(address_of(line)).content.decode()
    options = dict(re.findall(r'<option value="(\w+)"(.*?)</option>', page, re.DOTALL))
    assert set(options) == {line.order.number, cancelled.order.number, late.order.number}
    assert " disabled" in options[line.order.number]
    assert "ended at the end of 24 March 2020 (UTC)" in options[line.order.number]
    assert " disabled" in options[cancelled.order.number]
    assert "– cancelled on 24 January 2020" in options[cancelled.order.number]
    assert " selected" in options[late.order.number]
    assert " disabled" not in options[late.order.number]


def test_the_order_is_chosen_in_the_address(clock, agent, client_of, line):
    clock.set("2020-01-25T12:00:00Z")
    newer = buy_line(agent, line.order.customer, line.purchase.sku, 2)
    client = client_of(agent)
    assert "gross 2,400.00 USD" in words_of(client.get(address_of(line)))
    assert "gross 1,193.44 USD" in words_of(client.get(address_of(line, order=line.order.number)))
    assert client.get(address_of(line, order=newer.order.number)).status_code == 200
    assert client.get(address_of(line, order="NOSUCHNUMB")).status_code == 404


def test_an_order_of_another_row_is_not_found(agent, client_of, line):
    other = buy_line(agent, line.order.customer, make_sku(keys=1))
    assert client_of(agent).get(address_of(line, order=other.order.number)).status_code == 404


@pytest.mark.parametrize(
    ("kind", "policy", "words"),
    [
        (Kind.LINUX_PLAN, CancellationPolicy.NEVER, "can never be cancelled or exchanged."),
        (Kind.RESERVATION, CancellationPolicy.SUPPORT_ONLY, "Report a problem to ask for the refund"),
    ],
)
def test_what_cannot_be_cancelled_says_why_and_has_no_submit(clock, agent, client_of, customer, kind, policy, words):
    line = buy_line(agent, customer, make_sku(kind=kind, cancellation_policy=policy))
    response = client_of(agent).get(address_of(line))
    assert response.status_code == 200
    assert words in words_of(response)
    assert "Submit" not in words_of(response)
    assert 'name="quote"' not in response.content.decode()


# Submit


def test_submit_cancels_and_says_so_on_the_software_tab(clock, agent, client_of, line):
    clock.set("2020-02-02T12:00:00Z")
    client = client_of(agent)
    response = submit(client, line)
    software = reverse("cancellations:software", args=[line.order.customer.tenant_id])
    assert (response.status_code, response.headers["Location"]) == (302, software)
    assert Credit.objects.get().gross == Decimal("1167.21")
    text = words_of(client.get(software))
    what = f"{line.sku_title} of order {line.order.number} is cancelled."
    assert f"{what} Credit 1,167.21 USD (incl. tax) on the February 2020 invoice." in text
    assert "keys revoked" in words_of(client.get(f"{software}?sku={line.purchase.sku.public_id}"))


def test_after_a_part_it_says_how_many_units_of_what_are_cancelled(clock, agent, client_of, customer):
    line = buy_line(agent, customer, make_sku("10.00", key_issue="per_unit", keys=5), quantity=5)
    client = client_of(agent)
    told = []
    for units in (1, 2):
        quote = quote_of(line, units).signed()
        software = submit(client, line, quote=quote).headers["Location"]
        told.append(words_of(client.get(software)))
    of_it = f"of {line.sku_title}, order {line.order.number},"
    assert f"1 unit {of_it} is cancelled. Credit 10.00 USD (incl. tax) on the January 2020 invoice." in told[0]
    assert f"2 units {of_it} are cancelled. Credit 20.00 USD (incl. tax) on the January 2020 invoice." in told[1]


def test_without_the_tick_nothing_is_cancelled_and_the_choice_stays(clock, agent, client_of, line):
    clock.set("2020-01-25T12:00:00Z")
    buy_line(agent, line.order.customer, line.purchase.sku)  # newer, so it would be chosen first
    response = submit(client_of(agent), line, tick=False)
    assert response.status_code == 400
    assert "The Important message has not been accepted" in words_of(response)
    assert f'value="{line.order.number}" selected' in response.content.decode()
    assert nothing_cancelled(line)


def test_an_expired_quote_shows_fresh_amounts_and_says_so(clock, agent, client_of, line):
    clock.set("2020-02-02T23:50:00Z")
    client = client_of(agent)
    page = client.get(address_of(line))
    assert "gross 1,167.21 USD" in words_of(page)
    clock.set("2020-02-03T00:05:00Z")
    response = submit(client, line, quote=quote_in(page))
    assert response.status_code == 409
    assert "more than 15 minutes old" in words_of(response)
    assert "gross 1,163.93 USD" in words_of(response)
    assert nothing_cancelled(line)
    assert submit(client, line, quote=quote_in(response)).status_code == 302


@pytest.mark.parametrize("data", [{}, {"quote": "x", "notice_accepted": "on"}])
def test_a_form_that_is_not_ours_is_refused(agent, client_of, line, data):
    assert client_of(agent).post(address_of(line), data).status_code == 400
    assert nothing_cancelled(line)


def test_a_double_submit_makes_one_cancellation_and_answers_the_same(agent, client_of, line):
    client = client_of(agent)
    quote = quote_in(client.get(address_of(line)))
    first, second = (submit(client, line, quote=quote) for _time in range(2))
    assert (first.status_code, first.headers["Location"]) == (second.status_code, second.headers["Location"])
    assert Cancellation.objects.count() == Credit.objects.count() == 1


def test_a_colleague_who_comes_second_is_told_who_was_first(agent, partner, client_of, line):
    colleague = client_of(UserFactory(partner=partner, roles=[Role.ADMIN_AGENT]))
    quote = quote_in(colleague.get(address_of(line)))
    submit(client_of(agent), line)
    response = submit(colleague, line, quote=quote)
    assert response.status_code == 409
    assert f"was cancelled by {agent.email}" in words_of(response)
    assert Cancellation.objects.count() == 1


# Dialog and parts


def test_htmx_gets_the_dialog_and_then_only_what_changes(agent, client_of, line):
    client = client_of(agent)
    dialog = client.get(address_of(line), headers=DIALOG).content.decode()
    assert "<html" not in dialog
    assert 'id="dialog-title"' in dialog
    part = client.get(address_of(line, order=line.order.number), headers=PART).content.decode()
    assert part.lstrip().startswith('<div id="cancellation"')


def test_in_the_dialog_a_refusal_is_shown_in_place_and_success_leaves(agent, client_of, line):
    client = client_of(agent)
    refused = submit(client, line, tick=False, headers=PART)
    assert refused.status_code == 400
    assert refused.content.decode().lstrip().startswith('<div id="cancellation"')
    done = submit(client, line, headers=PART)
    assert done.headers["HX-Redirect"] == reverse("cancellations:software", args=[line.order.customer.tenant_id])


# Who may


def test_a_global_admin_is_refused_on_the_page_and_by_post(global_admin, client_of, line):
    client = client_of(global_admin)
    for response in (client.get(address_of(line)), client.post(address_of(line), {"notice_accepted": "on"})):
        assert response.status_code == 403
        assert "Only these roles may cancel a purchase: Admin agent. Yours: Global admin." in words_of(response)
    assert nothing_cancelled(line)


def test_another_partners_row_is_not_found(stranger, client_of, line):
    client = client_of(stranger)
    assert client.get(address_of(line)).status_code == 404
    assert client.post(address_of(line), {"notice_accepted": "on"}).status_code == 404
    assert nothing_cancelled(line)


def test_a_row_of_another_customer_is_not_found(agent, client_of, customer, line):
    address = reverse("cancellations:cancel", args=[uuid4(), line.purchase.sku.public_id])
    assert client_of(agent).get(address).status_code == 404
    address = reverse("cancellations:cancel", args=[customer.tenant_id, uuid4()])
    assert client_of(agent).get(address).status_code == 404


def test_a_quote_that_cannot_be_read_is_refused_and_changes_nothing(agent, customer, client_of):
    line = buy_line(agent, customer, make_sku(keys=1))
    address = (
        f"/customers/{customer.tenant_id}/software/{line.purchase.sku.public_id}/cancel/?order={line.order.number}"
    )
    response = client_of(agent).post(address, {"quote": "a\0b", "notice_accepted": "on"})
    assert response.status_code == 400
    line.purchase.refresh_from_db()
    assert line.purchase.is_active
