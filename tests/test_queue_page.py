"""The queue of support requests: its views, filters and order, claiming and assigning on it (S5, X4)."""

import re
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.urls import reverse
from django.utils import timezone

from cancellations.support import queue as queue_module
from cancellations.support.models import EventKind, Impact, RequestStatus, SupportRequest
from cancellations.support.services.happening import happened
from cancellations.support.services.triage import assign, claim
from csp_portal.accounts.permissions import Role
from csp_portal.pagination import MOST_ROWS_COUNTED
from tests.factories import CustomerFactory, PartnerFactory, UserFactory, buy_line, make_sku
from tests.helpers import queries_of, words_of
from tests.support import file_question, file_refund

pytestmark = pytest.mark.django_db


def listed(client, **query):
    """The titles that the page lists, in its order."""
    response = client.get(reverse("queue:list"), query)
    assert response.status_code == 200
    return re.findall(r"data-opens[^>]*>([^<]*)<", response.content.decode())


@pytest.fixture
def page(client_of, support_agent):
    return client_of(support_agent)


# Views


@pytest.fixture
def five(clock, agent, support_agent, second_agent):
    """One of each kind, filed at noon on a Friday of which nine to half past five is open (`Europe/London`)."""
    file_question(agent, title="new")
    mine = file_question(agent, title="mine", impact=Impact.MINIMAL)
    claim(mine.number, actor=support_agent)
    theirs = file_question(agent, title="theirs", impact=Impact.MINIMAL)
    claim(theirs.number, actor=second_agent)
    asked = file_question(agent, title="asked")
    happened(asked, EventKind.ASKED, actor=support_agent, now=timezone.now(), status=RequestStatus.ACTION_REQUIRED)
    closed = claim(file_question(agent, title="closed").number, actor=support_agent)
    happened(closed, EventKind.CLOSED, actor=agent, now=timezone.now(), status=RequestStatus.CLOSED)


@pytest.mark.parametrize(
    ("view", "titles"),
    [
        ("", {"new", "mine", "theirs", "asked"}),
        ("mine", {"mine"}),
        ("unassigned", {"new", "asked"}),
        ("action", {"asked"}),
        ("ended", {"closed"}),
        ("nonsense", {"new", "mine", "theirs", "asked"}),
    ],
)
def test_a_view_shows_its_part(page, five, view, titles):
    assert set(listed(page, view=view)) == titles


def test_each_view_says_how_many_it_holds(page, five):
    words = words_of(page.get(reverse("queue:list"), {"find": "nothing like this"}))
    for tab in ("All open (4)", "Mine (1)", "Unassigned (2)", "Overdue (0)", "Action required (1)"):
        assert tab in words


def due(request, instant):
    SupportRequest.objects.filter(pk=request.pk).update(due_at=instant)


@pytest.mark.parametrize(
    ("now", "left"),  # minutes until it is midnight in London, an hour before it is in UTC
    [("2020-07-01T22:30:00Z", 30), ("2020-07-01T23:30:00Z", 24 * 60 - 30)],
)
def test_today_is_a_day_of_the_operators_zone(page, clock, agent, now, left):
    clock.set(now)
    for title, minutes in (("overdue", -1), ("now", 0), ("today", left - 1), ("tomorrow", left)):
        due(file_question(agent, title=title), timezone.now() + timedelta(minutes=minutes))
    assert listed(page, view="today") == ["now", "today"]
    assert listed(page, view="overdue") == ["overdue"]


def test_what_is_overdue_says_so_in_a_word(page, clock, agent):
    due(file_question(agent, title="late"), timezone.now() - timedelta(hours=3))
    words = words_of(page.get(reverse("queue:list")))
    assert "3 hours ago overdue" in words


def test_no_view_is_counted_beyond_ten_thousand(page, clock, agent, monkeypatch):
    for number in range(4):
        file_question(agent, title=f"request {number}")
    monkeypatch.setattr(queue_module, "MOST_ROWS_COUNTED", 2)
    monkeypatch.setattr("cancellations.support.queue_forms.MOST_ROWS_COUNTED", 2)
    assert "All open (10,000+)" in words_of(page.get(reverse("queue:list")))
    assert MOST_ROWS_COUNTED == 10_000


# Order


@pytest.fixture
def three_amounts(clock, agent, customer):
    sku = make_sku("100.00", keys=9)
    for hour, (title, amount) in enumerate((("b", "50"), ("a", "90"), ("c", "10"))):
        clock.set(f"2020-01-24T1{hour}:00:00Z")
        file_refund(agent, buy_line(agent, customer, sku), title=title, amount=Decimal(amount))


@pytest.mark.parametrize(
    ("sort", "titles"),
    [("", "bac"), ("filed", "bac"), ("-filed", "cab"), ("amount", "abc"), ("partner", "bac"), ("nonsense", "bac")],
)
def test_the_list_is_sorted_as_asked(page, three_amounts, sort, titles):
    assert "".join(listed(page, sort=sort)) == titles


def test_partners_stand_in_the_order_of_their_names(page, clock):
    for name in ("Zulu", "Alpha"):
        filer = UserFactory(partner=PartnerFactory(legal_name=name), roles=[Role.ADMIN_AGENT])
        file_question(filer, title=name)
    assert listed(page, sort="partner") == ["Alpha", "Zulu"]


def test_the_soonest_due_is_first_and_what_waits_for_the_partner_last(page, five):
    titles = listed(page)
    assert (titles[0], titles[-1]) == ("new", "asked")


# Filters


@pytest.fixture
def two(clock, agent, customer, stranger, support_agent):
    """A refund of ours about `customer`, and a question of a stranger."""
    refund = file_refund(agent, buy_line(agent, customer, make_sku("100.00", keys=1)), title="退款 ours", language="ko")
    other = file_question(stranger, title="theirs", impact=Impact.CRITICAL, language="zh-hans")
    claim(other.number, actor=support_agent)
    return refund, other


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("find", "退款"),
        ("find", "OURS"),
        ("impact", "moderate"),
        ("problem", "refund"),
        ("language", "ko"),
        ("status", "new"),
        ("owner", "none"),
    ],
)
def test_a_filter_leaves_what_fits(page, two, field, value):
    assert listed(page, **{field: value}) == ["退款 ours"]


def test_a_request_is_found_by_number_order_partner_and_customer(page, two, partner, customer):
    order = two[0].order_line.order.number
    for text in (two[0].number, order, order.lower(), partner.legal_name, customer.company_name):
        assert listed(page, find=text) == ["退款 ours"]
    assert listed(page, find="nobody has this") == []


def test_a_request_is_found_by_its_partner_and_owner(page, two, stranger, support_agent):
    assert listed(page, partner=str(stranger.partner.public_id)) == ["theirs"]
    assert listed(page, owner=str(support_agent.public_id)) == ["theirs"]
    assert set(listed(page, owner="x" * 9, partner="y")) == {"退款 ours", "theirs"}


def test_the_filters_stay_in_the_form_and_with_the_view(page, two):
    response = page.get(reverse("queue:list"), {"view": "unassigned", "find": "ours", "sort": "amount"})
    source = response.content.decode()
    assert 'name="find" value="ours"' in source
    assert 'type="hidden" name="view" value="unassigned"' in source
    assert '<option value="amount" selected>' in source


def test_a_refunds_amount_has_its_currency_and_tax_label(page, two):
    assert "100.00 USD excl. tax" in words_of(page.get(reverse("queue:list")))


# Who


def test_the_queue_is_the_operators_alone(client_of, agent, stranger, global_admin, keeper):
    for outsider in (agent, stranger, global_admin, keeper):
        assert client_of(outsider).get(reverse("queue:list")).status_code == 403


def test_the_queue_costs_the_same_queries_for_three_rows_and_for_sixty(page, clock, agent):
    url = reverse("queue:list")
    for number in range(3):
        file_question(agent, title=f"request {number}")
    few = queries_of(page, url)
    for number in range(57):
        customer = CustomerFactory(partner=agent.partner)
        request = file_question(agent, title=f"another {number}", tenant_id=customer.tenant_id)
        if number % 3 == 0:
            claim(request.number, actor=UserFactory(partner=None, roles=[Role.SUPPORT_AGENT]))
    assert len(queries_of(page, url)) == len(few) <= 12


# Acting


def test_claiming_on_the_list_leads_back_to_it(page, clock, agent, support_agent):
    request = file_question(agent, title="a question")
    back = f"{reverse('queue:list')}?view=unassigned"
    response = page.post(reverse("queue:claim", args=[request.number]), {"next": back})
    assert response["Location"] == back
    request.refresh_from_db()
    assert request.owner == support_agent


def test_a_claim_that_came_too_late_says_whose_it_is(page, clock, agent, second_agent):
    request = file_question(agent, title="a question")
    claim(request.number, actor=second_agent)
    response = page.post(reverse("queue:claim", args=[request.number]), {"next": reverse("queue:list")}, follow=True)
    assert f"{second_agent.email} works on request" in words_of(response)
    request.refresh_from_db()
    assert request.owner == second_agent


def test_no_form_leads_to_another_site(page, clock, agent):
    request = file_question(agent, title="a question")
    response = page.post(reverse("queue:claim", args=[request.number]), {"next": "https://evil.example/"})
    assert response["Location"] == reverse("queue:request", args=[request.number])


def test_the_ticked_requests_are_assigned_and_each_refusal_is_told(page, clock, agent, second_agent):
    first, second, third = (file_question(agent, title=title) for title in ("one", "two", "three"))
    assign(second.number, second_agent.public_id, actor=UserFactory(partner=None, roles=[Role.SUPPORT_AGENT]))
    sent = {"request": [first.number, second.number, third.number], "agent": str(second_agent.public_id)}
    words = words_of(page.post(reverse("queue:assign_several"), sent, follow=True))
    assert "2 requests are assigned." in words
    assert f"Request {second.number} is assigned to {second_agent.email} already." in words
    assert set(SupportRequest.objects.values_list("owner", flat=True)) == {second_agent.pk}


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({}, "No request was chosen"),
        ({"request": "1"}, "Choose to whom"),
        ({"request": "1", "agent": "x"}, "Choose to"),
    ],
)
def test_a_form_that_says_too_little_assigns_nothing(page, clock, agent, sent, told):
    request = file_question(agent, title="a question")
    if "request" in sent:
        sent = {**sent, "request": request.number}
    assert told in words_of(page.post(reverse("queue:assign_several"), sent, follow=True))
    request.refresh_from_db()
    assert request.owner is None


def test_one_request_is_assigned_on_a_page_of_its_own(page, clock, agent, second_agent):
    request = file_question(agent, title="a question")
    address = reverse("queue:assign", args=[request.number])
    assert second_agent.name in words_of(page.get(address))
    post = partial(page.post, address, {"agent": str(second_agent.public_id)})
    assert post().status_code == 302
    request.refresh_from_db()
    assert request.owner == second_agent
    assert (again := post()).status_code == 409
    assert "already" in words_of(again)


def test_a_request_is_given_back_and_noted_on_its_page(page, clock, agent, support_agent):
    request = file_question(agent, title="a question")
    claim(request.number, actor=support_agent)
    page.post(reverse("queue:release", args=[request.number]))
    page.post(reverse("queue:note", args=[request.number]), {"text": "王芳 has called."})
    request.refresh_from_db()
    assert (request.owner, request.internal_notes.get().text) == (None, "王芳 has called.")


# Who has it open


def test_the_page_tells_who_else_has_a_request_open(client_of, clock, agent, support_agent, second_agent):
    request = file_question(agent, title="a question")
    address = reverse("queue:presence", args=[request.number])
    first, second = client_of(support_agent), client_of(second_agent)
    assert "open" not in words_of(first.get(address))
    assert f"{support_agent.name} has this request open, too." in words_of(second.get(address))
    assert f"{second_agent.name} has this request open, too." in words_of(first.get(address))
    clock.set("2020-01-24T12:00:59Z")
    assert support_agent.name in words_of(second.get(address))
    clock.set("2020-01-24T12:01:00Z")
    assert second_agent.name in words_of(first.get(address))
    clock.set("2020-01-24T12:02:00Z")
    assert "open" not in words_of(second.get(address))
