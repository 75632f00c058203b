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
    # Catalogue
    "catalog_item_missing": (400, "900142"),
    "catalog_item_unknown": (400, "800004"),
}


def numbered(reason: str, status: int) -> tuple[int, str]:
    """HTTP status and number of a refusal."""
    return BY_REASON.get(reason, (status, BY_STATUS.get(status, str(status))))
