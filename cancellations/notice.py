"""The Important message, by version: what was shown is what is stored as accepted (C3)."""

from django.utils.translation import gettext_lazy as _

from csp_portal.errors import Text

NOTICE_VERSION = 1

NOTICES: dict[int, tuple[Text, ...]] = {
    1: (
        _("All keys and download links of this purchase are revoked at once, for you and for your customer."),
        _(
            "You and your customer must stop using the software, uninstall it, and delete the downloads and "
            "the download links."
        ),
        _("The item stays listed without its key."),
        _(
            "A credit comes on the next monthly invoice: 100 % for perpetual software, prorated by day for "
            "subscriptions."
        ),
    ),
}


def current_notice() -> tuple[Text, ...]:
    """The sentences of the message in force."""
    return NOTICES[NOTICE_VERSION]
