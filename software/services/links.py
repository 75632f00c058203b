"""Granting, renewing and revoking links (K3, K4)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from activity.models import Action
from activity.services import record, refusals_recorded
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require
from csp_portal.calendar_utc import start_of_day, utc_day
from csp_portal.errors import Refusal
from csp_portal.key_text import holds_key
from csp_portal.typed_text import one_line
from software import reasons
from software.models import (
    LINK_DOWNLOADS,
    LINK_LIFETIME,
    LONGEST_LABEL,
    MOST_LINKS,
    Build,
    DownloadLink,
    DownloadSession,
    Grant,
    SessionEnd,
    SoftwarePurchase,
)

_GRANT = (  # what a new grant changes of a link
    "address_number",
    "token_key_id",
    "grant_number",
    "granted_at",
    "granted_by",
    "expires_at",
    "limit",
    "used",
    "expired_at",
    "short_told_at",
    "end_told_at",
)


@dataclass(frozen=True)
class Granted:
    """The link as it stands; `overtaken` where its grant was another by now than the actor had seen (K4)."""

    link: DownloadLink
    overtaken: bool = False


@refusals_recorded(Action.LINK_REFUSED)
@transaction.atomic
def grant_link(purchase_id: UUID, build_id: UUID, *, label: str = "", grant_seen: int, actor: User) -> Granted:
    """The purchase's link to a build: made, shown as it is while it lives, or granted anew once it is dead (K4).

    Beside the one without a label stands one for each label, whatever the case of its letters. `grant_seen` is the
    grant number the form showed (0 where there was no link); with an old one nothing changes.
    Raises Refusal (role, purchase not active, term over, build of another product, label too long, too many links with
    a label, a grant that never was); DoesNotExist for another partner's purchase.
    """
    now = timezone.now()
    purchase = _locked_purchase(actor, public_id=purchase_id)
    require(actor, Permission.GET_KEYS, on=purchase)
    build = Build.objects.get(public_id=build_id)
    _check_downloadable(purchase, build, now)
    label = _kept_label(label, purchase)
    link = _locked_link(purchase=purchase, build=build, label__iexact=label, revoked_at=None)
    if link is None:
        return Granted(_make_link(purchase, build, label, actor, now))
    if _is_overtaken(link, grant_seen):
        return Granted(link, overtaken=True)
    if link.reason_unusable(now) is None:
        return Granted(link)
    return Granted(_grant_anew(link, actor, now))


@refusals_recorded(Action.LINK_REFUSED)
@transaction.atomic
def renew_link(link_id: UUID, *, grant_seen: int, replace_address: bool = False, actor: User) -> Granted:
    """Give a link, live or dead, its time and downloads from now: both reset, never added (K4).

    It keeps its address unless that is to be replaced; the old one is then dead at once, and downloads that were
    started with it go on for their 24 hours. With another grant number than the link's nothing changes.
    Raises Refusal (role, purchase not active, term over, link revoked, a grant that never was); DoesNotExist for
    another partner's link.
    """
    now = timezone.now()
    link = _own_link(link_id, actor)
    _check_downloadable(link.purchase, link.build, now)
    if link.revoked_at is not None:
        raise Refusal(reasons.LINK_STAYS_REVOKED, on=link, revoked_at=link.revoked_at)
    if _is_overtaken(link, grant_seen):
        return Granted(link, overtaken=True)
    if replace_address:
        link.replace_address()
    return Granted(_grant_anew(link, actor, now))


@refusals_recorded(Action.LINK_REFUSED)
@transaction.atomic
def revoke_link(link_id: UUID, *, grant_seen: int | None = None, actor: User) -> Granted:
    """Kill a link and all its downloads at once; one that is revoked already stays as it is.

    `grant_seen` is the grant that the actor saw, where only that one is to be revoked: with another nothing changes.
    Raises Refusal (role, a grant that never was); DoesNotExist for another partner's link.
    """
    now = timezone.now()
    link = _own_link(link_id, actor)
    if grant_seen is not None and _is_overtaken(link, grant_seen):
        return Granted(link, overtaken=True)
    if link.revoked_at is None:
        link.revoked_at = now
        link.save(update_fields=["revoked_at"])
        sessions = DownloadSession.objects.filter(link=link).close(SessionEnd.REVOKED, now)
        record(Action.LINK_REVOKED, actor=actor, on=link, details={"grant": link.grant_number, "sessions": sessions})
    return Granted(link)


def _locked_purchase(actor: User, **which: object) -> SoftwarePurchase:
    visible = SoftwarePurchase.objects.visible_to(actor).for_log()
    return visible.select_for_update(of=("self",)).get(**which)


def _locked_link(**which: object) -> DownloadLink | None:
    return DownloadLink.objects.with_purchase().select_for_update(of=("self",)).filter(**which).first()


def _own_link(link_id: UUID, actor: User) -> DownloadLink:
    """A link that `actor` may act on, locked after its purchase; both as they are under their locks."""
    purchase_id = DownloadLink.objects.visible_to(actor).values_list("purchase_id", flat=True).get(public_id=link_id)
    purchase = _locked_purchase(actor, pk=purchase_id)
    require(actor, Permission.GET_KEYS, on=purchase)
    link = _locked_link(public_id=link_id)
    assert link is not None  # links are never deleted
    link.purchase = purchase
    return link


def _is_overtaken(link: DownloadLink, grant_seen: int) -> bool:
    if grant_seen > link.grant_number:
        raise Refusal(reasons.GRANT_UNKNOWN, on=link)
    return grant_seen != link.grant_number


def refusal_of_purchase(purchase: SoftwarePurchase, now: datetime) -> Refusal | None:
    """Why the purchase has no links any more; None while it runs (C6, B6)."""
    if not purchase.is_active:
        facts = {"order": purchase.order_number, "status": purchase.get_status_display()}
        return Refusal(reasons.PURCHASE_NOT_ACTIVE, on=purchase, **facts)
    if purchase.has_ended(utc_day(now)):
        return Refusal(reasons.TERM_OVER, on=purchase, order=purchase.order_number, term_end=purchase.term_end)
    return None


def refusal_of_more_links(purchase: SoftwarePurchase, build: Build, count: int) -> Refusal | None:
    """Why there is no labelled link to the build beside the `count` that stand; None while there may be (K4)."""
    if count < MOST_LINKS:
        return None
    return Refusal(reasons.TOO_MANY_LINKS, on=purchase, limit=MOST_LINKS, file=build.file_name)


def _check_downloadable(purchase: SoftwarePurchase, build: Build, now: datetime) -> None:
    refusal = refusal_of_purchase(purchase, now)
    if refusal is not None:
        raise refusal
    if build.product_id != purchase.sku.product_id:
        raise Refusal(reasons.BUILD_OF_OTHER_PRODUCT, on=purchase)


def _kept_label(label: str, purchase: SoftwarePurchase) -> str:
    kept = one_line(label)
    if len(kept) > LONGEST_LABEL:
        raise Refusal(reasons.LABEL_TOO_LONG, on=purchase, longest=LONGEST_LABEL)
    if holds_key(kept):
        raise Refusal(reasons.LABEL_HOLDS_KEY, on=purchase)
    return kept


def _check_labels_left(purchase: SoftwarePurchase, build: Build) -> None:
    """Refuse one link with a label too many; the one without always has its place."""
    labelled = purchase.links.filter(build=build, revoked_at=None).exclude(label="")
    refusal = refusal_of_more_links(purchase, build, labelled.count())
    if refusal is not None:
        raise refusal


def _make_link(purchase: SoftwarePurchase, build: Build, label: str, actor: User, now: datetime) -> DownloadLink:
    if label:
        _check_labels_left(purchase, build)
    link = DownloadLink.objects.create(
        purchase=purchase,
        build=build,
        label=label,
        granted_at=now,
        granted_by=actor,
        expires_at=_expiry(purchase, now),
    )
    _keep_grant(link)
    record(Action.LINK_GRANTED, actor=actor, on=link, details=_grant_details(link))
    return link


def _expiry(purchase: SoftwarePurchase, now: datetime) -> datetime:
    """Two weeks from the grant (K3), or the end of the paid term if that comes first (B6)."""
    if purchase.term_end is None:
        return now + LINK_LIFETIME
    return min(now + LINK_LIFETIME, start_of_day(purchase.term_end))


def _grant_anew(link: DownloadLink, actor: User, now: datetime) -> DownloadLink:
    """A new grant: its time and its downloads are reset, never added (K4)."""
    if not link.has_address:
        link.replace_address()  # the key of its token was retired
    link.grant_number += 1
    link.granted_at = now
    link.granted_by = actor
    link.expires_at = _expiry(link.purchase, now)
    link.limit = LINK_DOWNLOADS
    link.used = 0
    link.expired_at = link.short_told_at = link.end_told_at = None
    link.save(update_fields=_GRANT)
    _keep_grant(link)
    record(Action.LINK_RENEWED, actor=actor, on=link, details=_grant_details(link))
    return link


def _keep_grant(link: DownloadLink) -> None:
    """Write down the grant that stands now: the link forgets it with the next one."""
    Grant.objects.create(
        link=link,
        number=link.grant_number,
        granted_at=link.granted_at,
        granted_by=link.granted_by,
        expires_at=link.expires_at,
        limit=link.limit,
        address_number=link.address_number,
    )


def _grant_details(link: DownloadLink) -> dict[str, object]:
    build = link.build
    return {
        "grant": link.grant_number,
        "address": link.address_number,
        "expires_at": link.expires_at.isoformat(),
        "downloads": link.limit,
        "version": build.version,
        "language": build.language,
        "file_type": build.file_type,
    }
