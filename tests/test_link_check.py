"""The nightly check: for the grant that stands, used = its sessions − its released ones, from 0 to the limit (K8)."""

import pytest

from activity.models import Action, Event
from csp_portal.mail.models import Mail
from software.models import DownloadLink, DownloadSession, Transfer
from software.services import renew_link
from software.services.checking import check_links, settle_lost
from software.services.releasing import release_due
from tests.downloads import ask, begun, link_to, session_of, used

pytestmark = pytest.mark.django_db


@pytest.fixture
def link(clock, agent, customer):
    """With one download that was sent, one that was given back, and one of an earlier grant."""
    made = link_to(agent, customer)
    ask(session_of(made))
    renew_link(made.public_id, grant_seen=1, actor=agent)
    session_of(made)
    clock.set("2020-01-24T12:15:00Z")
    release_due()
    ask(session_of(made))
    return made


def mails():
    return Mail.objects.filter(cause__startswith="links_miscounted")


def reported():
    return Event.objects.filter(action=Action.DOWNLOADS_MISCOUNTED)


def test_counts_that_are_right_are_not_reported(link):
    assert used(link) == 1
    assert check_links() == 0
    assert not mails().exists()
    assert not reported().exists()


def break_by(link, how):
    """Write past every service what must never be."""
    if how == "a count too many":
        DownloadLink.objects.update(used=2)
    elif how == "a count too few":
        DownloadLink.objects.update(used=0)
    elif how == "a session of another grant":
        DownloadSession.objects.filter(grant_number=1).update(grant_number=2)
    elif how == "a release that gave nothing back":
        latest = DownloadSession.objects.latest("pk")
        DownloadSession.objects.filter(pk=latest.pk).update(released_at=latest.started_at)


@pytest.mark.parametrize(
    ("how", "says", "counted"),
    [
        ("a count too many", 2, 1),
        ("a count too few", 0, 1),
        ("a session of another grant", 1, 2),
        ("a release that gave nothing back", 1, 0),
    ],
)
def test_every_way_to_break_it_is_reported_and_nothing_is_mended(settings, caplog, link, how, says, counted):
    DownloadSession.objects.filter(closed_at=None).update(closed_at=link.granted_at, end="over")
    break_by(link, how)
    assert check_links() == 1
    event = reported().get()
    assert event.details == {"grant": 2, "used": says, "counted": counted}
    assert (event.actor_name, event.link_id) == ("system:check_links", link.public_id)
    mail = mails().get()
    assert mail.to == settings.OPERATOR_SUPPORT_EMAIL
    assert mail.subject == "Links whose downloads are miscounted: 1"
    assert str(link.public_id) in mail.text
    assert f"counts {says} downloads; its sessions say {counted}" in caplog.text
    assert used(link) == says


def test_however_often_it_runs_one_mail_a_day_tells_of_it(clock, link):
    DownloadLink.objects.update(used=7)
    assert [check_links(), check_links()] == [1, 1]
    assert mails().count() == 1
    clock.set("2020-01-25T02:45:00Z")
    check_links()
    assert mails().count() == 2


# Transfers of which nobody tells


@pytest.fixture
def lost(clock, agent, customer):
    """A transfer that began at 2020-01-24 12:00 UTC, and whose line in nginx's log never came."""
    return begun(session_of(link_to(agent, customer)))


def test_a_day_after_its_session_it_is_supposed_to_have_been_sent(clock, settings, lost):
    clock.set("2020-01-26T11:59:59Z")
    assert settle_lost() == 0
    clock.set("2020-01-26T12:00:00Z")
    assert [settle_lost(), settle_lost()] == [1, 0]
    session = DownloadSession.objects.get()
    assert not Transfer.objects.running().exists()
    assert (session.sent_at is not None, session.bytes_sent, session.released_at) == (True, 0, None)
    assert release_due() == 0
    assert DownloadLink.objects.get().used == 1
    mail = Mail.objects.get(cause__startswith="transfers_lost")
    assert (mail.to, mail.subject) == (settings.OPERATOR_SUPPORT_EMAIL, "Transfers of which nothing was told: 1")


def test_one_mail_a_day_tells_of_lost_transfers(clock, lost):
    clock.set("2020-01-26T12:00:00Z")
    settle_lost()
    Transfer.objects.update(ended_at=None)
    settle_lost()
    assert Mail.objects.filter(cause__startswith="transfers_lost").count() == 1
