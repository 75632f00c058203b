"""Endpoints of saved views of the log: each client has its own (A2)."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.response import Response

from activity.api.asking import LogQuery, form_of
from activity.api.endpoints import TAG
from activity.models import LONGEST_VIEW_NAME, SavedView
from activity.saved_views import delete_view, rename_view, save_view
from csp_portal.accounts.permissions import Permission
from csp_portal.api.endpoint import ApiRequest, Endpoint
from csp_portal.api.idempotency import once
from csp_portal.api.resources import collection, link, resource
from csp_portal.api.schema import LinkSerializer, ResourceSerializer, collection_of, documented
from csp_portal.api.serializers import ApiSerializer, TextField
from csp_portal.guids import guid_of

PATH = "/activity/views"
NO_VIEW = UUID(int=0)


class NameBody(ApiSerializer):
    name = TextField(max_length=LONGEST_VIEW_NAME)


class ViewBody(LogQuery):
    name = TextField(max_length=LONGEST_VIEW_NAME)


class SavedViewSerializer(ResourceSerializer):
    """A query of the log under a name; without days it asks for the last 30."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    query = serializers.DictField(child=serializers.CharField())
    links = serializers.DictField(child=LinkSerializer())


class SavedViews(Endpoint):
    """`/v1/activity/views`"""

    needs = {"GET": Permission.SEE_ACTIVITY, "POST": Permission.SEE_ACTIVITY}

    @documented("Saved views of the log", tag=TAG, answer=collection_of(SavedViewSerializer))
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """The client's own, by name."""
        return Response(collection(map(_view, SavedView.objects.visible_to(request.user).by_name()), PATH))

    @documented(
        "Save a view of the log", tag=TAG, body=ViewBody, answer=SavedViewSerializer, status=201, refusals=[409]
    )
    @once
    def post(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Keep what the log was asked for."""
        given = self.given(request, ViewBody)
        asked = {name.lower(): value for name, value in given.items() if name != "name"}
        return Response(_view(save_view(given["name"], form_of(asked, request.user).kept, actor=request.user)), 201)


class OneSavedView(Endpoint):
    """`/v1/activity/views/{view_id}`"""

    needs = {"PATCH": Permission.SEE_ACTIVITY, "DELETE": Permission.SEE_ACTIVITY}

    @documented("Rename a saved view", tag=TAG, body=NameBody, answer=SavedViewSerializer, refusals=[409])
    def patch(self, request: ApiRequest, view_id: str, **kwargs: Any) -> Response:
        """Give it a name that no other one has."""
        name = self.given(request, NameBody)["name"]
        return Response(_view(rename_view(guid_of(view_id) or NO_VIEW, name, actor=request.user)))

    @documented("Delete a saved view", tag=TAG, answer=None, status=204)
    def delete(self, request: ApiRequest, view_id: str, **kwargs: Any) -> Response:
        """It is gone at once."""
        delete_view(guid_of(view_id) or NO_VIEW, actor=request.user)
        return Response(status=204)


def _view(view: SavedView) -> dict[str, Any]:
    links = {"self": link(f"{PATH}/{view.public_id}", "PATCH")}
    return resource("SavedView", id=str(view.public_id), name=view.name, query=view.query, links=links)
