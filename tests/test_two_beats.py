"""Beat running twice does no harm: every job of links and downloads, sent twice to a real worker, works once (K9)."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from activity.models import Action, Event
from csp_portal.celery import app
from csp_portal.mail.models import Mail
from software.models import FIRST_BYTE_WITHIN, DownloadLink, DownloadSession
from tests.downloads import ask, link_to, session_of, used
from tests.helpers import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def jobs():
    """What beat sends about software, by the tasks' names."""
    return sorted({entry["task"] for entry in app.conf.beat_schedule.values() if entry["task"].startswith("software.")})


def test_two_beats_do_the_work_of_one(agent, customer, worker, jobs):
    unsent, expired, nearly_used, over = (link_to(agent, customer) for _link in range(4))
    session_of(unsent)
    ask(session_of(over))
    DownloadSession.objects.filter(link=unsent).update(started_at=timezone.now() - FIRST_BYTE_WITHIN)
    DownloadSession.objects.filter(link=over).update(expires_at=timezone.now())
    fortnight = timedelta(days=14)
    DownloadLink.objects.filter(pk=expired.pk).update(
        granted_at=F("granted_at") - fortnight, expires_at=F("expires_at") - fortnight
    )
    DownloadLink.objects.filter(pk=nearly_used.pk).update(used=40)  # which its downloads do not say
    with worker():
        for job in [*jobs, *jobs]:
            app.send_task(job)
        until(lambda: Event.objects.filter(action=Action.DOWNLOADS_MISCOUNTED).count() == 2)  # it reports, and no more
        until(lambda: not DownloadSession.objects.filter(closed_at=None).exists())
        until(lambda: Event.objects.filter(action=Action.LINK_EXPIRED).exists())
        until(lambda: Event.objects.filter(action=Action.DOWNLOAD_RELEASED).exists())
        until(lambda: Mail.objects.filter(cause__startswith="link").count() >= 2)
    assert (used(unsent), used(over), used(nearly_used)) == (0, 1, 40)
    for action in (Action.LINK_EXPIRED, Action.DOWNLOAD_RELEASED):
        assert Event.objects.filter(action=action).count() == 1
    causes = [cause.split(":")[0] for cause in Mail.objects.values_list("cause", flat=True) if cause.startswith("link")]
    assert sorted(causes) == ["link_nearly_used", "links_miscounted"]
