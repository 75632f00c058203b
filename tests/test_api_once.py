"""A POST with an id of its own is done once, however often it is sent (X3)."""

import uuid

import pytest

from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from csp_portal.accounts.services.api_clients import change_client
from csp_portal.api.idempotency import remove_old_replies
from csp_portal.api.models import StoredReply
from csp_portal.calendar_utc import utc_day
from customers.models import Customer
from tests.api import Caller, refusal_of
from tests.helpers import in_threads

pytestmark = pytest.mark.django_db
GUID = "7f1c9a55-1111-4222-8333-444455556666"
HEADERS = ("MS_RequestId", "Idempotency_Key")
CARTS, CART = "/carts", {"lineItems": [{"catalogItemId": "a:b:c", "quantity": 1}]}


@pytest.fixture
def caller(clock, global_admin):
    return Caller(global_admin, Role.ADMIN_AGENT)


def body(domain="new.example", name="새고객 주식회사"):
    address = {"country": "KR", "city": "서울", "addressLine1": "테헤란로 1", "postalCode": "06236"}
    profile = {"culture": "ko-KR", "language": "ko", "email": "a@new.example", "companyName": name}
    return {"companyProfile": {"domain": domain}, "billingProfile": {**profile, "defaultAddress": address}}


def created():
    return Event.objects.filter(action=Action.CUSTOMER_CREATED).count()


@pytest.mark.parametrize("header", HEADERS)
def test_a_repeated_call_is_answered_as_before_and_done_once(caller, header):
    first = caller.post("/customers", body(), **{header: GUID})
    again = caller.post("/customers", body(), **{header: GUID})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert (Customer.objects.count(), created()) == (1, 1)


def test_names_in_another_case_and_another_order_are_the_same_call(caller):
    given = body()
    caller.post("/customers", given, MS_RequestId=GUID)
    pascal = {"BillingProfile": given["billingProfile"], "CompanyProfile": given["companyProfile"]}
    assert caller.post("/Customers/", pascal, MS_RequestId=GUID).status_code == 201
    assert Customer.objects.count() == 1


def test_without_an_id_each_call_is_done(caller):
    assert caller.post("/customers", body()).status_code == 201
    assert caller.post("/customers", body("other.example")).status_code == 201
    assert Customer.objects.count() == 2


def test_the_same_id_with_another_body_is_refused(caller):
    caller.post("/customers", body(), MS_RequestId=GUID)
    answer = caller.post("/customers", body("other.example"), MS_RequestId=GUID)
    assert refusal_of(answer)[0::2] == (409, "request_id_used")
    assert Customer.objects.count() == 1


def test_a_reply_tells_no_client_of_customers_that_it_no_longer_sees(caller, global_admin, customer):
    first = caller.post("/customers/" + str(customer.tenant_id) + CARTS, CART, MS_RequestId=GUID)
    assert first.status_code == 201
    given = {"roles": [Role.ADMIN_AGENT], "limited_to": [uuid.uuid4()], "seen": caller.user.rights}
    change_client(caller.client.client_id, **given, actor=global_admin)
    again = caller.post("/customers/" + str(customer.tenant_id) + CARTS, CART, MS_RequestId=GUID)
    assert refusal_of(again)[0::2] == (409, "request_id_used")
    assert str(first.json()["id"]) not in again.content.decode()


def test_what_was_refused_is_tried_anew(caller):
    refused = caller.post("/customers", body(name=""), MS_RequestId=GUID)
    assert refused.status_code == 400
    assert not StoredReply.objects.exists()
    assert caller.post("/customers", body(), MS_RequestId=GUID).status_code == 201


def test_a_refusal_stands_in_the_log_though_its_call_is_undone(caller, global_admin):
    agentless = Caller(global_admin, Role.AUDITOR, name="Reader")
    before = Event.objects.filter(action=Action.ACCESS_REFUSED).count()
    assert refusal_of(agentless.post("/customers", body(), MS_RequestId=GUID))[0] == 403
    assert Event.objects.filter(action=Action.ACCESS_REFUSED).count() == before + 1
    assert not StoredReply.objects.exists()


def test_another_clients_id_is_another_call(caller, global_admin):
    other = Caller(global_admin, Role.ADMIN_AGENT, name="Another")
    caller.post("/customers", body(), MS_RequestId=GUID)
    assert other.post("/customers", body("other.example"), MS_RequestId=GUID).status_code == 201
    assert Customer.objects.count() == 2


def test_a_reply_is_kept_for_a_day(caller, clock):
    caller.post("/customers", body(), MS_RequestId=GUID)
    clock.set("2020-01-25T12:00:00Z")
    caller.token = Caller.of(caller.client).token
    assert remove_old_replies() == 0
    assert caller.post("/customers", body(), MS_RequestId=GUID).status_code == 201
    clock.set("2020-01-25T12:00:01Z")
    assert utc_day(StoredReply.objects.get().created_at).isoformat() == "2020-01-24"
    assert remove_old_replies() == 1
    assert refusal_of(caller.post("/customers", body(), MS_RequestId=GUID))[0] == 409  # the domain is taken
    assert Customer.objects.count() == 1


def test_a_reply_that_is_over_answers_nothing_though_the_job_was_not_there_yet(caller, clock):
    caller.post("/customers", body(), MS_RequestId=GUID)
    clock.set("2020-01-25T12:00:01Z")
    caller.token = Caller.of(caller.client).token
    assert caller.post("/customers", body("other.example"), MS_RequestId=GUID).status_code == 201
    assert Customer.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_same_call_at_once_is_done_once_and_answered_twice(global_admin):
    caller = Caller(global_admin, Role.ADMIN_AGENT)
    answers = in_threads(*[lambda: caller.post("/customers", body(), MS_RequestId=GUID) for _ in range(4)])
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (Customer.objects.count(), created()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_where_the_reply_cannot_be_kept_nothing_is_done(global_admin, refusing_inserts):
    caller = Caller(global_admin, Role.ADMIN_AGENT)
    with refusing_inserts("api_storedreply"):
        assert caller.post("/customers", body(), MS_RequestId=GUID).status_code == 500
    assert (Customer.objects.count(), created()) == (0, 0)


def test_an_id_that_is_too_long_is_refused(caller):
    answer = caller.post("/customers", body(), Idempotency_Key="x" * 201)
    assert refusal_of(answer)[0] == 400
    assert not Customer.objects.exists()
