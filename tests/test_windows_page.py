"""The list of windows that are open, by day (C10)."""

import pytest
from django.urls import reverse

from csp_portal.accounts.permissions import Role
from orders.models import OrderLine
from tests.factories import CustomerFactory, UserFactory, buy_line, make_sku
from tests.helpers import MOST_QUERIES, cancel, queries_of, words_of
from tests.test_query_counts_software import buy_many

pytestmark = pytest.mark.django_db

URL = "/windows/"


@pytest.fixture
def see(client_of, agent):
    """Open the list; answers the page's words and what is listed."""

    def open_page(query="", user=agent):
        response = client_of(user).get(f"{URL}{query}")
        assert response.status_code == 200
        return words_of(response), [window.line for window in response.context["windows"]]

    return open_page


@pytest.fixture
def line(clock, agent, customer):
    """Two bought on 2020-01-24: can be cancelled to the end of 2020-03-24."""
    return buy_line(agent, customer, make_sku(keys=1, title="Windows Server Standard"), 2)


def test_an_empty_list_says_what_will_stand_there(see):
    page, lines = see()
    assert "No window is open" in page
    assert lines == []


def test_windows_stand_by_day_the_first_to_close_first(clock, see, agent, customer, line):
    clock.set("2020-01-22T12:00:00Z")
    earlier = buy_line(agent, customer, make_sku(keys=1))
    clock.set("2020-03-20T12:00:00Z")
    page, lines = see()
    assert lines == [earlier, line]
    first, second = (page.index(f"until the end of {day} March 2020 (UTC)") for day in (22, 24))
    assert first < page.index(earlier.order.number) < second < page.index(line.order.number)
    assert "2 days left · closes 23 Mar 2020, 00:00 UTC" in page
    assert "4 days left" in page


def test_a_row_tells_order_customer_product_quantity_and_how_it_is_cancelled(see, customer, line):
    page, _lines = see()
    told = f"Windows Server Standard {customer.company_name} {line.order.number} 2 self-service Cancel"
    assert told in page.replace("Copied ", "")


@pytest.mark.parametrize(
    ("now", "listed", "soon"),
    [
        ("2020-03-16T23:59:59Z", True, False),
        ("2020-03-17T00:00:00Z", True, True),
        ("2020-03-24T23:59:59Z", True, True),
        ("2020-03-25T00:00:00Z", False, False),
    ],
)
def test_both_ends_of_the_window_and_of_the_next_seven_days(clock, see, line, now, listed, soon):
    clock.set(now)
    assert see()[1] == [line] * listed
    assert see("?days=7")[1] == [line] * soon


def test_today_is_the_last_day(clock, see, line):
    clock.set("2020-03-24T12:00:00Z")
    assert "today is the last day" in see()[0]


def test_what_is_cancelled_ended_or_never_cancellable_has_no_window(clock, see, agent, customer, line):
    cancel(line, agent)
    buy_line(agent, customer, make_sku(cancellation_policy="never", keys=1))
    monthly = buy_line(agent, customer, make_sku(term="P1M", keys=1))
    assert see()[1] == [monthly]
    clock.set("2020-02-24T00:00:00Z")
    assert see()[1] == []


def test_what_is_left_of_a_line_is_told(see, line):
    OrderLine.objects.update(quantity_cancelled=1)
    assert f"{line.order.number} 1 self-service" in see()[0]


def test_by_support_request_only_says_so_and_why(see, client_of, agent, customer):
    line = buy_line(agent, customer, make_sku(cancellation_policy="support_only", keys=1))
    page, lines = see()
    assert lines == [line]
    assert "only by support request Cancel Not available. Why?" in page
    assert "/cancel/" not in client_of(agent).get(URL).content.decode()


def test_each_row_leads_to_its_own_cancel_dialog(client_of, agent, customer, line):
    newer = buy_line(agent, customer, line.purchase.sku)
    page = client_of(agent).get(URL).content.decode()
    dialog = reverse("cancellations:cancel", args=[customer.tenant_id, line.purchase.sku.public_id])
    for each in (line, newer):
        address = f"{dialog}?order={each.order.number}"
        assert f'href="{address}"' in page
        assert client_of(agent).get(address).context["terms"].line == each


def test_a_global_admin_sees_the_list_and_why_they_cannot_cancel(see, client_of, global_admin, line):
    page, lines = see(user=global_admin)
    assert lines == [line]
    assert "Only these roles may cancel a purchase: Admin agent. Yours: Global admin." in page
    assert "/cancel/" not in client_of(global_admin).get(URL).content.decode()


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ACCOUNT_ADMIN])
def test_who_may_not_see_orders_is_refused(client_of, partner, role):
    assert client_of(UserFactory(partner=partner, roles=[role])).get(URL).status_code == 403


def test_another_partners_windows_are_not_seen(see, stranger, line):
    buy_line(stranger, CustomerFactory(partner=stranger.partner), make_sku(keys=1))
    assert see()[1] == [line]


def test_the_list_is_narrowed_to_a_customer_by_name_domain_or_guid(see, agent, line):
    other = CustomerFactory(partner=agent.partner, company_name="한빛전자 주식회사", primary_domain="hanbit.example")
    found = buy_line(agent, other, make_sku(keys=1))
    for text in ("한빛", "hanbit", str(other.tenant_id)):
        assert see(f"?customer={text}")[1] == [found]
    page, lines = see("?customer=nobody")
    assert lines == []
    assert "No open window fits" in page
    assert see("?days=soon")[1] == [line, found]  # no such choice: left out


def test_300_windows_cost_as_many_queries_as_3_and_stand_on_pages(client_of, agent, line):
    buy_many(line, [line.purchase.sku] * 2)
    few = len(queries_of(client_of(agent), URL))
    buy_many(line, [line.purchase.sku] * 297)
    response = client_of(agent).get(URL)
    assert len(response.context["windows"]) == 25
    assert "1 to 25 of 300" in words_of(response)
    assert len(queries_of(client_of(agent), URL)) == few <= MOST_QUERIES
    second = client_of(agent).get(f"{URL}?page=2").context["windows"]
    assert not {window.line for window in second} & {window.line for window in response.context["windows"]}
