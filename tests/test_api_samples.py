"""Replies have all members, of the same types, that clients were seen to read (partner-center-api.md, 15)."""

import json
import re
from pathlib import Path

import pytest
from django.utils import timezone

from csp_portal.accounts.permissions import Role
from orders.billing.models import Credit
from orders.billing.services import close_due_months, issue_due_invoices, post_due_credits
from software.models import CancellationPolicy
from tests.api import Caller
from tests.factories import CustomerFactory, buy_line, make_sku
from tests.helpers import cancel
from tests.support import file_question

pytestmark = pytest.mark.django_db
SAMPLES = json.loads((Path(__file__).parent / "data" / "api_samples.json").read_text())
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?(Z?)")


@pytest.fixture
def caller(clock, global_admin):
    return Caller(global_admin, Role.ADMIN_AGENT, Role.GLOBAL_ADMIN)


@pytest.fixture
def sku():
    return make_sku(term="P3Y", keys=4)


@pytest.fixture
def root(customer):
    return f"/customers/{customer.tenant_id}"


def missing(sample, reply, where="reply"):
    """What of the sample the reply lacks, or has of another type; it may have more."""
    if isinstance(sample, bool) or not isinstance(sample, dict | list | str | int | float):
        return [] if type(sample) is type(reply) else [f"{where} is {reply!r}"]
    if isinstance(sample, dict):
        return _missing_of_members(sample, reply, where)
    if isinstance(sample, list):
        if not isinstance(reply, list) or (sample and not reply):
            return [f"{where} is {reply!r}"]
        return missing(sample[0], reply[0], f"{where}[0]") if sample else []
    if isinstance(sample, str):
        return _missing_of_text(sample, reply, where)
    return [] if isinstance(reply, int | float) and not isinstance(reply, bool) else [f"{where} is {reply!r}"]


def _missing_of_members(sample, reply, where):
    if not isinstance(reply, dict):
        return [f"{where} is {reply!r}"]
    lacking = [f"{where} has no {name}" for name in sample if name not in reply]
    both = [name for name in sample if name in reply]
    return lacking + [each for name in both for each in missing(sample[name], reply[name], f"{where}.{name}")]


def _missing_of_text(sample, reply, where):
    if not isinstance(reply, str):
        return [f"{where} is {reply!r}"]
    instant = INSTANT.fullmatch(sample)
    if instant and not INSTANT.fullmatch(reply):
        return [f"{where} is no instant: {reply!r}"]
    return []


def assert_like(name, reply):
    assert missing(SAMPLES[name], reply) == [], name


def test_the_catalogue(caller, root, sku):
    product = f"{root}/products/{sku.product.product_id}"
    assert_like("product", caller.get(product).json())
    assert_like("sku", caller.get(f"{product}/skus/{sku.sku_id}").json())
    assert_like("availability", caller.items(f"{product}/skus/{sku.sku_id}/availabilities")[0])


def test_a_customer_and_a_page_with_a_successor(caller, root, partner, customer):
    assert_like("customer", caller.get(root).json())
    CustomerFactory(partner=partner)
    assert missing({**SAMPLES["page"], "items": []}, caller.get("/customers?size=1").json()) == []


def test_from_a_cart_to_an_entitlement(caller, root, sku):
    (item,) = caller.items(f"{root}/products/{sku.product.product_id}/skus/{sku.sku_id}/availabilities")
    line = {"id": 0, "catalogItemId": item["catalogItemId"], "quantity": 2, "termDuration": "P3Y"}
    cart = caller.post(f"{root}/carts", {"lineItems": [line]}).json()
    assert_like("cart", cart)
    done = caller.post(f"{root}/carts/{cart['id']}/checkout", "success").json()
    assert (done["orderErrors"], done["attributes"]) == ([], {"objectType": "CartCheckoutResult"})
    assert_like("order", done["orders"][0])
    assert_like("order", caller.get(f"{root}/orders/{done['orders'][0]['id']}").json())
    (entitlement,) = caller.items(f"{root}/entitlements?entitlementType=software&showExpiry=true")
    assert_like("entitlement", entitlement)


def test_an_invoice_with_a_credit_and_its_line(clock, caller, agent, customer, sku):
    cancel(buy_line(agent, customer, sku, 2), agent)
    clock.set("2020-02-10T09:00:00Z")
    post_due_credits()
    close_due_months(timezone.now())
    issue_due_invoices(timezone.now())
    assert Credit.objects.exists()
    caller = Caller.of(caller.client)
    (invoice,) = caller.items("/invoices")
    assert_like("invoice", invoice)
    lines = caller.items(f"/invoices/{invoice['id']}/lineitems/OneTime/BillingLineItems")
    assert_like("invoice_line", next(line for line in lines if line["chargeType"] == "Cancel"))


def test_a_service_request_with_a_note(caller, agent):
    asked = file_question(agent)
    answer = caller.patch(f"/servicerequests/{asked.number}", {"newNote": {"text": "자세한 내용"}})
    assert_like("service_request", answer.json())


def test_an_audit_record(caller, agent, customer, sku):
    line = buy_line(agent, customer, sku)
    key = line.purchase.keys.get()
    path = f"/customers/{customer.tenant_id}/orders/{line.order.number}/lineitems/0/softwarekeys/{key.public_id}/reveal"
    assert caller.post(path).status_code == 200
    records = caller.items("/auditrecords?startDate=2020-01-24&endDate=2020-01-24")
    (record,) = (each for each in records if each["operationType"] == "get_software_key")
    assert_like("audit_record", record)


def test_a_refused_cancel(caller, root, agent, customer):
    never = buy_line(agent, customer, make_sku(cancellation_policy=CancellationPolicy.NEVER))
    answer = caller.patch(f"{root}/orders/{never.order.number}", {"id": never.order.number, "status": "cancelled"})
    assert answer.status_code == 400
    assert_like("refusal", answer.json())
