"""What jobs note of links and sessions, once however often they run: K9, and B6 for links."""

import threading
from functools import partial

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.utils import timezone

from activity.models import Action, Event
from csp_portal.celery import app
from csp_portal.mail.models import Mail
from software import tasks
from software.models import LINK_DOWNLOADS, DownloadLink, DownloadSession
from software.services import renew_link, revoke_link
from software.services.link_jobs import close_sessions, expire_links, warn_of_links
from tests.factories import buy_line, make_build, make_link, make_sku
from tests.helpers import in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def purchase(clock, agent, customer):
    """Bought at 2020-01-24 12:00 UTC for a year."""
    return buy_line(agent, customer, make_sku(keys=1, title="Windows Server Standard - 1 year")).purchase


@pytest.fixture
def link(agent, purchase):
    """Made at 2020-01-24 12:00 UTC."""
    return make_link(agent, purchase)


def mails():
    """What was queued about links, the first first."""
    return Mail.objects.filter(cause__startswith="link_").order_by("pk")


def logged(action):
    return Event.objects.filter(action=action).count()


# Links that expire


def test_an_expired_grant_is_noted_once(clock, link):
    clock.set("2020-02-07T11:59:59Z")
    assert expire_links() == 0
    clock.set("2020-02-07T12:00:00Z")
    assert [expire_links(), expire_links()] == [1, 0]
    event = Event.objects.get(action=Action.LINK_EXPIRED)
    assert (event.actor_name, event.link_id, event.details["grant"]) == ("system:expire_links", link.public_id, 1)
    assert DownloadLink.objects.get().revoked_at is None


def test_each_grant_of_a_link_is_noted(clock, agent, link):
    clock.set("2020-02-07T12:00:00Z")
    expire_links()
    renew_link(link.public_id, grant_seen=1, actor=agent)
    assert expire_links() == 0
    clock.set("2020-02-21T12:00:00Z")
    assert expire_links() == 1
    assert sorted(event.details["grant"] for event in Event.objects.filter(action=Action.LINK_EXPIRED)) == [1, 2]


def test_a_revoked_link_does_not_expire_as_well(clock, agent, link):
    revoke_link(link.public_id, actor=agent)
    clock.set("2020-02-07T12:00:00Z")
    assert expire_links() == 0


def test_a_link_is_dead_though_no_job_has_run_and_no_less_after_one(clock, link):
    clock.set("2020-02-07T12:00:00Z")
    assert Client().post(link.get_absolute_url()).status_code == 410
    expire_links()
    assert Client().post(link.get_absolute_url()).status_code == 410


def test_a_link_whose_paid_term_is_over_is_revoked(clock, agent, purchase):
    clock.set("2021-01-20T12:00:00Z")
    link = make_link(agent, purchase)
    clock.set("2021-01-23T23:59:59Z")
    assert expire_links() == 0
    clock.set("2021-01-24T00:00:00Z")
    assert [expire_links(), expire_links()] == [1, 0]
    assert DownloadLink.objects.get().revoked_at == link.expires_at
    event = Event.objects.get(action=Action.LINK_REVOKED)
    assert (event.actor_name, event.details["reason"]) == ("system:expire_links", "term_over")
    assert logged(Action.LINK_EXPIRED) == 0
    assert (
        "The term for which this software was bought is over" in Client().get(link.get_absolute_url()).content.decode()
    )


def test_a_download_that_runs_goes_on_past_the_end_of_the_term(clock, agent, purchase):
    clock.set("2021-01-23T23:59:59Z")
    session = Client().post(make_link(agent, purchase).get_absolute_url()).headers["Location"]
    clock.set("2021-01-24T00:00:00Z")
    expire_links()
    assert Client().head(session).status_code == 200


def test_more_links_than_one_batch_expire_in_one_run(clock, agent, purchase, monkeypatch):
    monkeypatch.setattr("software.services.link_jobs.BATCH", 2)
    for version in range(5):
        make_link(agent, purchase, make_build(purchase.sku.product, version=str(version)))
    clock.set("2020-02-07T12:00:00Z")
    assert [expire_links(), expire_links()] == [5, 0]
    assert logged(Action.LINK_EXPIRED) == 5
    assert set(DownloadLink.objects.values_list("expired_at", flat=True)) == {timezone.now()}


@pytest.mark.django_db(transaction=True)
def test_a_link_that_somebody_holds_is_passed_over_until_the_next_run(agent, customer):
    with time_machine.travel("2020-01-24T12:00:00Z"):
        purchase = buy_line(agent, customer, make_sku(keys=1)).purchase
        builds = [make_build(purchase.sku.product, version=version) for version in ("1", "2")]
        held, _free = (make_link(agent, purchase, build) for build in builds)
    locked, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            DownloadLink.objects.select_for_update().get(pk=held.pk)
            locked.set()
            assert done.wait(15)

    def expire():
        locked.wait()
        with time_machine.travel("2020-02-07T13:00:00Z"):
            expired = expire_links()
        done.set()
        return expired

    assert in_threads(hold, expire)[1] == 1
    assert list(DownloadLink.objects.filter(expired_at=None)) == [held]
    assert expire_links() == 1


# Sessions


def test_a_session_is_closed_when_its_24_hours_are_over(clock, link):
    session = Client().post(link.get_absolute_url()).headers["Location"]
    clock.set("2020-01-25T11:59:59Z")
    assert close_sessions() == 0
    clock.set("2020-01-25T12:00:00Z")
    assert [close_sessions(), close_sessions()] == [1, 0]
    assert DownloadSession.objects.get().end == "over"
    response = Client().get(session)
    assert response.status_code == 410
    assert "more than 24 hours ago" in response.content.decode()


def test_a_session_that_was_closed_before_keeps_its_reason(clock, agent, link):
    Client().post(link.get_absolute_url())
    revoke_link(link.public_id, actor=agent)
    clock.set("2020-01-25T12:00:00Z")
    assert close_sessions() == 0
    assert DownloadSession.objects.get().end == "revoked"


def test_more_sessions_than_one_batch_are_closed_in_one_run(clock, link, monkeypatch):
    monkeypatch.setattr("software.services.link_jobs.BATCH", 2)
    for _session in range(5):
        Client().post(link.get_absolute_url())
    clock.set("2020-01-25T12:00:00Z")
    assert close_sessions() == 5


# Mails


@pytest.mark.parametrize(("used", "told"), [(39, 0), (40, 1), (50, 1)])
def test_at_80_percent_used_who_granted_the_link_is_told_once(agent, customer, link, used, told):
    DownloadLink.objects.update(used=used)
    assert [warn_of_links(), warn_of_links()] == [told, 0]
    assert mails().count() == told
    if told:
        mail = mails().get()
        assert mail.to == agent.email
        assert (
            mail.subject
            == f"{50 - used} of 50 downloads left: Windows Server Standard - 1 year for {customer.company_name}"
        )
        assert link.purchase.order_number in mail.text


@pytest.mark.parametrize(("now", "told"), [("2020-02-06T11:59:59Z", 0), ("2020-02-06T12:00:00Z", 1)])
def test_24_hours_before_expiry_who_granted_the_link_is_told_once(clock, link, now, told):
    clock.set(now)
    assert [warn_of_links(), warn_of_links()] == [told, 0]
    assert mails().count() == told
    if told:
        assert "expires on 7 Feb 2020, 12:00 UTC" in mails().get().subject


def test_a_dead_link_is_not_told_of(clock, agent, link):
    DownloadLink.objects.update(used=LINK_DOWNLOADS - 1)
    clock.set("2020-02-07T12:00:00Z")
    assert warn_of_links() == 0
    clock.set("2020-02-07T11:00:00Z")
    revoke_link(link.public_id, actor=agent)
    assert warn_of_links() == 0
    assert not mails().exists()


def test_a_used_up_link_that_expires_is_told_of_as_used_up_only(clock, link):
    DownloadLink.objects.update(used=LINK_DOWNLOADS)
    clock.set("2020-02-07T11:00:00Z")
    warn_of_links()
    assert mails().get().subject.startswith("0 of 50 downloads left")


def test_each_grant_has_its_own_warnings(agent, link):
    for grant in (1, 2):
        DownloadLink.objects.update(used=40)
        warn_of_links()
        renew_link(link.public_id, grant_seen=grant, actor=agent)
    assert mails().count() == 2


def test_the_mail_holds_no_address_of_the_link_but_leads_to_the_page(settings, customer, link):
    DownloadLink.objects.update(used=40)
    warn_of_links()
    mail = mails().get()
    assert link.token not in mail.text + mail.subject + mail.cause
    assert "/d/" not in mail.text
    assert f"{settings.MAIL_SITE_URL}/customers/{customer.tenant_id}/software/?sku=" in mail.text


def test_once_who_granted_it_has_left_the_partners_contact_is_told(agent, partner, link):
    agent.is_active = False
    agent.save()
    DownloadLink.objects.update(used=40)
    warn_of_links()
    assert mails().get().to == partner.support_email


# At once


@pytest.mark.django_db(transaction=True)
def test_jobs_that_run_at_once_do_their_work_once(agent, customer):
    with time_machine.travel("2020-01-24T12:00:00Z"):
        purchase = buy_line(agent, customer, make_sku(keys=1)).purchase
        links = [
            make_link(agent, purchase, make_build(purchase.sku.product, version=str(version))) for version in range(6)
        ]
        for link in links:
            Client().post(link.get_absolute_url())
    with time_machine.travel("2020-02-07T11:00:00Z"):
        assert sum(in_threads(*[warn_of_links] * 3)) == 6
        assert sum(in_threads(*[close_sessions] * 3)) == 6
    with time_machine.travel("2020-02-07T13:00:00Z"):
        assert sum(in_threads(*[expire_links] * 3)) == 6
    assert mails().count() == logged(Action.LINK_EXPIRED) == 6
    assert DownloadSession.objects.filter(end="over").count() == 6


@pytest.mark.django_db(transaction=True)
def test_a_renewal_and_the_job_at_once_note_each_grant_at_most_once(agent, customer):
    with time_machine.travel("2020-01-24T12:00:00Z"):
        link = make_link(agent, buy_line(agent, customer, make_sku(keys=1)).purchase)
    with time_machine.travel("2020-02-07T13:00:00Z"):
        in_threads(partial(renew_link, link.public_id, grant_seen=1, actor=agent), expire_links, expire_links)
        assert expire_links() == 0
    now = DownloadLink.objects.get()
    assert (now.grant_number, now.expired_at, now.revoked_at) == (2, None, None)
    assert logged(Action.LINK_EXPIRED) <= 1


def test_beat_runs_them():
    planned = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert {tasks.expire_links.name, tasks.close_sessions.name, tasks.warn_of_links.name} <= planned
    assert tasks.check_links.name in planned
