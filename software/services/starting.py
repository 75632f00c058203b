"""Looking at a link and starting downloads with it, as whoever holds its address does (K5, K6)."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from activity.models import Action
from activity.services import Actor, SignedIn, client_address, record, refusals_recorded
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission
from csp_portal.errors import Reason, Refusal
from software import reasons
from software.models import LONGEST_USER_AGENT, SESSION_LIFETIME, DownloadLink, DownloadSession, SoftwarePurchase


def usable_link(token: str) -> DownloadLink:
    """The link as its landing page shows it; looking never counts (K5).

    Raises DownloadLink.DoesNotExist for a token we did not make, Refusal (410) for a dead link or a replaced address.
    """
    link = DownloadLink.objects.with_purchase().from_token(token)
    _check_address(link, token)
    _check_usable(link, timezone.now())
    return link


def start_download(token: str, *, attempt: str = "", user: User | None, user_agent: str = "") -> DownloadSession:
    """Count one download and open its session, or say why there is none left (K5, K6).

    `attempt` is what the page's form carries. The same one again leads to the same session, whatever has become of
    that and of the link's grant, and counts nothing; without one every call counts. `user` is who is signed in, if
    anybody; only somebody who may see the purchase is named in the log (A1). The address of the client and its
    `user_agent` are kept with the session, for the link's history.
    Raises DownloadLink.DoesNotExist for a token we did not make; Refusal for a dead link or a replaced address (410),
    or an attempt that is not of this link (400).
    """
    return _start(token, attempt, user_agent, actor=_starter(token, user))


def _starter(token: str, user: User | None) -> Actor | SignedIn:
    if user is None or not user.may(Permission.SEE_SOFTWARE):
        return Actor.link_holder()
    link = DownloadLink.objects.from_token(token)
    may_see = SoftwarePurchase.objects.visible_to(user).filter(pk=link.purchase_id).exists()
    return user if may_see else Actor.link_holder()


@refusals_recorded(Action.DOWNLOAD_REFUSED)
@transaction.atomic
def _start(token: str, attempt: str, user_agent: str, *, actor: Actor | SignedIn) -> DownloadSession:
    now = timezone.now()
    link = _locked(token)
    _check_address(link, token)
    attempt_id = _attempt_id(link, attempt) if attempt else None
    earlier = link.sessions.filter(attempt_id=attempt_id).first() if attempt_id else None
    if earlier is not None:
        earlier.link = link
        return earlier
    if not DownloadLink.objects.usable(now).filter(pk=link.pk).update(used=F("used") + 1):
        raise _refusal(link.reason_unusable(now), link)
    session = DownloadSession.objects.create(
        link=link,
        grant_number=link.grant_number,
        attempt_id=attempt_id,
        started_at=now,
        expires_at=now + SESSION_LIFETIME,
        build_sha256=link.build.sha256,
        address=client_address.get() or None,
        user_agent=user_agent[:LONGEST_USER_AGENT],
    )
    record(Action.DOWNLOAD_STARTED, actor=actor, on=link, details={"session": str(session.public_id)})
    return session


def _locked(token: str) -> DownloadLink:
    """The link, locked for as short a time as can be: what the log says of it is read before.

    In a statement of its own, for to plan the joins of all in one takes PostgreSQL longer than the rest of a start.
    """
    named = with_names(DownloadLink.objects.only("purchase").from_token(token))
    link = DownloadLink.objects.select_related("build", "granted_by").select_for_update(of=("self",)).get(pk=named.pk)
    link.purchase = named.purchase
    return link


def _attempt_id(link: DownloadLink, attempt: str) -> UUID:
    attempt_id = link.attempt_in(attempt)
    if attempt_id is None:
        raise _refusal(reasons.ATTEMPT_UNKNOWN, link)
    return attempt_id


def _check_address(link: DownloadLink, token: str) -> None:
    if not link.has_token(token):
        raise _refusal(reasons.LINK_REPLACED, link)


def _check_usable(link: DownloadLink, now: datetime) -> None:
    reason = link.reason_unusable(now)
    if reason is not None:
        raise _refusal(reason, link)


def _refusal(reason: Reason | None, link: DownloadLink) -> Refusal:
    """Why the holder of a link is sent nothing, and whom to ask: the partner's contact, naming no customer (K6)."""
    assert reason is not None  # asked only of dead links
    return Refusal(reason, on=link, expired_at=link.expires_at, limit=link.limit, **whom_to_ask(link))


def with_names(link: DownloadLink) -> DownloadLink:
    """The link with what the log says of it."""
    link.purchase = SoftwarePurchase.objects.names().get(pk=link.purchase_id)
    return link


def whom_to_ask(link: DownloadLink) -> dict[str, str]:
    """The facts of a refusal to somebody without sign-in: the partner's contact, never the customer (K6)."""
    partner = link.purchase.customer.partner
    return {"partner": partner.legal_name, "contact": partner.contact}
