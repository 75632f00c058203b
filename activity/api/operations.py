"""What the Partner Center API calls our actions: an operation on a kind of resource (partner-center-api.md, 10).

Where it has no word, the operation is called as our action is, which its clients read as undefined.
"""

from collections.abc import Mapping

from activity.models import Action

# The kind of resource that each action is about.
_OF: Mapping[str, tuple[Action, ...]] = {
    "software_key": (
        Action.KEYS_ALLOTTED,
        Action.KEYS_PENDING,
        Action.KEY_REVEALED,
        Action.KEY_READ,
        Action.KEY_COPIED,
        Action.KEY_EXPORTED,
        Action.KEY_REVOKED,
        Action.KEY_REFUSED,
        Action.KEYS_IMPORTED,
        Action.KEYS_ROTATED,
    ),
    "software_download_link": (
        Action.LINK_GRANTED,
        Action.LINK_RENEWED,
        Action.LINK_EXPIRED,
        Action.LINK_REVOKED,
        Action.LINK_REFUSED,
        Action.DOWNLOAD_STARTED,
        Action.DOWNLOAD_REFUSED,
        Action.DOWNLOAD_RELEASED,
        Action.DOWNLOAD_CLOSED,
        Action.DOWNLOAD_SUPPOSED_SENT,
        Action.DOWNLOADS_REMOVED,
        Action.DOWNLOADS_MISCOUNTED,
    ),
    "order": (
        Action.ORDER_PLACED,
        Action.ORDER_REFUSED,
        Action.CART_EMPTIED,
        Action.PURCHASE_CANCELLED,
        Action.QUANTITY_CANCELLED,
        Action.CANCEL_REFUSED,
        Action.CERTIFICATE_MADE,
    ),
    "invoice": (
        Action.MONTH_CLOSED,
        Action.INVOICE_ISSUED,
        Action.INVOICE_REFUSED,
        Action.PAYMENT_POSTED,
        Action.PAYMENT_REVERSED,
        Action.PAYMENT_REFUSED,
    ),
    "credit": (Action.CREDIT_POSTED,),
    "spending_limit": (Action.CREDIT_LIMIT_SET,),
    "customer": (
        Action.CUSTOMER_CREATED,
        Action.CUSTOMER_CHANGED,
        Action.CUSTOMERS_IMPORTED,
        Action.CUSTOMER_CHANGE_REFUSED,
    ),
    "partner_user": (
        Action.SIGNED_IN,
        Action.SIGN_IN_REFUSED,
        Action.PASSWORD_RESET_ASKED,
        Action.PASSWORD_CHANGED,
        Action.ACCESS_REFUSED,
        Action.USER_CREATED,
        Action.USER_INVITED,
        Action.INVITATION_REVOKED,
        Action.INVITATION_REFUSED,
        Action.ROLES_CHANGED,
        Action.USER_DEACTIVATED,
        Action.USER_REACTIVATED,
        Action.USER_CHANGE_REFUSED,
    ),
    "application": (
        Action.API_CLIENT_MADE,
        Action.API_CLIENT_CHANGED,
        Action.API_CLIENT_REVOKED,
        Action.API_CLIENT_REFUSED,
        Action.API_TOKEN_MADE,
        Action.API_TOKEN_REFUSED,
    ),
    "application_credential": (Action.API_CLIENT_SECRET_REPLACED,),
    "partner": (Action.PARTNER_CREATED, Action.PARTNER_CHANGED),
    "software_page": (
        Action.CALENDAR_MADE,
        Action.CALENDAR_REPLACED,
        Action.CALENDAR_REVOKED,
        Action.WEEKLY_MAIL_SET,
    ),
    "catalogue": (
        Action.CATALOGUE_CHANGED,
        Action.CATALOGUE_CHANGE_REFUSED,
        Action.PRICE_LIST_IMPORTED,
        Action.TAX_RATES_IMPORTED,
        Action.BUILD_IMPORTED,
    ),
    "service_request": (
        Action.REQUEST_FILED,
        Action.REQUEST_REPLIED,
        Action.REQUEST_CLOSED,
        Action.REQUEST_CONTACT_REMOVED,
        Action.REQUEST_ASSIGNED,
        Action.REQUEST_NOTED,
        Action.REQUEST_DUE_CHANGED,
        Action.REFUND_APPROVED_FIRST,
        Action.REFUND_APPROVAL_WITHDRAWN,
        Action.REFUND_APPROVED,
        Action.REFUND_DENIED,
        Action.REQUEST_REFUSED,
        Action.EVIDENCE_READ,
        Action.FILE_ADDED,
        Action.FILE_DOWNLOADED,
        Action.FILE_REMOVED,
        Action.FILE_REFUSED,
        Action.SUPPORT_HOUSE_CHANGED,
        Action.SUPPORT_HOUSE_REFUSED,
    ),
    "mail": (Action.MAIL_TRIED_AGAIN, Action.MAILS_REMOVED),
    "audit_record": (
        Action.LOG_READ,
        Action.LOG_EXPORTED,
        Action.LOG_EXPORT_DOWNLOADED,
        Action.LOG_EXPORT_REMOVED,
        Action.LOG_EXPORT_REFUSED,
        Action.LOG_VIEW_CHANGED,
        Action.LOG_MONTH_DROPPED,
        Action.LOG_ADDRESSES_REDACTED,
        Action.SEAL_KEY_INTRODUCED,
        Action.FEED_CHANGED,
        Action.FEED_REFUSED,
        Action.WEBHOOK_REPLAYED,
    ),
}
RESOURCE_OF: Mapping[Action, str] = {action: resource for resource, actions in _OF.items() for action in actions}
ACTIONS_OF = _OF

# Where that API has a word of its own for it.
_OPERATIONS: Mapping[str, tuple[Action, ...]] = {
    "get_software_key": (
        Action.KEY_REVEALED,
        Action.KEY_READ,
        Action.KEY_COPIED,
        Action.KEY_EXPORTED,
        Action.KEY_REFUSED,
    ),
    "get_software_download_link": (Action.LINK_GRANTED, Action.LINK_RENEWED, Action.LINK_REFUSED),
    "create_order": (Action.ORDER_PLACED, Action.ORDER_REFUSED),
    "update_order": (Action.PURCHASE_CANCELLED, Action.QUANTITY_CANCELLED, Action.CANCEL_REFUSED),
    "add_customer": (Action.CUSTOMER_CREATED, Action.CUSTOMERS_IMPORTED),
    "update_customer_billing_profile": (Action.CUSTOMER_CHANGED, Action.CUSTOMER_CHANGE_REFUSED),
    "ready_invoice": (Action.INVOICE_ISSUED,),
    "create_credit": (Action.CREDIT_POSTED,),
    "create_partner_user": (Action.USER_CREATED, Action.USER_INVITED),
    "update_partner_user": (Action.ROLES_CHANGED, Action.USER_REACTIVATED, Action.USER_CHANGE_REFUSED),
    "remove_partner_user": (Action.USER_DEACTIVATED,),
    "register_application": (Action.API_CLIENT_MADE,),
}
_NAMED: Mapping[Action, str] = {action: word for word, actions in _OPERATIONS.items() for action in actions}


def operation_of(action: Action) -> str:
    """What is told as `operationType`."""
    return _NAMED.get(action, action.value)


def status_of(action: Action) -> str:
    """What is told as `operationStatus`: what was refused was declined."""
    return "decline" if action.value.endswith("_refused") else "succeeded"
