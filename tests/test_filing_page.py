"""Report a problem: everything that is known is filled in, and nothing that was typed is lost (S1, S2, U3)."""

import re
from uuid import uuid4

import pytest
from django.urls import reverse

from cancellations.support.models import Draft, ProblemType, SupportRequest
from csp_portal.accounts.permissions import Role
from software.models import KeyIssue
from tests.factories import CustomerFactory, PartnerFactory, UserFactory, buy_line, make_sku
from tests.helpers import MOST_QUERIES, queries_of, source_of, words_of
from tests.support import file_refund

pytestmark = pytest.mark.django_db

NEW = "/support/new/"


@pytest.fixture
def line(clock, agent, customer):
    """Two units of 1,200.00 USD each that only support can cancel."""
    return buy_line(
        agent, customer, make_sku(cancellation_policy="support_only", key_issue=KeyIssue.PER_UNIT, keys=2), quantity=2
    )


@pytest.fixture
def browser(client_of, agent):
    return client_of(agent)


def value_of(response, name):
    """What a field of the page holds."""
    return response.context["form"][name].value()


def sent(response, **changed):
    """What a browser sends of the page as it stands, with what somebody changes in it."""
    form = response.context["form"]
    fields = {field.name: field.value() for field in form if field.name != "notice_accepted"}
    return {name: value for name, value in {**fields, **changed}.items() if value is not None}


def write(response, **changed):
    return sent(
        response,
        description="같은 제품을 두 번 주문했습니다.",
        refund_reason="by_mistake",
        notice_accepted="on",
        **changed,
    )


def test_from_the_dialog_everything_that_is_known_is_filled_in(browser, agent, line):
    response = browser.get(NEW, {"purchase": line.purchase.public_id})
    known = {"problem": "refund", "customer": str(line.order.customer.tenant_id), "amount": "2400.00", "quantity": "2"}
    known |= {"order": str(line.purchase.public_id), "contact_name": agent.name, "contact_email": agent.email}
    assert {name: value_of(response, name) for name in known} == known
    assert line.order.number in value_of(response, "title")
    assert "At most 2,400.00 USD excl. tax" in words_of(response).replace("\xa0", " ")


def test_only_the_words_and_the_tick_are_left_to_give(browser, line):
    page = browser.get(NEW, {"purchase": line.purchase.public_id})
    response = browser.post(NEW, write(page), follow=True)
    request = SupportRequest.objects.get()
    assert response.redirect_chain == [(request.get_absolute_url(), 302)]
    assert (request.order_line, request.quantity, request.amount_requested) == (line, 2, 2400)
    assert f"Request {request.number} is filed." in words_of(response)
    assert not Draft.objects.exists()


def test_units_from_the_dialog_are_kept(browser, line):
    response = browser.get(NEW, {"purchase": line.purchase.public_id, "quantity": "1"})
    assert (value_of(response, "quantity"), value_of(response, "amount")) == ("1", "1200.00")


@pytest.mark.parametrize("as_typed", ["guid", "domain", "part of the name"])
def test_from_the_menu_the_customer_is_looked_up_and_its_orders_offered(browser, line, as_typed):
    customer = line.order.customer
    typed = {
        "guid": str(customer.tenant_id).upper(),
        "domain": customer.primary_domain.upper(),
        "part of the name": customer.company_name,
    }
    page = browser.get(NEW)
    found = browser.post(NEW, sent(page, customer=typed[as_typed], description="Typed", then="find"))
    assert line.order.number in words_of(found)
    assert value_of(found, "description") == "Typed"
    chosen = browser.post(NEW, sent(found, order=str(line.purchase.public_id), then="find"))
    assert value_of(chosen, "amount") == "2400.00"
    assert not chosen.context["form"].errors


def test_an_amount_that_was_typed_stays_when_the_units_change(browser, line):
    page = browser.get(NEW, {"purchase": line.purchase.public_id})
    fewer = browser.post(NEW, sent(page, quantity="1", then="find"))
    assert value_of(fewer, "amount") == "1200.00"
    typed = browser.post(NEW, sent(fewer, quantity="2", amount="99.50", then="find"))
    assert value_of(typed, "amount") == "99.50"


def test_customers_are_suggested_as_they_are_typed(browser, agent, customer):
    CustomerFactory(partner=agent.partner, company_name="上海软件有限公司", primary_domain="shanghai.example")
    CustomerFactory(company_name="上海 of another partner", primary_domain="other.example")
    response = browser.get(reverse("support:customers"), {"customer": "上海"})
    assert source_of(response).count("<option") == 1
    assert 'value="shanghai.example"' in source_of(response)


def test_several_customers_that_fit_are_named(browser, agent):
    for number in (1, 2):
        CustomerFactory(partner=agent.partner, company_name=f"Contoso {number}", primary_domain=f"c{number}.example")
    response = browser.post(NEW, sent(browser.get(NEW), customer="contoso", then="find"))
    assert "c1.example: Contoso 1" in words_of(response)
    assert "c2.example: Contoso 2" in words_of(response)


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("customer", "nobody.example", "No customer of yours"),
        ("customer", "", "Whose order is it?"),
        ("order", "", "Choose the purchase that is to be refunded."),
        ("quantity", "3", "2 units"),
        ("amount", "2400.01", "at most 2,400.00"),
        ("amount", "a lot", "Write the amount as digits"),
        ("amount", "10.001", "at most 2 digits"),
        ("refund_reason", "", "Choose why"),
        ("title", "\t", "Please fill this in."),
        ("description", "", "Please fill this in."),
        ("contact_email", "nobody", "Give an e-mail address"),
        ("notice_accepted", "", "The Important message has not been accepted"),
    ],
)
def test_each_wrong_field_says_why_and_nothing_is_lost(browser, line, field, typed, words):
    page = browser.get(NEW, {"purchase": line.purchase.public_id})
    data = {**write(page, contact_phone="+82 2 555 0100"), field: typed}
    response = browser.post(NEW, data)
    assert response.status_code == 200
    errors = " ".join(str(error) for error in response.context["form"].errors[field])
    assert words in errors.replace("\xa0", " ")
    assert value_of(response, "contact_phone") == "+82 2 555 0100"
    assert not SupportRequest.objects.exists()
    assert Draft.objects.get().typed["contact_phone"] == "+82 2 555 0100"


def test_a_draft_can_be_gone_on_with(browser, line):
    page = browser.get(NEW, {"purchase": line.purchase.public_id})
    browser.post(NEW, {**write(page), "title": ""})
    draft = Draft.objects.get()
    assert f"?draft={draft.public_id}" in source_of(browser.get("/support/"))
    again = browser.get(NEW, {"draft": draft.public_id})
    assert value_of(again, "description") == "같은 제품을 두 번 주문했습니다."
    assert value_of(again, "draft") == str(draft.public_id)
    browser.post(NEW, {**sent(again), "title": "주문 취소", "notice_accepted": "on"})
    assert SupportRequest.objects.get().title == "주문 취소"
    assert not Draft.objects.exists()


def test_somebody_elses_draft_is_not_found(browser, client_of, agent, line):
    page = browser.get(NEW, {"purchase": line.purchase.public_id})
    browser.post(NEW, {**write(page), "title": ""})
    colleague = client_of(UserFactory(partner=agent.partner, roles=[Role.ADMIN_AGENT]))
    draft = Draft.objects.get()
    assert colleague.get(NEW, {"draft": draft.public_id}).status_code == 404
    assert colleague.post(NEW, {**write(page), "title": ""}).status_code == 404
    assert Draft.objects.get().typed == draft.typed


def test_a_second_attempt_opens_the_request_that_stands(browser, agent, line):
    request = file_refund(agent, line)
    for response in (
        browser.get(NEW, {"purchase": line.purchase.public_id}, follow=True),
        browser.post(
            NEW,
            write(browser.get(NEW, {"customer": line.order.customer.tenant_id}), order=str(line.purchase.public_id))
            | {"title": "Again", "quantity": "2", "amount": "1", "notice_version": "1"},
            follow=True,
        ),
    ):
        assert response.redirect_chain[-1][0] == request.get_absolute_url()
        assert "A refund of this purchase has been asked for already" in words_of(response)
    assert SupportRequest.objects.count() == 1


def test_a_double_click_leads_to_the_one_request(browser, line):
    data = write(browser.get(NEW, {"purchase": line.purchase.public_id}))
    first, second = browser.post(NEW, data), browser.post(NEW, data)
    assert first.url == second.url == SupportRequest.objects.get().get_absolute_url()


def test_what_can_be_cancelled_at_once_says_so(browser, agent, customer):
    line = buy_line(agent, customer, make_sku(keys=1))
    response = browser.get(NEW, {"purchase": line.purchase.public_id})
    assert "You can cancel this purchase yourself" in words_of(response)
    assert f"?order={line.order.number}" in source_of(response)


def test_what_can_never_be_refunded_says_so_before_it_is_asked_for(browser, agent, customer):
    line = buy_line(agent, customer, make_sku(cancellation_policy="never"))
    response = browser.get(NEW, {"purchase": line.purchase.public_id})
    assert "can never be cancelled or exchanged" in words_of(response)
    assert not response.context["subject"].quote


def test_another_kind_of_problem_needs_no_order(browser):
    page = browser.get(NEW)
    data = sent(page, problem="users", title="Sign-in", description="A colleague has lost the phone.")
    assert browser.post(NEW, data).status_code == 302
    assert SupportRequest.objects.get().problem == ProblemType.USERS


@pytest.mark.parametrize("asked", ["purchase", "customer", "draft"])
def test_what_is_anothers_is_not_found(browser, asked):
    stranger = UserFactory(partner=PartnerFactory(), roles=[Role.ADMIN_AGENT])
    customer = CustomerFactory(partner=stranger.partner)
    line = buy_line(stranger, customer, make_sku(keys=1))
    ids = {"purchase": line.purchase.public_id, "customer": customer.tenant_id, "draft": uuid4()}
    assert browser.get(NEW, {asked: ids[asked]}).status_code == 404
    assert browser.get(NEW, {asked: "x"}).status_code == 404


# The lists


def test_the_list_shows_the_partners_requests_with_their_status(browser, agent, line):
    request = file_refund(agent, line, title="예약 환불")
    stranger = UserFactory(partner=PartnerFactory(), roles=[Role.ADMIN_AGENT])
    other = buy_line(stranger, CustomerFactory(partner=stranger.partner), make_sku(keys=1))
    file_refund(stranger, other, title="Not yours")
    words = words_of(browser.get("/support/"))
    assert request.number in words
    assert "예약 환불" in words
    assert "2,400.00" in words
    assert "Not yours" not in words


@pytest.mark.parametrize(("status", "count"), [("", 1), ("open", 1), ("new", 1), ("denied", 0), ("nonsense", 1)])
def test_the_list_is_filtered_by_status(browser, agent, line, status, count):
    request = file_refund(agent, line)
    assert words_of(browser.get("/support/", {"status": status})).count(request.number) == count


def test_a_customers_support_tab_shows_its_requests(browser, agent, line):
    request = file_refund(agent, line)
    other = CustomerFactory(partner=agent.partner)
    page = browser.get(reverse("support:customer", args=[line.order.customer.tenant_id]))
    assert request.number in words_of(page)
    assert f"/support/new/?customer={line.order.customer.tenant_id}" in source_of(page)
    assert request.number not in words_of(browser.get(reverse("support:customer", args=[other.tenant_id])))


def test_the_pages_cost_as_many_queries_with_30_requests_as_with_one(browser, agent, customer, line):
    file_refund(agent, line)
    new = f"{NEW}?purchase={buy_line(agent, customer, make_sku(keys=1)).purchase.public_id}"
    addresses = ["/support/", reverse("support:customer", args=[customer.tenant_id]), new]
    few = [len(queries_of(browser, address)) for address in addresses]
    for _number in range(29):
        file_refund(agent, buy_line(agent, customer, make_sku(keys=1)))
    many = [len(queries_of(browser, address)) for address in addresses]
    assert many == few
    assert max(many) <= MOST_QUERIES


def test_the_form_names_each_field_once(browser, line):
    ids = re.findall(r'\bid="([^"]+)"', source_of(browser.get(NEW, {"purchase": line.purchase.public_id})))
    assert len(ids) == len(set(ids))


# The way there from what cannot be cancelled


def test_the_dialog_leads_to_the_form_for_what_only_support_can_cancel(browser, line):
    address = reverse("cancellations:cancel", args=[line.order.customer.tenant_id, line.purchase.sku.public_id])
    page = browser.get(address, {"order": line.order.number})
    assert "Customer support request" in words_of(page)
    assert f"/support/new/?purchase={line.purchase.public_id}" in source_of(page)


def test_the_dialog_leads_to_the_request_that_is_open(browser, agent, customer):
    line = buy_line(agent, customer, make_sku(keys=1))
    request = file_refund(agent, line)
    address = reverse("cancellations:cancel", args=[customer.tenant_id, line.purchase.sku.public_id])
    page = browser.get(address, {"order": line.order.number})
    assert request.number in words_of(page)
    assert f'href="{request.get_absolute_url()}"' in source_of(page)
    assert 'name="quote"' not in source_of(page)


def test_the_dialog_offers_no_request_for_what_can_never_be_refunded(browser, agent, customer):
    line = buy_line(agent, customer, make_sku(cancellation_policy="never"))
    address = reverse("cancellations:cancel", args=[customer.tenant_id, line.purchase.sku.public_id])
    assert "Customer support request" not in words_of(browser.get(address, {"order": line.order.number}))


def test_the_software_tab_leads_to_both(browser, agent, line):
    software = reverse("cancellations:software", args=[line.order.customer.tenant_id])
    assert f"/support/new/?purchase={line.purchase.public_id}" in source_of(browser.get(software))
    own = buy_line(agent, line.order.customer, make_sku(keys=1))
    assert file_refund(agent, own).get_absolute_url() in source_of(browser.get(software))
