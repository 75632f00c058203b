"""Endpoints of a line's download links: an extension, for the Partner Center API has none (K3, K4)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.response import Response

from activity.models import Action
from csp_portal.accounts.permissions import Permission
from csp_portal.api.endpoint import ApiRequest
from csp_portal.api.idempotency import once
from csp_portal.api.paging import offset_page
from csp_portal.api.reasons import ETAG_STALE, NOT_FOUND
from csp_portal.api.schema import collection_of, documented
from csp_portal.api.serializers import ApiSerializer, FlagField, TextField, WholeNumberField
from csp_portal.errors import Refusal
from csp_portal.guids import guid_of
from csp_portal.typed_text import one_line
from orders.api.builds import build_of
from orders.api.keys import PageQuery
from orders.api.lines import LineEndpoint
from orders.api.link_resources import (
    DownloadLinkSerializer,
    DownloadSerializer,
    GrantSerializer,
    download_resource,
    grant_resource,
    link_etag,
    link_path,
    link_resource,
)
from orders.api.resources import line_path
from orders.models import OrderLine
from software.link_history import LinkHistory
from software.models import DownloadLink, Grant
from software.models.counting import downloads_removed
from software.models.links import DownloadLinkQuerySet
from software.services import grant_link, renew_link, revoke_link

TAG = "Keys and downloads"
LONGEST_WORD = 100  # of a version, language or file type


@dataclass(frozen=True)
class Sliced:
    """Rows of which a page is looked up at once with what belongs to them."""

    rows: QuerySet[Any]
    told: Callable[[Iterable[Any]], list[Any]]

    def __getitem__(self, part: slice) -> list[Any]:
        return self.told(self.rows[part])


class NewLink(ApiSerializer):
    version = TextField(max_length=LONGEST_WORD)
    language = TextField(max_length=LONGEST_WORD)
    fileType = TextField(max_length=LONGEST_WORD)
    label = TextField(required=False, allow_blank=True, help_text="Whom it is for; such links stand beside each other.")


class Renewal(ApiSerializer):
    replaceAddress = FlagField(required=False, default=False)
    grantNumber = WholeNumberField(
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        help_text="Of the grant that was seen; with an old one nothing changes.",
    )


class LinksEndpoint(LineEndpoint):
    """What endpoints of links share: a kept reply has no address; repeated, the link is written anew."""

    refused = {"POST": Action.LINK_REFUSED, "DELETE": Action.LINK_REFUSED}

    def link(self, line: OrderLine) -> DownloadLink:
        """The line's link that the path names. Raises Refusal."""
        return _link_of(line, self.kwargs["link_id"])

    def kept(self, data: Any) -> Any:
        return {"id": data["id"]}

    def replayed(self, request: Any, data: Any, **kwargs: Any) -> Any:
        line = self.line(request)
        return link_resource(_link_of(line, data["id"]), line, request)


class DownloadLinks(LinksEndpoint):
    """`LINE/downloadlinks`"""

    needs = {"GET": Permission.SEE_SOFTWARE, "POST": Permission.GET_KEYS}

    @documented("Download links of a line", tag=TAG, query=PageQuery, answer=collection_of(DownloadLinkSerializer))
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """The links, revoked ones too, the newest first; addresses only for an Admin agent."""
        line, now = self.line(request), timezone.now()
        page = offset_page(
            request,
            _links_of(line).order_by("-pk"),
            lambda found: link_resource(found, line, request, now),
            path=f"{line_path(line)}/downloadlinks",
        )
        return Response(page)

    @documented(
        "Get a download link", tag=TAG, body=NewLink, answer=DownloadLinkSerializer, status=201, refusals=[409, 410]
    )
    @once
    def post(self, request: ApiRequest, **kwargs: Any) -> Response:
        """A link to the file: made, shown as it is while it lives, or granted anew once it is dead (K4)."""
        line, given = self.line(request), self.given(request, NewLink)
        build, label = build_of(line, given), given.get("label", "")
        standing = _links_of(line).filter(build=build, label__iexact=one_line(label), revoked_at=None).first()
        granted = grant_link(
            line.purchase.public_id,
            build.public_id,
            label=label,
            grant_seen=standing.grant_number if standing else 0,
            actor=request.user,
        )
        return Response(link_resource(_link_of(line, str(granted.link.public_id)), line, request), status=201)


class OneDownloadLink(LinksEndpoint):
    """`LINE/downloadlinks/{link}`"""

    needs = {"GET": Permission.SEE_SOFTWARE, "DELETE": Permission.GET_KEYS}

    @documented("One download link", tag=TAG, answer=DownloadLinkSerializer)
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """The link as it stands."""
        line = self.line(request)
        return Response(link_resource(self.link(line), line, request))

    @documented("Revoke a download link", tag=TAG, answer=None, status=204, refusals=[412])
    def delete(self, request: ApiRequest, **kwargs: Any) -> Response:
        """The link and all downloads that were started with it are dead at once."""
        found = self.link(self.line(request))
        self.check_etag(request, link_etag(found))
        grant_seen = found.grant_number if self.etag_seen(request) else None
        if revoke_link(found.public_id, grant_seen=grant_seen, actor=request.user).overtaken:
            raise Refusal(ETAG_STALE)
        return Response(status=204)


class RenewedLink(LinksEndpoint):
    """`LINE/downloadlinks/{link}/renew`"""

    needs = {"POST": Permission.GET_KEYS}

    @documented("Renew a download link", tag=TAG, body=Renewal, answer=DownloadLinkSerializer, refusals=[409, 410, 412])
    @once
    def post(self, request: ApiRequest, **kwargs: Any) -> Response:
        """14 days and 50 downloads from now. With an old `grantNumber` the link as it is, and nothing changed."""
        line, given = self.line(request), self.given(request, Renewal)
        found = self.link(line)
        self.check_etag(request, link_etag(found))
        granted = renew_link(
            found.public_id,
            grant_seen=given.get("grantNumber", found.grant_number),
            replace_address=given["replaceAddress"],
            actor=request.user,
        )
        if granted.overtaken and self.etag_seen(request):
            raise Refusal(ETAG_STALE)
        return Response(link_resource(self.link(line), line, request))


class LinkGrants(LinksEndpoint):
    """`LINE/downloadlinks/{link}/grants`"""

    needs = {"GET": Permission.SEE_SOFTWARE}

    @documented("Grants of a download link", tag=TAG, query=PageQuery, answer=collection_of(GrantSerializer))
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Each time it was made or renewed, the newest first, and what was used of it."""
        line = self.line(request)
        found = self.link(line)
        history = LinkHistory(found, timezone.now())
        rows = Sliced(history.grants, history.used_grants)
        return Response(offset_page(request, rows, grant_resource, path=f"{link_path(found, line)}/grants"))


class LinkDownloads(LinksEndpoint):
    """`LINE/downloadlinks/{link}/downloads`"""

    needs = {"GET": Permission.SEE_SOFTWARE}

    @documented("Downloads with a link", tag=TAG, query=PageQuery, answer=collection_of(DownloadSerializer))
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Every download with it that is still listed, the newest first, and what became of each."""
        line = self.line(request)
        found = self.link(line)
        history = LinkHistory(found, timezone.now())
        rows = Sliced(history.sessions, history.uses)
        return Response(offset_page(request, rows, download_resource, path=f"{link_path(found, line)}/downloads"))


def _links_of(line: OrderLine) -> DownloadLinkQuerySet:
    """The line's links, with all that is written of them."""
    first = Grant.objects.filter(link=OuterRef("pk"), number=1).values("granted_at")
    links = DownloadLink.objects.filter(purchase=line.purchase).select_related("build", "granted_by")
    not_listed = Coalesce(downloads_removed(link=OuterRef("pk")), 0)
    return links.annotate(created_at=Subquery(first), not_listed=not_listed)


def _link_of(line: OrderLine, link_id: str) -> DownloadLink:
    guid = guid_of(link_id)
    found = _links_of(line).filter(public_id=guid).first() if guid else None
    if found is None:
        raise Refusal(NOT_FOUND, what=_("download link"))
    return found
