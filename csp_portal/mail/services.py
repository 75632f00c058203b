"""Putting a mail into the outbox, in the transaction of its cause (X5)."""

from typing import Any

from celery import signature
from django.conf import settings
from django.db import transaction
from django.template import Context
from django.template.loader import get_template
from django.utils import timezone, translation
from django.utils.text import Truncator

from csp_portal.errors import written
from csp_portal.mail.models import LINK_MARK, LONGEST_SUBJECT, Mail

SEND_MAIL = "csp_portal.mail.tasks.send_mail"  # by name: the task calls this package
SEND_DUE_MAIL = "csp_portal.mail.tasks.send_due_mail"


def queue_mail(to: str, template: str, *, cause: str, signed_path: str = "", **facts: Any) -> None:
    """Queue `templates/mail/<template>.txt` to one address; the same `cause` again to it queues nothing (X5).

    The template's first line is the subject. `facts` are written as in a refusal, instants in UTC. What opens an
    address of ours without sign-in is given as `signed_path` and stands in the template as `{{ link }}`.
    Runs in the caller's transaction: no change, no mail.
    """
    with translation.override(settings.LANGUAGE_CODE), timezone.override("UTC"):
        told = {name: _unbroken(fact) for name, fact in written(facts).items()}
        context = {**told, "operator": settings.OPERATOR_NAME, "link": LINK_MARK}
        compiled: Any = get_template(f"mail/{template}.txt")  # Django's own engine
        subject, _newline, text = compiled.template.render(Context(context, autoescape=False)).strip().partition("\n")
    mail = Mail(cause=f"{cause}:{to}", to=to, subject=_one_line(subject), text=text.strip(), signed_path=signed_path)
    Mail.objects.bulk_create([mail], ignore_conflicts=True)
    queue_sending(mail)


def queue_sending(mail: Mail) -> None:
    """Have the mail sent after the commit; the sweep finds what was never queued, or was lost on the way."""
    transaction.on_commit(signature(SEND_MAIL, args=(str(mail.public_id),)).delay, robust=True)


def queue_sweep() -> None:
    """Have all that is due sent after the commit."""
    transaction.on_commit(signature(SEND_DUE_MAIL).delay, robust=True)


def _unbroken(fact: Any) -> Any:
    """A text in one line: a line break in a name would end the subject, or begin a paragraph of the mail."""
    return " ".join(fact.split()) if isinstance(fact, str) else fact


def _one_line(subject: str) -> str:
    """A subject that fits and ends no header, whatever names stand in it."""
    return str(Truncator(" ".join(subject.split())).chars(LONGEST_SUBJECT))
