"""The nightly check that every link's count is what its downloads say (K8)."""

import logging
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from activity.models import Action
from activity.services import Actor, record, record_each
from csp_portal.calendar_utc import utc_day
from csp_portal.mail.services import queue_mail
from software.models import DownloadLink, DownloadSession, Transfer
from software.models.counting import downloads_counted
from software.models.links import DownloadLinkQuerySet

log = logging.getLogger(__name__)

CHECKER = Actor.system("check_links")
SETTLER = Actor.system("settle_lost_transfers")
NAMED = 20  # links that the mail names
BATCH = 1000  # sessions in one transaction


def miscounted_links() -> DownloadLinkQuerySet:
    """Links that break it: for the grant that stands, used = its sessions − its released ones, from 0 to limit (K8).

    Each with `counted`, what its sessions say, those too that were removed (X6).
    """
    counted = downloads_counted(link=OuterRef("pk"), grant_number=OuterRef("grant_number"))
    links = DownloadLink.objects.annotate(counted=counted)
    return links.filter(~Q(used=F("counted")) | Q(used__lt=0) | Q(used__gt=F("limit"))).order_by("pk")


@transaction.atomic
def settle_lost() -> int:
    """Suppose as sent what nobody has told of a day after its session: the line of nginx is lost (K8).

    Nothing is given back for it, else a web server that is killed would be a free download. The operator is mailed,
    once a day, for then something is wrong with the log or its reading. Answers how many transfers there were.
    """
    now = timezone.now()
    sessions = DownloadSession.objects.lost(now).order_by("pk").select_for_update(skip_locked=True)
    lost = list(sessions.values_list("pk", flat=True)[:BATCH])
    DownloadSession.objects.filter(pk__in=lost).update(sent_at=Coalesce("sent_at", now))
    transfers = Transfer.objects.running().filter(session__in=lost).update(ended_at=now)
    settled = DownloadSession.objects.with_names().filter(pk__in=lost).order_by("pk")
    record_each(Action.DOWNLOAD_SUPPOSED_SENT, actor=SETTLER, on=settled)
    if transfers:
        log.error("nobody has told what %s transfers have sent", transfers)
        cause = f"transfers_lost:{utc_day(now)}"
        queue_mail(settings.OPERATOR_SUPPORT_EMAIL, "transfers_lost", cause=cause, count=transfers)
    return transfers


@transaction.atomic
def check_links() -> int:
    """Report every link whose count is wrong: in the log of what goes wrong, the activity log and a mail a day (K8).

    Nothing is mended by itself. Answers how many there were.
    """
    broken: list[Any] = list(miscounted_links().with_purchase())
    for link in broken:
        log.error("link %s counts %s downloads; its sessions say %s", link.public_id, link.used, link.counted)
        details = {"grant": link.grant_number, "used": link.used, "counted": link.counted}
        record(Action.DOWNLOADS_MISCOUNTED, actor=CHECKER, on=link, details=details)
    if broken:
        queue_mail(
            settings.OPERATOR_SUPPORT_EMAIL,
            "links_miscounted",
            cause=f"links_miscounted:{utc_day(timezone.now())}",
            count=len(broken),
            links=", ".join(str(link.public_id) for link in broken[:NAMED]),
        )
    return len(broken)
