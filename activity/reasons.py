"""Why a view of the log is not saved, renamed or deleted (A2, P2)."""

from django.utils.translation import gettext_lazy as _

from csp_portal.errors import Reason

VIEW_WITHOUT_NAME = Reason(
    code="view_without_name",
    rule="A2",
    sentence=_("A saved view needs a name of at most %(longest)s characters."),
    next_step=_("Give it a short name by which you will know it again."),
    status=400,
)
VIEW_NAME_TAKEN = Reason(
    code="view_name_taken",
    rule="A2",
    sentence=_("You have a saved view with the name %(view)s already."),
    next_step=_("Give this one another name, or delete the other one first."),
)
TOO_MANY_VIEWS = Reason(
    code="too_many_views",
    rule="A2",
    sentence=_("You have %(limit)s saved views, and more cannot be kept."),
    next_step=_("Delete one that you do not need any more, and save this one again."),
)
VIEW_GONE = Reason(
    code="view_gone",
    rule="A2",
    sentence=_("The saved view is none of yours, or is deleted by now."),
    next_step=_("Choose one of those that the log lists as they are now."),
)
TOO_MANY_EXPORTS = Reason(
    code="too_many_exports",
    rule="A2",
    sentence=_("%(limit)s exports that you asked for are still being made, and more are not begun."),
    next_step=_("Wait until one of them is ready, and ask for this one again."),
)
EXPORT_NOT_READY = Reason(
    code="export_not_ready",
    rule="A2",
    sentence=_("The file of this export is not made yet."),
    next_step=_("Wait on its page, which says when it is ready; you are mailed, too."),
)
EXPORT_NOT_MADE = Reason(
    code="export_not_made",
    rule="A2",
    sentence=_("The file of this export could not be made."),
    next_step=_("Ask for it again on the page of the activity log, or for fewer days at a time."),
    status=410,
)
EXPORT_EXPIRED = Reason(
    code="export_expired",
    rule="A2",
    sentence=_("The file of this export was there until %(expired_at)s and is removed."),
    next_step=_("Ask for it again on the page of the activity log: the rows are still there."),
    status=410,
)
RECORD_NOT_FOUND = Reason(
    code="record_not_found",
    rule="A1",
    sentence=_("There is no such row in the part of the log that you may read."),
    next_step=_("GET /v1/auditrecords lists the rows with their ids."),
    status=404,
)
EXPORT_NOT_FOUND = Reason(
    code="export_not_found",
    rule="A2",
    sentence=_("There is no such export among those that you may see."),
    next_step=_("GET /v1/activity/exports lists them."),
    status=404,
)
