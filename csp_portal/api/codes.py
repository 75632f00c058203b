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
    "webhook_changed_meanwhile": (412, "2055"),
    "market_fixed": (409, "3000"),
    "relationship_stays": (400, "3000"),
    "country_unknown": (404, "1000"),
    # Catalogue
    "catalog_item_missing": (400, "900142"),
    "catalog_item_unknown": (400, "800004"),
    "product_not_found": (404, "400013"),
    "sku_not_found": (404, "400018"),
    "availability_not_found": (404, "400019"),
    "target_segment_unknown": (403, "400030"),
    "target_view_unknown": (403, "400036"),
    # Carts
    "cart_not_found": (404, "800008"),
    "cart_busy": (409, "800064"),
    "cart_ordered": (400, "800065"),
    "cart_expired": (400, "800009"),
    "cart_lines_wrong": (400, "800009"),
    "cart_empty": (400, "800002"),
    "cart_full": (400, "800002"),
    "quantity_out_of_range": (400, "800017"),
    "reservation_not_sold_in_market": (400, "800070"),
    "not_priced_in_market": (403, "800020"),
    "never_cancellable_not_accepted": (400, "800002"),
    "line_currency_wrong": (400, "3000"),
    "line_billing_wrong": (400, "3000"),
    "line_term_wrong": (400, "3000"),
    "line_beyond": (400, "3000"),
    "nothing_to_renew": (400, "3000"),
    "no_credit_limit": (403, "800023"),
    "credit_limit_exceeded": (403, "800023"),
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
    # Support requests
    "customer_unknown": (400, "3000"),
    "order_not_of_customer": (400, "3000"),
    "refund_without_line": (400, "3000"),
    "amount_not_creditable": (400, "3000"),
    "amount_too_fine": (400, "3000"),
    "refund_notice_not_accepted": (400, "3000"),
    "nothing_written": (400, "3000"),
    "text_too_long": (400, "3000"),
    "key_in_text": (400, "3000"),
    "attachment_empty": (400, "3000"),
    "attachment_too_large": (400, "3000"),
    "attachment_type_not_taken": (400, "3000"),
    "attachment_not_what_it_says": (400, "3000"),
    "virus_found": (400, "3000"),
    "too_many_files": (400, "3000"),
    "request_ended": (409, "409"),
    # Activity log and its feeds
    "view_gone": (404, "1000"),
    "feed_gone": (404, "1000"),
    "webhook_gone": (404, "1000"),
}


# the same where the refusal's fact `kind` says what it is about
BY_KIND = {
    ("support_request_only", "reservation"): (403, "800019"),
}


def numbered(reason: str, status: int, kind: str = "") -> tuple[int, str]:
    """HTTP status and number of a refusal."""
    usual = BY_REASON.get(reason, (status, BY_STATUS.get(status, str(status))))
    return BY_KIND.get((reason, kind), usual)
