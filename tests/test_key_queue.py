"""Whoever waits longest for a pool is served first, wholly, and no key goes to two (B5)."""

import threading
from functools import partial

import pytest
from django.db import connection, transaction
from django.utils import timezone

from activity.models import Action, Event
from activity.services import Actor
from csp_portal.calendar_utc import utc_day
from csp_portal.celery import app
from orders.services import add_to_cart, place_order
from software.models import CancellationPolicy, KeyIssue, KeyState, KeyStatus, ProductKey, Sku, SoftwarePurchase
from software.services import change_sku, fill_pending, import_keys
from software.services.purchasing import lock_pools
from software.tasks import fill_waiting_lines
from tests.factories import CustomerFactory, UserFactory, add_keys, buy_line, make_sku, reviewed_now
from tests.helpers import cancel, in_threads, until, until_somebody_waits
from tests.processes import running

pytestmark = pytest.mark.django_db
OPERATOR = Actor.system("test")
WORKER = ["-m", "celery", "--quiet", "-A", "csp_portal.celery", "worker", "--pool", "prefork", "--concurrency", "2"]
AS_ROOT = "You're running the worker with superuser"


def queue():
    """The ids of the purchases that wait, in the order in which they are served."""
    return list(SoftwarePurchase.objects.keys_pending(utc_day(timezone.now())).values_list("pk", flat=True))


def keys_of(purchase):
    return ProductKey.objects.filter(purchase=purchase).count()


def ready_to_order(partner, sku, quantity=1):
    """A new agent with a customer and a filled cart; answers how to order it."""
    agent, customer = UserFactory(partner=partner, roles=["admin_agent"]), CustomerFactory(partner=partner)
    add_to_cart(customer.tenant_id, sku.public_id, quantity, actor=agent)
    return partial(place_order, customer.tenant_id, reviewed=reviewed_now(agent, customer), actor=agent)


def now_one_key_per_unit(sku):
    policy = CancellationPolicy.SELF_SERVICE
    values = {"cancellation_policy": policy, "hybrid_benefit": False, "cores_per_unit": None, "low_water": 0}
    return change_sku(sku.pk, key_issue=KeyIssue.PER_UNIT, actor=OPERATOR, **values)


def one_after_the_other(first, second):
    """Begin `second` once `first` is done but not committed yet; answers what both did."""
    done = threading.Event()

    def slowly():
        with transaction.atomic():
            answer = first()
            done.set()
            until_somebody_waits()
            return answer

    def meanwhile():
        done.wait()
        return second()

    return in_threads(slowly, meanwhile)


def key_file(tmp_path, sku, count):
    rows = [f"{sku.product.product_id},{sku.sku_id},KKKKK-KKKKK-KKKKK-KKKKK-{number:05d}" for number in range(count)]
    path = tmp_path / "keys.csv"
    path.write_text("\n".join(["ProductId,SkuId,ProductKey", *rows]), encoding="ascii")
    return path


def test_an_import_serves_the_queue_in_its_order_and_stops_at_a_line_that_it_cannot_fill(
    clock, tmp_path, agent, customer
):
    sku = make_sku(key_issue="per_unit")
    bought = []
    for hour, quantity in ((1, 2), (2, 3), (3, 1)):
        clock.set(f"2020-01-24T{hour:02d}:00:00Z")
        bought.append(buy_line(agent, customer, sku, quantity=quantity).purchase)
    import_keys(key_file(tmp_path, sku, 4), actor=OPERATOR)
    assert [keys_of(purchase) for purchase in bought] == [2, 0, 0]
    assert queue() == [bought[1].pk, bought[2].pk]
    assert ProductKey.objects.filter(status=KeyStatus.AVAILABLE).count() == 2
    add_keys(sku, 1)
    assert fill_waiting_lines.apply().get() == 1
    assert [keys_of(purchase) for purchase in bought] == [2, 3, 0]


def test_a_large_line_at_the_front_holds_up_the_small_one_behind_it(clock, agent, customer):
    sku = make_sku(key_issue="per_unit", keys=9)
    large = buy_line(agent, customer, sku, quantity=10).purchase
    clock.set("2020-01-24T13:00:00Z")
    small = buy_line(agent, customer, sku, quantity=1).purchase
    assert fill_waiting_lines.apply().get() == 0
    assert (keys_of(large), keys_of(small)) == (0, 0)
    add_keys(sku, 2)
    assert fill_waiting_lines.apply().get() == 2
    assert (keys_of(large), keys_of(small)) == (10, 1)


def test_a_cancelled_line_leaves_the_queue(clock, agent, customer):
    sku = make_sku()
    first = buy_line(agent, customer, sku)
    clock.set("2020-01-24T13:00:00Z")
    second = buy_line(agent, customer, sku)
    cancel(first, agent)
    assert queue() == [second.purchase.pk]
    add_keys(sku, 2)
    assert fill_waiting_lines.apply().get() == 1
    assert (keys_of(first.purchase), keys_of(second.purchase)) == (0, 1)
    first.purchase.refresh_from_db()
    assert first.purchase.key_state == KeyState.REVOKED


def test_a_line_whose_term_is_over_leaves_the_queue(clock, agent, customer):
    sku = make_sku(term="P1M")
    ended = buy_line(agent, customer, sku).purchase
    clock.set("2020-02-23T23:59:59Z")
    running = buy_line(agent, customer, sku).purchase
    assert queue() == [ended.pk, running.pk]
    clock.set("2020-02-24T00:00:00Z")
    assert queue() == [running.pk]
    add_keys(sku, 2)
    assert fill_waiting_lines.apply().get() == 1
    assert (keys_of(ended), keys_of(running)) == (0, 1)


def test_pools_do_not_wait_for_each_other(agent, customer):
    empty, full = make_sku(), make_sku()
    buy_line(agent, customer, empty)
    add_keys(full, 1)
    assert buy_line(agent, customer, full).purchase.key_state == KeyState.ALLOTTED


@pytest.mark.django_db(transaction=True)
def test_of_many_orders_for_a_few_keys_exactly_as_many_get_one(partner):
    sku = make_sku(keys=2)
    in_threads(*(ready_to_order(partner, sku) for _order in range(5)))
    states = SoftwarePurchase.objects.values_list("key_state", flat=True)
    assert sorted(states) == ["allotted"] * 2 + ["pending"] * 3
    assert ProductKey.objects.filter(status=KeyStatus.AVAILABLE).count() == 0
    assert ProductKey.objects.values("purchase").distinct().count() == 2
    assert Event.objects.filter(action=Action.KEYS_PENDING).count() == 3


@pytest.mark.django_db(transaction=True)
def test_orders_for_the_same_products_in_another_order_do_not_deadlock(partner):
    first, second = make_sku(keys=4), make_sku(keys=4)
    orders = []
    for skus in ((first, second), (second, first)) * 2:
        agent, customer = UserFactory(partner=partner, roles=["admin_agent"]), CustomerFactory(partner=partner)
        for sku in skus:
            add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
        orders.append(partial(place_order, customer.tenant_id, reviewed=reviewed_now(agent, customer), actor=agent))
    in_threads(*orders)
    assert SoftwarePurchase.objects.filter(key_state=KeyState.ALLOTTED).count() == 8


@pytest.mark.django_db(transaction=True)
def test_a_new_line_does_not_pass_one_whose_order_is_not_committed_yet(partner):
    """The older order finds the pool empty; keys come; the newer one must still wait until the older one stands."""
    sku = make_sku()
    older, newer = ready_to_order(partner, sku), ready_to_order(partner, sku)

    def newer_after_keys_came():
        add_keys(sku, 1)
        return newer()

    first, second = one_after_the_other(older, newer_after_keys_came)
    assert first.placed_at < second.placed_at
    assert queue() == [first.lines.get().purchase_id, second.lines.get().purchase_id]
    assert fill_waiting_lines.apply().get() == 1
    assert keys_of(first.lines.get().purchase) == 1


@pytest.mark.django_db(transaction=True)
def test_how_keys_are_issued_does_not_change_under_an_order_that_is_not_committed_yet(partner):
    sku = make_sku(keys=3)
    order = ready_to_order(partner, sku, quantity=3)
    _order, change = one_after_the_other(order, partial(now_one_key_per_unit, sku))
    assert change == "key_issue_fixed"
    assert Sku.objects.get().key_issue == KeyIssue.PER_LINE
    assert keys_of(SoftwarePurchase.objects.get()) == 1


@pytest.mark.django_db(transaction=True)
def test_an_order_gets_its_keys_as_a_change_that_is_being_made_says(partner):
    sku = make_sku(keys=3)
    order = ready_to_order(partner, sku, quantity=3)
    one_after_the_other(partial(now_one_key_per_unit, sku), order)
    assert keys_of(SoftwarePurchase.objects.get()) == 3


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_give_each_key_once_and_in_the_queues_order(agent, customer):
    sku = make_sku(key_issue="per_unit")
    bought = [buy_line(agent, customer, sku, quantity=2).purchase for _line in range(6)]
    add_keys(sku, 7)
    filled = in_threads(*[partial(fill_pending, sku.pk, actor=OPERATOR)] * 4)
    assert sum(filled) == 3
    assert [keys_of(purchase) for purchase in bought] == [2, 2, 2, 0, 0, 0]
    assert Event.objects.filter(action=Action.KEYS_ALLOTTED).count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_worker_and_new_orders_at_once_keep_the_queues_order(partner, agent, customer):
    sku = make_sku()
    waiting = [buy_line(agent, customer, sku).purchase for _line in range(3)]
    add_keys(sku, 4)
    orders = [ready_to_order(partner, sku) for _order in range(3)]
    in_threads(partial(fill_pending, sku.pk, actor=OPERATOR), *orders)
    fill_waiting_lines.apply()
    assert [keys_of(purchase) for purchase in waiting] == [1, 1, 1]
    assert ProductKey.objects.values("purchase").distinct().count() == 4
    assert len(queue()) == 2


@pytest.mark.django_db(transaction=True)
def test_who_cancels_while_the_queue_is_served_gets_either_no_key_or_a_revoked_one(agent, customer):
    sku = make_sku()
    line = buy_line(agent, customer, sku)
    add_keys(sku, 1)
    in_threads(partial(fill_pending, sku.pk, actor=OPERATOR), partial(cancel, line, agent))
    key = ProductKey.objects.get()
    assert key.status in {KeyStatus.AVAILABLE, KeyStatus.REVOKED}
    assert (key.purchase_id == line.purchase_id) == (key.status == KeyStatus.REVOKED)
    assert queue() == []


@pytest.mark.django_db(transaction=True)
def test_the_hold_on_a_pool_ends_with_its_transaction():
    with transaction.atomic():
        lock_pools([1, 2, 1])
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
            assert cursor.fetchone() == (2,)
    in_threads(*[partial(transaction.atomic(lock_pools), [1])] * 2)


@pytest.mark.django_db(transaction=True)
def test_a_real_worker_serves_the_queue(worker, agent, customer):
    sku = make_sku(key_issue="per_unit")
    lines = [buy_line(agent, customer, sku, quantity=2) for _line in range(3)]
    add_keys(sku, 4)
    with worker():
        for _twice in range(2):
            app.send_task("software.tasks.fill_waiting_lines")
        until(lambda: len(queue()) == 1)
    assert [keys_of(line.purchase) for line in lines] == [2, 2, 0]
    assert queue() == [lines[2].purchase_id]


@pytest.mark.django_db(transaction=True)
def test_two_real_workers_at_once_serve_the_queue_in_its_order_and_no_key_twice(agent, customer):
    """Two processes with two children each, and the job sent many times: four at once want the same pool."""
    sku = make_sku(key_issue="per_unit")
    bought = [buy_line(agent, customer, sku, quantity=2).purchase for _line in range(8)]
    add_keys(sku, 13)
    for _time in range(12):
        app.send_task("software.tasks.fill_waiting_lines")
    with running(WORKER, WORKER, unheeded=AS_ROOT):
        until(lambda: len(queue()) == 2, seconds=60)
    assert [keys_of(purchase) for purchase in bought] == [2] * 6 + [0] * 2
    assert ProductKey.objects.filter(status=KeyStatus.AVAILABLE).count() == 1
    assert Event.objects.filter(action=Action.KEYS_ALLOTTED).count() == 6
