"""On Mondays at 06:00 UTC Admin agents are mailed the windows that close within 7 days (C10)."""

import pytest
import time_machine
from django.utils import timezone

from activity.models import Action, Event
from cancellations.windows.models import WeeklyMail
from cancellations.windows.services import set_weekly_mail
from cancellations.windows.tasks import mail_closing_windows
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from csp_portal.mail.models import Mail
from tests.factories import CustomerFactory, UserFactory, buy_line, make_sku
from tests.helpers import cancel, in_threads, words_of

pytestmark = pytest.mark.django_db

PAGE = "/windows/"
MONDAY = "2020-03-23"  # the last day of `line` is the Tuesday after


@pytest.fixture
def line(clock, agent, customer):
    """Two bought on 2020-01-24: can be cancelled to the end of 2020-03-24."""
    return buy_line(agent, customer, make_sku(keys=1, title="Windows Server Standard"), 2)


def mails():
    return Mail.objects.filter(cause__startswith="windows_closing").order_by("pk")


def run_at(clock, *instants):
    """How many mails a run at each instant queued."""
    sent = []
    for instant in instants:
        clock.set(instant)
        sent.append(mail_closing_windows())
    return sent


def test_it_is_sent_from_monday_six_on_and_once(clock, line):
    instants = (f"{MONDAY}T05:59:59Z", f"{MONDAY}T06:00:00Z", f"{MONDAY}T07:00:00Z", "2020-03-24T23:59:59Z")
    assert run_at(clock, *instants) == [0, 1, 0, 0]
    assert mails().count() == 1


def test_a_job_that_was_down_makes_up_for_it_in_the_same_week(clock, line):
    assert run_at(clock, "2020-03-18T12:00:00Z", "2020-03-19T12:00:00Z", f"{MONDAY}T06:00:00Z") == [1, 0, 1]
    assert list(mails().values_list("cause", flat=True)) == [
        f"windows_closing:2020-W{week}:{line.order.placed_by.email}" for week in (12, 13)
    ]


@pytest.mark.parametrize(
    ("bought", "told"),
    [
        ("2020-01-22T23:59:59Z", 0),  # closed with the end of Sunday
        ("2020-01-23T00:00:00Z", 1),  # its last day is the Monday itself
        ("2020-01-30T23:59:59Z", 1),  # seven days left
        ("2020-01-31T00:00:00Z", 0),  # eight
    ],
)
def test_both_ends_of_the_seven_days(clock, agent, customer, bought, told):
    clock.set(bought)
    buy_line(agent, customer, make_sku(keys=1))
    assert run_at(clock, f"{MONDAY}T06:00:00Z") == [told]


def test_without_a_window_there_is_no_mail_that_week(clock, agent, customer, line):
    assert run_at(clock, "2020-03-16T06:00:00Z") == [0]  # eight days left
    assert run_at(clock, "2020-03-17T06:00:00Z", "2020-03-22T23:59:59Z") == [0, 0]  # seven and less, on no Monday
    assert run_at(clock, f"{MONDAY}T06:00:00Z") == [1]


def test_the_turn_of_the_year_is_a_week_like_others(clock, agent, customer):
    clock.set("2019-11-04T12:00:00Z")
    agent.role_assignments.update(assigned_at=timezone.now())
    buy_line(agent, customer, make_sku(keys=1))  # to 2020-01-03
    assert run_at(clock, "2019-12-30T06:00:00Z", "2020-01-01T06:00:00Z") == [1, 0]
    assert mails().get().cause.startswith("windows_closing:2020-W01:")


def test_the_mail_lists_the_windows_and_leads_to_cancelling_and_to_the_switch(clock, settings, agent, line):
    other = CustomerFactory(partner=agent.partner, company_name="한빛전자 주식회사")
    clock.set("2020-01-23T12:00:00Z")
    first = buy_line(agent, other, make_sku(keys=1, cancellation_policy="support_only", title="Updates 2020"))
    run_at(clock, f"{MONDAY}T06:00:00Z")
    mail = mails().get()
    assert (mail.to, mail.subject) == (agent.email, "2 windows to cancel close in the next 7 days")
    assert mail.text.index("Updates 2020") < mail.text.index("Windows Server Standard")
    assert f"Updates 2020, quantity 1, for 한빛전자 주식회사, order {first.order.number}" in mail.text
    assert "until the end of 23 March 2020 (UTC): today is the last day\n  Only by support request." in mail.text
    assert "until the end of 24 March 2020 (UTC), 1 day left\n" in mail.text
    dialog = f"/customers/{line.order.customer.tenant_id}/software/{line.purchase.sku.public_id}/cancel/"
    assert f"{settings.MAIL_SITE_URL}{dialog}?order={line.order.number}" in mail.text
    assert f"{settings.MAIL_SITE_URL}/windows/?days=7" in mail.text


def test_one_window_is_one(clock, line):
    run_at(clock, f"{MONDAY}T06:00:00Z")
    assert mails().get().subject == "1 window to cancel closes in the next 7 days"


def test_a_mail_lists_no_more_than_fits_and_says_how_many_there_are(clock, monkeypatch, agent, customer):
    monkeypatch.setattr("cancellations.windows.weekly.MOST_LINES", 2)
    sku = make_sku(keys=3)
    for _order in range(3):
        buy_line(agent, customer, sku)
    run_at(clock, f"{MONDAY}T06:00:00Z")
    mail = mails().get()
    assert mail.subject.startswith("3 windows to cancel")
    assert mail.text.count("until the end of") == 2


def test_what_was_cancelled_is_not_in_it(clock, agent, line):
    cancel(line, agent)
    assert run_at(clock, f"{MONDAY}T06:00:00Z") == [0]


def test_admin_agents_are_told_each_of_their_own_partner_and_nobody_else(
    clock, partner, agent, stranger, global_admin, line
):
    colleague = UserFactory(partner=partner, roles=[Role.ADMIN_AGENT, Role.GLOBAL_ADMIN])
    UserFactory(partner=partner, roles=[Role.ADMIN_AGENT], is_active=False)
    assert run_at(clock, f"{MONDAY}T06:00:00Z") == [2]
    assert {mail.to for mail in mails()} == {agent.email, colleague.email}


def test_who_becomes_an_admin_agent_later_waits_for_the_next_monday(clock, partner, agent, line):
    run_at(clock, "2020-03-16T06:00:00Z")
    clock.set("2020-03-18T12:00:00Z")
    newcomer = UserFactory(partner=partner, roles=[Role.ADMIN_AGENT])
    assert run_at(clock, "2020-03-18T13:00:00Z") == [0]
    assert run_at(clock, f"{MONDAY}T06:00:00Z") == [2]
    assert newcomer.email in {mail.to for mail in mails()}


# The switch


def test_who_switches_it_off_gets_none_until_they_switch_it_on(clock, client_of, agent, line):
    client = client_of(agent)
    assert "You get it Switch it off" in words_of(client.get(PAGE))
    page = words_of(client.post("/windows/weekly-mail/", {"wanted": "no"}, follow=True))
    assert "You get the weekly mail no more." in page
    assert "You do not get it Switch it on" in page
    assert run_at(clock, "2020-03-18T12:00:00Z") == [0]
    client_of(agent).post("/windows/weekly-mail/", {"wanted": "yes"})
    assert run_at(clock, "2020-03-18T13:00:00Z") == [0]  # that week was seen to
    assert run_at(clock, f"{MONDAY}T06:00:00Z") == [1]


def test_the_log_holds_each_change_once(clock, agent):
    for wanted in (True, False, False, True):
        set_weekly_mail(wanted, actor=agent)
    events = Event.objects.filter(action=Action.WEEKLY_MAIL_SET).order_by("id")
    assert [event.details["wanted"] for event in events] == [False, True]


def test_what_is_no_answer_changes_nothing(clock, client_of, agent):
    for sent in ({}, {"wanted": "perhaps"}):
        assert client_of(agent).post("/windows/weekly-mail/", sent).status_code == 302
    assert not WeeklyMail.objects.exists()


def test_a_global_admin_reads_why_there_is_no_switch_and_is_refused(clock, client_of, global_admin):
    page = words_of(client_of(global_admin).get(PAGE))
    assert "Weekly mail Only these roles may cancel a purchase: Admin agent." in page
    assert client_of(global_admin).post("/windows/weekly-mail/", {"wanted": "no"}).status_code == 403
    with pytest.raises(Refusal, match="Only these roles may cancel"):
        set_weekly_mail(False, actor=global_admin)
    assert not WeeklyMail.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_runs_at_once_mail_once(agent, customer):
    with time_machine.travel("2020-01-24T12:00:00Z"):
        buy_line(agent, customer, make_sku(keys=1))
        agent.role_assignments.update(assigned_at="2020-01-01T00:00:00Z")
    with time_machine.travel(f"{MONDAY}T06:00:00Z"):
        assert sum(in_threads(*[mail_closing_windows] * 4)) == 1
    assert mails().count() == 1
