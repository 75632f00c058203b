"""Making certificates: one for each cancellation, never two (C9)."""

from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import Actor, record
from cancellations.certificates.contents import written
from cancellations.certificates.facts import facts_of
from cancellations.certificates.models import Certificate
from cancellations.models import Cancellation
from csp_portal.jobs import all_batches, for_each
from orders.models import OrderLine
from software.models import DownloadLink, DownloadSession, ProductKey, SessionEnd
from software.services.revoking import Revoked

CERTIFIER = Actor.system("certify_earlier")
BATCH = 1000  # cancellations that are looked for at a time


def certify(cancellation: Cancellation, revoked: Revoked) -> Certificate:
    """Make the certificate of a cancellation, in its transaction, from what it took away (C9).

    The caller holds the line's lock, and the credit is fixed: its invoice month is decided (R5).
    """
    certificate = Certificate(cancellation=cancellation, made_at=timezone.now())
    certificate.write(written(facts_of(certificate, revoked)))
    certificate.save(force_insert=True)
    return certificate


def certify_earlier() -> int:
    """Make the certificates of cancellations that have none: of a release before there were any (C9).

    Only once their credits are posted, for then the invoice month stands for good. Answers how many it made.
    """
    return all_batches(_certify_batch)


def _certify_batch() -> int:
    without = Cancellation.objects.filter(certificate=None, credit__entry__isnull=False)
    return for_each(without.order_by("pk").values_list("pk", flat=True)[:BATCH], _certify_earlier)


@transaction.atomic
def _certify_earlier(cancellation_id: int) -> int:
    """One of them, under the line's lock: a run at the same time finds that it has its certificate."""
    line = OrderLine.objects.filter(cancellations=cancellation_id)
    line.select_for_update(of=("self",), no_key=True).get()
    cancellation = Cancellation.objects.filter(pk=cancellation_id, certificate=None).first()
    if cancellation is None:
        return 0
    certificate = certify(cancellation, _revoked_by(cancellation))
    details = {"certificate": str(certificate.public_id)}
    record(Action.CERTIFICATE_MADE, actor=CERTIFIER, on=cancellation.order_line, details=details)
    return 1


def _revoked_by(cancellation: Cancellation) -> Revoked:
    """What a cancellation took away, known by its instant."""
    purchase, when = cancellation.order_line.purchase, cancellation.cancelled_at
    sessions = DownloadSession.objects.filter(link__purchase=purchase, closed_at=when, end=SessionEnd.REVOKED)
    return Revoked(
        keys=list(ProductKey.objects.filter(purchase=purchase, revoked_at=when).order_by("pk")),
        links=list(DownloadLink.objects.filter(purchase=purchase, revoked_at=when).select_related("build")),
        sessions=sessions.count(),
    )
