"""The Software tab and the cancellation do at most 12 queries, the same with 3 rows and with 300."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from orders.models import Order, OrderLine
from software.models import KeyIssue, PolicyVersion, SoftwarePurchase
from tests.factories import SkuFactory, buy_line, make_build, make_link, make_sku
from tests.helpers import MOST_QUERIES, queries_of

pytestmark = pytest.mark.django_db


def buy_many(template, skus):
    """One older purchase of each SKU like that of a line, made directly: by the service it would take a minute."""
    now = timezone.now() - timedelta(days=1)
    policy = PolicyVersion.objects.get(pk=template.policy_version_id)
    purchases = SoftwarePurchase.objects.bulk_create(
        SoftwarePurchase(
            customer=template.order.customer,
            sku=sku,
            quantity=1,
            key_state="allotted",
            purchased_at=now,
            term_start=template.purchase.term_start,
            term_end=template.purchase.term_end,
        )
        for sku in skus
    )
    orders = Order.objects.bulk_create(
        Order(
            partner=template.order.partner,
            customer=template.order.customer,
            placed_by=template.order.placed_by,
            placed_at=now,
            market="US",
            currency="USD",
        )
        for _sku in skus
    )
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            line_number=1,
            purchase=purchase,
            product_title=purchase.sku.product.title,
            sku_title=purchase.sku.title,
            quantity=1,
            unit_price=template.unit_price,
            tax_rate=0,
            tax_included=False,
            net=template.net,
            tax=0,
            gross=template.net,
            policy_version=policy,
            last_cancel_day=policy.last_day(now),
            window_closes_at=policy.window_closes_at(now),
        )
        for order, purchase in zip(orders, purchases, strict=True)
    )


@pytest.fixture
def line(clock, agent, customer):
    """A purchase of 20 units with a key each, a link and two builds."""
    line = buy_line(agent, customer, make_sku(keys=20, key_issue=KeyIssue.PER_UNIT, product__title="AAA"), 20)
    make_build(line.purchase.sku.product, version="2019")
    make_link(agent, line.purchase)
    return line


def addresses(line):
    software = reverse("cancellations:software", args=[line.order.customer.tenant_id])
    sku = line.purchase.sku.public_id
    chosen = f"{software}?sku={sku}&purchase={line.purchase.public_id}&version=2022&language=en-US&file_type=ISO+x64"
    return [software, f"{software}?sku={sku}", chosen, f"{chosen}&purchases=2", f"{software}{sku}/cancel/"]


def test_with_300_products_and_with_300_purchases_of_one_as_many_queries_as_with_3(agent, client_of, line):
    buy_many(line, [SkuFactory(), SkuFactory()])
    client = client_of(agent)
    few = [len(queries_of(client, address)) for address in addresses(line)]
    product = SkuFactory().product
    buy_many(line, [SkuFactory(product=product, sku_id=f"{number:04}") for number in range(2, 302)])
    buy_many(line, [line.purchase.sku] * 300)
    many = [len(queries_of(client, address)) for address in addresses(line)]
    assert many == few
    assert max(many) <= MOST_QUERIES


def test_a_row_beyond_the_first_page_of_the_list_costs_no_more_than_allowed(agent, client_of, line):
    buy_many(line, [SkuFactory(product__title=f"AA{number:02}") for number in range(30)])
    software = reverse("cancellations:software", args=[line.order.customer.tenant_id])
    opened = f"{software}?sku={line.purchase.sku.public_id}&purchases=2&keys=2"
    response = client_of(agent).get(opened)
    assert len(response.context["rows"]) == 26
    assert len(queries_of(client_of(agent), opened)) <= MOST_QUERIES
