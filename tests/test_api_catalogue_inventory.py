"""`checkinventory`: a bare list of what a market can buy (partner-center-api.md, 4; M2)."""

import pytest

from csp_portal.accounts.permissions import Role
from software.models import Kind, MarketRestriction
from tests.api import Caller, refusal_of
from tests.factories import CustomerFactory, PriceFactory, SkuFactory, make_sku

pytestmark = pytest.mark.django_db

PATH = "/extensions/product/checkinventory"


@pytest.fixture
def caller(clock, global_admin):
    return Caller(global_admin, Role.ADMIN_AGENT)


@pytest.fixture
def closed(db):
    """Norway, where no reservations are sold."""
    MarketRestriction.objects.filter(market="NO").delete()
    MarketRestriction.objects.create(market="NO", valid_from="2019-11-30")


def test_what_can_be_bought_is_a_bare_list(caller, customer):
    sku = make_sku(product__product_id="SERVER")
    PriceFactory(sku=SkuFactory(product=sku.product, sku_id="0002"))
    body = {"TargetItems": [{"ProductId": "SERVER"}, {"ProductId": "unknown"}]}
    body["InventoryContext"] = {"CustomerId": str(customer.tenant_id)}
    free = {"isRestricted": False, "restrictions": []}
    assert caller.post(PATH, body).json() == [
        {"productId": "SERVER", "skuId": "0001", **free},
        {"productId": "SERVER", "skuId": "0002", **free},
    ]
    assert caller.post("/extensions/product/checkInventory?country=US", body).status_code == 200


def test_of_a_sku_that_is_named_only_that_is_judged(caller):
    sku = make_sku(product__product_id="SERVER")
    PriceFactory(sku=SkuFactory(product=sku.product, sku_id="0002"))
    body = {"targetItems": [{"productId": "SERVER", "skuId": "0002"}]}
    assert [each["skuId"] for each in caller.post(f"{PATH}?country=US", body).json()] == ["0002"]


def test_a_closed_market_and_a_missing_price_are_told_as_restrictions(caller, partner, closed):
    norwegian = CustomerFactory(partner=partner, market="NO", currency="NOK")
    make_sku(kind=Kind.RESERVATION, product__product_id="VM", market="NO", currency="NOK")
    make_sku(product__product_id="SERVER")
    body = {
        "targetItems": [{"productId": "VM"}, {"productId": "SERVER"}],
        "inventoryContext": {"customerId": f"org:{norwegian.tenant_id}"},
    }
    reservation, server = caller.post(PATH, body).json()
    assert (reservation["productId"], reservation["isRestricted"]) == ("VM", True)
    (restriction,) = reservation["restrictions"]
    assert restriction["reasonCode"] == "reservation_not_sold_in_market"
    assert restriction["properties"] == {"country": "Norway", "market": "NO"}
    assert "Norway" in restriction["description"]
    assert [each["reasonCode"] for each in server["restrictions"]] == ["not_priced_in_market"]


def test_many_items_take_few_queries(caller, django_assert_max_num_queries):
    items = [{"productId": make_sku().product.product_id} for _ in range(30)]
    with django_assert_max_num_queries(14):
        assert len(caller.post(f"{PATH}?country=US", {"targetItems": items}).json()) == 30


@pytest.mark.parametrize(
    ("query", "body", "told"),
    [
        ("", {"targetItems": [{"productId": "A"}]}, (400, "800002", "input_wrong")),
        ("?country=US", {}, (400, "800002", "input_wrong")),
        ("?country=US", {"targetItems": []}, (400, "800002", "input_wrong")),
        ("?country=US", {"targetItems": [{"skuId": "0001"}]}, (400, "800002", "input_wrong")),
        ("?country=US", {"targetItems": [{"productId": "A"}] * 501}, (400, "800002", "input_wrong")),
        (
            "?country=US",
            {"targetItems": [{"productId": "A"}], "inventoryContext": {"customerId": "x"}},
            (404, "60003", "customer_not_found"),
        ),
    ],
)
def test_what_cannot_be_judged_is_refused(caller, query, body, told):
    assert refusal_of(caller.post(f"{PATH}{query}", body)) == told


def test_a_role_that_sees_no_software_asks_in_vain(global_admin):
    auditor = Caller(global_admin, Role.AUDITOR)
    answer = auditor.post(f"{PATH}?country=US", {"targetItems": [{"productId": "A"}]})
    assert refusal_of(answer) == (403, "900150", "role_required")
