"""Granting links and counting downloads (K3 to K6)."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from activity.models import Action
from activity.services import Actor, SignedIn, record, refusals_recorded
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require
from csp_portal.calendar_utc import start_of_day, utc_day
from csp_portal.errors import Refusal
from software import custody, reasons
from software.models import (
    LINK_DOWNLOADS,
    LINK_LIFETIME,
    SESSION_LIFETIME,
    Build,
    DownloadLink,
    DownloadSession,
    SoftwarePurchase,
)


@refusals_recorded(Action.LINK_REFUSED)
@transaction.atomic
def grant_link(purchase_id: UUID, build_id: UUID, *, grant_seen: int, actor: User) -> DownloadLink:
    """The purchase's link to a build: made, shown as it is while it lives, or granted anew once it is dead (K4).

    `grant_seen` is the grant number the form showed (0 where there was no link); with an old one nothing changes.
    Raises Refusal (role, purchase not active, build of another product); DoesNotExist for another partner's purchase.
    """
    now = timezone.now()
    visible = SoftwarePurchase.objects.visible_to(actor).for_log()
    purchase = visible.select_for_update(of=("self",)).get(public_id=purchase_id)
    require(actor, Permission.GET_KEYS, on=purchase)
    build = Build.objects.get(public_id=build_id)
    _check_downloadable(purchase, build, now)
    link = (
        DownloadLink.objects.with_purchase()
        .select_for_update(of=("self",))
        .filter(purchase=purchase, build=build, label="", revoked_at=None)
        .first()
    )
    if link is None:
        return _make_link(purchase, build, actor, now)
    if link.reason_unusable(now) is None or grant_seen != link.grant_number:
        return link
    return _grant_anew(link, actor, now)


def _check_downloadable(purchase: SoftwarePurchase, build: Build, now: datetime) -> None:
    if not purchase.is_active:
        raise Refusal(
            reasons.PURCHASE_NOT_ACTIVE,
            on=purchase,
            order=purchase.order_number,
            status=purchase.get_status_display(),
        )
    if purchase.has_ended(utc_day(now)):
        raise Refusal(reasons.TERM_OVER, on=purchase, order=purchase.order_number, term_end=purchase.term_end)
    if build.product_id != purchase.sku.product_id:
        raise Refusal(reasons.BUILD_OF_OTHER_PRODUCT, on=purchase)


def _make_link(purchase: SoftwarePurchase, build: Build, actor: User, now: datetime) -> DownloadLink:
    link = DownloadLink.objects.create(
        purchase=purchase, build=build, granted_at=now, granted_by=actor, expires_at=_expiry(purchase, now)
    )
    record(Action.LINK_GRANTED, actor=actor, on=link, details=_grant_details(link))
    return link


def _expiry(purchase: SoftwarePurchase, now: datetime) -> datetime:
    """Two weeks from the grant (K3), or the end of the paid term if that comes first (B6)."""
    if purchase.term_end is None:
        return now + LINK_LIFETIME
    return min(now + LINK_LIFETIME, start_of_day(purchase.term_end))


def _grant_anew(link: DownloadLink, actor: User, now: datetime) -> DownloadLink:
    """A new grant: its time and its downloads are reset, never added (K4)."""
    link.grant_number += 1
    link.granted_at = now
    link.granted_by = actor
    link.expires_at = _expiry(link.purchase, now)
    link.limit = LINK_DOWNLOADS
    link.used = 0
    if not link.has_address:
        link.token_key_id = custody.newest_token_key_id()  # the address changes: the old one opens nothing any more
    link.save(update_fields=["grant_number", "granted_at", "granted_by", "expires_at", "limit", "used", "token_key_id"])
    record(Action.LINK_RENEWED, actor=actor, on=link, details=_grant_details(link))
    return link


def _grant_details(link: DownloadLink) -> dict[str, object]:
    build = link.build
    return {
        "grant": link.grant_number,
        "expires_at": link.expires_at.isoformat(),
        "downloads": link.limit,
        "version": build.version,
        "language": build.language,
        "file_type": build.file_type,
    }


def usable_link(token: str) -> DownloadLink:
    """The link as its landing page shows it; looking never counts (K5).

    Raises DownloadLink.DoesNotExist for a token we did not make, Refusal (410) for a dead link.
    """
    link = DownloadLink.objects.with_purchase().from_token(token)
    now = timezone.now()
    if link.reason_unusable(now) is not None:
        raise dead_link(link, now)
    return link


def start_download(token: str, *, user: User | None) -> DownloadSession:
    """Count one download and open its session, or say why there is none left (K5, K6).

    `user` is who is signed in, if anybody; only somebody who may see the purchase is named in the log (A1).
    Raises DownloadLink.DoesNotExist for a token we did not make, Refusal (410) for a dead link.
    """
    link = DownloadLink.objects.with_purchase().select_related("granted_by").from_token(token)
    return _count_and_open(link, actor=_starter(link, user))


def _starter(link: DownloadLink, user: User | None) -> Actor | SignedIn:
    may_see = (
        user is not None
        and user.may(Permission.SEE_SOFTWARE)
        and SoftwarePurchase.objects.visible_to(user).filter(pk=link.purchase_id).exists()
    )
    return user if user is not None and may_see else Actor.link_holder()


@refusals_recorded(Action.DOWNLOAD_REFUSED)
@transaction.atomic
def _count_and_open(link: DownloadLink, *, actor: Actor | SignedIn) -> DownloadSession:
    now = timezone.now()
    while not DownloadLink.objects.usable(now).filter(pk=link.pk).update(used=F("used") + 1):
        _reread(link)
        if link.reason_unusable(now) is not None:
            raise dead_link(link, now)  # else it was granted anew between the two statements: count again
    _reread(link)  # the row is ours until the commit; what was read before the UPDATE may be stale
    session = DownloadSession.objects.create(
        link=link,
        grant_number=link.grant_number,
        started_at=now,
        expires_at=now + SESSION_LIFETIME,
        build_sha256=link.build.sha256,
    )
    record(Action.DOWNLOAD_STARTED, actor=actor, on=link, details={"session": str(session.public_id)})
    return session


def _reread(link: DownloadLink) -> None:
    link.refresh_from_db(fields=["used", "limit", "granted_by", "expires_at", "revoked_at", "grant_number"])


def dead_link(link: DownloadLink, now: datetime) -> Refusal:
    """Why a dead link starts nothing, and whom to ask: the partner's support contact, naming no customer (K6)."""
    reason = link.reason_unusable(now)
    assert reason is not None  # asked only of dead links
    return Refusal(
        reason,
        on=link,
        expired_at=link.expires_at,
        limit=link.limit,
        **whom_to_ask(link),
    )


def whom_to_ask(link: DownloadLink) -> dict[str, str]:
    """The facts of a refusal to somebody without sign-in: the partner's contact, never the customer (K6)."""
    partner = link.purchase.customer.partner
    return {"partner": partner.legal_name, "contact": partner.contact}
