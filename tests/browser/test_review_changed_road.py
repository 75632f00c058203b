"""A price changes while the review is open: the new one is shown with what changed, then ordered (B4)."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from orders.models import Order
from orders.services import add_to_cart
from software.models import Kind, Price
from tests.factories import make_sku

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "without-scripts"])
@pytest.mark.parametrize("width", [1280, 390], ids=["desktop", "phone"])
def test_a_changed_review_is_shown_with_ticks_and_number_kept(
    signed_in: Callable[..., Page], agent, customer, scripts, width
):
    for sku in (make_sku("1200.00", keys=1), make_sku("920.00", kind=Kind.LINUX_PLAN, cancellation_policy="never")):
        add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    page = signed_in(agent, width=width, scripts=scripts)
    page.goto(reverse("orders:review", args=[customer.tenant_id]))
    expect(page.get_by_text("Left after this order")).to_be_visible()
    page.get_by_label("Purchase order number").fill("PO-购-17")
    page.get_by_label("I accept that this can never be cancelled").check()

    Price.objects.filter(unit_price=1200).update(unit_price="1250.00")
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_role("alert").first).to_contain_text("This has changed since the review was shown: prices.")
    changes = page.get_by_role("table").filter(has_text="As it was shown")
    expect(changes.get_by_role("row").filter(has_text="Price per unit")).to_contain_text("1,250.00")
    expect(page.get_by_label("Purchase order number")).to_have_value("PO-购-17")
    expect(page.get_by_label("I accept that this can never be cancelled")).to_be_checked()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth") if scripts else True
    assert not Order.objects.exists()

    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_role("heading", name=f"Order {Order.objects.get().number}")).to_be_visible()
    assert Order.objects.get().lines.get(line_number=1).gross == 1250
