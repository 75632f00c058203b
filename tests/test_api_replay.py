"""What real clients were seen to send, byte for byte, from a cart to its end (partner-center-api.md, 0.1)."""

import json

import pytest
from django.test import Client

from csp_portal.accounts.permissions import Role
from orders.models import Order
from tests.api import Caller
from tests.factories import make_sku

pytestmark = pytest.mark.django_db
NO_DATE = "0001-01-01T00:00:00"


@pytest.fixture
def caller(clock, global_admin):
    return Caller(global_admin, Role.ADMIN_AGENT, Role.GLOBAL_ADMIN)


@pytest.fixture
def item(caller, customer):
    """What a client buys: the id that it has read in the catalogue."""
    sku = make_sku(keys=4)
    path = f"/customers/{customer.tenant_id}/products/{sku.product.product_id}/skus/{sku.sku_id}/availabilities"
    return caller.items(path)[0]["catalogItemId"]


def sent(caller, method, path, body=None, **headers):
    """The answer to a request as it stood on the wire; it is one of those that clients took."""
    answer = caller.ask(method, path, body.encode() if body is not None else None, **headers)
    assert answer.status_code in (200, 201), (method, path, answer.content)
    return answer.json() if answer.content else None


def is_cancelled(number):
    return all(line.quantity_cancelled == line.quantity for line in Order.objects.get(number=number).lines.all())


def test_the_net_sdk_writes_pascal_case_all_members_and_the_whole_order_back(caller, customer, item):
    base = f"/customers/{customer.tenant_id}"
    line = (
        f'{{"Id":0,"CatalogItemId":"{item}","FriendlyName":null,"Quantity":2,"CurrencyCode":null,'
        '"BillingCycle":"one_time","TermDuration":null,"Participants":null,"ProvisioningContext":null,'
        '"OrderGroup":null,"AddonItems":null,"RenewsTo":null,"Error":null}'
    )
    cart = sent(
        caller,
        "POST",
        f"{base}/carts",
        f'{{"Id":null,"CreationTimestamp":"{NO_DATE}","LastModifiedTimestamp":"{NO_DATE}",'
        f'"ExpirationTimestamp":"{NO_DATE}","LastModifiedUser":null,"Status":null,"LineItems":[{line}],'
        '"Links":null,"Attributes":{"Etag":null,"ObjectType":"Cart"}}',
        MS_RequestId="1f6c9a55-1111-4222-8333-444455556666",
        MS_CorrelationId="2f6c9a55-1111-4222-8333-444455556666",
    )
    assert cart["expirationTimestamp"] > NO_DATE
    assert isinstance(cart["lineItems"][0]["id"], int)
    (order,) = sent(caller, "POST", f"{base}/carts/{cart['id']}/checkout", '"success"')["orders"]
    assert sent(caller, "GET", f"{base}/orders?billingType=OneTime")["items"][0]["id"] == order["id"]
    assert sent(caller, "GET", f"{base}/entitlements?entitlementType=software&showExpiry=True")["totalCount"] == 1
    assert sent(caller, "GET", "/auditrecords?startDate=01%2F24%2F2020%2000%3A00%3A00&endDate=01%2F24%2F2020")["items"]
    assert sent(caller, "GET", '/customers?size=40&filter={"Field":"Domain","Value":"zzz","Operator":"starts_with"}')
    whole = {**sent(caller, "GET", f"{base}/orders/{order['id']}"), "status": "Cancelled"}
    done = sent(caller, "PATCH", f"{base}/orders/{order['id']}", json.dumps(_pascal(whole)))
    assert (done["status"], done["lineItems"][0]["quantity"]) == ("cancelled", 0)
    assert is_cancelled(order["id"])


def _pascal(value):
    if isinstance(value, dict):
        return {name[:1].upper() + name[1:]: _pascal(each) for name, each in value.items()}
    return [_pascal(each) for each in value] if isinstance(value, list) else value


def test_the_java_sdk_shouts_doubles_slashes_and_counts_days_of_the_year(caller, customer, item):
    base = f"/customers/{customer.tenant_id}"
    cart = sent(
        caller,
        "POST",
        f"{base}/carts",
        '{"attributes":{"objectType":"Cart"},"lineItems":[{"billingCycle":"one_time",'
        f'"catalogItemId":"{item}","id":0,"quantity":2}}]}}',
        MS_Contract_Version="v1",
    )
    (order,) = sent(caller, "POST", f"{base}/carts/{cart['id']}/checkout", '"success"')["orders"]
    assert sent(caller, "GET", f"{base}/orders?include_price=false")["items"][0]["id"] == order["id"]
    assert sent(caller, "GET", f"{base}/entitlements?showExpiry=false&entitlementType=software")["totalCount"] == 1
    assert sent(caller, "GET", "/auditrecords?startDate=2020-01-24&endDate=2020-12-366")["items"]
    assert sent(caller, "GET", "//customers?size=1")["items"]
    text = '{"value":"zz","field":"CompanyName","fieldType":"String","operator":"StartsWith"}'
    assert sent(caller, "GET", f"/customers?filter={text}")["items"] == []
    lines = "/invoices/unbilled/lineitems?provider=onetime&invoicelineitemtype=BILLINGLINEITEMS&period=current"
    assert len(sent(caller, "GET", f"{lines}&currencycode={customer.currency.lower()}")["items"]) == 1
    context = f'"inventoryContext":{{"customerId":"{customer.tenant_id}"}}'
    asked = f'{{"targetItems":[{{"productId":"{item.split(":")[0]}"}}],{context}}}'
    (found,) = sent(caller, "POST", "/extensions/product/checkInventory?country=US", asked)
    assert found["isRestricted"] is False


def test_the_python_client_sends_no_ids_and_the_least_of_an_order(caller, customer, item):
    base = f"/customers/{customer.tenant_id}"
    body = f'{{"billingCycle": "one_time", "lineItems": [{{"lineItemNumber": 0, "offerId": "{item}", "quantity": 1}}]}}'
    headers = {"x_ms_client_request_id": "3f6c9a55-1111-4222-8333-444455556666", "accept_language": "en-US"}
    order = sent(caller, "POST", f"{base}/orders", body, **headers)
    done = sent(caller, "PATCH", f"{base}/orders/{order['id']}", f'{{"id": "{order["id"]}", "status": "cancelled"}}')
    assert done["status"] == "cancelled"
    assert is_cancelled(order["id"])


def test_the_node_client_asks_for_a_token_and_orders_by_product(caller, customer, item):
    form = {
        "client_id": caller.client.client_id,
        "client_secret": caller.secret,
        "scope": "https://api.partnercenter.microsoft.com/.default",
        "grant_type": "client_credentials",
    }
    caller.token = Client().post("/fabrikam.example/oauth2/v2.0/token", form).json()["access_token"]
    body = f'{{"lineItems":[{{"lineItemNumber":0,"offerId":"{item}","quantity":1}}],"billingCycle":"one_time"}}'
    order = sent(
        caller,
        "POST",
        f"/customers/{customer.tenant_id}/orders",
        body,
        authorization=f"Bearer {caller.token}",
        Accept="application/json, text/plain, */*",
    )
    assert Order.objects.get(number=order["id"]).lines.count() == 1


def test_a_request_for_support_that_comes_back_with_defaults_is_not_wiped(caller):
    topic = caller.items("/servicerequests/supporttopics")[-1]["id"]
    made = sent(
        caller,
        "POST",
        "/servicerequests/en-US",
        json.dumps({"title": "문의", "description": "내용", "severity": "critical", "supportTopicId": topic}),
    )
    changed = sent(
        caller,
        "PATCH",
        f"/servicerequests/{made['id']}",
        f'{{"Title":null,"Description":null,"Severity":"unknown","SupportTopicId":null,"Id":"{made["id"]}",'
        f'"Status":"none","CreatedDate":"{NO_DATE}","LastModifiedDate":"{NO_DATE}","LastClosedDate":"{NO_DATE}",'
        '"NewNote":{"CreatedByName":null,"CreatedDate":null,"Text":"덧붙입니다."},"Notes":null}',
    )
    assert (changed["title"], changed["severity"], changed["status"]) == ("문의", "critical", "open")
    assert changed["notes"][-1]["text"] == "덧붙입니다."
