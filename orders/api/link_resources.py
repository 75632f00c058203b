"""Download links as the API writes them, and what came of them (partner-center-api.md, 6.3)."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from csp_portal.accounts.permissions import Permission
from csp_portal.api.resources import instant, link, resource
from csp_portal.api.schema import LinkSerializer, ResourceSerializer
from orders.api.builds import BuildSerializer, build_resource
from orders.api.resources import line_path
from orders.models import OrderLine
from software.addresses import absolute
from software.link_history import PastGrant, Use
from software.models import SESSIONS_KEPT_MONTHS, DownloadLink, LinkState

WORDS = {state: state.value for state in LinkState}


class DownloadLinkSerializer(ResourceSerializer):
    """A customer's way to one build. `uri` is for whoever may hand out links, and of what was not revoked."""

    id = serializers.UUIDField()
    uri = serializers.URLField(required=False, help_text="The address to give to the customer.")
    label = serializers.CharField(allow_blank=True)
    grantNumber = serializers.IntegerField()
    grantedBy = serializers.CharField()
    status = serializers.ChoiceField(choices=[*WORDS.values()])
    createdDate = serializers.DateTimeField()
    expiryDate = serializers.DateTimeField()
    revokedDate = serializers.DateTimeField(required=False)
    downloadsLimit = serializers.IntegerField()
    downloadsUsed = serializers.IntegerField()
    downloadsRemaining = serializers.IntegerField()
    downloadsNotListed = serializers.IntegerField(
        help_text="Of all grants: downloads that counted and are listed no more, "
        f"for they were started more than {SESSIONS_KEPT_MONTHS} months ago."
    )
    build = BuildSerializer()
    links = serializers.DictField(child=LinkSerializer())


class GrantSerializer(ResourceSerializer):
    """A grant of a link: its first one, or a renewal."""

    grantNumber = serializers.IntegerField()
    grantedDate = serializers.DateTimeField()
    grantedBy = serializers.CharField()
    expiryDate = serializers.DateTimeField()
    downloadsLimit = serializers.IntegerField()
    downloadsUsed = serializers.IntegerField()
    address = serializers.CharField(required=False, help_text="first, kept or replaced")


class DownloadSerializer(ResourceSerializer):
    """A download that was started with a link."""

    startedDate = serializers.DateTimeField()
    grantNumber = serializers.IntegerField()
    outcome = serializers.CharField()
    bytesSent = serializers.IntegerField(required=False)
    fileSize = serializers.IntegerField(required=False)
    endedDate = serializers.DateTimeField(required=False)
    isCounted = serializers.BooleanField()


def link_etag(found: DownloadLink) -> str:
    """Another one with each grant, and once it is revoked."""
    return f"{found.public_id}.{found.grant_number}.{'revoked' if found.revoked_at else 'standing'}"


def link_path(found: DownloadLink, line: OrderLine) -> str:
    return f"{line_path(line)}/downloadlinks/{found.public_id}"


def link_resource(found: DownloadLink, line: OrderLine, request: Any, now: datetime | None = None) -> dict[str, Any]:
    """A link with its build, granter, and `created_at`; its address for who may hand it out (P1)."""
    path = link_path(found, line)
    shows_address = request.user.may(Permission.GET_KEYS) and found.has_address and found.revoked_at is None
    return resource(
        "DownloadLink",
        link_etag(found),
        id=str(found.public_id),
        uri=absolute(request, found.get_absolute_url()) if shows_address else None,
        label=found.label,
        grantNumber=found.grant_number,
        grantedBy=found.granted_by.email,
        status=WORDS[found.state(now or timezone.now())],
        createdDate=instant(getattr(found, "created_at", None) or found.granted_at),
        expiryDate=instant(found.expires_at),
        revokedDate=instant(found.revoked_at),
        downloadsLimit=found.limit,
        downloadsUsed=found.used,
        downloadsRemaining=found.left,
        downloadsNotListed=found.not_listed,  # type: ignore[attr-defined]  # of LinksEndpoint
        build=build_resource(found.build),
        links={"self": link(path), "grants": link(f"{path}/grants"), "downloads": link(f"{path}/downloads")},
    )


def grant_resource(past: PastGrant) -> dict[str, Any]:
    grant = past.grant
    return resource(
        "DownloadLinkGrant",
        grantNumber=grant.number,
        grantedDate=instant(grant.granted_at),
        grantedBy=grant.granted_by.email,
        expiryDate=instant(grant.expires_at),
        downloadsLimit=grant.limit,
        downloadsUsed=past.used,
        address=past.address.value if past.address else None,
    )


def download_resource(use: Use) -> dict[str, Any]:
    session = use.session
    return resource(
        "Download",
        startedDate=instant(session.started_at),
        grantNumber=session.grant_number,
        outcome=use.outcome.value,
        bytesSent=session.bytes_sent if use.is_measured else None,
        fileSize=use.size,
        endedDate=instant(use.ended_at),
        isCounted=session.is_counted,
    )
