"""Jobs of the activity log."""

from uuid import UUID

from activity import head_mail
from activity.export import keeping, making
from activity.keeping import months, redaction
from activity.seals import sealing
from csp_portal.jobs import job


@job
def make_months() -> int:
    """Make the log's partitions of this month and the next twelve; answers how many are new."""
    return months.make_months()


@job
def warn_of_default_rows() -> int:
    """Alarm the operator while rows lie outside their months; every hour, though it is told of once a day."""
    return months.warn_of_default_rows()


@job
def redact_addresses() -> int:
    """Remove the IP addresses of 24 months ago; every night (A4)."""
    return redaction.redact_addresses()


@job
def seal_log() -> int:
    """Seal the rows of the log that nobody can write one before any more; answers how many (A5)."""
    return sealing.seal_log()


@job
def mail_heads() -> int:
    """Mail the heads of the log; every day, though it is done once in a month (A5)."""
    return head_mail.mail_heads()


@job
def make_export(export_id: str) -> bool:
    """Make the file of an export; a second run finds nothing to do, or another one at work (A2)."""
    return making.make_export(UUID(export_id))


@job
def queue_lost_exports() -> int:
    """Queue again the exports that nobody is at work on; answers how many."""
    return making.queue_lost_exports()


@job
def remove_old_exports() -> int:
    """Remove the files of exports whose seven days are over; every hour."""
    return keeping.remove_old_exports()
