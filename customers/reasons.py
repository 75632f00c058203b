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
CUSTOMER_TAKEN = Reason(
    code="customer_taken",
    rule="U1",
    sentence=_("%(field)s: %(problem)s"),
    next_step=_("Use the customer that there is, or correct the GUID or the domain."),
)
RELATIONSHIP_STAYS = Reason(
    code="relationship_stays",
    rule="U1",
    sentence=_("The relationship to a customer cannot be ended here: what was bought and invoiced stays its own."),
    next_step=_("Leave relationshipToPartner out; nothing was changed."),
    status=400,
)
ETAG_OUTDATED = Reason(
    code="etag_outdated",
    rule="U4",
    sentence=_("%(customer)s has changed since it was read: attributes.etag does not fit any more."),
    next_step=_("Read it again, and change it as it is now."),
    status=400,
)
COUNTRY_UNKNOWN = Reason(
    code="country_unknown",
    rule="U1",
    sentence=_("%(country)s is no country's code."),
    next_step=_("Give a code of ISO 3166-1 alpha-2, such as DE, or XK."),
    status=404,
)
IMPORT_BAD = Reason(
    code="import_bad",
    rule="U4",
    sentence=_("Nothing was added: %(bad)s rows of the file are bad. Line %(line)s: %(problem)s"),
    next_step=_("Correct the rows that data names by their lines, and send the whole file again."),
    status=400,
)
IMPORT_TOO_LARGE = Reason(
    code="import_too_large",
    rule="U4",
    sentence=_("The file is larger than %(largest)s bytes."),
    next_step=_("Split it into several."),
    status=400,
)
