"""The job of the weekly mail."""

from cancellations.windows import weekly
from csp_portal.jobs import job


@job
def mail_closing_windows() -> int:
    """Mail Admin agents of windows that close; every hour, though it is done once in an ISO week (C10)."""
    return weekly.mail_closing_windows()
