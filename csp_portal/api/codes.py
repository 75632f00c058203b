"""The number that the Partner Center API gives to each refusal (partner-center-api.md, 1.8 and 6.1).

By the code of the reason; what is not named has the number of its status.
"""

BY_STATUS = {
    400: "800002",
    401: "400",
    403: "900150",
    404: "1000",
    405: "405",
    406: "406",
    409: "800060",
    410: "410",
    412: "2055",
    429: "429",
    500: "500",
    503: "503",
}
# reason: HTTP status and number
BY_REASON = {
    "token_missing": (401, "800001"),
    "token_wrong": (401, "400"),
    "feed_token_wrong": (401, "800001"),
    "role_required": (403, "900150"),
    "customer_not_found": (404, "60003"),
    "limited_to_customers": (403, "2032"),
    # Customers
    "customer_taken": (409, "3000"),
    "customer_changed_meanwhile": (412, "2055"),
    "etag_outdated": (400, "2055"),
    "market_fixed": (409, "3000"),
    "relationship_stays": (400, "3000"),
    "country_unknown": (404, "1000"),
    # Catalogue
    "catalog_item_missing": (400, "900142"),
    "catalog_item_unknown": (400, "800004"),
    # Orders
    "order_not_found": (404, "20000"),
    "line_number_wrong": (400, "800071"),
    # Keys and links
    "key_revoked": (410, "410"),
    "link_stays_revoked": (410, "410"),
    "purchase_not_active": (410, "410"),
    "term_over": (410, "410"),
    "grant_unknown": (400, "2055"),
    "label_too_long": (400, "3000"),
    "label_holds_key": (400, "3000"),
    "build_unknown": (400, "3000"),
    # Cancelling
    "already_cancelled": (400, "800061"),
    "never_cancellable": (400, "800061"),
    "support_request_only": (400, "800061"),
    "reservation_by_support_only": (403, "800019"),
    "refund_request_open": (409, "800014"),
    "window_closed": (400, "900117"),
    "quantity_not_left": (400, "800061"),
    "only_whole": (400, "800061"),
    "quote_expired": (400, "2055"),
    "line_changed": (400, "2055"),
    "cancelled_meanwhile": (400, "2055"),
    "quote_not_valid": (400, "3000"),
    "quote_unreadable": (400, "3000"),
    "subscription_not_found": (404, "20003"),
    # Words of an enumeration
    "word_unknown": (400, "900126"),
}


def numbered(reason: str, status: int) -> tuple[int, str]:
    """HTTP status and number of a refusal."""
    return BY_REASON.get(reason, (status, BY_STATUS.get(status, str(status))))
