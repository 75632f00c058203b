"""Each mail is sent at once after its cause, and whatever is due every minute (X5); old ones go (X6)."""

from uuid import UUID

from csp_portal.jobs import job
from csp_portal.mail import keeping, sending


@job
def send_mail(public_id: str) -> bool:
    """Send one mail that was just queued."""
    return sending.send_mail(UUID(public_id))


@job
def send_due_mail() -> int:
    """Send mails whose next try has come, and those whose task was lost."""
    return sending.send_due_mail()


@job
def remove_old_mails() -> int:
    """Remove mails of 90 days ago; a later run finds nothing to do (X6)."""
    return keeping.remove_old_mails()
