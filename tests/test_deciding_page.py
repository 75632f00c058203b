"""The page of a request in the queue: evidence beside it, approving and denying with and without scripts (S6, S7)."""

from decimal import Decimal

import pytest
from django.urls import reverse

from cancellations.models import Cancellation
from cancellations.support.models import Approval, ApprovalThreshold, DenialReason, ReplyTemplate, RequestStatus
from cancellations.support.services.deciding import approve, deny
from cancellations.support.services.talking import reply_as_partner
from software.models import CancellationPolicy, KeyIssue, Kind
from tests.factories import buy_line, make_link, make_sku
from tests.helpers import MOST_QUERIES, queries_of, source_of, words_of
from tests.support import decision, file_refund, last_step, one_agent_is_enough

ONLY_BY_SUPPORT = {"kind": Kind.PERPETUAL, "cancellation_policy": CancellationPolicy.SUPPORT_ONLY}
IN_DIALOG = {"HX-Request": "true", "HX-Target": "decision"}


@pytest.fixture
def asked(clock, agent, customer):
    one_agent_is_enough()
    sku = make_sku("400.00", **ONLY_BY_SUPPORT, key_issue=KeyIssue.PER_UNIT, keys=3)
    line = buy_line(agent, customer, sku, quantity=3)
    make_link(agent, line.purchase)
    clock.set("2020-02-02T12:00:00Z")
    return file_refund(agent, line)


@pytest.fixture
def browser(client_of, support_agent):
    return client_of(support_agent)


def address(name, asked):
    return reverse(f"queue:{name}", args=[asked.number])


def send(browser, name, asked, headers=None, **fields):
    sent = {"seen": last_step(asked), "base": "1200.00", "reply": "Approved."} | fields
    return browser.post(address(name, asked), sent, headers=headers or {})


def test_the_page_shows_what_was_asked_the_evidence_and_the_timeline(browser, asked):
    words = words_of(browser.get(address("request", asked)))
    assert "What was asked" in words
    assert "Filed on day 9 of 60." in words
    assert "3 keys, 0 of them seen" in words
    assert "1 link made, 0 downloads" in words
    assert "Timeline" in words


def test_the_page_costs_at_most_twelve_queries(browser, asked, agent):
    reply_as_partner(asked.number, "More.", draft_id=None, actor=agent)
    assert len(queries_of(browser, address("request", asked))) <= MOST_QUERIES
    assert len(queries_of(browser, address("approve", asked))) <= MOST_QUERIES
    assert len(queries_of(browser, address("deny", asked))) <= MOST_QUERIES


def test_the_preview_tells_what_is_cancelled_revoked_and_credited(browser, asked):
    words = words_of(browser.get(address("approve", asked)))
    assert "3 keys are revoked, and 1 link." in words
    assert "1,200.00 USD" in words
    assert "The credit comes on the February 2020 invoice." in words
    assert "must be approved by two agents" not in words


def test_approving_cancels_and_leads_back(browser, asked):
    response = send(browser, "approve", asked)
    assert (response.status_code, response.url) == (302, address("request", asked))
    assert Cancellation.objects.get().credit.net == Decimal("1200.00")
    assert "Approved." in words_of(browser.get(address("request", asked)))


def test_looking_at_less_shows_its_credit_and_cancels_nothing(browser, asked):
    response = send(browser, "approve", asked, IN_DIALOG, base="600.00", less_reason="Used.", look="credit")
    words = words_of(response)
    assert "Granted: 600.00 USD of 1,200.00 USD: Used." in words.replace("\N{NO-BREAK SPACE}", " ")
    assert 'value="600.00"' in source_of(response)
    assert not Cancellation.objects.exists()


def test_what_is_refused_says_why_and_keeps_what_was_typed(browser, asked):
    response = send(browser, "approve", asked, base="600.00", reply="천천히 해 주세요")
    assert response.status_code == 400
    assert "is credited only with a reason" in words_of(response)
    assert "천천히 해 주세요" in words_of(response)
    assert 'value="600.00"' in source_of(response)


def test_a_stale_decision_is_told_what_is_new_keeps_its_words_and_can_be_sent_again(browser, asked, agent):
    seen = last_step(asked)
    reply_as_partner(asked.number, "Please hurry.", draft_id=None, actor=agent)
    response = send(browser, "approve", asked, seen=seen, reply="Granted.")
    assert response.status_code == 409
    assert f"The partner replied: {agent.email}" in words_of(response)
    assert "Granted." in words_of(response)
    assert f'name="seen" value="{last_step(asked)}"' in source_of(response)


def test_who_opened_the_dialog_from_an_old_page_decides_on_what_that_page_showed(browser, asked, agent):
    seen = last_step(asked)
    reply_as_partner(asked.number, "Please hurry.", draft_id=None, actor=agent)
    assert f'name="seen" value="{seen}"' in source_of(browser.get(address("approve", asked), {"seen": seen}))


def test_a_decision_that_somebody_else_took_is_told_with_who_and_when(browser, asked, second_agent):
    seen = last_step(asked)
    approve(asked.number, decision(asked), actor=second_agent)
    for name in ("approve", "deny"):
        response = send(browser, name, asked, seen=seen, reason="other")
        assert response.status_code == 409
        assert f"Approved: {second_agent.email}" in words_of(response)


def test_denying_needs_a_reason(browser, asked):
    response = send(browser, "deny", asked, reply="No.")
    assert response.status_code == 200
    asked.refresh_from_db()
    assert asked.is_open
    assert send(browser, "deny", asked, reply="No.", reason="software_used").status_code == 302
    asked.refresh_from_db()
    assert asked.status == RequestStatus.DENIED


def test_a_first_approval_stands_on_the_page_and_can_be_withdrawn(browser, asked, client_of, second_agent):
    ApprovalThreshold.objects.all().delete()
    assert "must be approved by two agents" in words_of(browser.get(address("approve", asked)))
    send(browser, "approve", asked)
    words = words_of(browser.get(address("request", asked)))
    assert "A second agent must approve it; you were the first." in words
    colleague = client_of(second_agent)
    assert "first@operator.example approved a credit of" in words_of(colleague.get(address("request", asked)))
    assert "Withdraw this approval" in words_of(colleague.get(address("request", asked)))
    assert browser.post(address("withdraw", asked)).status_code == 302
    assert not Approval.objects.standing().exists()
    assert colleague.post(address("withdraw", asked)).status_code == 409
    assert colleague.post(reverse("queue:withdraw", args=["100000000000000"])).status_code == 404


def test_a_template_fills_the_reply_in_the_language_of_the_request(browser, asked):
    type(asked).objects.filter(pk=asked.pk).update(language="ko")
    text = "{{ contact_name }} 님, {{ credit }}, {{ invoice_month }}, {{ unknown }}"
    template = ReplyTemplate.objects.create(name="Test", language="ko", text=text)
    response = send(browser, "approve", asked, template=template.pk, look="template")
    assert "김민준 님, 1,200.00 USD, 2020년 2월, {{ unknown }}" in words_of(response).replace("\N{NO-BREAK SPACE}", " ")
    response = send(browser, "approve", asked, reply=text)
    assert response.status_code == 400
    assert "{{ contact_name }} in line 1 of the reply is not filled in" in words_of(response)
    assert not Cancellation.objects.exists()


def test_what_is_denied_or_closed_offers_no_decision(browser, asked, second_agent):
    deny(asked.number, DenialReason.REPEATED, "", seen=last_step(asked), actor=second_agent)
    words = words_of(browser.get(address("request", asked)))
    assert "Approve…" not in words
    assert "Back to the request" in words_of(browser.get(address("approve", asked)))
