"""Jobs of the account. Each may run twice, at once or late, and does its work once (R4, R5)."""

from django.utils import timezone

from csp_portal.jobs import job
from orders.billing.services import closing, posting


@job
def post_credit(credit_id: int) -> bool:
    """Post one credit, queued when it was fixed."""
    return posting.post_credit(credit_id)


@job
def post_due_credits() -> int:
    """Find and post what was never queued or was lost on the way; every minute."""
    return posting.post_due_credits()


@job
def close_invoices() -> int:
    """Close every account whose month is over; a second run finds nothing to do."""
    return closing.close_due_months(timezone.now())


@job
def issue_invoices() -> int:
    """Issue what is due from the 8th on."""
    return closing.issue_due_invoices(timezone.now())
