"""What endpoints of one order line share: the path names the line (partner-center-api.md, 6.3)."""

from typing import Any

from csp_portal.api.endpoint import Endpoint
from orders.api.finding import line_of
from orders.models import OrderLine

LINE = "customers/<id:tenant_id>/orders/<id:order_id>/lineitems/<id:line_number>"


class LineEndpoint(Endpoint):
    """An endpoint below a line."""

    def line(self, request: Any) -> OrderLine:
        """The line that the path names. Raises Refusal."""
        named = self.kwargs
        return line_of(request.user, named["tenant_id"], named["order_id"], named["line_number"])
