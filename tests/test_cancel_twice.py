"""Submitted twice, in two tabs, again, or by two people: one cancellation, one credit, one entry (C7)."""

import re
from functools import partial

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from activity.models import Action, Event
from cancellations.models import Cancellation
from cancellations.services import confirm_cancellation
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from csp_portal.mail.models import Mail
from orders.billing.models import Credit, Entry, EntryKind
from orders.billing.services import close_due_months, post_credit, post_due_credits
from orders.models import OrderLine
from tests.factories import UserFactory, buy_line, make_sku
from tests.helpers import in_threads, quote_of, words_of

pytestmark = pytest.mark.django_db

PART = {"HX-Request": "true", "HX-Target": "cancellation"}


@pytest.fixture
def line(clock, agent, customer):
    return buy_line(agent, customer, make_sku("1200.00", keys=1))


@pytest.fixture
def colleague(partner):
    return UserFactory(partner=partner, roles=[Role.ADMIN_AGENT])


def confirm(line, actor, quote, *, tick=True):
    return confirm_cancellation(line.purchase.public_id, quote=quote, notice_accepted=tick, actor=actor)


def address_of(line):
    path = reverse("cancellations:cancel", args=[line.order.customer.tenant_id, line.purchase.sku.public_id])
    return f"{path}?order={line.order.number}"


def quote_in(response):
    return re.search(r'name="quote" value="([^"]+)"', response.content.decode())[1]


def submit(client, line, quote, **headers):
    return client.post(address_of(line), {"quote": quote, "notice_accepted": "on"}, headers=headers)


def assert_one_of_each(line):
    """One cancellation, one credit of all that was charged, one entry however often it is posted, one row of the log.

    And one mail to who cancelled, and one to who had ordered if that is somebody else.
    """
    post_due_credits()
    post_due_credits()
    credit = Credit.objects.get()
    found = OrderLine.objects.get(pk=line.pk)
    assert (found.quantity_cancelled, found.credited_gross) == (1, credit.gross)
    cancellation = Cancellation.objects.get()
    assert cancellation.credit == credit
    assert Entry.objects.get(kind=EntryKind.CREDIT).gross == -credit.gross
    assert Event.objects.filter(action=Action.PURCHASE_CANCELLED).count() == 1
    told = Mail.objects.filter(cause__startswith="purchase_cancelled:").values_list("to", flat=True)
    assert sorted(told) == sorted({cancellation.cancelled_by.email, line.order.placed_by.email})


# The same person


def test_a_retry_with_the_same_quote_gets_the_same_answer(agent, line):
    quote = quote_of(line).signed()
    first = confirm(line, agent, quote)
    assert confirm(line, agent, quote) == first
    assert_one_of_each(line)
    assert not Event.objects.filter(action=Action.CANCEL_REFUSED).exists()


@pytest.mark.parametrize("later", ["2020-01-24T12:15:00Z", "2020-01-26T00:00:00Z", "2020-06-01T00:00:00Z"])
def test_a_retry_with_a_quote_that_has_expired_meanwhile_gets_the_same_answer(clock, agent, line, later):
    quote = quote_of(line).signed()
    first = confirm(line, agent, quote)
    clock.set(later)
    assert confirm(line, agent, quote) == first
    assert_one_of_each(line)


def test_a_second_tab_that_was_quoted_less_gets_the_same_answer_and_credit(clock, agent, line):
    first_tab = quote_of(line).signed()
    clock.set("2020-01-25T00:00:00Z")
    second_tab = quote_of(line)
    clock.set("2020-01-24T12:10:00Z")
    first = confirm(line, agent, first_tab)
    clock.set("2020-01-25T00:01:00Z")
    assert confirm(line, agent, second_tab.signed()) == first
    assert first.credit.gross > second_tab.gross
    assert_one_of_each(line)


@pytest.mark.parametrize(("quote", "tick"), [("x", True), ("", True), (None, False)])
def test_what_could_not_have_cancelled_is_not_answered_as_if_it_had(agent, line, quote, tick):
    good = quote_of(line).signed()
    confirm(line, agent, good)
    with pytest.raises(Refusal) as refused:
        confirm(line, agent, good if quote is None else quote, tick=tick)
    assert refused.value.code == "already_cancelled"
    assert_one_of_each(line)


def test_the_page_answers_a_retry_with_the_same_words_though_the_month_was_closed_meanwhile(
    clock, agent, client_of, line
):
    quote = quote_of(line).signed()
    answers = []
    for instant in ("2020-01-24T12:10:00Z", "2020-02-01T00:10:00Z"):
        clock.set(instant)
        client = client_of(agent)
        response = submit(client, line, quote)
        assert response.status_code == 302
        answers.append(words_of(client.get(response.headers["Location"])))
        close_due_months(timezone.now())
    what = f"{line.sku_title} of order {line.order.number} is cancelled."
    told = f"{what} Credit 1,200.00 USD (incl. tax) on the January 2020 invoice."
    assert all(told in answer for answer in answers)
    assert_one_of_each(line)


# Somebody else


def test_a_colleague_who_comes_second_reads_who_and_when_in_the_dialog(clock, agent, colleague, client_of, line):
    second = client_of(colleague)
    quote = quote_in(second.get(address_of(line)))
    clock.set("2020-01-24T12:05:00Z")
    submit(client_of(agent), line, quote_of(line).signed())
    response = submit(second, line, quote, **PART)
    assert response.status_code == 409
    assert response.content.decode().lstrip().startswith('<div id="cancellation"')
    text = words_of(response)
    assert f"Order {line.order.number} was cancelled by {agent.email} on 24 Jan 2020, 12:05 UTC." in text
    assert "Submit" not in text
    assert_one_of_each(line)


def test_the_software_tab_says_who_cancelled_when_and_for_which_credit(clock, agent, colleague, client_of, line):
    clock.set("2020-02-02T12:00:00Z")
    confirm(line, agent, quote_of(line).signed())
    customer, sku = line.order.customer, line.purchase.sku
    tab = f"{reverse('cancellations:software', args=[customer.tenant_id])}?sku={sku.public_id}"
    who = f"Order {line.order.number} was cancelled by {agent.email} on 2 Feb 2020, 12:00 UTC"
    text = words_of(client_of(colleague).get(tab))
    assert who in text
    assert "Credit 1,167.21 USD (incl. tax), to be posted." in text
    post_due_credits()
    text = words_of(client_of(colleague).get(tab))
    assert who in text
    assert "Credit 1,167.21 USD (incl. tax) on the February 2020 invoice." in text


def test_the_buttons_reason_on_the_software_tab_names_them_too(clock, agent, colleague, client_of, line):
    confirm(line, agent, quote_of(line).signed())
    text = words_of(client_of(colleague).get(reverse("cancellations:software", args=[line.order.customer.tenant_id])))
    assert f"Order {line.order.number} was cancelled by {agent.email} on 24 Jan 2020, 12:00 UTC." in text


# At the same moment


@pytest.fixture
def real_line(agent, customer):
    """A line outside of any transaction of the test's, with the clock running."""
    with time_machine.travel("2020-01-24T12:00:00Z"):
        yield buy_line(agent, customer, make_sku("1200.00", keys=1))


@pytest.mark.django_db(transaction=True)
def test_a_double_click_makes_one_of_each_and_answers_twice_the_same(agent, real_line):
    quote = quote_of(real_line).signed()
    answers = in_threads(*[partial(confirm, real_line, agent, quote)] * 4)
    assert answers == [Cancellation.objects.get()] * 4
    assert_one_of_each(real_line)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_submit_the_page_at_once_one_wins_and_the_other_reads_who(agent, colleague, client_of, real_line):
    people = {agent.email: client_of(agent), colleague.email: client_of(colleague)}
    quotes = {email: quote_in(client.get(address_of(real_line))) for email, client in people.items()}

    def send(email: str, client: Client) -> tuple[int, str]:
        response = submit(client, real_line, quotes[email], **PART)
        return response.status_code, words_of(response)

    found = dict(zip(people, in_threads(*(partial(send, *person) for person in people.items())), strict=True))
    winner = Cancellation.objects.get().cancelled_by.email
    (loser,) = people.keys() - {winner}
    assert found[winner][0] == 200  # an empty answer that htmx follows to the Software tab
    assert found[loser][0] == 409
    assert f"was cancelled by {winner} on 24 Jan 2020, 12:00 UTC" in found[loser][1]
    assert_one_of_each(real_line)


@pytest.mark.django_db(transaction=True)
def test_a_credit_posted_by_its_task_and_the_sweep_at_once_stands_once(agent, real_line):
    credit = confirm(real_line, agent, quote_of(real_line).signed()).credit
    answers = in_threads(partial(post_credit, credit.pk), post_due_credits, partial(post_credit, credit.pk))
    assert sorted(map(int, answers)) == [0, 0, 1]
    assert_one_of_each(real_line)
