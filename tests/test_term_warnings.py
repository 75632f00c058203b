"""Who bought is warned 90, 30 and 7 days before a term ends, once, in one mail a day (B6)."""

import threading

import pytest
import time_machine
from django.db import transaction

from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Role
from csp_portal.mail.models import Mail
from software.models import Kind, SoftwarePurchase
from software.tasks import warn_of_ending_terms
from tests.factories import CustomerFactory, UserFactory, buy_line, make_sku
from tests.helpers import cancel, in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(clock, agent, customer):
    """Bought at 2020-01-24 12:00 UTC for a year: its term ends on 2021-01-24."""
    return buy_line(agent, customer, make_sku(keys=1, title="Windows Server Standard - 1 year"), 2)


def mails():
    """What was queued about terms, the first first."""
    return Mail.objects.filter(cause__startswith="terms_ending").order_by("pk")


def told_on(clock, *days):
    """How many purchases were told of by a run at noon of each day."""
    told = []
    for day in days:
        clock.set(f"{day}T12:00:00Z")
        told.append(warn_of_ending_terms())
    return told


@pytest.mark.parametrize(
    ("before", "first"),
    [
        ("2020-10-25T23:59:59Z", "2020-10-26T00:00:00Z"),  # 90 days
        ("2020-12-24T23:59:59Z", "2020-12-25T00:00:00Z"),  # 30 days
        ("2021-01-16T23:59:59Z", "2021-01-17T00:00:00Z"),  # 7 days
    ],
)
def test_a_warning_comes_with_the_first_instant_of_its_day_and_once(clock, line, before, first):
    clock.set(before)
    warn_of_ending_terms()
    earlier = mails().count()
    clock.set(first)
    assert [warn_of_ending_terms(), warn_of_ending_terms()] == [1, 0]
    assert mails().count() == earlier + 1


def test_over_the_whole_term_there_are_three_warnings_and_none_after_its_end(clock, line):
    days = ("2020-01-24", "2020-10-26", "2020-11-30", "2020-12-25", "2021-01-17", "2021-01-23", "2021-01-24")
    assert told_on(clock, *days) == [0, 1, 0, 1, 1, 0, 0]
    assert mails().count() == 3


@pytest.mark.parametrize(
    ("day", "then", "told"),
    [
        ("2020-12-20", "2020-12-25", 1),  # of the 90 days, late; the one of 30 days comes on its day
        ("2021-01-10", "2021-01-17", 1),
        ("2021-01-20", "2021-01-23", 0),
        ("2021-01-23", "2021-01-24", 0),
    ],
)
def test_a_job_that_was_down_for_weeks_gives_the_nearest_warning_only(clock, line, day, then, told):
    assert told_on(clock, day, then) == [1, told]
    assert mails().count() == 1 + told


def test_a_term_that_ended_while_the_job_was_down_is_not_warned_of(clock, line):
    assert told_on(clock, "2021-01-24", "2021-03-01") == [0, 0]


@pytest.mark.parametrize(
    ("bought", "warned"),
    [
        ("2020-01-24", ["2020-01-25", "2020-02-17"]),  # 31 days: 30 before the end lies after the purchase
        ("2020-04-01", ["2020-04-24"]),  # 30 days: that would be the day of purchase itself
        ("2020-02-01", ["2020-02-23"]),  # 29 days
        ("2020-01-31", ["2020-02-22"]),  # to the month's last day, 29 February
    ],
)
def test_a_short_term_has_only_the_warnings_after_its_purchase(clock, agent, customer, bought, warned):
    clock.set(f"{bought}T12:00:00Z")
    buy_line(agent, customer, make_sku(keys=1, term="P1M"))
    days = [f"2020-{month:02}-{day:02}" for month in range(1, 6) for day in range(1, 32) if (month, day) < (5, 31)]
    real = [day for day in days if day >= bought and day not in ("2020-02-30", "2020-02-31", "2020-04-31")]
    assert [day for day, told in zip(real, told_on(clock, *real), strict=True) if told] == warned


@pytest.mark.parametrize(
    ("bought", "end"),
    [
        ("2020-02-29T12:00:00Z", "28 February 2021"),
        ("2020-02-28T23:59:59Z", "28 February 2021"),
        ("2020-03-01T00:00:00Z", "1 March 2021"),
        ("2019-12-31T23:59:59Z", "31 December 2020"),
        ("2020-01-01T00:00:00Z", "1 January 2021"),
    ],
)
def test_leap_day_and_the_years_turn(clock, agent, customer, bought, end):
    clock.set(bought)
    purchase = buy_line(agent, customer, make_sku(keys=1)).purchase
    clock.set(f"{purchase.term_end}T00:00:00Z")
    assert warn_of_ending_terms() == 0
    with time_machine.travel(f"{purchase.term_end}T00:00:00Z", tick=False) as now:
        now.shift(-7 * 24 * 3600)
        assert warn_of_ending_terms() == 1
    assert f"ends on {end}, in 7 days" in mails().get().text


@pytest.mark.parametrize("kind", [Kind.RESERVATION, Kind.LINUX_PLAN])
def test_reservations_and_linux_plans_end_like_subscriptions(clock, agent, customer, kind):
    buy_line(agent, customer, make_sku(kind=kind))
    assert told_on(clock, "2021-01-17") == [1]


def test_what_has_no_term_or_is_cancelled_is_not_warned_of(clock, agent, customer, line):
    buy_line(agent, customer, make_sku(kind=Kind.PERPETUAL, keys=1))
    cancel(line, agent)
    assert told_on(clock, "2020-10-26", "2020-12-25", "2021-01-17") == [0, 0, 0]


def test_the_mail_lists_what_ends_the_first_first_and_leads_to_where_it_is_renewed(clock, settings, agent, line):
    other = CustomerFactory(partner=agent.partner, company_name="青岛海风贸易有限公司")
    clock.set("2020-01-20T12:00:00Z")
    buy_line(agent, other, make_sku(keys=1, title="SQL Server - 1 year"))
    assert told_on(clock, "2021-01-17") == [2]
    mail = mails().get()
    assert mail.to == agent.email
    assert mail.subject == "2 terms end soon, the first on 20 January 2021"
    first, second = mail.text.index("SQL Server"), mail.text.index("Windows Server")
    assert first < second
    assert "SQL Server - 1 year, quantity 1, for 青岛海风贸易有限公司, order" in mail.text
    assert f"quantity 2, for {line.order.customer.company_name}, order {line.order.number}" in mail.text
    assert "ends on 20 January 2021, in 3 days" in mail.text
    page = f"{settings.MAIL_SITE_URL}/customers/{line.order.customer.tenant_id}/software/?sku="
    assert page in mail.text
    assert f"&purchase={line.purchase.public_id}" in mail.text
    assert "Nothing renews by itself" in mail.text


def test_one_line_is_told_in_the_subject(clock, customer, line):
    told_on(clock, "2021-01-23")
    mail = mails().get()
    expected = f"The term of Windows Server Standard - 1 year for {customer.company_name} ends on 24 January 2021"
    assert mail.subject == expected
    assert "ends on 24 January 2021, in 1 day\n" in mail.text


def test_each_buyer_has_a_mail_of_their_own(clock, agent, partner, customer, line):
    colleague = UserFactory(partner=partner, roles=[Role.GLOBAL_ADMIN])
    buy_line(colleague, customer, make_sku(keys=1))
    assert told_on(clock, "2021-01-17") == [2]
    assert {mail.to for mail in mails()} == {agent.email, colleague.email}


def test_once_the_buyer_has_left_or_lost_the_role_the_partners_contact_is_told(clock, agent, partner, line):
    agent.role_assignments.all().delete()
    told_on(clock, "2020-12-25")
    agent.is_active = False
    agent.save()
    told_on(clock, "2021-01-17")
    assert [mail.to for mail in mails()] == [partner.support_email] * 2


def test_more_than_one_batch_is_told_of_in_one_run(clock, agent, customer, monkeypatch):
    monkeypatch.setattr("software.services.term_jobs.BATCH", 2)
    sku = make_sku(keys=5)
    for _order in range(5):
        buy_line(agent, customer, sku)
    assert told_on(clock, "2021-01-17", "2021-01-17") == [5, 0]
    assert mails().count() == 3


@pytest.mark.django_db(transaction=True)
def test_runs_at_once_send_one_mail(agent, customer):
    with time_machine.travel("2020-01-24T12:00:00Z"):
        sku = make_sku(keys=6)
        for _order in range(6):
            buy_line(agent, customer, sku)
    with time_machine.travel("2021-01-17T12:00:00Z"):
        assert sum(in_threads(*[warn_of_ending_terms] * 4)) == 6
    assert mails().count() == 1


def told_while_held(rows):
    """How many a run tells of while another transaction holds `rows`."""
    locked, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            assert len(rows) == 1
            locked.set()
            assert done.wait(15)

    def warn():
        locked.wait()
        told = warn_of_ending_terms()
        done.set()
        return told

    return in_threads(hold, warn)[1]


@pytest.mark.django_db(transaction=True)
def test_a_buyer_whom_another_run_mails_is_passed_over_so_that_a_day_has_one_mail(agent, customer):
    with time_machine.travel("2020-01-24T12:00:00Z"):
        buy_line(agent, customer, make_sku(keys=1))
    with time_machine.travel("2021-01-17T12:00:00Z"):
        assert told_while_held(User.objects.select_for_update(no_key=True).filter(pk=agent.pk)) == 0
        assert not mails().exists()
        assert warn_of_ending_terms() == 1


@pytest.mark.django_db(transaction=True)
def test_a_purchase_that_somebody_holds_is_passed_over_until_the_next_run(agent, customer):
    with time_machine.travel("2020-01-24T12:00:00Z"):
        sku = make_sku(keys=2)
        held, _free = (buy_line(agent, customer, sku).purchase for _order in range(2))
    with time_machine.travel("2021-01-17T12:00:00Z"):
        assert told_while_held(SoftwarePurchase.objects.select_for_update().filter(pk=held.pk)) == 1
        assert list(SoftwarePurchase.objects.filter(end_told_days=None)) == [held]
        assert warn_of_ending_terms() == 1
    assert mails().count() == 2
