"""Endpoints of audit records. Reading the log is logged before a row is shown (A3)."""

from typing import Any

from rest_framework.response import Response

from activity.api.asking import RecordsQuery, asked_filter, filtered, form_of
from activity.api.records import AuditRecordSerializer, record_resource
from activity.models import Event, EventQuerySet
from activity.paging import Place
from activity.reading import record_reading
from activity.reasons import RECORD_NOT_FOUND
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission
from csp_portal.api.endpoint import ApiRequest, Endpoint
from csp_portal.api.paging import seek_page
from csp_portal.api.schema import collection_of, documented
from csp_portal.errors import Refusal

TAG = "Activity log"


class AuditRecords(Endpoint):
    """`/v1/auditrecords`"""

    needs = {"GET": Permission.SEE_ACTIVITY}

    @documented("Audit records", tag=TAG, query=RecordsQuery, answer=collection_of(AuditRecordSerializer, seek=True))
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Rows of the activity log, newest first, as far as the client's roles reach."""
        form, asked = form_of(request.query, request.user), asked_filter(request.query)
        told = {"filter": f"{asked.field} {asked.operator} {asked.value}"} if asked else {}
        record_reading(actor=request.user, query={**form.query, **told})
        rows = filtered(form.narrow(_visible(request.user)), asked)
        by = ["-occurred_at", "-id"]
        return Response(seek_page(request, rows, by, record_resource, path="/auditrecords"))


class OneAuditRecord(Endpoint):
    """`/v1/auditrecords/{record_id}`"""

    needs = {"GET": Permission.SEE_ACTIVITY}

    @documented("One audit record", tag=TAG, answer=AuditRecordSerializer)
    def get(self, request: ApiRequest, record_id: str, **kwargs: Any) -> Response:
        """A row by the id that the list gives it."""
        place = Place.read(record_id)
        if place is None:
            raise Refusal(RECORD_NOT_FOUND)
        record_reading(actor=request.user, query={"record": record_id})
        found = _visible(request.user).filter(pk=place.event_id, occurred_at=place.occurred_at).first()
        if found is None:
            raise Refusal(RECORD_NOT_FOUND)
        return Response(record_resource(found))


def _visible(user: User) -> EventQuerySet:
    return Event.objects.visible_to(user).select_related("address", "partner")
