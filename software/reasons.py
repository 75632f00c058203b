"""Why keys, links and downloads are refused, with the next step (P2)."""

from django.utils.translation import gettext_lazy as _

from csp_portal.errors import Reason

_ASK_CONTACT = _("Ask %(contact)s for a new link.")

LINK_EXPIRED = Reason(
    code="link_expired",
    rule="K3",
    sentence=_("This download link expired on %(expired_at)s."),
    next_step=_ASK_CONTACT,
    status=410,
)
LINK_USED_UP = Reason(
    code="link_used_up",
    rule="K3",
    sentence=_("This download link has been used %(limit)s times, which is all it allows."),
    next_step=_ASK_CONTACT,
    status=410,
)
LINK_REVOKED = Reason(
    code="link_revoked",
    rule="C6",
    sentence=_("This download link has been revoked."),
    next_step=_("Ask %(contact)s if you still need the software."),
    status=410,
)
LINK_REPLACED = Reason(
    code="link_replaced",
    rule="K4",
    sentence=_("This download link has been replaced by one with another address."),
    next_step=_ASK_CONTACT,
    status=410,
)
LINK_TERM_OVER = Reason(
    code="link_term_over",
    rule="B6",
    sentence=_("The term for which this software was bought is over, and its download links with it."),
    next_step=_("Ask %(contact)s if you still need the software."),
    status=410,
)
ATTEMPT_UNKNOWN = Reason(
    code="attempt_unknown",
    rule="K5",
    sentence=_("The form that was sent is not one of this link, or was changed on its way. Nothing was counted."),
    next_step=_("Open the link again and press Download there, or ask %(contact)s."),
    status=400,
)
SESSION_OVER = Reason(
    code="session_over",
    rule="K7",
    sentence=_("This download was started more than 24 hours ago and is over."),
    next_step=_("Open its link again and start a new download, which counts, or ask %(contact)s for a new link."),
    status=410,
)
SESSION_OVER_BUDGET = Reason(
    code="session_over_budget",
    rule="K7",
    sentence=_("This download was asked for more than twice its file and 64 MiB, and is closed."),
    next_step=_("Open its link again and start a new download, which counts, or ask %(contact)s."),
    status=429,
)
NOTHING_SENT = Reason(
    code="nothing_sent",
    rule="K8",
    sentence=_("Nothing of this download was sent within 15 minutes of its start. It is closed and was not counted."),
    next_step=_("Open its link again and start a new download, or ask %(contact)s."),
    status=410,
)
SESSION_FAULT = Reason(
    code="session_fault",
    rule="K8",
    sentence=_("This download failed by a fault of ours. It is closed and was not counted."),
    next_step=_("Open its link again and start a new download, or ask %(contact)s."),
    status=410,
)
FILE_REPLACED = Reason(
    code="file_replaced",
    rule="K7",
    sentence=_("The file was replaced after this download had started; two files are never spliced."),
    next_step=_("Delete what was downloaded and start again from the link, or ask %(contact)s."),
    status=409,
)
LINK_STAYS_REVOKED = Reason(
    code="link_stays_revoked",
    rule="K4",
    sentence=_("This link was revoked on %(revoked_at)s; a revoked link is never renewed."),
    next_step=_("Choose Get keys and downloads for a new link with another address."),
)
GRANT_UNKNOWN = Reason(
    code="grant_unknown",
    rule="K4",
    sentence=_("The form named a grant of this link that never was. Nothing was changed."),
    next_step=_("Open the Software page again and renew the link from there."),
)
LABEL_TOO_LONG = Reason(
    code="label_too_long",
    rule="K4",
    sentence=_("The label of a link has at most %(longest)s characters."),
    next_step=_("Give it a shorter one."),
)
LABEL_HOLDS_KEY = Reason(
    code="label_holds_key",
    rule="K2",
    sentence=_("The label of a link is written down, and a product key stands in it."),
    next_step=_("Give it another label: whom it is for."),
    status=400,
)
TOO_MANY_LINKS = Reason(
    code="too_many_links",
    rule="K4",
    sentence=_("This purchase has %(limit)s labelled links to %(file)s already."),
    next_step=_("Revoke one that is no longer needed, or pass on one that is there."),
)
FILE_MISSING = Reason(
    code="file_missing",
    rule="K7",
    sentence=_("The file cannot be read on our side. This is our fault, not yours."),
    next_step=_("Try again later with the same link, or tell %(contact)s."),
    status=500,
)
PURCHASE_NOT_ACTIVE = Reason(
    code="purchase_not_active",
    rule="C6",
    sentence=_("The purchase of order %(order)s is %(status)s; it has no keys and no downloads any more."),
    next_step=_("Choose another purchase of this product, or buy it again."),
)
TERM_OVER = Reason(
    code="term_over",
    rule="B6",
    sentence=_("The term of order %(order)s ended on %(term_end)s; it has no keys and no downloads any more."),
    next_step=_("Buy the product again for a new term."),
)
BUILD_UNKNOWN = Reason(
    code="build_unknown",
    rule="K1",
    sentence=_("There is no file of %(product)s in version %(version)s, language %(language)s and type %(file_type)s."),
    next_step=_("Choose one of these: %(possible)s."),
    status=400,
)
BUILD_OF_OTHER_PRODUCT = Reason(
    code="build_of_other_product",
    rule="K1",
    sentence=_("The file that was chosen is not one of this product."),
    next_step=_("Choose version, language and file type again."),
)
KEY_PENDING = Reason(
    code="key_pending",
    rule="B5",
    sentence=_("The keys of order %(order)s have not come yet; it waits for the next ones of its product."),
    next_step=_("Look again later: they are allotted as soon as there are some."),
)
KEY_REVOKED = Reason(
    code="key_revoked",
    rule="C6",
    sentence=_("This key has been revoked with its purchase and is not shown any more."),
    next_step=_("Buy the product again if the customer needs a key."),
)
NO_KEYS_TO_EXPORT = Reason(
    code="no_keys_to_export",
    rule="K2",
    sentence=_("This purchase has no keys to export; its status is: %(status)s."),
    next_step=_("Open the Software page again, and export the keys of a purchase that has some."),
)
RESERVATION_NOT_SOLD = Reason(
    code="reservation_not_sold_in_market",
    rule="M2",
    sentence=_("Azure reservations are not sold to customers in %(country)s."),
    next_step=_("Choose other software; only reservations are blocked in this market."),
)
NOT_PRICED = Reason(
    code="not_priced_in_market",
    rule="M6",
    sentence=_("%(sku)s has no price in force for %(quantity)s in %(country)s in %(currency)s."),
    next_step=_("Choose another product or quantity, or ask the operator at %(operator)s when it will be sold."),
)
KEY_ISSUE_FIXED = Reason(
    code="key_issue_fixed",
    rule="B4",
    sentence=_(
        "How keys of %(sku)s are issued cannot be changed any more: it has been bought, and purchases stay as they are."
    ),
    next_step=_("Leave it as it is; what is sold in another way needs a SKU of its own in the price list."),
)
KIND_WITHOUT_KEYS = Reason(
    code="kind_without_keys",
    rule="M1",
    sentence=_("It is of the kind %(kind)s, which has neither keys nor downloads."),
    next_step=_("Choose “no keys”."),
)
POLICY_NOT_OF_KIND = Reason(
    code="policy_not_of_kind",
    rule="C1",
    sentence=_("What is of the kind %(kind)s cannot have the cancellation policy “%(policy)s”."),
    next_step=_("Choose the policy that this kind has: Linux plans never, reservations by support request only."),
)
BENEFIT_OF_SUBSCRIPTIONS = Reason(
    code="benefit_of_subscriptions",
    rule="M4",
    sentence=_("It is of the kind %(kind)s; only software subscriptions carry Software Assurance."),
    next_step=_("Take the tick of the Azure Hybrid Benefit away."),
)
NO_SUCH_PRODUCT = Reason(
    code="no_such_product",
    rule="M7",
    sentence=_("There is no product %(product)s."),
    next_step=_("Check its ProductId, or import its price list first."),
)
KIND_WITHOUT_DOWNLOADS = Reason(
    code="kind_without_downloads",
    rule="M1",
    sentence=_("%(product)s is of the kind %(kind)s, which has no downloads."),
    next_step=_("Choose a software product."),
)
BUILD_MISNAMED = Reason(
    code="build_misnamed",
    rule="M7",
    sentence=_("Version and file type must have 1 to %(longest)s characters in one line."),
    next_step=_("Write them as the list of downloads should show them, such as 2022 and ISO x64."),
)
NOT_A_LANGUAGE = Reason(
    code="not_a_language",
    rule="M7",
    sentence=_("“%(language)s” is not the tag of a language."),
    next_step=_("Give a tag such as en-US or zh-CN."),
)
BUILD_EXISTS = Reason(
    code="build_exists",
    rule="M7",
    sentence=_("%(product)s has a build %(version)s, %(language)s, %(file_type)s already."),
    next_step=_("Give its page another file if the one it has is wrong."),
)
FILE_EMPTY = Reason(
    code="file_empty",
    rule="M7",
    sentence=_("The file %(file)s is empty."),
    next_step=_("Choose the file again once it is whole."),
)
FILE_UNREADABLE = Reason(
    code="file_unreadable",
    rule="M7",
    sentence=_("The file %(file)s cannot be read: %(why)s."),
    next_step=_("Check its name and who may read it, then try again; nothing was stored."),
)
STORAGE_FULL = Reason(
    code="storage_full",
    rule="M7",
    sentence=_("There is no room left for the file %(file)s."),
    next_step=_("Make room in the storage, then try again; nothing was stored."),
    status=507,
)
STORAGE_FAILS = Reason(
    code="storage_fails",
    rule="M7",
    sentence=_("The file %(file)s cannot be stored: %(why)s."),
    next_step=_("Look after the storage, then try again; nothing was stored."),
    status=500,
)
RATE_IN_FORCE = Reason(
    code="tax_rate_in_force",
    rule="M8",
    sentence=_(
        "%(market)s is taxed by a rate already; one from %(valid_from)s would change what has been charged by it."
    ),
    next_step=_("Add a rate that is valid from %(today)s or later; it takes over on that day."),
)
RATE_OF_THAT_DAY = Reason(
    code="tax_rate_of_that_day",
    rule="M8",
    sentence=_("%(market)s has a rate that is valid from %(valid_from)s already."),
    next_step=_("Change that one until its day is over, or choose another day."),
)
NOT_A_COUNTRY = Reason(
    code="not_a_country",
    rule="U1",
    sentence=_("“%(market)s” is not an ISO 3166-1 alpha-2 country code."),
    next_step=_("Give two capital letters, such as DE."),
)
DAY_IS_PAST = Reason(
    code="day_is_past",
    rule="M2",
    sentence=_("What counted on %(day)s cannot be changed any more."),
    next_step=_("Choose a day from %(today)s (UTC) on."),
)
ENDS_BEFORE_START = Reason(
    code="ends_before_start",
    rule="M2",
    sentence=_("It would be free again on %(valid_to)s, which is not after %(valid_from)s."),
    next_step=_("Choose a later day, or none for a restriction without end."),
)
RESTRICTED_ALREADY = Reason(
    code="restricted_already",
    rule="M2",
    sentence=_("%(market)s is restricted from %(valid_from)s on already."),
    next_step=_("Change that restriction, or choose days outside it."),
)
TERMS_OF_THE_PAST = Reason(
    code="terms_of_the_past",
    rule="C1",
    sentence=_("Terms cannot count from %(valid_from)s: what was ordered on that day has its terms already."),
    next_step=_("Choose a day from %(today)s (UTC) on."),
)
NEVER_HAS_NO_WINDOW = Reason(
    code="never_has_no_window",
    rule="C1",
    sentence=_("What can never be cancelled has no days in which it can."),
    next_step=_("Leave the days empty, or choose another policy."),
)
WINDOW_WANTED = Reason(
    code="window_wanted",
    rule="C2",
    sentence=_("The policy “%(policy)s” must say how many days after the purchase day stay open, at most %(limit)s."),
    next_step=_("Give the days; 0 leaves the purchase day alone."),
)
TERMS_COUNT_ALREADY = Reason(
    code="terms_count_already",
    rule="C1",
    sentence=_("Version %(version)s of the policy “%(policy)s” counts from %(valid_from)s; it stays as it is."),
    next_step=_("Add a version that counts from %(today)s (UTC) or later; it takes over on that day."),
)
CATALOG_ITEM_MISSING = Reason(
    code="catalog_item_missing",
    rule="X3",
    sentence=_("No catalogue item is named."),
    next_step=_("Give the catalogItemId of an availability."),
    status=400,
)
CATALOG_ITEM_UNKNOWN = Reason(
    code="catalog_item_unknown",
    rule="X3",
    sentence=_("%(item)s is no catalogue item for %(customer)s."),
    next_step=_(
        "Take the catalogItemId from the availabilities below /customers/TENANT/products, or those of its market."
    ),
    status=400,
)
PRODUCT_NOT_FOUND = Reason(
    code="product_not_found",
    rule="M6",
    sentence=_("No such product is sold in %(country)s."),
    next_step=_("Look at the id; the list of products shows what there is."),
    status=404,
)
SKU_NOT_FOUND = Reason(
    code="sku_not_found",
    rule="M6",
    sentence=_("The product has no such SKU in %(country)s."),
    next_step=_("Look at the id; the product's list of SKUs shows what there is."),
    status=404,
)
AVAILABILITY_NOT_FOUND = Reason(
    code="availability_not_found",
    rule="M6",
    sentence=_("The SKU has no such availability in %(country)s."),
    next_step=_("Read the SKU's availabilities again just before you buy."),
    status=404,
)
VIEW_UNKNOWN = Reason(
    code="target_view_unknown",
    rule="X3",
    sentence=_("The catalogue has no such targetView."),
    next_step=_("Give one of these: %(known)s."),
    status=403,
)
SEGMENT_UNKNOWN = Reason(
    code="target_segment_unknown",
    rule="X3",
    sentence=_("The catalogue has no such targetSegment."),
    next_step=_("Give one of these: %(known)s."),
    status=403,
)
