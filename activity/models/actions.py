"""What the log can tell of: every action, in the order of its subject."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Action(models.TextChoices):
    SIGNED_IN = "signed_in", _("Signed in")
    SIGN_IN_REFUSED = "sign_in_refused", _("Sign-in refused")
    PASSWORD_RESET_ASKED = "password_reset_asked", _("New password asked for")
    PASSWORD_CHANGED = "password_changed", _("Password changed")
    ACCESS_REFUSED = "access_refused", _("Access refused")
    PARTNER_CREATED = "partner_created", _("Partner created")
    PARTNER_CHANGED = "partner_changed", _("Partner changed")
    CREDIT_LIMIT_SET = "credit_limit_set", _("Credit limit set")
    USER_CREATED = "user_created", _("User created")
    USER_INVITED = "user_invited", _("User invited")
    INVITATION_REVOKED = "invitation_revoked", _("Invitation revoked")
    INVITATION_REFUSED = "invitation_refused", _("Invitation refused")
    ROLES_CHANGED = "roles_changed", _("Roles changed")
    USER_DEACTIVATED = "user_deactivated", _("User deactivated")
    USER_REACTIVATED = "user_reactivated", _("User reactivated")
    USER_CHANGE_REFUSED = "user_change_refused", _("Change of a user refused")
    API_CLIENT_MADE = "api_client_made", _("API client made")
    API_CLIENT_CHANGED = "api_client_changed", _("API client changed")
    API_CLIENT_SECRET_REPLACED = "api_client_secret_replaced", _("Secret of an API client replaced")
    API_CLIENT_REVOKED = "api_client_revoked", _("API client revoked")
    API_CLIENT_REFUSED = "api_client_refused", _("Change of an API client refused")
    API_TOKEN_MADE = "api_token_made", _("Token given to an API client")
    API_TOKEN_REFUSED = "api_token_refused", _("Token refused to an API client")
    CUSTOMER_CREATED = "customer_created", _("Customer created")
    CUSTOMER_CHANGED = "customer_changed", _("Customer changed")
    CUSTOMERS_IMPORTED = "customers_imported", _("Customers imported")
    CUSTOMER_CHANGE_REFUSED = "customer_change_refused", _("Change of a customer refused")
    CATALOGUE_CHANGED = "catalogue_changed", _("Catalogue changed")
    CATALOGUE_CHANGE_REFUSED = "catalogue_change_refused", _("Change of the catalogue refused")
    PRICE_LIST_IMPORTED = "price_list_imported", _("Price list imported")
    TAX_RATES_IMPORTED = "tax_rates_imported", _("Tax rates imported")
    BUILD_IMPORTED = "build_imported", _("Build imported")
    KEYS_IMPORTED = "keys_imported", _("Keys imported")
    KEYS_ROTATED = "keys_rotated", _("Keys encrypted and hashed anew")
    CART_EMPTIED = "cart_emptied", _("Cart of 30 days ago emptied")
    ORDER_PLACED = "order_placed", _("Order placed")
    ORDER_REFUSED = "order_refused", _("Order refused")
    KEYS_ALLOTTED = "keys_allotted", _("Keys allotted")
    KEYS_PENDING = "keys_pending", _("Keys pending")
    KEY_REVEALED = "key_revealed", _("Key shown")
    KEY_COPIED = "key_copied", _("Key copied")
    KEY_EXPORTED = "key_exported", _("Key exported")
    KEY_READ = "key_read", _("Key read by API")
    KEY_REVOKED = "key_revoked", _("Key revoked")
    KEY_REFUSED = "key_refused", _("Key refused")
    LINK_GRANTED = "link_granted", _("Link made")
    LINK_RENEWED = "link_renewed", _("Link renewed")
    LINK_EXPIRED = "link_expired", _("Link expired")
    LINK_REVOKED = "link_revoked", _("Link revoked")
    LINK_REFUSED = "link_refused", _("Link refused")
    DOWNLOAD_STARTED = "download_started", _("Download started")
    DOWNLOAD_REFUSED = "download_refused", _("Download refused")
    DOWNLOAD_RELEASED = "download_released", _("Download given back")
    DOWNLOAD_CLOSED = "download_closed", _("Download closed")
    DOWNLOAD_SUPPOSED_SENT = "download_supposed_sent", _("Download supposed as sent")
    DOWNLOADS_REMOVED = "downloads_removed", _("Old downloads removed")
    DOWNLOADS_MISCOUNTED = "downloads_miscounted", _("Downloads miscounted")
    PURCHASE_CANCELLED = "purchase_cancelled", _("Purchase cancelled")
    QUANTITY_CANCELLED = "quantity_cancelled", _("Part of a purchase cancelled")
    CANCEL_REFUSED = "cancel_refused", _("Cancellation refused")
    CERTIFICATE_MADE = "certificate_made", _("Cancellation certificate made")
    CREDIT_POSTED = "credit_posted", _("Credit posted")
    MONTH_CLOSED = "month_closed", _("Month closed")
    INVOICE_ISSUED = "invoice_issued", _("Invoice issued")
    INVOICE_REFUSED = "invoice_refused", _("Issuing of an invoice refused")
    PAYMENT_POSTED = "payment_posted", _("Payment posted")
    PAYMENT_REVERSED = "payment_reversed", _("Payment reversed")
    PAYMENT_REFUSED = "payment_refused", _("Payment refused")
    CALENDAR_MADE = "calendar_made", _("Calendar address made")
    CALENDAR_REPLACED = "calendar_replaced", _("Calendar address replaced")
    CALENDAR_REVOKED = "calendar_revoked", _("Calendar address revoked")
    WEEKLY_MAIL_SET = "weekly_mail_set", _("Weekly mail switched on or off")
    REQUEST_FILED = "request_filed", _("Support request filed")
    REQUEST_REPLIED = "request_replied", _("Support request answered")
    REQUEST_CLOSED = "request_closed", _("Support request closed")
    REQUEST_CONTACT_REMOVED = "request_contact_removed", _("Contact and files of a support request removed")
    REQUEST_ASSIGNED = "request_assigned", _("Support request assigned")
    REQUEST_NOTED = "request_noted", _("Note on a support request written")
    REQUEST_DUE_CHANGED = "request_due_changed", _("Due time of a support request changed")
    REFUND_APPROVED_FIRST = "refund_approved_first", _("Refund approved by the first of two")
    REFUND_APPROVAL_WITHDRAWN = "refund_approval_withdrawn", _("First approval of a refund withdrawn")
    REFUND_APPROVED = "refund_approved", _("Refund approved")
    REFUND_DENIED = "refund_denied", _("Refund denied")
    REQUEST_REFUSED = "request_refused", _("Support request refused")
    EVIDENCE_READ = "evidence_read", _("Evidence of a support request read")
    FILE_ADDED = "file_added", _("File of a support request added")
    FILE_DOWNLOADED = "file_downloaded", _("File of a support request downloaded")
    FILE_REMOVED = "file_removed", _("File of a support request removed")
    FILE_REFUSED = "file_refused", _("File of a support request refused")
    SUPPORT_HOUSE_CHANGED = "support_house_changed", _("Settings of support changed")
    SUPPORT_HOUSE_REFUSED = "support_house_refused", _("Change of the settings of support refused")
    MAIL_TRIED_AGAIN = "mail_tried_again", _("Mail tried again")
    MAILS_REMOVED = "mails_removed", _("Mails of 90 days ago removed")
    LOG_READ = "log_read", _("Activity log read")
    LOG_EXPORTED = "log_exported", _("Activity log exported")
    LOG_EXPORT_DOWNLOADED = "log_export_downloaded", _("Export of the activity log downloaded")
    LOG_EXPORT_REMOVED = "log_export_removed", _("Export of the activity log removed")
    LOG_EXPORT_REFUSED = "log_export_refused", _("Export of the activity log refused")
    LOG_VIEW_CHANGED = "log_view_changed", _("Saved view of the activity log changed")
    LOG_MONTH_DROPPED = "log_month_dropped", _("Month of the activity log dropped")
    LOG_ADDRESSES_REDACTED = "log_addresses_redacted", _("IP addresses of the activity log redacted")
    SEAL_KEY_INTRODUCED = "seal_key_introduced", _("Key of the seals introduced")
    FEED_CHANGED = "feed_changed", _("Feed of the activity log changed")
    FEED_REFUSED = "feed_refused", _("Feed of the activity log refused")
    WEBHOOK_REPLAYED = "webhook_replayed", _("Webhook sent again")


# What the log page lists first (A1): who came by a key, a link or a download, and who was refused one.
SAW_THE_KEY = frozenset({Action.KEY_REVEALED, Action.KEY_COPIED, Action.KEY_EXPORTED, Action.KEY_READ})
MADE_THE_LINK = frozenset({Action.LINK_GRANTED, Action.LINK_RENEWED})
USED_THE_LINK = frozenset({Action.DOWNLOAD_STARTED})
KEYS_AND_DOWNLOADS = frozenset(
    {*SAW_THE_KEY, *MADE_THE_LINK, *USED_THE_LINK, Action.KEY_REFUSED, Action.LINK_REFUSED, Action.DOWNLOAD_REFUSED}
)

# Of the operator's own chain only: a partner is not told that there is such a thing (S5).
OPERATORS_OWN = frozenset(
    {
        Action.CATALOGUE_CHANGED,
        Action.CATALOGUE_CHANGE_REFUSED,
        Action.PRICE_LIST_IMPORTED,
        Action.TAX_RATES_IMPORTED,
        Action.BUILD_IMPORTED,
        Action.KEYS_IMPORTED,
        Action.KEYS_ROTATED,
        Action.REQUEST_ASSIGNED,
        Action.REQUEST_NOTED,
        Action.REQUEST_DUE_CHANGED,
        Action.REFUND_APPROVED_FIRST,
        Action.REFUND_APPROVAL_WITHDRAWN,
        Action.EVIDENCE_READ,
        Action.SUPPORT_HOUSE_CHANGED,
        Action.SUPPORT_HOUSE_REFUSED,
        Action.MAIL_TRIED_AGAIN,
        Action.MAILS_REMOVED,
        Action.DOWNLOADS_REMOVED,
        Action.SEAL_KEY_INTRODUCED,
        Action.LOG_ADDRESSES_REDACTED,
    }
)
