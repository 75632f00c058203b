"""Where a purchase is shown: the row of its SKU in the customer's Software tab."""

from urllib.parse import urlencode

from django.urls import reverse

from software.build_choice import FIELDS
from software.models import Build, DownloadLink, SoftwarePurchase


def software_place(purchase: SoftwarePurchase, build: Build | None = None, **more: str) -> str:
    """The Software tab opened at a purchase, with a build chosen if one is given, and with what else it is to show."""
    query: dict[str, object] = {"sku": purchase.sku.public_id, "purchase": purchase.public_id}
    if build is not None:
        query |= {field: getattr(build, field) for field in FIELDS}
    query |= more
    tab = reverse("cancellations:software", args=[purchase.customer.tenant_id])
    return f"{tab}?{urlencode(query)}"


def link_place(link: DownloadLink) -> str:
    """The Software tab opened at a link; a revoked one stands in the list of them, and has no place of its own."""
    anchor = link_anchor(link) if link.revoked_at is None else "links"
    return f"{software_place(link.purchase, link.build)}#{anchor}"


def link_anchor(link: DownloadLink) -> str:
    """Where on the Software tab a link stands: `link` is the one without a label."""
    return f"link-{link.public_id}" if link.label else "link"
