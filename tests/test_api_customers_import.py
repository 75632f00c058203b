"""Importing customers by the API: a preview, then all or nothing (U4)."""

import uuid

import pytest

from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from customers.models import Customer
from tests.api import Caller, refusal_of
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db

HEADER = "Microsoft ID,Company name,Primary domain name,Relationship,Market,Currency\n"
KOREAN = "9b3e5d70-64f1-4a8c-b2d9-0e7c51f8a236,서울 자전거,seoul.example,Cloud Reseller,KR,KRW\n"
GERMAN = "2f7a1c6e-0b5d-4c1e-9a57-3d8e6f2b4c10,Hafen,hafen.example,Cloud Reseller,DE,EUR\n"


@pytest.fixture
def caller(clock, global_admin):
    return Caller(global_admin, Role.ADMIN_AGENT)


def test_a_file_is_looked_at_and_then_imported(caller, partner):
    CustomerFactory(partner=partner, tenant_id=GERMAN[:36], company_name="Hamburg")
    file = "\ufeff" + HEADER + KOREAN + GERMAN
    seen = caller.post("/customers/imports?preview=True", file).json()
    assert Customer.objects.count() == 1
    assert (seen["preview"], len(seen["added"])) == (True, 1)
    assert seen["alreadyThere"] == [
        {
            "line": 3,
            "tenantId": GERMAN[:36],
            "companyName": "Hafen",
            "domain": "hafen.example",
            "market": "DE",
            "currencyCode": "EUR",
            "differs": True,
        }
    ]
    done = caller.post("/customers/imports?fileName=고객.csv", file)
    assert done.status_code == 200
    assert done.json() == {**seen, "preview": False}
    assert Customer.objects.get(tenant_id=KOREAN[:36]).company_name == "서울 자전거"
    row = Event.objects.get(action=Action.CUSTOMERS_IMPORTED)
    assert (row.details["added"], row.details["file"]) == (1, "고객.csv")


def test_a_preview_and_an_import_with_one_id_are_two_calls(caller):
    request_id = str(uuid.uuid4())
    assert caller.post("/customers/imports?preview=true", HEADER + KOREAN, MS_RequestId=request_id).status_code == 200
    answer = caller.post("/customers/imports", HEADER + KOREAN, MS_RequestId=request_id)
    assert refusal_of(answer) == (409, "800060", "request_id_used")
    assert not Customer.objects.exists()


def test_one_bad_row_and_nothing_is_added(caller):
    answer = caller.post("/customers/imports", HEADER + KOREAN + GERMAN.replace("DE,EUR", "ZZ,EUR"))
    assert refusal_of(answer) == (400, "800002", "import_bad")
    facts = {fact["key"]: fact["value"] for fact in answer.json()["data"]}
    assert "Market" in facts["line 3"]
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "import_bad"),
        (HEADER, "import_bad"),
        ("{}", "import_bad"),
        (b"\xff\xfe", "body_broken"),
        (HEADER + "\0", "import_bad"),
        (b"x" * (5 * 1024 * 1024 + 1), "import_too_large"),
    ],
)
def test_what_is_no_file_of_customers_is_refused(caller, body, reason):
    assert refusal_of(caller.post("/customers/imports", body)) == (400, "800002", reason)


def test_who_may_not_add_customers_imports_none(global_admin, customer):
    limited = Caller(global_admin, Role.ADMIN_AGENT, limited_to=[customer.tenant_id])
    assert refusal_of(limited.post("/customers/imports", HEADER + KOREAN))[:2] == (403, "2032")
    auditor = Caller(global_admin, Role.AUDITOR, name="auditor")
    assert refusal_of(auditor.post("/customers/imports", HEADER + KOREAN))[:2] == (403, "900150")
    assert Customer.objects.count() == 1
