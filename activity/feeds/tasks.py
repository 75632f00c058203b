"""Jobs of the webhooks."""

from activity.feeds import delivering
from csp_portal.jobs import job


@job
def send_due_webhooks() -> int:
    """Find the webhooks for which something is due, and have each sent (A6)."""
    return delivering.queue_due_webhooks()


@job
def send_webhook(pk: int) -> int:
    """Send what is due to one webhook; answers how many deliveries it took."""
    return delivering.send_webhook(pk)
