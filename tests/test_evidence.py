"""Beside a request stand window, keys, links and earlier refunds, each figure leading to its rows of the log (S6)."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from activity.models import Action, Event
from cancellations.support.evidence import Evidence, Topic, log_rows
from cancellations.support.models import DenialReason, SupportRequest
from cancellations.support.services.deciding import deny
from cancellations.support.services.reading import record_evidence_read
from csp_portal.pagination import ROWS_PER_PAGE
from software.models import CancellationPolicy, KeyIssue, Kind
from software.services import reveal_key, start_download
from tests.factories import CustomerFactory, buy_line, make_build, make_link, make_sku
from tests.helpers import cancel, words_of
from tests.support import file_refund, last_step

ONLY_BY_SUPPORT = {"kind": Kind.PERPETUAL, "cancellation_policy": CancellationPolicy.SUPPORT_ONLY}


@pytest.fixture
def line(clock, agent, customer):
    sku = make_sku("400.00", **ONLY_BY_SUPPORT, key_issue=KeyIssue.PER_UNIT, keys=2)
    return buy_line(agent, customer, sku, quantity=2)


def evidence_of(asked):
    found = SupportRequest.objects.with_names().get(pk=asked.pk)
    return Evidence(found, timezone.now())


def test_the_day_of_filing_is_counted_from_the_day_after_the_purchase(clock, line, agent):
    clock.set("2020-03-24T23:59:59Z")
    evidence = evidence_of(file_refund(agent, line))
    assert (evidence.day_of_filing, evidence.days_of_window) == (60, 60)


def test_keys_are_counted_and_who_saw_them_is_told(line, agent):
    key = line.purchase.keys.first()
    reveal_key(key.public_id, actor=agent)
    evidence = evidence_of(file_refund(agent, line))
    assert (evidence.counts["keys_allotted"], evidence.counts["keys_seen"]) == (2, 1)
    (seen,) = evidence.sightings
    assert (seen.who, seen.key_last_five) == (agent.email, key.last_five)


def test_links_and_downloads_are_counted(line, agent):
    link = make_link(agent, line.purchase)
    started = start_download(link.token, user=None)
    counts = evidence_of(file_refund(agent, line)).counts
    assert (counts["links_made"], counts["downloads"], counts["last_use"]) == (1, 1, started.started_at)


def test_refunds_are_counted_of_the_customer_and_of_the_partner_for_a_year(clock, line, agent, partner, customer):
    cancel(buy_line(agent, customer, make_sku("50.00")), agent)
    clock.set("2020-02-24T12:00:00Z")
    cancel(buy_line(agent, customer, make_sku("100.00")), agent)
    cancel(buy_line(agent, CustomerFactory(partner=partner), make_sku("30.00")), agent)
    asked = file_refund(agent, line)
    (sums,) = evidence_of(asked).refunds
    assert (sums.of_customer, sums.customer_sum) == (2, Decimal("150.00"))
    assert (sums.of_partner, sums.partner_sum) == (3, Decimal("180.00"))
    clock.set("2021-01-23T13:00:00Z")
    (later,) = evidence_of(asked).refunds
    assert (later.of_customer, later.of_partner) == (1, 2)


def test_earlier_requests_of_the_line_are_told_with_how_they_ended(clock, line, agent, support_agent):
    first = file_refund(agent, line)
    deny(first.number, DenialReason.REPEATED, "", seen=last_step(first), actor=support_agent)
    clock.set("2020-02-24T12:00:00Z")
    evidence = evidence_of(file_refund(agent, line))
    assert [asked.number for asked in evidence.earlier_requests] == [first.number]
    assert evidence.denied_before == 1


def test_the_rows_are_those_of_the_purchase_and_of_nobody_else(line, agent, customer, stranger):
    other = buy_line(agent, customer, line.purchase.sku)
    make_link(agent, other.purchase)
    make_link(agent, line.purchase, make_build(line.purchase.sku.product, version="2025"))
    asked = SupportRequest.objects.with_names().get(pk=file_refund(agent, line).pk)
    for topic in Topic:
        rows = log_rows(asked, topic, timezone.now())
        assert {row.partner_id for row in rows} <= {asked.partner_id}
        if topic not in (Topic.CUSTOMER, Topic.PARTNER):
            assert {row.purchase_id for row in rows} <= {line.purchase.public_id, None}
            assert {row.order_number for row in rows} <= {line.order.number}
    assert Action.ORDER_PLACED in {row.action for row in log_rows(asked, Topic.PURCHASE, timezone.now())}
    assert [row.action for row in log_rows(asked, Topic.LINKS, timezone.now())] == [Action.LINK_GRANTED]


def test_the_rows_are_paged_and_none_is_left_out(line, agent, client_of, support_agent):
    key = line.purchase.keys.first()
    for _time in range(ROWS_PER_PAGE + 1):
        reveal_key(key.public_id, actor=agent)
    url = reverse("queue:log", args=[file_refund(agent, line).number, "keys"])
    pages = [client_of(support_agent).get(url, {"page": page}) for page in (1, 2)]
    assert [len(page.context["page"].object_list) for page in pages] == [ROWS_PER_PAGE, 1]
    assert "1 to 25 of 26" in words_of(pages[0])
    assert "26 to 26 of 26" in words_of(pages[1])


def test_reading_the_rows_is_logged_once_an_hour_for_each_figure(clock, line, agent, support_agent, second_agent):
    number = file_refund(agent, line).number
    assert record_evidence_read(number, "keys", actor=support_agent)
    assert not record_evidence_read(number, "keys", actor=support_agent)
    assert record_evidence_read(number, "links", actor=support_agent)
    assert record_evidence_read(number, "keys", actor=second_agent)
    clock.set("2020-01-24T13:00:00Z")
    assert record_evidence_read(number, "keys", actor=support_agent)
    rows = Event.objects.filter(action=Action.EVIDENCE_READ)
    assert (rows.count(), set(rows.values_list("partner", flat=True))) == (4, {None})


@pytest.mark.parametrize("topic", Topic.values)
def test_every_figure_leads_to_a_page_of_rows(line, agent, client_of, support_agent, topic):
    asked = file_refund(agent, line)
    browser = client_of(support_agent)
    url = reverse("queue:log", args=[asked.number, topic])
    assert url in browser.get(reverse("queue:request", args=[asked.number])).content.decode() or topic == Topic.CUSTOMER
    assert str(Topic(topic).label) in words_of(browser.get(url))
    assert Event.objects.get(action=Action.EVIDENCE_READ).details == {"request": asked.number, "what": topic}


def test_no_page_of_a_request_shows_a_key(line, agent, client_of, support_agent):
    key = line.purchase.keys.first()
    clear = reveal_key(key.public_id, actor=agent)
    asked = file_refund(agent, line)
    browser = client_of(support_agent)
    for url in (reverse("queue:request", args=[asked.number]), reverse("queue:log", args=[asked.number, "keys"])):
        page = browser.get(url).content.decode()
        assert key.last_five in page
        assert clear not in page
