"""The catalogue in the API: products, SKUs, availabilities and their prices (partner-center-api.md, 4; M1 to M6)."""

import uuid
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import simplejson

from csp_portal.accounts.permissions import Role
from software.api.items import catalog_item_id, sku_of_catalog_item
from software.models import CancellationPolicy, Kind, MarketRestriction, TaxRate
from tests.api import Caller, refusal_of
from tests.factories import CustomerFactory, PriceFactory, SkuFactory, make_sku

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(clock, global_admin):
    return Caller(global_admin, Role.ADMIN_AGENT)


@pytest.fixture
def sku(db):
    """A perpetual SKU of the price list, in the US."""
    return make_sku(
        "1200.00",
        kind=Kind.PERPETUAL,
        product__product_id="DG7GMGF0D5RX",
        product__title="SQL Server 표준판",
        title="SQL Server 표준판 - 2 Core",
        description="Two cores.",
        sku_id="0003",
        billing_plan="",
    )


def link(uri):
    return {"uri": uri, "method": "GET", "headers": []}


def ids(rows):
    return [row["id"] for row in rows]


def test_a_product_is_told_as_clients_know_it(caller, sku):
    (told,) = caller.items("/products?country=us&targetView=Software")
    assert told == {
        "id": "DG7GMGF0D5RX",
        "title": "SQL Server 표준판",
        "description": "SQL Server 표준판, Microsoft",
        "productType": {
            "id": "Software",
            "displayName": "Software",
            "subType": {"id": "PerpetualSoftware", "displayName": "perpetual software"},
        },
        "isMicrosoftProduct": True,
        "publisherName": "Microsoft",
        "links": {
            "skus": link("/products/DG7GMGF0D5RX/skus?country=US"),
            "self": link("/products/DG7GMGF0D5RX?country=US"),
        },
        "attributes": {"objectType": "Product"},
    }
    assert caller.get(told["links"]["self"]["uri"]).json() == told


def test_a_sku_is_told_as_clients_know_it(caller, sku):
    (told,) = caller.items("/products/DG7GMGF0D5RX/skus?country=US&targetSegment=Commercial&reservationScope=AzurePlan")
    path = "/products/DG7GMGF0D5RX/skus/0003"
    assert told == {
        "id": "0003",
        "productId": "DG7GMGF0D5RX",
        "title": "SQL Server 표준판 - 2 Core",
        "description": "Two cores.",
        "minimumQuantity": 1,
        "maximumQuantity": 10_000,
        "isTrial": False,
        "supportedBillingCycles": ["one_time"],
        "purchasePrerequisites": [],
        "inventoryVariables": [],
        "provisioningVariables": [],
        "actions": ["Refund"],
        "dynamicAttributes": {},
        "links": {"availabilities": link(f"{path}/availabilities?country=US"), "self": link(f"{path}?country=US")},
        "attributes": {"objectType": "Sku"},
    }
    assert caller.get(told["links"]["self"]["uri"]).json() == told


def test_an_availability_is_what_can_be_ordered(caller, customer, sku):
    sku.prices.update(tier_max=9, retail_price=Decimal("1350.00"))
    PriceFactory(sku=sku, tier_min=10, unit_price=Decimal("1100.50"))
    path = "/products/DG7GMGF0D5RX/skus/0003/availabilities"
    answer = caller.get(f"{path}?country=US")
    (told,) = simplejson.loads(answer.content, use_decimal=True)["items"]
    item = catalog_item_id(sku, "US", "USD")
    assert told == {
        "id": item.split(":")[2],
        "productId": "DG7GMGF0D5RX",
        "skuId": "0003",
        "catalogItemId": item,
        "defaultCurrency": {"code": "USD", "symbol": "$"},
        "segment": "commercial",
        "country": "US",
        "isPurchasable": True,
        "isRenewable": False,
        "terms": [
            {
                "duration": "",
                "description": "perpetual",
                "billingCycle": "one_time",
                "cancellationPolicies": [
                    {"refundOptions": [{"sequenceId": 0, "type": "Full", "expiresAfter": "P60D"}]}
                ],
            }
        ],
        "unitPrice": Decimal("1200.00"),
        "taxIncluded": False,
        "priceTiers": [
            {
                "minimumQuantity": 1,
                "maximumQuantity": 9,
                "unitPrice": Decimal("1200.00"),
                "recommendedRetailPrice": Decimal("1350.00"),
            },
            {"minimumQuantity": 10, "unitPrice": Decimal("1100.50")},
        ],
        "cancellationPolicy": "selfService",
        "links": {"self": link(f"{path}/{item.split(':')[2]}?country=US")},
        "attributes": {"objectType": "Availability"},
    }
    assert b'"unitPrice":1200.00' in answer.content
    assert sku_of_catalog_item(told["catalogItemId"], customer) == sku
    assert caller.get(f"{path}/{told['id'].lower()}?country=US&targetSegment=commercial").status_code == 200


def test_below_a_customer_stands_what_its_market_sells(caller, partner, sku):
    korean = CustomerFactory(partner=partner, market="KR", currency="KRW")
    PriceFactory(sku=sku, market="KR", currency="KRW", unit_price=Decimal(1_500_000))
    PriceFactory(sku=sku, market="KR", currency="USD")
    make_sku(kind=Kind.PERPETUAL, market="KR", currency="USD")
    TaxRate.objects.create(market="KR", name="부가가치세", rate="0.1", included_in_price=False, valid_from="2000-01-01")
    root = f"/customers/{korean.tenant_id}/products"
    (product,) = caller.items(f"{root}?targetView=SoftwarePerpetual")
    (edition,) = caller.items(product["links"]["skus"]["uri"])
    (told,) = caller.items(edition["links"]["availabilities"]["uri"])
    assert told["links"]["self"]["uri"] == f"{root}/DG7GMGF0D5RX/skus/0003/availabilities/{told['id']}"
    assert (told["country"], told["defaultCurrency"]) == ("KR", {"code": "KRW", "symbol": "₩"})
    assert told["unitPrice"] == 1_500_000
    assert sku_of_catalog_item(told["catalogItemId"], korean) == sku
    in_country = caller.items("/products/DG7GMGF0D5RX/skus/0003/availabilities?country=KR")
    assert [each["defaultCurrency"]["code"] for each in in_country] == ["KRW", "USD"]
    assert told["id"] == in_country[0]["id"]


def test_prices_of_australia_include_tax(caller, sku):
    PriceFactory(sku=sku, market="AU", currency="AUD")
    (told,) = caller.items("/products/DG7GMGF0D5RX/skus/0003/availabilities?country=AU")
    assert told["taxIncluded"] is True


@pytest.mark.parametrize(
    ("view", "found"),
    [
        ("Software", ["Linux", "Perpetual", "Subscription"]),
        ("software", ["Linux", "Perpetual", "Subscription"]),
        ("SoftwareSUSELinux", ["Linux"]),
        ("SoftwarePerpetual", ["Perpetual"]),
        ("SoftwareSubscriptions", ["Subscription"]),
        ("AzureReservations", ["Reserved VM"]),
        ("AzureReservationsVM", ["Reserved VM"]),
        ("AzureReservationsSQL", []),
        ("Azure", []),
        ("OnlineServices", []),
    ],
)
def test_views_part_the_catalogue_by_kind(caller, view, found):
    make_sku(kind=Kind.PERPETUAL, product__title="Perpetual")
    make_sku(product__title="Subscription")
    make_sku(kind=Kind.RESERVATION, product__title="Reserved VM")
    make_sku(
        kind=Kind.LINUX_PLAN,
        product__title="Linux",
        product__publisher="SUSE",
        cancellation_policy=CancellationPolicy.NEVER,
    )
    make_sku(product__title="Elsewhere", market="DE", currency="EUR")
    told = caller.items(f"/products?country=US&targetView={view}&targetSegment=commercial")
    assert [each["title"] for each in told] == found
    assert caller.items(f"/products?country=US&targetView={view}&targetSegment=education") == []


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/products?country=US", (400, "800002", "input_wrong")),
        ("/products?targetView=Software", (400, "800002", "input_wrong")),
        ("/products?targetView=Software&country=ZZ", (400, "800002", "input_wrong")),
        ("/products?targetView=Toys&country=US", (403, "400036", "target_view_unknown")),
        ("/products?targetView=Software&country=US&targetSegment=army", (403, "400030", "target_segment_unknown")),
        ("/products/DG7GMGF0D5RX?country=DE", (404, "400013", "product_not_found")),
        ("/products/nothing/skus?country=US", (404, "400013", "product_not_found")),
        ("/products/DG7GMGF0D5RX/skus/9999?country=US", (404, "400018", "sku_not_found")),
        ("/products/DG7GMGF0D5RX/skus/9999/availabilities?country=US", (404, "400018", "sku_not_found")),
        ("/products/DG7GMGF0D5RX/skus/0003/availabilities/X?country=US", (404, "400019", "availability_not_found")),
        ("/products/DG7GMGF0D5RX/skus/0003/availabilities", (400, "800002", "input_wrong")),
    ],
)
def test_what_the_catalogue_does_not_have_is_refused(caller, sku, path, told):
    assert refusal_of(caller.get(path)) == told


@pytest.mark.parametrize("rest", ["?targetView=Software", "/DG7GMGF0D5RX", "/DG7GMGF0D5RX/skus"])
def test_below_a_customer_of_somebody_else_nothing_is_told(caller, global_admin, partner, customer, sku, rest):
    limited = Caller(global_admin, Role.ADMIN_AGENT, limited_to=[customer.tenant_id], name="limited")
    other = CustomerFactory(partner=partner)
    assert limited.get(f"/customers/{customer.tenant_id}/products{rest}").status_code == 200
    answers = [limited.get(f"/customers/{other.tenant_id}/products{rest}")]
    answers += [caller.get(f"/customers/{guid}/products{rest}") for guid in (CustomerFactory().tenant_id, uuid.uuid4())]
    assert {refusal_of(answer) for answer in answers} == {(404, "60003", "customer_not_found")}


def test_a_role_that_sees_no_software_sees_no_catalogue(global_admin, sku):
    auditor = Caller(global_admin, Role.AUDITOR)
    assert refusal_of(auditor.get("/products?country=US&targetView=Software")) == (403, "900150", "role_required")


def test_what_is_cancelled_how_is_told(caller):
    yearly = make_sku(product__product_id="YEARLY", term="P1Y")
    make_sku(kind=Kind.PERPETUAL, product__product_id="ESU", cancellation_policy=CancellationPolicy.SUPPORT_ONLY)
    make_sku(kind=Kind.LINUX_PLAN, product__product_id="LINUX", cancellation_policy=CancellationPolicy.NEVER)
    terms = {}
    for product in ("YEARLY", "ESU", "LINUX"):
        (told,) = caller.items(f"/products/{product}/skus/0001/availabilities?country=US")
        (term,) = told["terms"]
        terms[product] = (told["cancellationPolicy"], term["duration"], term["cancellationPolicies"])
    options = [{"refundOptions": [{"sequenceId": 0, "type": "Partial", "expiresAfter": "P60D"}]}]
    assert terms["YEARLY"] == ("selfService", yearly.term, options)
    assert terms["ESU"] == ("supportRequest", "", [])
    assert terms["LINUX"] == ("never", "P1Y", [])


def test_skus_under_one_id_are_one_sku_with_several_availabilities(caller, sku):
    other = SkuFactory(product=sku.product, sku_id="0003", term="P1Y", segment="Education")
    PriceFactory(sku=other, tier_max=20)
    assert ids(caller.items("/products/DG7GMGF0D5RX/skus?country=US")) == ["0003"]
    path = "/products/DG7GMGF0D5RX/skus/0003/availabilities?country=US"
    assert [each["segment"] for each in caller.items(path)] == ["commercial", "education"]
    assert [each["segment"] for each in caller.items(f"{path}&targetSegment=Education")] == ["education"]


def test_a_closed_market_is_told_before_anything_is_bought(caller, partner):
    norwegian = CustomerFactory(partner=partner, market="NO", currency="NOK")
    MarketRestriction.objects.filter(market="NO").delete()
    MarketRestriction.objects.create(market="NO", valid_from="2019-11-30")
    make_sku(kind=Kind.RESERVATION, product__product_id="VM", market="NO", currency="NOK")
    (told,) = caller.items(f"/customers/{norwegian.tenant_id}/products/VM/skus/0001/availabilities")
    assert told["isPurchasable"] is False
    assert told["refusal"]["code"] == "reservation_not_sold_in_market"


def test_a_price_of_the_past_sells_nothing(caller, sku):
    sku.prices.update(effective_end=datetime(2020, 1, 24, 12, tzinfo=UTC))
    assert caller.items("/products?country=US&targetView=Software") == []


def test_a_catalogue_of_many_takes_as_many_queries_as_one_of_few(caller, sku, django_assert_max_num_queries):
    for number in range(2, 30):
        PriceFactory(sku=SkuFactory(product=sku.product, sku_id=f"{number:04d}x"))
        make_sku()
    with django_assert_max_num_queries(12):
        assert len(caller.items("/products?country=US&targetView=Software")) == 29
    with django_assert_max_num_queries(12):
        assert len(caller.items("/products/DG7GMGF0D5RX/skus?country=US")) == 29
    with django_assert_max_num_queries(12):
        caller.items("/products/DG7GMGF0D5RX/skus/0003/availabilities?country=US")
