"""Jobs of the catalogue and the key pools."""

from csp_portal.jobs import job
from software.services import purchasing


@job
def fill_waiting_lines() -> int:
    """Serve the lines whose pool has keys again: what an import or a cancellation could not see; every minute (B5)."""
    return purchasing.fill_waiting_lines()
