"""Jobs of support requests."""

from cancellations.support.services import due_times, keeping, upkeep
from csp_portal.jobs import job


@job
def remove_old_drafts() -> int:
    """Remove drafts of a week ago with their files; a later run finds nothing to do (S1)."""
    return upkeep.remove_old_drafts()


@job
def remove_nameless_files() -> int:
    """Remove stored files that no row names; a later run finds nothing to do (S3)."""
    return upkeep.remove_nameless_files()


@job
def remove_old_contacts() -> int:
    """Remove contacts and files of requests closed 24 months ago; a later run finds nothing to do (X6)."""
    return keeping.remove_old_contacts()


@job
def work_out_due_times() -> int:
    """Work out anew when open requests are due: after a change of the calendar, and every night (S5)."""
    return due_times.work_out_due_times()
