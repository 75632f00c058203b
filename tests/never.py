"""What can never be cancelled, for the tests that try it on every path (C1)."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cancellations.models import Cancellation
from cancellations.services import confirm_cancellation
from csp_portal.accounts.models import User
from csp_portal.errors import Refusal
from customers.models import Customer
from orders.billing.models import Credit, Entry
from orders.models import OrderLine
from software.models import CancellationPolicy, KeyIssue, Kind
from tests.factories import buy, buy_line, make_sku
from tests.helpers import quote_of, words_of


@dataclass
class World:
    """A line of three units that can never be cancelled, one of the same order that can, and who may try."""

    line: OrderLine
    sibling: OrderLine
    another: OrderLine  # of the same SKU, in another order
    agent: Any
    browser: Client
    house: Client

    def send(self, *, order: OrderLine | None = None, htmx: bool = False, **form: Any) -> Any:
        """POST to the dialog of the line's row."""
        url = reverse(
            "cancellations:cancel", args=[self.line.order.customer.tenant_id, self.line.purchase.sku.public_id]
        )
        headers = {"HX-Request": "true", "HX-Target": "cancellation"} if htmx else {}
        sent = {"quote": quote_of(self.line).signed(), "notice_accepted": "on"} | form
        number = (order or self.line).order.number
        response = self.browser.post(f"{url}?order={number}", sent, headers=headers)
        assert response.status_code == 409
        assert "can never be cancelled or exchanged." in words_of(response)
        return response

    def confirm(self, quote: Any, line: OrderLine | None = None) -> None:
        purchase = (line or self.line).purchase
        with pytest.raises(Refusal) as refused:
            confirm_cancellation(purchase.public_id, quote=quote.signed(), notice_accepted=True, actor=self.agent)
        assert refused.value.code == "never_cancellable"

    def line_becomes(self, **values: Any) -> None:
        OrderLine.objects.filter(pk=self.line.pk).update(**values)

    def state(self) -> Any:
        """All that a cancellation would change, of every line that can never be cancelled."""
        lines = OrderLine.objects.filter(pk__in=[self.line.pk, self.another.pk]).order_by("pk")
        counted = ("quantity_cancelled", "credited_net", "credited_tax", "credited_gross")
        bought = ("purchase__status", "purchase__cancelled_at", "purchase__key_state", "purchase__quantity")
        rows = Cancellation.objects.count(), Credit.objects.count(), Entry.objects.filter(kind="credit").count()
        return list(lines.values(*counted, *bought, "gross", "policy_version__policy")), rows


def never_world(publisher: str, clock: Any, agent: User, keeper: User, customer: Customer, client_of: Any) -> World:
    """A line of `publisher`'s Linux software plan, bought on 2020-01-24; it is 2020-02-02."""
    policy = CancellationPolicy.NEVER
    linux = make_sku("920.00", kind=Kind.LINUX_PLAN, cancellation_policy=policy, product__publisher=publisher)
    server = make_sku("1200.00", key_issue=KeyIssue.PER_UNIT, keys=9)
    order = buy(agent, customer, linux, server, quantity=3)
    line, sibling = (order.lines.get(purchase__sku=sku) for sku in (linux, server))
    another = buy_line(agent, customer, linux)
    clock.set("2020-02-02T12:00:00Z")
    return World(line, sibling, another, agent, client_of(agent), client_of(keeper))
