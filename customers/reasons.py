"""Why a customer is not changed, with the next step (P2)."""

from django.utils.translation import gettext_lazy as _

from csp_portal.errors import Reason

MARKET_FIXED = Reason(
    code="market_fixed",
    rule="U4",
    sentence=_("Market and currency of %(customer)s are fixed since its first order: %(market)s, %(currency)s."),
    next_step=_("Leave both as they are; every other detail can be changed."),
)
CHANGED_MEANWHILE = Reason(
    code="customer_changed_meanwhile",
    rule="U4",
    sentence=_("%(who)s changed %(customer)s on %(when)s, after this form was opened, so nothing was saved now."),
    next_step=_("Compare what you typed with what stands there now, then save again."),
)
