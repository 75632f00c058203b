"""Replies that are kept for a day go after it (X3)."""

from csp_portal.api import idempotency
from csp_portal.jobs import job


@job
def remove_old_replies() -> int:
    """Remove the replies that are a day old; a later run finds nothing to do."""
    return idempotency.remove_old_replies()
