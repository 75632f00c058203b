"""Taking keys and links away with what is cancelled, in the cancellation's transaction (C6, C8)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from software.models import (
    DownloadLink,
    DownloadSession,
    KeyIssue,
    KeyState,
    KeyStatus,
    ProductKey,
    PurchaseStatus,
    SessionEnd,
    SoftwarePurchase,
)

R = TypeVar("R", ProductKey, DownloadLink)


@dataclass(frozen=True)
class Revoked:
    """What a cancellation took away: keys and links, as they were before, and how many open downloads."""

    keys: list[ProductKey]
    links: list[DownloadLink]
    sessions: int


def revoke_purchase(purchase: SoftwarePurchase, *, now: datetime) -> Revoked:
    """Cancel the purchase and revoke its keys, links and sessions (C6).

    The caller has locked the purchase and records what happened.
    """
    purchase.status = PurchaseStatus.CANCELLED
    purchase.cancelled_at = now
    purchase.key_state = KeyState.NONE if purchase.key_state == KeyState.NONE else KeyState.REVOKED
    purchase.save(update_fields=["status", "cancelled_at", "key_state"])
    keys = _revoke_keys(_locked_keys(purchase), now)
    links = _revoke_links(purchase, now)
    return Revoked(keys, links, _close_sessions(purchase, now))


def revoke_units(purchase: SoftwarePurchase, *, left: int, now: datetime) -> Revoked:
    """Revoke the keys of cancelled units, so that `left` units keep theirs (C8).

    First those that nobody has seen, then the newest. The purchase goes on, and with it its links. The caller has
    locked it and records what happened.
    """
    if purchase.sku.key_issue != KeyIssue.PER_UNIT:
        return Revoked([], [], 0)
    keys = sorted(_locked_keys(purchase), key=lambda key: (key.seen_at is not None, -key.pk))
    return Revoked(_revoke_keys(keys[: max(len(keys) - left, 0)], now), [], 0)


def _locked_keys(purchase: SoftwarePurchase) -> list[ProductKey]:
    """Under their locks, so that a key that is being shown counts as seen."""
    allotted = ProductKey.objects.filter(purchase=purchase, status=KeyStatus.ALLOTTED)
    return _of(purchase, allotted.select_for_update().order_by("pk"))


def _revoke_keys(keys: list[ProductKey], now: datetime) -> list[ProductKey]:
    ProductKey.objects.filter(pk__in=[key.pk for key in keys]).update(status=KeyStatus.REVOKED, revoked_at=now)
    return keys


def _revoke_links(purchase: SoftwarePurchase, now: datetime) -> list[DownloadLink]:
    """Under their locks, so that a download that is being started with one is counted and closed."""
    live = DownloadLink.objects.filter(purchase=purchase, revoked_at=None).select_related("build", "granted_by")
    links = _of(purchase, live.select_for_update(of=("self",)).order_by("pk"))
    DownloadLink.objects.filter(pk__in=[link.pk for link in links]).update(revoked_at=now)
    return links


def _of(purchase: SoftwarePurchase, rows: Iterable[R]) -> list[R]:
    """The rows with the purchase that the caller has locked and named, for the log."""
    found = list(rows)
    for row in found:
        row.purchase = purchase
    return found


def _close_sessions(purchase: SoftwarePurchase, now: datetime) -> int:
    """Close the purchase's downloads; how many were open. Those whose 24 hours are over are no longer."""
    sessions = DownloadSession.objects.filter(link__purchase=purchase)
    sessions.over(now).close(SessionEnd.OVER, now)
    return sessions.close(SessionEnd.REVOKED, now)


def units_to_revoke(purchase: SoftwarePurchase, *, left: int) -> tuple[int, int]:
    """How many keys and links would be revoked if `left` units stayed: all of them for none (C6, C8)."""
    keys = ProductKey.objects.filter(purchase=purchase, status=KeyStatus.ALLOTTED)
    if not left:
        return keys.count(), DownloadLink.objects.filter(purchase=purchase, revoked_at=None).count()
    return (max(keys.count() - left, 0) if purchase.sku.key_issue == KeyIssue.PER_UNIT else 0), 0
