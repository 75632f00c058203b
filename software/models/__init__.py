"""The catalogue, and what was bought from it: purchases, keys, links and download sessions."""

from software.models.catalogue import MOST_UNITS, Build, KeyIssue, Kind, Price, Product, Sku
from software.models.keys import KeyStatus, ProductKey
from software.models.links import (
    LINK_DOWNLOADS,
    LINK_LIFETIME,
    LONGEST_LABEL,
    MOST_LINKS,
    DownloadLink,
    Grant,
    LinkState,
)
from software.models.markets import MarketRestriction, TaxRate
from software.models.policies import MOST_WINDOW_DAYS, CancellationPolicy, PolicyVersion
from software.models.purchases import KeyState, PurchaseStatus, SoftwarePurchase
from software.models.removed import RemovedDownloads
from software.models.sessions import (
    FIRST_BYTE_WITHIN,
    LONGEST_USER_AGENT,
    SESSION_LIFETIME,
    SESSIONS_KEPT_MONTHS,
    SPARE_BYTES,
    DownloadSession,
    SessionEnd,
)
from software.models.transfers import Transfer, TransferLog

__all__ = [
    "FIRST_BYTE_WITHIN",
    "LINK_DOWNLOADS",
    "LINK_LIFETIME",
    "LONGEST_LABEL",
    "LONGEST_USER_AGENT",
    "MOST_LINKS",
    "MOST_UNITS",
    "MOST_WINDOW_DAYS",
    "SESSIONS_KEPT_MONTHS",
    "SESSION_LIFETIME",
    "SPARE_BYTES",
    "Build",
    "CancellationPolicy",
    "DownloadLink",
    "DownloadSession",
    "Grant",
    "KeyIssue",
    "KeyState",
    "KeyStatus",
    "Kind",
    "LinkState",
    "MarketRestriction",
    "PolicyVersion",
    "Price",
    "Product",
    "ProductKey",
    "PurchaseStatus",
    "RemovedDownloads",
    "SessionEnd",
    "Sku",
    "SoftwarePurchase",
    "TaxRate",
    "Transfer",
    "TransferLog",
]
