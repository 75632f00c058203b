"""A page of customers and orders does at most 12 queries, the same number with 3 rows and with 300."""

import uuid

import pytest
from django.urls import reverse

from orders.models import MAX_CART_LINES, Order, OrderLine, new_order_number
from orders.services import add_to_cart
from software.models import SoftwarePurchase
from tests.factories import CustomerFactory, buy, make_sku
from tests.helpers import MOST_QUERIES, queries_of

pytestmark = pytest.mark.django_db

FEW, MANY = 3, 300


@pytest.fixture
def cost_of(client_of, agent):
    """How many queries the agent's browser costs with a GET."""
    return lambda url: len(queries_of(client_of(agent), url))


@pytest.fixture
def skus():
    """SKUs in the catalogue, made when they are asked for."""
    made = []

    def up_to(count):
        made.extend(make_sku() for _sku in range(count - len(made)))
        return made[:count]

    return up_to


def _copy(order, copies):
    """Copies of an order of one line, far more than the service could place in the time of a test."""
    line = order.lines.get()
    purchases = SoftwarePurchase.objects.bulk_create(
        _another(SoftwarePurchase, line.purchase, public_id=uuid.uuid4()) for _copy in range(copies)
    )
    orders = Order.objects.bulk_create(
        _another(Order, order, number=new_order_number(), idempotency_key=uuid.uuid4()) for _copy in range(copies)
    )
    OrderLine.objects.bulk_create(
        _another(OrderLine, line, purchase=purchase, order=order)
        for purchase, order in zip(purchases, orders, strict=True)
    )


def _another(model, row, **changes):
    same = {field.name: getattr(row, field.name) for field in model._meta.fields if not field.primary_key}
    return model(**{**same, **changes})


def test_the_list_of_customers_costs_the_same_with_few_and_many(cost_of, partner):
    url = reverse("customers:list")
    CustomerFactory.create_batch(FEW, partner=partner)
    few = cost_of(url)
    CustomerFactory.create_batch(MANY - FEW, partner=partner)
    assert cost_of(url) == few <= MOST_QUERIES


def test_the_search_for_customers_costs_the_same_with_few_and_many(cost_of, partner):
    url = reverse("customers:list") + "?q=customer&market=US"
    CustomerFactory.create_batch(FEW, partner=partner)
    few = cost_of(url)
    CustomerFactory.create_batch(MANY - FEW, partner=partner)
    assert cost_of(url) == few <= MOST_QUERIES


def test_the_catalogue_costs_the_same_with_few_and_many_skus(cost_of, customer, skus):
    url = reverse("orders:add", args=[customer.tenant_id])
    skus(FEW)
    few = cost_of(url)
    skus(MANY)
    assert cost_of(url) == few <= MOST_QUERIES


@pytest.mark.parametrize("page", ["orders:cart", "orders:review"])
def test_the_cart_and_its_review_cost_the_same_with_few_and_many_lines(cost_of, agent, customer, skus, page):
    url = reverse(page, args=[customer.tenant_id])
    for sku in skus(FEW):
        add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    few = cost_of(url)
    for sku in skus(MAX_CART_LINES)[FEW:]:
        add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    assert cost_of(url) == few <= MOST_QUERIES


@pytest.mark.parametrize("page", ["orders:overview", "orders:history"])
def test_the_pages_of_a_customer_cost_the_same_with_few_and_many_orders(cost_of, agent, customer, page):
    url = reverse(page, args=[customer.tenant_id])
    order = buy(agent, customer, make_sku())
    _copy(order, FEW - 1)
    few = cost_of(url)
    _copy(order, MANY - FEW)
    assert cost_of(url) == few <= MOST_QUERIES


def test_the_list_of_orders_costs_the_same_with_few_and_many(cost_of, agent, customer):
    order = buy(agent, customer, make_sku())
    _copy(order, FEW - 1)
    few = cost_of(reverse("orders:list"))
    _copy(order, MANY - FEW)
    assert cost_of(reverse("orders:list")) == few <= MOST_QUERIES


def test_an_order_costs_the_same_with_few_and_many_lines(cost_of, agent, customer, skus):
    few = cost_of(buy(agent, customer, *skus(FEW)).get_absolute_url())
    many = buy(agent, customer, *skus(MAX_CART_LINES))
    assert cost_of(many.get_absolute_url()) == few <= MOST_QUERIES
