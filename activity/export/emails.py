"""Mail about exports of the log (X5)."""

from activity.models import LogExport
from csp_portal.accounts.permissions import Permission
from csp_portal.mail.addresses import site_address
from csp_portal.mail.services import queue_mail


def tell_of_export(export: LogExport, template: str) -> None:
    """Mail who asked for an export how it ended, unless they may have none any more; in the transaction of its end."""
    if export.user.is_mailed_for(export.partner_id, Permission.EXPORT_ACTIVITY):
        queue_mail(
            export.user.email,
            template,
            cause=f"{template}:{export.public_id}",
            first=export.query["from"],
            last=export.query["to"],
            format=export.get_format_display(),
            rows=export.rows_done,
            until=export.expires_at,
            sha256=export.sha256,
            address=site_address(export.get_absolute_url()),
        )
