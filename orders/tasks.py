"""Jobs of carts."""

from csp_portal.jobs import job
from orders.services import keeping


@job
def empty_old_carts() -> int:
    """Empty the carts that nobody has changed for 30 days; a later run finds nothing to do (X6)."""
    return keeping.empty_old_carts()
