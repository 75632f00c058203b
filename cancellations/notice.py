"""The Important message, by version: what was shown is what is stored as accepted (C3)."""

from django.utils.translation import gettext_lazy as _

from csp_portal.errors import Text

# A version is never changed: people have accepted it. Another text is another version.
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
    2: (
        _(
            "Of the cancelled units the keys are revoked at once, for you and for your customer: first those that "
            "nobody has seen, then the newest. The download links stay, for the units that are left."
        ),
        _("You and your customer must stop using the cancelled units and uninstall them."),
        _("The item stays listed with the units that are left and their keys."),
        _(
            "A credit for the cancelled units comes on the next monthly invoice: 100 % for perpetual software, "
            "prorated by day for subscriptions."
        ),
    ),
    3: (
        _(
            "The cancelled units end at once, for you and for your customer. Download links, where there are any, stay "
            "for the units that are left."
        ),
        _("You and your customer must stop using the cancelled units and uninstall them."),
        _("The item stays listed with the units that are left."),
        _("A credit for the cancelled units comes on the next monthly invoice, prorated by day."),
    ),
}
OF_THE_WHOLE = 1
OF_A_PART = 2
OF_A_PART_WITHOUT_KEYS = 3


def notice_version(*, whole: bool, has_keys: bool) -> int:
    """The version in force of the message: of a whole purchase, or of a part, of what has keys or has none (C8)."""
    if whole:
        return OF_THE_WHOLE
    return OF_A_PART if has_keys else OF_A_PART_WITHOUT_KEYS
