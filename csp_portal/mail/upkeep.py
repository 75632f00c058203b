"""What the operator does about mails that were not sent (X5)."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import record, refusals_recorded
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require
from csp_portal.errors import Refusal
from csp_portal.mail.models import Mail, MailQuerySet, give_up_at
from csp_portal.mail.reasons import MAIL_SENT
from csp_portal.mail.services import queue_sending, queue_sweep


def refusal_to_try(mail: Mail) -> Refusal | None:
    """Why the mail is not tried again; None if it can be."""
    return Refusal(MAIL_SENT, sent_at=mail.sent_at) if mail.sent_at else None


@refusals_recorded(Action.ACCESS_REFUSED)
@transaction.atomic
def try_again(public_id: UUID, *, actor: User) -> Mail:
    """Send a mail at once and, if that fails, try for another three days.

    Raises Mail.DoesNotExist; Refusal if it was sent.
    """
    require(actor, Permission.KEEP_HOUSE)
    mail = Mail.objects.select_for_update().get(public_id=public_id)
    refusal = refusal_to_try(mail)
    if refusal is not None:
        raise refusal
    _make_due(Mail.objects.filter(pk=mail.pk))
    record(Action.MAIL_TRIED_AGAIN, actor=actor, details={"mail": str(public_id)})
    queue_sending(mail)
    return mail


@refusals_recorded(Action.ACCESS_REFUSED)
@transaction.atomic
def try_all_again(*, actor: User) -> int:
    """Send all mails that were not sent, and try them for another three days; how many there are."""
    require(actor, Permission.KEEP_HOUSE)
    count = _make_due(Mail.objects.in_trouble())
    record(Action.MAIL_TRIED_AGAIN, actor=actor, details={"mails": count})
    queue_sweep()
    return count


def _make_due(mails: MailQuerySet) -> int:
    return mails.update(next_try_at=timezone.now(), give_up_at=give_up_at(), attempts=0)
