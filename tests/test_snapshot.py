"""A page of several statements shows one moment: a credit that is posted in between stands on it once."""

import threading

import pytest
import time_machine
from django.db import DatabaseError, connection

from activity.models import Action
from activity.services import Actor, record
from csp_portal.snapshot import one_snapshot
from orders.billing.models import Credit, Entry
from orders.billing.services import post_due_credits
from tests.factories import buy_line, make_sku
from tests.helpers import cancel, words_of

pytestmark = pytest.mark.django_db(transaction=True)


def in_another_connection(work):
    def run():
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


@pytest.fixture
def waiting(agent, customer):
    """A charge of January, and its credit of February, which is still to be posted."""
    with time_machine.travel("2020-01-24T12:00:00Z"):
        line = buy_line(agent, customer, make_sku("1200.00"))
    with time_machine.travel("2020-02-02T12:00:00Z"):
        cancel(line, agent)
        yield line


class PostingAfter:
    """Posts the credits from another connection once the first statement on a table is done."""

    def __init__(self, table):
        self.table, self.posted = table, False

    def __call__(self, execute, sql, params, many, context):
        found = execute(sql, params, many, context)
        if not self.posted and f'FROM "{self.table}"' in sql:
            self.posted = True
            in_another_connection(post_due_credits)
        return found


@pytest.mark.parametrize("first_read", ["billing_entry", "billing_credit"])
@pytest.mark.parametrize("url", ["/invoices/", "/invoices/unbilled/USD/"])
def test_the_account_shows_a_credit_once_while_it_is_posted(waiting, client_of, agent, first_read, url):
    browser = client_of(agent)
    meanwhile = PostingAfter(first_read)
    with connection.execute_wrapper(meanwhile):
        page = words_of(browser.get(url))
    assert meanwhile.posted
    assert Credit.objects.unposted().count() == 0
    february = "February 2020 USD 0 lines posted 1 credit to be posted, -1,167.21 USD -1,167.21 USD 0.00 USD -1,167.21"
    assert february in page
    assert "1 line posted -1,167.21 USD" not in page


@pytest.mark.parametrize("first_read", ["billing_entry", "billing_credit"])
def test_an_order_shows_a_credit_once_while_it_is_posted(waiting, client_of, agent, first_read):
    browser = client_of(agent)
    meanwhile = PostingAfter(first_read)
    with connection.execute_wrapper(meanwhile):
        page = words_of(browser.get(waiting.order.get_absolute_url()))
    assert meanwhile.posted
    assert page.count("-1,167.21 USD excl. tax") == 1


def test_nothing_is_written_in_a_snapshot(waiting):
    with pytest.raises(DatabaseError, match="read-only"), one_snapshot():
        record(Action.MONTH_CLOSED, actor=Actor.system("test"))


def test_after_it_the_connection_sees_and_writes_as_before(waiting):
    with one_snapshot():
        assert Entry.objects.count() == 1
        in_another_connection(post_due_credits)
        assert Entry.objects.count() == 1
    assert Entry.objects.count() == 2
    record(Action.MONTH_CLOSED, actor=Actor.system("test"))
