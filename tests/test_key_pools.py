"""Lines that wait for keys are served in the order of purchase, whatever made them wait (B5)."""

import pytest
from django.utils import timezone

from csp_portal.calendar_utc import utc_day
from software.models import KeyState, ProductKey, SoftwarePurchase
from software.services.revoking import revoke_purchase
from software.tasks import fill_waiting_lines
from tests.factories import add_keys, buy_line, make_sku

pytestmark = pytest.mark.django_db


def waiting() -> int:
    return SoftwarePurchase.objects.keys_pending(utc_day(timezone.now())).count()


def test_a_line_behind_a_cancelled_one_is_served_by_the_sweep(clock, agent, customer):
    sku = make_sku(key_issue="per_unit", keys=3)
    large = buy_line(agent, customer, sku, quantity=5)
    clock.set("2020-01-24T13:00:00Z")
    small = buy_line(agent, customer, sku, quantity=2)
    assert fill_waiting_lines.apply().get() == 0
    assert waiting() == 2
    revoke_purchase(large.purchase, now=timezone.now())
    assert fill_waiting_lines.apply().get() == 1
    assert ProductKey.objects.filter(purchase=small.purchase).count() == 2
    assert waiting() == 0


def test_keys_that_no_import_has_handed_out_are_found(agent, customer):
    sku = make_sku()
    line = buy_line(agent, customer, sku)
    add_keys(sku, 1)
    assert fill_waiting_lines.apply().get() == 1
    line.purchase.refresh_from_db()
    assert line.purchase.key_state == KeyState.ALLOTTED
    assert fill_waiting_lines.apply().get() == 0


def test_the_older_purchase_is_served_first_even_if_it_was_stored_later(clock, agent, customer):
    sku = make_sku()
    first_stored = buy_line(agent, customer, sku).purchase
    clock.set("2020-01-24T11:00:00Z")
    older = buy_line(agent, customer, sku).purchase
    add_keys(sku, 1)
    assert fill_waiting_lines.apply().get() == 1
    assert older.keys.count() == 1
    assert first_stored.keys.count() == 0
