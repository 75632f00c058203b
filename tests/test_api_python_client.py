"""The road through the portal by a client made of Microsoft's own Swagger file (PyPI partnercenterservices)."""

from decimal import Decimal
from uuid import UUID

import pytest
from microsoft.store.partnercenterservices import MicrosoftPartnerStoreApis, models
from msrest.authentication import BasicTokenAuthentication

from cancellations.models import Cancellation
from csp_portal.accounts.permissions import Role
from customers.models import Customer
from software.api.items import catalog_item_id
from software.models import CancellationPolicy, PurchaseStatus, SoftwarePurchase
from tests.api import Caller
from tests.factories import buy_line, make_sku
from tests.support import file_refund

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.filterwarnings("ignore::DeprecationWarning")]
V = "1"


@pytest.fixture
def caller(global_admin):
    return Caller(global_admin, Role.ADMIN_AGENT, Role.GLOBAL_ADMIN)


@pytest.fixture
def api(caller, live_server):
    """The client as its users make it: with a token and another address, nothing else."""
    return MicrosoftPartnerStoreApis(BasicTokenAuthentication({"access_token": caller.token}), base_url=live_server.url)


def test_customers_are_listed_found_read_and_created(api, customer):
    listed = api.getvversioncustomersfilterfilter.value(version=V, size=10)
    assert [each.id for each in listed.items] == [str(customer.tenant_id)]
    text = f'{{"Field":"CompanyName","Value":"{customer.company_name[:4]}","Operator":"starts_with"}}'
    assert api.getvversioncustomersfilterfilter.value(version=V, filter=text).total_count == 1
    tenant_id = str(customer.tenant_id)
    one = api.getvversioncustomerscustomer.id(tenant_id, version=V)
    assert one.company_profile.company_name == customer.company_name
    assert api.getvversioncustomerscustomer.idprofilescompany(tenant_id, version=V).domain == customer.primary_domain
    assert api.headvversiondomainsdomain(customer.primary_domain, version=V, raw=True).response.status_code == 200
    assert api.headvversiondomainsdomain("free.example", version=V, raw=True).response.status_code == 404


def test_a_customer_is_added(api, partner):
    address = models.MicrosoftPartnerSdkContractsV1Address(
        country="US",
        state="WA",
        city="Redmond",
        address_line1="1 Way",
        postal_code="98052",
        first_name="민준",
        last_name="김",
    )
    wanted = models.MicrosoftPartnerSdkContractsV1Customer(
        company_profile=models.MicrosoftPartnerSdkContractsV1CustomerCompanyProfile(domain="new.example"),
        billing_profile=models.MicrosoftPartnerSdkContractsV1CustomerBillingProfile(
            company_name="서울 클라우드", email="a@new.example", culture="ko-KR", language="ko", default_address=address
        ),
    )
    made = api.postvversioncustomers(wanted, version=V)
    assert Customer.objects.get(partner=partner).tenant_id == UUID(made.id)
    billing = api.getvversioncustomerscustomer.idprofilesbilling(made.id, version=V)
    assert (billing.company_name, billing.default_address.city) == ("서울 클라우드", "Redmond")


def test_a_cart_is_checked_out_and_the_subscription_cancelled(api, caller, customer):
    tenant_id, sku = str(customer.tenant_id), make_sku(keys=2)
    line = {"id": 0, "catalogItemId": catalog_item_id(sku, "US", "USD"), "quantity": 2}
    cart = caller.post(f"/customers/{tenant_id}/carts", {"lineItems": [line]}).json()
    api.postvversioncustomerscustomer.idcheckout(tenant_id, cart["id"], version=V)
    (bought,) = api.getvversioncustomerscustomer.value9(tenant_id, version=V).items
    read = api.getvversioncustomerscustomer.id6(tenant_id, bought.id, version=V)
    assert (read.status, read.quantity) == ("active", 2)
    read.status = "deleted"
    assert api.patchvversioncustomerscustomer.id4(tenant_id, bought.id, read, version=V).status == "deleted"
    assert SoftwarePurchase.objects.get(public_id=bought.id).status == PurchaseStatus.CANCELLED


def test_a_customers_requests_are_read(api, agent, customer):
    sku = make_sku(cancellation_policy=CancellationPolicy.SUPPORT_ONLY)
    asked = file_refund(agent, buy_line(agent, customer, sku))
    tenant_id = str(customer.tenant_id)
    assert [each.id for each in api.getvversioncustomerscustomer.value3(tenant_id, version=V).items] == [asked.number]
    assert api.getvversioncustomerscustomer.id1(tenant_id, asked.number, version=V).status == "open"


def test_the_road_from_an_order_to_its_cancellation(api, caller, customer):
    tenant_id = str(customer.tenant_id)
    sku = make_sku(keys=2)
    (item,) = caller.items(f"/customers/{tenant_id}/products/{sku.product.product_id}/skus/{sku.sku_id}/availabilities")
    line = models.MicrosoftPartnerSdkContractsV1OrderLineItem(
        line_item_number=0, offer_id=item["catalogItemId"], quantity=2
    )
    wanted = models.MicrosoftPartnerSdkContractsV1Order(billing_cycle="one_time", line_items=[line])
    ordered = api.postvversioncustomerscustomer.idorders(tenant_id, wanted, version=V)
    assert (ordered.line_items[0].quantity, ordered.currency_code) == (2, customer.currency)
    assert [each.id for each in api.getvversioncustomerscustomer.value7(tenant_id, version=V).items] == [ordered.id]
    assert api.getvversioncustomerscustomer.id5(tenant_id, ordered.id, version=V).status == "completed"
    assert api.getvversioncustomerscustomer.value9(tenant_id, version=V).total_count in (0, 1)
    keys = caller.items(f"/customers/{tenant_id}/orders/{ordered.id}/lineitems/0/softwarekeys")
    shown = caller.post(f"/customers/{tenant_id}/orders/{ordered.id}/lineitems/0/softwarekeys/{keys[0]['id']}/reveal")
    assert shown.json()["productKey"].endswith(keys[0]["keyEnding"])
    cancelled = models.MicrosoftPartnerSdkContractsV1Order(id=ordered.id, status="cancelled")
    done = api.patchvversioncustomerscustomer.id3(tenant_id, ordered.id, cancelled, version=V)
    assert (done.status, done.line_items[0].quantity) == ("cancelled", 0)
    assert Cancellation.objects.count() == 1
    again = api.patchvversioncustomerscustomer.id3(tenant_id, ordered.id, cancelled, version=V)
    assert again.status == "cancelled"
    assert Cancellation.objects.count() == 1
    unbilled = caller.items(
        f"/invoices/unbilled/lineitems?provider=onetime&invoicelineitemtype=billinglineitems"
        f"&currencycode={customer.currency}&period=current"
    )
    assert sorted(line["chargeType"] for line in unbilled) == ["Cancel", "New"]
    assert sum(Decimal(str(line["totalForCustomer"])) for line in unbilled) == 0


def test_a_request_for_support_is_filed_read_answered_and_closed(api, customer):
    topic = api.getvversionservicerequestssupporttopics(version=V).items[-1]
    given = models.MicrosoftPartnerSdkContractsV1ServiceRequest(
        title="견적 문의", description="두 번 주문했습니다.", severity="moderate", support_topic_id=str(topic.id)
    )
    filed = api.postvversionservicerequestsagent.locale("en-US", given, version=V)
    assert (filed.status, len(filed.id)) == ("open", 15)
    listed = api.getvversionservicerequestsfilterfilter.value(version=V)
    assert [each.id for each in listed.items] == [filed.id]
    note = models.MicrosoftPartnerSdkContractsV1ServiceRequestNote(text="자세한 내용을 보냅니다.")
    changes = models.MicrosoftPartnerSdkContractsV1ServiceRequest(new_note=note)
    assert api.patchvversionservicerequestsservice.id(filed.id, changes, version=V).status == "open"
    closed = models.MicrosoftPartnerSdkContractsV1ServiceRequest(status="closed")
    assert api.patchvversionservicerequestsservice.id(filed.id, closed, version=V).status == "closed"


def test_the_partner_and_its_roles_are_read(api, partner, global_admin):
    assert api.getvversionprofilesorganization(version=V).company_name == partner.legal_name
    roles = api.getvversionrolesrole.value(version=V).items
    assert "Global admin" in [role.name for role in roles]
    members = api.getvversionrolesrole.value1(version=V, role_id="global_admin").items
    assert [member.id for member in members] == [str(global_admin.public_id)]  # it takes members for roles


def test_what_is_refused_answers_none_as_that_client_does(api):
    assert api.getvversioncustomerscustomer.id("0b6a1f1c-52f1-4c0d-9a3e-1f7f3a6e2a99", version=V) is None
