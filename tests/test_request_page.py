"""A request's page as its partner meets it (S4)."""

import pytest

from cancellations.support.models import RequestStatus, SupportRequest
from cancellations.support.services.talking import close, reply_as_support
from csp_portal.accounts.permissions import Role
from tests.factories import CustomerFactory, UserFactory, buy_line, make_sku
from tests.helpers import MOST_QUERIES, queries_of, source_of, words_of
from tests.support import file_refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def filed(clock, agent, customer):
    return file_refund(agent, buy_line(agent, customer, make_sku()), title="잘못된 제품을 주문했습니다")


@pytest.fixture
def page(client_of, agent, filed):
    """What the partner reads now."""
    browser = client_of(agent)
    return lambda: browser.get(filed.get_absolute_url())


def test_it_says_what_was_asked_with_its_amount_labelled(page, filed):
    words = words_of(page())
    assert "잘못된 제품을 주문했습니다" in words
    assert filed.number in words
    assert "Amount requested 1,200.00\N{NO-BREAK SPACE}USD excl. tax".replace("\N{NO-BREAK SPACE}", " ") in words
    assert "Units 1 of 1" in words
    assert "Wrong product or edition" in words
    assert "김민준" in words


def test_an_amount_of_a_market_whose_prices_hold_tax_says_so(client_of, agent, partner, clock):
    customer = CustomerFactory(partner=partner, market="AU", currency="AUD")
    filed = file_refund(agent, buy_line(agent, customer, make_sku(market="AU", currency="AUD")))
    assert "AUD incl. tax" in words_of(client_of(agent).get(filed.get_absolute_url()))


def test_what_support_wrote_stands_there_as_of_support_by_no_name(page, filed, support_agent):
    support_agent.name = "Rowan Ashgrove"
    support_agent.save()
    reply_as_support(filed.number, "Which edition\n<b>do</b> you need?", asks=True, actor=support_agent)
    response = page()
    assert "Support asked Support ·" in words_of(response)
    assert "Rowan" not in source_of(response)
    assert support_agent.email not in source_of(response)
    assert "Which edition<br>&lt;b&gt;do&lt;/b&gt; you need?" in source_of(response)
    assert "Support waits for your reply." in words_of(response)


def test_who_replies_finds_the_reply_on_the_page(client_of, agent, filed):
    response = client_of(agent).post(f"/support/{filed.number}/reply/", {"text": "The second one."}, follow=True)
    assert response.redirect_chain == [(f"/support/{filed.number}/", 302)]
    assert "Your reply is sent." in words_of(response)
    assert "The second one." in words_of(response)


def test_a_refused_reply_says_why_and_keeps_what_was_typed(client_of, agent, filed):
    response = client_of(agent).post(f"/support/{filed.number}/reply/", {"text": " x" * 6000, "draft": "no id"})
    assert response.status_code == 400
    assert "The text is longer than 10,000 characters, so nothing was sent." in words_of(response)
    assert " x" * 5999 in response.content.decode()
    assert filed.events.count() == 1


def test_who_closes_it_finds_it_closed_without_the_forms(client_of, agent, filed):
    response = client_of(agent).post(f"/support/{filed.number}/close/", {"text": "Solved."}, follow=True)
    assert "The request is closed." in words_of(response)
    assert "Send the reply" not in words_of(response)
    assert "Yes, close it" not in words_of(response)
    assert SupportRequest.objects.get().status == RequestStatus.CLOSED


def test_a_reply_to_an_ended_request_is_refused_with_the_way_on(client_of, agent, filed):
    close(filed.number, text="", actor=agent)
    response = client_of(agent).post(f"/support/{filed.number}/reply/", {"text": "One thing more."})
    assert response.status_code == 409
    assert "If you need more, file a new request." in words_of(response)
    assert "What you wrote was not sent One thing more." in words_of(response)


@pytest.mark.parametrize("path", ["", "reply/", "close/"])
def test_a_strangers_request_is_not_found(path, client_of, stranger, filed):
    browser = client_of(stranger)
    act = browser.post if path else browser.get
    assert act(f"/support/{filed.number}/{path}", {"text": "Mine?"}).status_code == 404
    assert filed.events.count() == 1


def test_a_global_admin_may_reply(client_of, global_admin, filed):
    response = client_of(global_admin).post(f"/support/{filed.number}/reply/", {"text": "请看附件"}, follow=True)
    assert "请看附件" in words_of(response)


def test_the_page_costs_the_same_however_much_was_said(client_of, agent, partner, support_agent, filed):
    browser = client_of(agent)
    first = len(queries_of(browser, filed.get_absolute_url()))
    for number in range(5):
        colleague = UserFactory(partner=partner, roles=[Role.GLOBAL_ADMIN])
        browser_of_colleague = client_of(colleague)
        browser_of_colleague.post(f"/support/{filed.number}/reply/", {"text": f"{number}"})
        reply_as_support(filed.number, f"{number}", asks=True, actor=support_agent)
    assert len(queries_of(browser, filed.get_absolute_url())) == first <= MOST_QUERIES
