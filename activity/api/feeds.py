"""Endpoints of the feeds of the log: tokens of collectors, webhooks and what is sent to them (A6)."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.response import Response

from activity.feeds import secret_keys
from activity.feeds.models import (
    LONGEST_NAME,
    LONGEST_URL,
    DeliveryState,
    FeedToken,
    Wanted,
    Webhook,
    WebhookDelivery,
)
from activity.feeds.reasons import WEBHOOK_GONE
from activity.feeds.services.tokens import make_token, revoke_token
from activity.feeds.services.webhooks import (
    change_webhook,
    make_webhook,
    ping_webhook,
    replace_secret,
    replay_delivery,
)
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission
from csp_portal.api.endpoint import ApiRequest, Endpoint
from csp_portal.api.idempotency import anew, once
from csp_portal.api.paging import offset_page
from csp_portal.api.resources import collection, instant, link, resource
from csp_portal.api.schema import LinkSerializer, ResourceSerializer, collection_of, documented
from csp_portal.api.serializers import ApiSerializer, FlagField, TextField, WordField
from csp_portal.errors import Refusal
from csp_portal.guids import guid_of

TAG = "Feeds of the log"
TOKENS, WEBHOOKS = "/activity/feedtokens", "/activity/webhooks"
NOTHING = UUID(int=0)
MOST_DIGITS = 18  # of a delivery's number


class TokenBody(ApiSerializer):
    name = TextField(max_length=LONGEST_NAME)


class WebhookBody(ApiSerializer):
    url = TextField(max_length=LONGEST_URL)
    wanted = WordField(choices=Wanted.values, default=Wanted.ALL.value)


class WebhookChange(ApiSerializer):
    url = TextField(max_length=LONGEST_URL, required=False)
    wanted = WordField(choices=Wanted.values, required=False)
    isOn = FlagField(required=False)


class PageQuery(ApiSerializer):
    size = serializers.IntegerField(required=False)
    offset = serializers.IntegerField(required=False)


class FeedTokenSerializer(ResourceSerializer):
    """`token` is there in the answer that makes it, this once."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    token = serializers.CharField(required=False)
    createdBy = serializers.CharField()
    createdDate = serializers.DateTimeField()
    lastUsedDate = serializers.DateTimeField(required=False)


class WebhookSerializer(ResourceSerializer):
    """`secret`, which signs its deliveries, is there in the answer that makes it, this once."""

    id = serializers.UUIDField()
    url = serializers.CharField()
    wanted = serializers.ChoiceField(choices=Wanted.values)
    isOn = serializers.BooleanField()
    secret = serializers.CharField(required=False)
    failures = serializers.IntegerField()
    createdBy = serializers.CharField()
    createdDate = serializers.DateTimeField()
    links = serializers.DictField(child=LinkSerializer())


class PingSerializer(ResourceSerializer):
    accepted = serializers.BooleanField()
    answer = serializers.CharField()


class DeliverySerializer(ResourceSerializer):
    """A batch of rows, numbered without a gap."""

    sequence = serializers.IntegerField()
    messageId = serializers.CharField()
    firstPosition = serializers.IntegerField()
    lastPosition = serializers.IntegerField()
    state = serializers.ChoiceField(choices=DeliveryState.values)
    attempts = serializers.IntegerField()
    lastAnswer = serializers.CharField(allow_blank=True)
    createdDate = serializers.DateTimeField()
    deliveredDate = serializers.DateTimeField(required=False)


class OfFeeds(Endpoint):
    """Who manages feeds; what is shown once is kept in no stored reply."""

    needs = dict.fromkeys(("GET", "POST", "PATCH", "DELETE"), Permission.MANAGE_FEEDS)
    shown_once: ClassVar[tuple[str, ...]] = ("token", "secret")

    def kept(self, data: Any) -> Any:
        """A repeated call is told what was made, and no secret: that was shown."""
        return {name: value for name, value in data.items() if name not in self.shown_once}


class FeedTokens(OfFeeds):
    """`/v1/activity/feedtokens`"""

    @documented("Tokens of collectors", tag=TAG, answer=collection_of(FeedTokenSerializer))
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Those that stand, the oldest first."""
        rows = FeedToken.objects.visible_to(request.user).live().order_by("made_at", "pk")
        return Response(collection(map(_token, rows), TOKENS))

    @documented("Make a token", tag=TAG, body=TokenBody, answer=FeedTokenSerializer, status=201, refusals=[409])
    @once
    def post(self, request: ApiRequest, **kwargs: Any) -> Response:
        """It reads `/v1/activity`, and nothing else."""
        feed, token = make_token(self.given(request, TokenBody)["name"], actor=request.user)
        return Response({**_token(feed), "token": token}, status=201)


class OneFeedToken(OfFeeds):
    """`/v1/activity/feedtokens/{feed_id}`"""

    @documented("Revoke a token", tag=TAG, answer=None, status=204)
    def delete(self, request: ApiRequest, feed_id: str, **kwargs: Any) -> Response:
        """It opens nothing from the next call on."""
        revoke_token(guid_of(feed_id) or NOTHING, actor=request.user)
        return Response(status=204)


class Webhooks(OfFeeds):
    """`/v1/activity/webhooks`"""

    @documented("Webhooks", tag=TAG, answer=collection_of(WebhookSerializer))
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Where rows of the log are sent."""
        rows = Webhook.objects.visible_to(request.user).order_by("made_at", "pk")
        return Response(collection(map(_webhook, rows), WEBHOOKS))

    @documented("Make a webhook", tag=TAG, body=WebhookBody, answer=WebhookSerializer, status=201, refusals=[409])
    @once
    def post(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Rows that are sealed from now on are sent to it."""
        given = self.given(request, WebhookBody)
        webhook = make_webhook(given["url"], Wanted(given["wanted"]), actor=request.user)
        return Response(_with_secret(webhook), status=201)


class OneWebhook(OfFeeds):
    """`/v1/activity/webhooks/{webhook_id}`"""

    @documented("One webhook", tag=TAG, answer=WebhookSerializer)
    def get(self, request: ApiRequest, webhook_id: str, **kwargs: Any) -> Response:
        """Where it is sent, what, and whether it is on."""
        return Response(_webhook(webhook_of(request.user, webhook_id)))

    @documented("Change a webhook", tag=TAG, body=WebhookChange, answer=WebhookSerializer, refusals=[412])
    def patch(self, request: ApiRequest, webhook_id: str, **kwargs: Any) -> Response:
        """Address, rows, and whether it is on, of what is given, all or nothing, from the next delivery on."""
        found, given = webhook_of(request.user, webhook_id), self.given(request, WebhookChange)
        self.check_etag(request, found.version)
        changed = change_webhook(
            found.public_id,
            url=given.get("url"),
            wanted=Wanted(given["wanted"]) if "wanted" in given else None,
            is_on=given.get("isOn"),
            seen=self.etag_seen(request),
            actor=request.user,
        )
        return Response(_webhook(changed))


class WebhookSecret(OfFeeds):
    """`/v1/activity/webhooks/{webhook_id}/secret`"""

    @documented("Give a webhook another secret", tag=TAG, answer=WebhookSerializer)
    @once
    def post(self, request: ApiRequest, webhook_id: str, **kwargs: Any) -> Response:
        """The old one signs nothing any more."""
        found = webhook_of(request.user, webhook_id)
        return Response(_with_secret(replace_secret(found.public_id, actor=request.user)))


class WebhookPing(OfFeeds):
    """`/v1/activity/webhooks/{webhook_id}/ping`"""

    @documented("Send a message without rows", tag=TAG, answer=PingSerializer)
    @anew
    def post(self, request: ApiRequest, webhook_id: str, **kwargs: Any) -> Response:
        """Signed like any other; the answer says what became of it."""
        found = webhook_of(request.user, webhook_id)
        answer = ping_webhook(found.public_id, actor=request.user)
        return Response(resource("WebhookPing", accepted=answer.is_taken, answer=str(answer.words)))


class WebhookDeliveries(OfFeeds):
    """`/v1/activity/webhooks/{webhook_id}/deliveries`"""

    @documented("Deliveries of a webhook", tag=TAG, query=PageQuery, answer=collection_of(DeliverySerializer))
    def get(self, request: ApiRequest, webhook_id: str, **kwargs: Any) -> Response:
        """The newest first."""
        found = webhook_of(request.user, webhook_id)
        rows = found.deliveries.select_related("webhook").newest_first()
        return Response(offset_page(request, rows, _delivery, path=f"{WEBHOOKS}/{found.public_id}/deliveries"))


class WebhookReplay(OfFeeds):
    """`/v1/activity/webhooks/{webhook_id}/deliveries/{sequence}/replay`"""

    @documented("Send a delivery again", tag=TAG, answer=DeliverySerializer, refusals=[409])
    @once
    def post(self, request: ApiRequest, webhook_id: str, sequence: str, **kwargs: Any) -> Response:
        """One that was given up; its number and its rows are the same."""
        found = webhook_of(request.user, webhook_id)
        number = int(sequence) if sequence.isascii() and sequence.isdigit() and len(sequence) <= MOST_DIGITS else 0
        replay_delivery(found.public_id, number, actor=request.user)
        return Response(_delivery(found.deliveries.select_related("webhook").get(sequence=number)))


def webhook_of(user: User, webhook_id: str) -> Webhook:
    """The webhook of the caller's partner. Raises Refusal."""
    public_id = guid_of(webhook_id)
    found = Webhook.objects.visible_to(user).filter(public_id=public_id).first() if public_id else None
    if found is None:
        raise Refusal(WEBHOOK_GONE)
    return found


def _token(feed: FeedToken) -> dict[str, Any]:
    return resource(
        "FeedToken",
        id=str(feed.public_id),
        name=feed.name,
        createdBy=feed.made_by,
        createdDate=instant(feed.made_at),
        lastUsedDate=instant(feed.last_used_at),
    )


def _webhook(webhook: Webhook) -> dict[str, Any]:
    path = f"{WEBHOOKS}/{webhook.public_id}"
    return resource(
        "Webhook",
        webhook.version,
        id=str(webhook.public_id),
        url=webhook.url,
        wanted=webhook.wanted,
        isOn=webhook.is_on,
        failures=webhook.failures,
        createdBy=webhook.made_by,
        createdDate=instant(webhook.made_at),
        links={"self": link(path), "deliveries": link(f"{path}/deliveries"), "ping": link(f"{path}/ping", "POST")},
    )


def _with_secret(webhook: Webhook) -> dict[str, Any]:
    return {**_webhook(webhook), "secret": secret_keys.written_secret(webhook.secret)}


def _delivery(delivery: WebhookDelivery) -> dict[str, Any]:
    return resource(
        "WebhookDelivery",
        sequence=delivery.sequence,
        messageId=delivery.message_id,
        firstPosition=delivery.first,
        lastPosition=delivery.last,
        state=delivery.state,
        attempts=delivery.attempts,
        lastAnswer=delivery.last_answer,
        createdDate=instant(delivery.made_at),
        deliveredDate=instant(delivery.delivered_at),
    )
