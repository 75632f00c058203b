"""Customers in the API: lists, one of them, adding and changing (partner-center-api.md, 3; U1, U4)."""

import json
import uuid
from urllib.parse import quote

import pytest
from django.test import Client

from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from customers.models import Customer
from tests.api import Caller, refusal_of
from tests.factories import CustomerFactory, buy_line, make_sku

pytestmark = pytest.mark.django_db

NEW = {
    "companyProfile": {"domain": "new.example"},
    "billingProfile": {
        "culture": "ko-KR",
        "email": "kim@new.example",
        "language": "ko",
        "companyName": "서울 자전거",
        "defaultAddress": {
            "firstName": "민준",
            "lastName": "김",
            "addressLine1": "세종대로 110",
            "city": "서울",
            "state": "",
            "postalCode": "04524",
            "country": "KR",
            "phoneNumber": "+82 2 120",
        },
    },
}


@pytest.fixture
def caller(clock, global_admin):
    return Caller(global_admin, Role.ADMIN_AGENT)


def names(answer):
    return [each["companyProfile"]["companyName"] for each in answer.json()["items"]]


def path(customer, rest=""):
    return f"/customers/{customer.tenant_id}{rest}"


def test_a_list_tells_who_a_customer_is(caller, partner):
    customer = CustomerFactory(partner=partner, company_name="北京自行车", primary_domain="beijing.example")
    CustomerFactory()
    body = caller.get("/customers").json()
    guid = str(customer.tenant_id)
    assert body == {
        "totalCount": 1,
        "items": [
            {
                "id": guid,
                "companyProfile": {
                    "tenantId": guid,
                    "domain": "beijing.example",
                    "companyName": "北京自行车",
                    "links": {"self": {"uri": f"/customers/{guid}/profiles/company", "method": "GET", "headers": []}},
                    "attributes": {"objectType": "CustomerCompanyProfile"},
                },
                "relationshipToPartner": "reseller",
                "links": {"self": {"uri": f"/customers/{guid}", "method": "GET", "headers": []}},
                "attributes": {"objectType": "Customer"},
            }
        ],
        "links": {"self": {"uri": "/customers?size=500", "method": "GET", "headers": []}},
        "attributes": {"objectType": "Collection"},
    }


@pytest.mark.parametrize(
    "asked",
    [
        {"Field": "CompanyName", "Value": "con", "Operator": "starts_with"},
        {"value": "con", "field": "CompanyName", "fieldType": "String", "operator": "StartsWith"},
        {"Field": "companyname", "Value": "TOSO", "Operator": "Substring"},
        {"Field": "Domain", "Value": "Shop.con", "Operator": "starts_with"},
        {"value": "contoso", "field": "Domain", "fieldType": "String", "operator": "Substring"},
    ],
)
def test_both_dialects_of_the_filter_find_the_same(caller, partner, asked):
    CustomerFactory(partner=partner, company_name="Contoso", primary_domain="shop.contoso.example")
    CustomerFactory(partner=partner, company_name="Fabrikam", primary_domain="fabrikam.example")
    answer = caller.get(f"/customers?size=0&filter={quote(json.dumps(asked))}")
    assert names(answer) == ["Contoso"]


@pytest.mark.parametrize(
    "text",
    [
        '{"Field":"IndirectReseller","Value":"x","Operator":"starts_with"}',
        '{"Field":"CompanyName","Value":"x","Operator":"equals"}',
        '{"Field":"CompanyName","Operator":"starts_with"}',
        "[]",
        "{",
    ],
)
def test_a_filter_that_cannot_be_used_is_named(caller, text):
    assert refusal_of(caller.get(f"/customers?filter={quote(text)}")) == (400, "800002", "filter_wrong")


def test_the_dot_net_sdk_walks_the_pages(caller, partner):
    told = sorted(CustomerFactory.create_batch(5, partner=partner), key=lambda customer: customer.pk)
    found, uri, headers = [], "/customers?size=2", {}
    while uri:
        answer = caller.get(uri, **headers)
        body = answer.json()
        assert body["totalCount"] == len(body["items"]) <= 2
        found += names(answer)
        following = body["links"].get("next")
        assert ("continuationToken" in body) == bool(following)
        uri = following and following["uri"]
        headers = {each["key"]: each["value"] for each in following["headers"]} if following else {}
    assert found == [customer.company_name for customer in told]


def test_the_java_sdk_follows_next_with_a_doubled_slash(caller, partner):
    CustomerFactory.create_batch(2, partner=partner)
    first = caller.get("/customers?size=1").json()
    assert first["links"]["next"]["uri"] == "/customers?size=1&seekOperation=Next"
    token = first["continuationToken"]
    headers = {"Authorization": f"Bearer {caller.token}", "MS-ContinuationToken": token}
    second = Client().get("/v1//customers?size=1&seekOperation=Next", headers=headers).json()
    assert [each["id"] for each in second["items"]] != [each["id"] for each in first["items"]]
    assert "next" not in second["links"]


def test_a_token_of_another_list_is_refused(caller, partner):
    CustomerFactory.create_batch(2, partner=partner, company_name="Contoso")
    token = caller.get("/customers?size=1").json()["continuationToken"]
    text = quote('{"Field":"CompanyName","Value":"c","Operator":"starts_with"}')
    for uri, given in ((f"/customers?seekOperation=Next&filter={text}", token), ("/customers?seekOperation=Next", "x")):
        assert refusal_of(caller.get(uri, MS_ContinuationToken=given))[2] == "continuation_wrong"


def test_a_page_of_500_takes_as_many_queries_as_one(caller, partner, django_assert_max_num_queries):
    CustomerFactory.create_batch(1, partner=partner)
    Customer.objects.bulk_create(CustomerFactory.build_batch(500, partner=partner))
    with django_assert_max_num_queries(6):
        assert len(caller.items("/customers?size=500")) == 500


def test_one_customer_is_told_whole(caller, partner):
    customer = CustomerFactory(partner=partner, address_line="세종대로 110", city="서울", market="KR", currency="KRW")
    guid = str(customer.tenant_id)
    body = caller.get(f"/customers/org:{guid.upper()}").json()
    assert body == caller.get(f"/CUSTOMERS/{guid}/").json()
    assert (body["id"], body["commerceId"], body["companyProfile"]["tenantId"]) == (guid, guid, guid)
    assert body["companyProfile"]["address"] == {"country": "KR", "city": "서울", "addressLine1": "세종대로 110"}
    assert body["billingProfile"]["defaultAddress"] == body["companyProfile"]["address"]
    assert (body["market"], body["currencyCode"], body["allowDelegatedAccess"]) == ("KR", "KRW", True)
    assert body["relationshipToPartner"] == "reseller"
    assert body["attributes"] == {"etag": "1", "objectType": "Customer"}


@pytest.mark.parametrize("rest", ["", "/profiles/company", "/profiles/billing"])
def test_a_customer_that_is_not_the_callers_is_not_found(caller, global_admin, partner, customer, rest):
    limited = Caller(global_admin, Role.ADMIN_AGENT, limited_to=[customer.tenant_id], name="limited")
    strange, other = CustomerFactory(), CustomerFactory(partner=partner)
    told = {refusal_of(caller.get(f"/customers/{guid}{rest}")) for guid in (strange.tenant_id, uuid.uuid4(), "x")}
    assert told | {refusal_of(limited.get(path(other, rest)))} == {(404, "60003", "customer_not_found")}
    assert limited.get(path(customer, rest)).status_code == 200


def test_a_limited_client_lists_its_own_and_adds_none(global_admin, partner, customer):
    CustomerFactory(partner=partner)
    limited = Caller(global_admin, Role.ADMIN_AGENT, limited_to=[customer.tenant_id])
    assert [each["id"] for each in limited.items("/customers")] == [str(customer.tenant_id)]
    assert refusal_of(limited.post("/customers", NEW)) == (403, "2032", "limited_to_customers")
    assert Customer.objects.count() == 2


def test_a_customer_is_added_as_clients_send_it(caller, partner):
    answer = caller.post("/customers", NEW)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    customer = Customer.objects.get()
    assert body["id"] == str(customer.tenant_id)
    assert body["relationshipToPartner"] == "none"
    assert "userCredentials" not in body
    assert (customer.partner, customer.company_name, customer.primary_domain) == (partner, "서울 자전거", "new.example")
    assert (customer.market, customer.currency, customer.country) == ("KR", "KRW", "KR")
    assert (customer.address_line, customer.city, customer.postal_code) == ("세종대로 110", "서울", "04524")
    row = Event.objects.get(action=Action.CUSTOMER_CREATED)
    assert (row.actor_kind, row.customer_id) == ("api_client", customer.tenant_id)
    assert caller.get(path(customer)).json()["companyProfile"] == body["companyProfile"]


def test_the_dot_net_sdk_adds_a_customer_in_pascal_case(caller):
    body = (
        b'{"Id":null,"CommerceId":null,"CompanyProfile":{"TenantId":null,"Domain":"pascal.example","CompanyName":null,'
        b'"Links":null,"Attributes":{"Etag":null,"ObjectType":"CustomerCompanyProfile"}},"BillingProfile":{"Id":null,'
        b'"FirstName":null,"Email":"a@pascal.example","Culture":"EN-US","Language":"En","CompanyName":"Pascal",'
        b'"DefaultAddress":{"Country":"us","Region":null,"City":"Redmond","State":"WA","AddressLine1":"One Way",'
        b'"AddressLine2":"Room 2","PostalCode":"98052","PhoneNumber":null},"Attributes":{"Etag":null}},'
        b'"RelationshipToPartner":"none","AllowDelegatedAccess":null,"UserCredentials":null,"CustomDomains":null}'
    )
    assert caller.post("/customers", body).status_code == 201
    customer = Customer.objects.get()
    assert (customer.company_name, customer.market, customer.currency) == ("Pascal", "US", "USD")
    assert (customer.address_line, customer.region) == ("One Way, Room 2", "WA")


def test_what_the_partner_center_api_has_no_place_for_can_be_told(caller):
    guid = uuid.uuid4()
    body = {
        "companyProfile": {"tenantId": f"{{{guid}}}", "domain": "gl.example", "companyName": "Nuuk"},
        "market": "gl",
        "currencyCode": "eur",
    }
    assert caller.post("/customers", body).json()["id"] == str(guid)
    customer = Customer.objects.get()
    assert (customer.market, customer.currency, customer.country) == ("GL", "EUR", "")


def test_repeated_with_its_id_a_customer_is_added_once(caller):
    request_id = str(uuid.uuid4())
    first, second = (caller.post("/customers", NEW, MS_RequestId=request_id) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert Customer.objects.count() == 1


def test_a_domain_that_is_taken_is_a_conflict(caller, partner):
    CustomerFactory(partner=partner, primary_domain="new.example", company_name="首尔单车")
    answer = caller.post("/customers", NEW)
    assert refusal_of(answer) == (409, "3000", "customer_taken")
    facts = {fact["key"]: fact["value"] for fact in answer.json()["data"]}
    assert facts["field"] == "companyProfile.domain"
    assert "首尔单车" in answer.json()["description"]
    assert Customer.objects.count() == 1


def test_another_partners_domain_is_free(caller):
    CustomerFactory(primary_domain="new.example")
    assert caller.post("/customers", NEW).status_code == 201


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"companyProfile": {"domain": "no domain"}}, {"companyProfile.domain"}),
        ({"companyProfile": {"domain": 7}}, {"companyProfile.domain"}),
        ({"companyProfile": None}, {"companyProfile.domain"}),
        ({"companyProfile": []}, {"companyProfile"}),
        ({"companyProfile": {"domain": "a.example", "tenantId": "7"}}, {"companyProfile.tenantId"}),
        ({"currencyCode": "XXQ"}, {"currencyCode"}),
        ({"market": "ZZ"}, {"market", "currencyCode"}),
        ({"market": "AQ"}, {"currencyCode"}),
        (
            {"billingProfile": {"companyName": "A", "defaultAddress": {"country": "KR"}}},
            {"billingProfile.defaultAddress.addressLine1", "billingProfile.defaultAddress.city"},
        ),
        ({"billingProfile": {}}, {"billingProfile.companyName", "market", "currencyCode"}),
    ],
)
def test_what_is_wrong_with_a_customer_is_named(caller, changed, fields):
    answer = caller.post("/customers", {**NEW, **changed})
    assert refusal_of(answer) == (400, "800002", "input_wrong")
    named = {fact["key"] for fact in answer.json()["data"]} - {"reason", "field", "problem"}
    assert named == fields
    assert not Customer.objects.exists()


def test_a_client_without_the_role_adds_nothing(global_admin, customer):
    auditor = Caller(global_admin, Role.AUDITOR)
    assert refusal_of(auditor.post("/customers", NEW)) == (403, "900150", "role_required")
    assert refusal_of(auditor.get("/customers")) == (403, "900150", "role_required")
    assert refusal_of(auditor.get(path(customer))) == (403, "900150", "role_required")
    assert Customer.objects.count() == 1


def test_profiles_are_told(caller, customer):
    company = caller.get(path(customer, "/profiles/company")).json()
    assert company["attributes"] == {"objectType": "CustomerCompanyProfile"}
    assert company["address"]["addressLine1"] == "2 Side Street"
    billing = caller.get(path(customer, "/profiles/billing")).json()
    assert billing["attributes"] == {"etag": "1", "objectType": "CustomerBillingProfile"}
    assert (billing["id"], billing["currencyCode"]) == (str(customer.tenant_id), "USD")


def test_a_billing_profile_is_changed_as_it_was_read(caller, customer):
    billing = caller.get(path(customer, "/profiles/billing")).json()
    billing["companyName"] = "上海自行车"
    billing["defaultAddress"]["postalCode"] = "200000"
    answer = caller.put(path(customer, "/profiles/billing"), billing, If_Match='"1"')
    assert answer.status_code == 200, answer.content
    assert answer.json()["attributes"]["etag"] == "2"
    customer.refresh_from_db()
    assert (customer.company_name, customer.postal_code, customer.city) == ("上海自行车", "200000", "Springfield")
    assert (customer.market, customer.primary_domain) == ("US", customer.primary_domain)
    assert Event.objects.filter(action=Action.CUSTOMER_CHANGED, customer_id=customer.tenant_id).count() == 1


def test_what_has_changed_meanwhile_is_not_overwritten(caller, customer):
    billing = caller.get(path(customer, "/profiles/billing")).json()
    assert caller.put(path(customer, "/profiles/billing"), {"companyName": "First"}).status_code == 200
    billing["companyName"] = "Second"
    stale = caller.put(path(customer, "/profiles/billing"), billing)
    assert refusal_of(stale) == (400, "2055", "etag_outdated")
    by_header = caller.put(path(customer, "/profiles/billing"), {"companyName": "Third"}, If_Match='"1"')
    assert refusal_of(by_header) == (412, "2055", "etag_stale")
    customer.refresh_from_db()
    assert (customer.company_name, customer.version) == ("First", 2)


def test_a_wrong_profile_is_named_and_changes_nothing(caller, customer):
    body = {"defaultAddress": {"country": "US", "city": "Springfield"}}
    answer = caller.put(path(customer, "/profiles/billing"), body)
    assert refusal_of(answer)[:2] == (400, "800002")
    assert "defaultAddress.addressLine1" in {fact["key"] for fact in answer.json()["data"]}
    customer.refresh_from_db()
    assert (customer.address_line, customer.version) == ("2 Side Street", 1)


def test_market_and_currency_are_fixed_by_the_first_order(caller, agent, customer):
    buy_line(agent, customer, make_sku())
    for body in ({"market": "DE"}, {"currencyCode": "EUR"}):
        assert refusal_of(caller.patch(path(customer), body)) == (409, "3000", "market_fixed")
    customer.refresh_from_db()
    assert (customer.market, customer.currency, customer.version) == ("US", "USD", 1)
    assert Event.objects.filter(action=Action.CUSTOMER_CHANGE_REFUSED).count() == 2


def test_a_patch_changes_what_it_names(caller, customer):
    body = {"companyProfile": {"domain": "東京.example"}, "market": "jp", "currencyCode": "jpy"}
    answer = caller.patch(path(customer), body)
    assert answer.status_code == 200, answer.content
    assert answer.json()["companyProfile"]["domain"] == "東京.example"
    customer.refresh_from_db()
    assert (customer.market, customer.currency, customer.country) == ("JP", "JPY", "US")


def test_the_relationship_to_a_customer_is_not_ended(caller, customer):
    whole = caller.get(path(customer)).json()
    answer = caller.patch(path(customer), {**whole, "relationshipToPartner": "none"})
    assert refusal_of(answer) == (400, "3000", "relationship_stays")
    assert caller.get(path(customer)).json() == whole


def test_a_limited_client_is_not_told_whose_domain_is_taken(global_admin, partner, customer):
    CustomerFactory(partner=partner, company_name="비밀 회사", primary_domain="taken.example")
    limited = Caller(global_admin, Role.ADMIN_AGENT, limited_to=[customer.tenant_id])
    answer = limited.patch(path(customer), {"companyProfile": {"domain": "taken.example"}})
    assert refusal_of(answer) == (409, "3000", "customer_taken")
    assert "비밀" not in answer.content.decode()
