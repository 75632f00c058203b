"""Why a mail is not tried again (P2)."""

from django.utils.translation import gettext_lazy as _

from csp_portal.errors import Reason

MAIL_SENT = Reason(
    code="mail_sent",
    rule="X5",
    sentence=_("This mail was sent on %(sent_at)s; a mail is not sent twice."),
    next_step=_("If it has not arrived, ask its reader to look among unwanted mails."),
)
