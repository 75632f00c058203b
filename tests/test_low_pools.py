"""The operator is told once that a key pool runs low, and again only after it was filled (M7)."""

from datetime import UTC, datetime
from functools import partial

import pytest
from django.conf import settings
from django.urls import reverse

from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from csp_portal.celery import app
from csp_portal.mail.models import Mail
from software.models import Price, ProductKey, Sku
from software.models.pools import low_pools
from software.services import import_keys
from software.services.pools import warn_of_low_pools
from software.services.purchasing import fill_waiting_lines
from software.tasks import warn_of_low_pools as task
from tests.factories import UserFactory, add_keys, buy_line, make_sku
from tests.helpers import cancel, in_threads, until
from tests.processes import running
from tests.test_key_queue import AS_ROOT, OPERATOR, WORKER, key_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def sku(clock):
    """A pool of four keys, low when fewer than three are left."""
    return make_sku(keys=4, key_issue="per_unit", low_water=3)


def alarms():
    return Mail.objects.filter(subject__startswith="Keys run low").order_by("pk")


def test_at_its_mark_a_pool_is_not_low_and_below_it_the_operator_is_mailed(agent, customer, sku):
    buy_line(agent, customer, sku, quantity=1)
    assert warn_of_low_pools() == 0
    buy_line(agent, customer, sku, quantity=1)
    assert warn_of_low_pools() == 1
    mail = alarms().get()
    assert (mail.to, mail.subject) == (settings.OPERATOR_SUPPORT_EMAIL, f"Keys run low: {sku.title}")
    assert f"({sku.catalogue_id}) runs low. Keys left: 2. You are told when there are fewer than 3" in mail.text
    assert "Lines that wait for keys of it: 0." in mail.text
    assert reverse("admin:software_productkey_import") in mail.text
    assert not any(key.reveal() in mail.text for key in ProductKey.objects.all())


def test_it_is_told_once_however_often_the_job_runs_and_however_low_it_falls(agent, customer, sku):
    buy_line(agent, customer, sku, quantity=2)
    assert task.apply().get() == 1
    assert task.apply().get() == 0
    buy_line(agent, customer, sku, quantity=2)
    buy_line(agent, customer, sku, quantity=5)
    assert task.apply().get() == 0
    assert alarms().count() == 1


def test_after_it_was_filled_it_is_told_again(clock, agent, customer, sku):
    buy_line(agent, customer, sku, quantity=2)
    warn_of_low_pools()
    add_keys(sku, 1)
    assert warn_of_low_pools() == 0
    clock.set("2020-01-24T12:05:00Z")
    buy_line(agent, customer, sku, quantity=1)
    assert warn_of_low_pools() == 1
    assert alarms().count() == 2


def test_a_load_that_does_not_reach_the_mark_is_no_filling(agent, customer, sku):
    buy_line(agent, customer, sku, quantity=4)
    warn_of_low_pools()
    add_keys(sku, 2)
    assert warn_of_low_pools() == 0
    buy_line(agent, customer, sku, quantity=1)
    assert warn_of_low_pools() == 0


def test_the_lines_that_wait_are_told_too(agent, customer, sku):
    buy_line(agent, customer, sku, quantity=9)
    buy_line(agent, customer, sku, quantity=2)
    ProductKey.objects.all().delete()
    warn_of_low_pools()
    assert "Keys left: 0." in alarms().get().text
    assert "Lines that wait for keys of it: 2." in alarms().get().text


def test_a_mark_of_0_never_alarms(agent, customer):
    buy_line(agent, customer, make_sku(low_water=0))
    assert warn_of_low_pools() == 0


def test_a_sku_without_keys_or_that_nobody_bought_or_that_is_not_sold_any_more_never_alarms(clock, agent, customer):
    buy_line(agent, customer, make_sku(key_issue="none"))
    make_sku()
    gone = make_sku(keys=1)
    buy_line(agent, customer, gone)
    assert [pool.pk for pool in low_pools(datetime(2020, 1, 24, 12, tzinfo=UTC))] == [gone.pk]
    Price.objects.filter(sku=gone).update(effective_end="2020-01-24T12:00:00Z")
    assert warn_of_low_pools() == 0


def test_keys_of_cancelled_lines_do_not_fill_a_pool(agent, customer, sku):
    line = buy_line(agent, customer, sku, quantity=2)
    warn_of_low_pools()
    cancel(line, agent)
    assert warn_of_low_pools() == 0
    assert Sku.objects.get(pk=sku.pk).low_water_told_at is not None


@pytest.mark.django_db(transaction=True)
def test_two_jobs_at_once_send_one_mail(agent, customer, sku):
    buy_line(agent, customer, sku, quantity=3)
    assert sum(in_threads(*[warn_of_low_pools] * 4)) == 1
    assert alarms().count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_real_workers_at_once_send_one_mail_for_each_pool(agent, customer):
    for _pool in range(3):
        buy_line(agent, customer, make_sku(keys=1))
    for _time in range(10):
        app.send_task("software.tasks.warn_of_low_pools")
    with running(WORKER, WORKER, unheeded=AS_ROOT):
        until(lambda: alarms().count() >= 3, seconds=60)
        assert warn_of_low_pools() == 0
    assert alarms().count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_pool_that_is_filled_and_emptied_while_the_job_runs_is_told_at_most_once_for_each_fall(
    tmp_path, agent, customer, sku
):
    buy_line(agent, customer, sku, quantity=4)
    warn_of_low_pools()
    waiting = buy_line(agent, customer, sku, quantity=5).purchase
    in_threads(partial(import_keys, key_file(tmp_path, sku, 6), actor=OPERATOR), warn_of_low_pools)
    fill_waiting_lines()
    assert waiting.keys.count() == 5
    assert alarms().count() <= 2


def test_the_job_is_due_every_five_minutes():
    entries = [entry for entry in app.conf.beat_schedule.values() if entry["task"] == task.name]
    assert [entry["schedule"] for entry in entries] == [300.0]


# The mark is the operator's


def test_the_operator_sets_the_mark_on_the_page_of_the_sku_and_the_log_says_so(client_of, sku):
    browser = client_of(UserFactory(partner=None, roles=[Role.OPERATOR_ADMIN]))
    address = reverse("admin:software_sku_change", args=[sku.pk])
    form = {"key_issue": sku.key_issue, "cancellation_policy": sku.cancellation_policy, "cores_per_unit": ""}
    assert 'name="low_water" value="3"' in browser.get(address).content.decode()
    assert browser.post(address, {**form, "low_water": "25"}).status_code == 302
    assert Sku.objects.get(pk=sku.pk).low_water == 25
    assert Event.objects.get(action=Action.CATALOGUE_CHANGED).details["changes"] == {"low_water": ["3", "25"]}


@pytest.mark.parametrize("mark", ["", "-1", "10001", "x", "1.5"])
def test_what_is_no_number_of_keys_is_refused_and_changes_nothing(client_of, sku, mark):
    browser = client_of(UserFactory(partner=None, roles=[Role.OPERATOR_ADMIN]))
    form = {"key_issue": sku.key_issue, "cancellation_policy": sku.cancellation_policy, "cores_per_unit": ""}
    answer = browser.post(reverse("admin:software_sku_change", args=[sku.pk]), {**form, "low_water": mark})
    assert answer.status_code == 200
    assert Sku.objects.get(pk=sku.pk).low_water == 3
    assert not Event.objects.filter(action=Action.CATALOGUE_CHANGED).exists()


def test_a_new_sku_has_a_mark_of_ten():
    assert make_sku().low_water == 10
