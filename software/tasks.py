"""Jobs of the key pools, the links, the download sessions and the terms."""

from csp_portal.jobs import all_batches, job
from software.services import checking, keeping, link_jobs, pools, purchasing, releasing, term_jobs, transfer_logs


@job
def fill_waiting_lines() -> int:
    """Serve the lines whose pool has keys again: what an import or a cancellation could not see; every minute (B5)."""
    return purchasing.fill_waiting_lines()


@job
def warn_of_low_pools() -> int:
    """Mail the operator of each pool that has fallen below its mark; every five minutes (M7)."""
    return pools.warn_of_low_pools()


@job
def expire_links() -> int:
    """Note the grants whose time is over, and revoke links whose paid term is; every minute (K9, B6)."""
    return link_jobs.expire_links()


@job
def close_sessions() -> int:
    """Close the sessions whose 24 hours are over; every five minutes (K9)."""
    return link_jobs.close_sessions()


@job
def check_links() -> int:
    """Report every link whose count is not what its downloads say; every night (K8)."""
    return checking.check_links()


@job
def settle_lost_transfers() -> int:
    """Suppose as sent what nobody has told of in time; every night (K8)."""
    return all_batches(checking.settle_lost)


@job
def read_transfer_logs() -> int:
    """Read what nginx has sent, and give back what it could not; every minute (K8)."""
    return transfer_logs.read_transfer_logs()


@job
def release_downloads() -> int:
    """Give back the downloads of which nothing was sent in time, or that have failed; every minute (K8)."""
    return releasing.release_due()


@job
def warn_of_links() -> int:
    """Mail of links that are nearly used up or expire soon; every five minutes (K9)."""
    return link_jobs.warn_of_links()


@job
def warn_of_ending_terms() -> int:
    """Mail who bought that terms end in 90, 30 or 7 days; every hour, though a warning comes once (B6)."""
    return term_jobs.warn_of_ending_terms()


@job
def remove_old_sessions() -> int:
    """Remove the download sessions of 13 months ago, and count them on; every night (X6)."""
    return keeping.remove_old_sessions()
