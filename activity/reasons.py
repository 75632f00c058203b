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
