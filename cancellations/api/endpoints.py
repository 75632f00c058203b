"""Endpoints of cancelling: quotes, the PATCH of an order, cancellations and certificates."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from rest_framework.response import Response

from activity.models import Action
from cancellations.api.quoting import quote_lines, quotes_in
from cancellations.api.resources import (
    CancellationQuoteSerializer,
    CancellationSerializer,
    cancellation_resource,
    quote_resource,
)
from cancellations.certificates.models import Certificate
from cancellations.certificates.printing import printed
from cancellations.models import Cancellation
from cancellations.several.services import MOST_LINES, cancel_together
from csp_portal.accounts.permissions import Permission
from csp_portal.api.endpoint import ApiRequest, Endpoint
from csp_portal.api.idempotency import once
from csp_portal.api.paging import offset_page
from csp_portal.api.reasons import INPUT_WRONG, NOT_FOUND
from csp_portal.api.rendering import FileRenderer, JsonRenderer
from csp_portal.api.schema import collection_of, documented
from csp_portal.api.serializers import ApiSerializer, TextField, WholeNumberField, WordField
from csp_portal.errors import Refusal
from csp_portal.guids import guid_of
from csp_portal.pdf import pdf_answer
from orders.api.endpoints import OrderEndpoint
from orders.api.finding import order_of
from orders.api.keys import PageQuery
from orders.api.resources import OrderSerializer, lines_of, order_etag, order_path, order_resource
from orders.billing.services import account_of
from orders.models import Order, OrderLine
from orders.models.order import order_number_of
from orders.reasons import LINE_NUMBER_WRONG
from software.api.items import catalog_item_id

TAG = "Cancelling"
LONGEST_QUOTE = 200_000  # characters
MOST_UNITS = 2**31 - 1


class NamedLine(ApiSerializer):
    lineItemNumber = WholeNumberField(min_value=-MOST_UNITS, max_value=MOST_UNITS)
    offerId = TextField(required=False, allow_blank=True)


class QuotedUnits(ApiSerializer):
    lineItemNumber = WholeNumberField(min_value=-MOST_UNITS, max_value=MOST_UNITS)
    quantity = WholeNumberField(required=False, min_value=-MOST_UNITS, max_value=MOST_UNITS)


class QuoteRequest(ApiSerializer):
    lineItems = QuotedUnits(many=True, required=False, help_text="Which lines; without any all that still run.")


class OrderPatch(ApiSerializer):
    """What cancels an order or lines of it; all else that is sent with it is not looked at."""

    id = TextField(required=False, allow_blank=True)
    status = WordField(choices=["cancelled"], help_text="Who sends it accepts the Important message.")
    lineItems = NamedLine(many=True, required=False, help_text="Exactly these lines; without any the whole order.")
    cancellationQuoteId = TextField(
        required=False, max_length=LONGEST_QUOTE, help_text="Cancels at the quoted amounts."
    )


class CancellableOrder(OrderEndpoint):
    """`/v1/customers/{customer}/orders/{order}`"""

    needs = {**OrderEndpoint.needs, "PATCH": Permission.CANCEL}
    refused = {"PATCH": Action.CANCEL_REFUSED}

    @documented("Cancel an order", tag=TAG, body=OrderPatch, answer=OrderSerializer, refusals=[409, 412])
    def patch(self, request: ApiRequest, tenant_id: str, order_id: str) -> Response:
        """The whole order, or lines of it: all or nothing. Done again it answers the same."""
        order, given = order_of(request.user, tenant_id, order_id), self.given(request, OrderPatch)
        if given.get("id") and order_number_of(given["id"]) != order.number:
            raise Refusal(INPUT_WRONG, field="id", problem=_("It is another order's than that of the address."))
        lines = lines_of(order)
        named = _purchases_of(lines, given.get("lineItems") or [])
        text = given.get("cancellationQuoteId")
        every = [line.purchase.public_id for line in lines]
        quotes = quotes_in(text, order, lines, named) if text else dict.fromkeys(named or every)
        cancel_together(quotes, check=self._version_check(request, order), actor=request.user)
        return Response(order_resource(order_of(request.user, tenant_id, order_id)))

    def _version_check(self, request: ApiRequest, order: Order) -> Callable[[], None]:
        """Looks under the locks whether the order is as the client has seen it."""
        return lambda: self.check_etag(request, order_etag(order, list(order.lines.with_purchase())))


class CancellationQuotes(Endpoint):
    """`/v1/customers/{customer}/orders/{order}/cancellationquotes`"""

    needs = {"POST": Permission.CANCEL}
    refused = {"POST": Action.CANCEL_REFUSED}

    @documented(
        "Quote a cancellation",
        tag=TAG,
        body=QuoteRequest,
        answer=CancellationQuoteSerializer,
        status=201,
        refusals=[409],
    )
    @once
    def post(self, request: ApiRequest, tenant_id: str, order_id: str) -> Response:
        """What cancelling lines, or units of them, gives back; good for 15 minutes, across midnight and deadline."""
        order, given = order_of(request.user, tenant_id, order_id), self.given(request, QuoteRequest)
        lines = list(order.lines.with_purchase().with_cancellations())
        units = {_known(each, lines).line_number: each.get("quantity") for each in given.get("lineItems") or []}
        for line in lines:
            line.order = order
        return Response(quote_resource(order, quote_lines(lines, units, timezone.now())), status=201)


class Cancellations(Endpoint):
    """`/v1/customers/{customer}/orders/{order}/cancellations`"""

    needs = {"GET": Permission.SEE_ORDERS}

    @documented("Cancellations of an order", tag=TAG, query=PageQuery, answer=collection_of(CancellationSerializer))
    def get(self, request: ApiRequest, tenant_id: str, order_id: str) -> Response:
        """What was cancelled of it, by whom, and the credits."""
        order = order_of(request.user, tenant_id, order_id)
        done = Cancellation.objects.filter(order_line__order=order, certificate__isnull=False)
        rows = done.select_related("order_line").order_by("cancelled_at", "pk")
        return Response(offset_page(request, rows, _of(order), path=f"{order_path(order)}/cancellations"))


class CancellationCertificate(Endpoint):
    """`/v1/customers/{customer}/orders/{order}/cancellations/{cancellation}/certificate`"""

    needs = {"GET": Permission.SEE_CERTIFICATES}
    renderer_classes = (JsonRenderer, FileRenderer)

    @documented("Certificate of a cancellation", tag=TAG, answer=OpenApiTypes.OBJECT, file="application/pdf")
    def get(self, request: ApiRequest, tenant_id: str, order_id: str, cancellation_id: str) -> HttpResponseBase:
        """The document, byte for byte as its SHA-256 was taken; or as PDF where the client accepts that first."""
        order, guid = order_of(request.user, tenant_id, order_id), guid_of(cancellation_id)
        own = Certificate.objects.visible_to(request.user).filter(cancellation__order_line__order=order)
        found = own.with_order().filter(public_id=guid).first() if guid else None
        if found is None:
            raise Refusal(NOT_FOUND, what=_("certificate"))
        if request.headers.get("Accept", "").strip().lower().startswith("application/pdf"):
            return pdf_answer(f"{found.file_name}.pdf", printed(found))
        answer = HttpResponse(found.document.encode(), content_type="application/json; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="{found.file_name}.json"'
        return answer


def _of(order: Order) -> Callable[[Cancellation], dict[str, Any]]:
    """Writes cancellations of an order."""

    account = account_of(order)

    def write(done: Cancellation) -> dict[str, Any]:
        done.order_line.order = order
        return cancellation_resource(done, order, account)

    return write


def _purchases_of(lines: list[OrderLine], named: list[Mapping[str, Any]]) -> list[UUID]:
    """The purchases of the lines that a client names; the order's number and offer of each are looked at."""
    if len(named) > MOST_LINES:
        problem = _("There are at most %(most)s of them.") % {"most": MOST_LINES}
        raise Refusal(INPUT_WRONG, field="lineItems", problem=problem)
    return [_checked(each, lines).purchase.public_id for each in named]


def _known(named: Mapping[str, Any], lines: list[OrderLine]) -> OrderLine:
    """The line with a number from 0 on. Raises Refusal."""
    number = named["lineItemNumber"]
    line = next((line for line in lines if line.line_number - 1 == number), None)
    if line is None:
        raise Refusal(LINE_NUMBER_WRONG, last=len(lines) - 1)
    return line


def _checked(named: Mapping[str, Any], lines: list[OrderLine]) -> OrderLine:
    """The same, where the offer that is named beside it is the line's."""
    line, offer = _known(named, lines), named.get("offerId")
    own = catalog_item_id(line.purchase.sku, line.order.market, line.order.currency)
    if offer and offer.lower() != own.lower():
        problem = _("The line %(number)s is of %(offer)s.") % {"number": line.line_number - 1, "offer": own}
        raise Refusal(INPUT_WRONG, field="lineItems.offerId", problem=problem)
    return line
