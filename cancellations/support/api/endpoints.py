"""Endpoints of support requests. What the operator's staff note is read by none of them (S5)."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from activity.models import Action
from cancellations.support.api.bodies import (
    ChangeBody,
    NewRequestBody,
    RefundQuoteQuery,
    RequestsQuery,
    status_asked,
)
from cancellations.support.api.filing import form_of, line_of
from cancellations.support.api.resources import (
    ServiceRequestSerializer,
    SupportTopicSerializer,
    one_request,
    request_in_list,
    topic,
)
from cancellations.support.api.words import CLOSED, NONE, OF_STATUS, TOPICS, language_of
from cancellations.support.models import SupportRequest
from cancellations.support.models.requests import SupportRequestQuerySet
from cancellations.support.reasons import REQUEST_NOT_FOUND
from cancellations.support.services.filing import file_request
from cancellations.support.services.talking import close, reply_as_partner
from cancellations.support.subject import Subject
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission
from csp_portal.api.endpoint import ApiRequest, Endpoint
from csp_portal.api.errors import input_wrong
from csp_portal.api.filters import filter_of
from csp_portal.api.idempotency import once
from csp_portal.api.paging import offset_page
from csp_portal.api.resources import collection, resource
from csp_portal.api.schema import ResourceSerializer, collection_of, documented
from csp_portal.api.words import word_of
from csp_portal.errors import Refusal
from csp_portal.rounding import round_half_up
from customers.api.finding import customer_of
from customers.api.resources import path_of as customer_path

TAG = "Service requests"
STATUS_FILTER = {"Status": ("equals", "not_equals")}


class RefundQuoteSerializer(ResourceSerializer):
    """What could be credited for units of a line, and the Important message that a request for it accepts."""

    orderId = serializers.CharField()
    lineItemNumber = serializers.IntegerField()
    quantity = serializers.IntegerField()
    mostAmount = serializers.FloatField(help_text="Gross where the price includes tax, else net.")
    currencyCode = serializers.CharField()
    noticeVersion = serializers.IntegerField()
    notice = serializers.ListField(child=serializers.CharField())


class OfRequests(Endpoint):
    """Who may file requests may read those of the partner."""

    needs = dict.fromkeys(("GET", "POST", "PATCH"), Permission.FILE_SUPPORT)
    refused = {"POST": Action.REQUEST_REFUSED, "PATCH": Action.REQUEST_REFUSED}


class SupportTopics(OfRequests):
    """`/v1/servicerequests/supporttopics`"""

    @documented("Topics of service requests", tag=TAG, answer=collection_of(SupportTopicSerializer))
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """What a request can be about; the first one is a refund."""
        return Response(collection((topic(*each) for each in TOPICS.items()), "/servicerequests/supporttopics"))


class ServiceRequests(OfRequests):
    """`/v1/servicerequests`"""

    @documented("Service requests", tag=TAG, query=RequestsQuery, answer=collection_of(ServiceRequestSerializer))
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """The partner's requests, newest first."""
        return _listed(request, SupportRequest.objects.visible_to(request.user), "/servicerequests")


class ServiceRequestsOfCustomer(OfRequests):
    """`/v1/customers/{tenant_id}/servicerequests`"""

    @documented(
        "Service requests about a customer",
        tag=TAG,
        query=RequestsQuery,
        answer=collection_of(ServiceRequestSerializer),
    )
    def get(self, request: ApiRequest, tenant_id: str, **kwargs: Any) -> Response:
        """Those that name it, newest first."""
        customer = customer_of(request.user, tenant_id)
        rows = SupportRequest.objects.visible_to(request.user).filter(customer=customer)
        return _listed(request, rows, f"{customer_path(customer)}/servicerequests")


class OneServiceRequest(OfRequests):
    """`/v1/servicerequests/{request_id}`: by GET and PATCH the id of a request, by POST the locale of a new one."""

    @documented("One service request", tag=TAG, answer=ServiceRequestSerializer)
    def get(self, request: ApiRequest, request_id: str, tenant_id: str = "", **kwargs: Any) -> Response:
        """With what both sides wrote, its files, and how it ended."""
        return Response(one_request(request_of(request.user, request_id, tenant_id)))

    @documented("Change a service request", tag=TAG, body=ChangeBody, answer=ServiceRequestSerializer, refusals=[409])
    def patch(self, request: ApiRequest, request_id: str, tenant_id: str = "", **kwargs: Any) -> Response:
        """Add `newNote.text`, or close it by `status: closed`. Nulls, `none` and other members do nothing."""
        found = request_of(request.user, request_id, tenant_id)
        given = self.given(request, ChangeBody)
        note = (given.get("newNote") or {}).get("text", "").strip()
        if status_asked(given) == CLOSED and found.is_open:
            close(found.number, text=note, actor=request.user)
        elif note:
            reply_as_partner(found.number, note, draft_id=None, actor=request.user)
        return Response(one_request(request_of(request.user, request_id, tenant_id)))


class NewServiceRequest(OneServiceRequest):
    """The same path, with the POST that only the partner's own list takes."""

    @documented(
        "File a service request",
        tag=TAG,
        body=NewRequestBody,
        answer=ServiceRequestSerializer,
        status=201,
        refusals=[409],
    )
    @once
    def post(self, request: ApiRequest, request_id: str, **kwargs: Any) -> Response:
        """The path's last part is the locale, in whose language support replies."""
        language = language_of(request_id)
        if language is None:
            raise input_wrong({"locale": _("It must be a locale, such as en-US.")})
        form = form_of(self.given(request, NewRequestBody), language, request.user)
        filed = file_request(form.fields_to_file(), draft_id=form.draft_id, actor=request.user)
        return Response(one_request(request_of(request.user, filed.number)), status=201)


class RefundQuote(OfRequests):
    """`/v1/customers/{tenant_id}/servicerequests/refundquote`"""

    @documented("What can be asked back", tag=TAG, query=RefundQuoteQuery, answer=RefundQuoteSerializer, refusals=[409])
    def get(self, request: ApiRequest, tenant_id: str, **kwargs: Any) -> Response:
        """The most that a refund request for units of a line may ask for; refused as the request would be."""
        customer, asked = customer_of(request.user, tenant_id), self.asked(request, RefundQuoteQuery)
        line = line_of(asked, request.user)
        if line is None or line.order.customer_id != customer.pk:
            raise input_wrong({"orderId": _("The customer has no such order line or subscription.")})
        units, purchase = str(asked.get("quantity", "")), str(line.purchase.public_id)
        return Response(_quoted(Subject(request.user, timezone.now(), str(customer.tenant_id), purchase, units)))


def _quoted(subject: Subject) -> dict[str, Any]:
    refusal = subject.refusal or subject.quantity_refusal
    if refusal:
        raise refusal
    line, quote, most = subject.line, subject.quote, subject.most
    assert line is not None
    assert quote is not None
    assert most is not None
    return resource(
        "RefundQuote",
        orderId=line.order.number,
        lineItemNumber=line.line_number - 1,
        quantity=quote.quantity,
        mostAmount=round_half_up(most, line.order.currency),
        currencyCode=line.order.currency,
        noticeVersion=quote.notice_version,
        notice=[str(part) for part in subject.notice],
    )


def request_of(user: User, number: str, tenant_id: str = "") -> SupportRequest:
    """The request with a number, of the customer where a path names one. Raises Refusal."""
    rows = SupportRequest.objects.visible_to(user).with_names()
    if tenant_id:
        rows = rows.filter(customer=customer_of(user, tenant_id))
    found = rows.filter(number=number).first()
    if found is None:
        raise Refusal(REQUEST_NOT_FOUND)
    return found


def _listed(request: ApiRequest, rows: SupportRequestQuerySet, path: str) -> Response:
    rows = _with_status(rows, request.query.get("status", ""))
    asked = filter_of(request.query.get("filter", ""), STATUS_FILTER)
    if asked is not None:
        rows = _with_status(rows, asked.value, but=asked.operator == "not_equals")
    return Response(offset_page(request, rows.with_names().newest_first(), request_in_list, path=path))


def _with_status(rows: SupportRequestQuerySet, text: str, *, but: bool = False) -> SupportRequestQuerySet:
    """Those with a status by the API's word for it; `none` and nothing ask for all."""
    word = word_of(text, (NONE, *OF_STATUS), field="status") if text.strip() else NONE
    if word == NONE:
        return rows
    return rows.exclude(status__in=OF_STATUS[word]) if but else rows.filter(status__in=OF_STATUS[word])
