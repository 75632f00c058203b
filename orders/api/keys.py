"""Endpoints of a line's product keys: an extension, for the Partner Center API has none (K2)."""

from typing import Any

from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from activity.models import Action
from csp_portal.accounts.permissions import Permission, require
from csp_portal.api.endpoint import ApiRequest
from csp_portal.api.idempotency import anew
from csp_portal.api.paging import offset_page
from csp_portal.api.reasons import NOT_FOUND
from csp_portal.api.rendering import FileRenderer, JsonRenderer
from csp_portal.api.resources import collection, instant, resource
from csp_portal.api.schema import ResourceSerializer, collection_of, documented
from csp_portal.api.serializers import ApiSerializer
from csp_portal.errors import Refusal
from csp_portal.guids import guid_of
from orders.api.lines import LineEndpoint
from orders.api.resources import line_path
from orders.models import OrderLine
from software import reasons
from software.key_file import keys_file
from software.models import KeyIssue, KeyState, KeyStatus, ProductKey
from software.services import copy_key, export_keys, read_key

STATUSES = {KeyStatus.ALLOTTED: "active", KeyStatus.REVOKED: "revoked"}
PENDING = "pending"
TAG = "Keys and downloads"


class PageQuery(ApiSerializer):
    size = serializers.IntegerField(required=False, help_text="Rows of a page; 0 for the usual 100, 500 at most.")
    offset = serializers.IntegerField(required=False, help_text="Rows before the page.")


class SoftwareKeySerializer(ResourceSerializer):
    """A key of a line, without the key itself; while keys are awaited, one item stands for them."""

    id = serializers.UUIDField()
    keyEnding = serializers.CharField(required=False, help_text="Its last five characters.")
    quantity = serializers.IntegerField(help_text="Units that it is for.")
    status = serializers.ChoiceField(choices=[PENDING, *STATUSES.values()])
    allottedDate = serializers.DateTimeField(required=False)
    firstRevealedDate = serializers.DateTimeField(required=False)


class RevealedKeySerializer(SoftwareKeySerializer):
    """A key in clear. It stands in the activity log who has read it."""

    productKey = serializers.CharField()


class ExportedKeySerializer(serializers.Serializer):
    """A key in clear, of all that a line has."""

    productKey = serializers.CharField()
    keyEnding = serializers.CharField()


class SoftwareKeys(LineEndpoint):
    """`LINE/softwarekeys`"""

    needs = {"GET": Permission.SEE_SOFTWARE}

    @documented("Keys of a line, masked", tag=TAG, query=PageQuery, answer=collection_of(SoftwareKeySerializer))
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """The keys that were allotted, revoked ones too; while the line waits for keys, one item says so."""
        line = self.line(request)
        path = f"{line_path(line)}/softwarekeys"
        if line.purchase.key_state == KeyState.PENDING:
            return Response(collection([_awaited(line)], path))
        keys = ProductKey.objects.filter(purchase=line.purchase).order_by("pk")
        return Response(offset_page(request, keys, lambda key: _key_resource(key, line), path=path))


class RevealedKey(LineEndpoint):
    """`LINE/softwarekeys/{key}/reveal`"""

    needs = {"POST": Permission.GET_KEYS}
    refused = {"POST": Action.KEY_REFUSED}
    in_clear = staticmethod(read_key)

    @documented("Read a key", tag=TAG, answer=RevealedKeySerializer, refusals=[409, 410])
    @anew
    def post(self, request: ApiRequest, **kwargs: Any) -> Response:
        """The key in clear; that it was read is in the log before it is answered, each time it is read."""
        line = self.line(request)
        key = _key_of(line, kwargs["key_id"])
        clear = self.in_clear(key.public_id, actor=request.user)
        key.refresh_from_db(fields=["seen_at", "status"])
        return Response(_key_resource(key, line, productKey=clear))


class CopiedKey(RevealedKey):
    """`LINE/softwarekeys/{key}/copy`"""

    in_clear = staticmethod(copy_key)

    @documented("Read a key to copy it", tag=TAG, answer=RevealedKeySerializer, refusals=[409, 410])
    @anew
    def post(self, request: ApiRequest, **kwargs: Any) -> Response:
        """As it is revealed, for a program that puts it into a clipboard: the log tells one from the other."""
        return super().post(request, **kwargs)


class ExportedKeys(LineEndpoint):
    """`LINE/softwarekeys/export`"""

    needs = {"POST": Permission.GET_KEYS}
    refused = {"POST": Action.KEY_REFUSED}
    renderer_classes = (JsonRenderer, FileRenderer)

    @documented(
        "Read all keys of a line",
        tag=TAG,
        answer=collection_of(ExportedKeySerializer),
        file="text/csv",
        refusals=[409, 410],
    )
    @anew
    def post(self, request: ApiRequest, **kwargs: Any) -> HttpResponseBase:
        """All active keys in clear, as JSON, or as a CSV file where the client accepts `text/csv`; each is logged."""
        line = self.line(request)
        require(request.user, Permission.GET_KEYS, on=line)
        exported = export_keys(line.purchase.public_id, actor=request.user)
        if "text/csv" in request.headers.get("Accept", ""):
            return keys_file(exported)
        items = [{"productKey": key, "keyEnding": key[-5:]} for key in exported.keys]
        return Response(collection(items, f"{line_path(line)}/softwarekeys/export"))


def _key_of(line: OrderLine, key_id: str) -> ProductKey:
    """The key of the line with an id. Raises Refusal for any other one."""
    guid = guid_of(key_id)
    key = ProductKey.objects.filter(purchase=line.purchase, public_id=guid).first() if guid else None
    if key is not None:
        return key
    if guid == line.purchase.public_id and line.purchase.key_state == KeyState.PENDING:
        raise Refusal(reasons.KEY_PENDING, on=line, order=line.order.number)
    raise Refusal(NOT_FOUND, what=_("key"))


def _key_resource(key: ProductKey, line: OrderLine, **more: Any) -> dict[str, Any]:
    return resource(
        "SoftwareKey",
        id=str(key.public_id),
        keyEnding=key.last_five,
        quantity=_units(line),
        status=STATUSES[key.state],
        allottedDate=instant(key.allotted_at),
        firstRevealedDate=instant(key.seen_at),
        **more,
    )


def _awaited(line: OrderLine) -> dict[str, Any]:
    """What stands for the keys that have not come yet: its id is the purchase's."""
    return resource("SoftwareKey", id=str(line.purchase.public_id), quantity=line.quantity_left, status=PENDING)


def _units(line: OrderLine) -> int:
    """The units that one key is for: one, or all that the line has or had."""
    return 1 if line.purchase.sku.key_issue == KeyIssue.PER_UNIT else line.quantity_left or line.quantity
