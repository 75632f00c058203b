"""Endpoints of the partner's users and of invitations: our extension, in the style of the rest (X3)."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from csp_portal.accounts.models import Invitation, User
from csp_portal.accounts.permissions import Permission, Role
from csp_portal.accounts.services import (
    deactivate_user,
    invite_user,
    reactivate_user,
    resend_invitation,
    revoke_invitation,
)
from csp_portal.api.endpoint import ApiRequest, Endpoint
from csp_portal.api.idempotency import once
from csp_portal.api.paging import seek_page
from csp_portal.api.reasons import NOT_FOUND
from csp_portal.api.resources import collection
from csp_portal.api.schema import collection_of, documented
from csp_portal.api.serializers import ApiSerializer, FlagField, TextField, WordField
from csp_portal.errors import Refusal
from csp_portal.guids import guid_of
from csp_portal.people.api.finding import user_of
from csp_portal.people.api.limits import LimitsBody, limits_of
from csp_portal.people.api.resources import InvitationSerializer, UserSerializer, invitation, user

TAG = "Users and roles"


class UserChanged(ApiSerializer):
    isActive = FlagField(help_text="false switches the account off, and ends its sessions; true switches it on again.")


class Invited(LimitsBody):
    email = serializers.EmailField(
        max_length=254, help_text="The invitation is mailed there; it works once, for 7 days."
    )
    name = TextField(max_length=200)
    roles = serializers.ListField(child=WordField(choices=Role.values), allow_empty=False, max_length=len(Role))


class Users(Endpoint):
    """`/v1/users`"""

    needs = {"GET": Permission.MANAGE_USERS}

    @documented("Users of the partner", tag=TAG, answer=collection_of(UserSerializer, seek=True))
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """A page of the people who sign in."""
        return Response(
            seek_page(request, User.objects.visible_to(request.user).with_roles(), ["pk"], user, path="/users")
        )


class OneUser(Endpoint):
    """`/v1/users/{id}`"""

    needs = {"GET": Permission.MANAGE_USERS, "PATCH": Permission.MANAGE_USERS}

    @documented("One user", tag=TAG, answer=UserSerializer)
    def get(self, request: ApiRequest, user_id: str, **kwargs: Any) -> Response:
        """With the roles that are held, and how long."""
        return Response(user(user_of(request.user, user_id)))

    @documented("Switch an account off or on", tag=TAG, body=UserChanged, answer=UserSerializer, refusals=(409,))
    def patch(self, request: ApiRequest, user_id: str, **kwargs: Any) -> Response:
        """Its sessions end at once. Roles are given and taken below `/v1/roles`."""
        found, given = user_of(request.user, user_id), self.given(request, UserChanged)
        change = reactivate_user if given["isActive"] else deactivate_user
        change(found.public_id, actor=request.user)
        return Response(user(user_of(request.user, user_id)))


class Invitations(Endpoint):
    """`/v1/invitations`"""

    needs = {"GET": Permission.MANAGE_USERS, "POST": Permission.MANAGE_USERS}

    @documented("Invitations that wait", tag=TAG, answer=collection_of(InvitationSerializer))
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """All of them: of those there is a limit."""
        waiting = Invitation.objects.visible_to(request.user).waiting()
        return Response(collection(map(invitation, waiting), "/invitations"))

    @documented("Invite a user", tag=TAG, body=Invited, answer=InvitationSerializer, status=201, refusals=(409,))
    @once
    def post(self, request: ApiRequest, **kwargs: Any) -> Response:
        """The person is mailed an address that works once."""
        given = self.given(request, Invited)
        roles = [Role(role) for role in given["roles"]]
        who = {"email": given["email"], "name": given["name"], "partner": request.user.partner}
        made = invite_user(**who, **limits_of(given), roles=roles, actor=request.user)
        return Response(invitation(made), status=201)


class OneInvitation(Endpoint):
    """`/v1/invitations/{id}`"""

    needs = {"DELETE": Permission.MANAGE_USERS}

    @documented("Revoke an invitation", tag=TAG, answer=None, status=204, refusals=(409,))
    def delete(self, request: ApiRequest, invitation_id: str, **kwargs: Any) -> Response:
        """Its address opens nothing any more."""
        revoke_invitation(_invitation(request.user, invitation_id).public_id, actor=request.user)
        return Response(status=204)


class ResentInvitation(Endpoint):
    """`/v1/invitations/{id}/resend`"""

    needs = {"POST": Permission.MANAGE_USERS}

    @documented("Mail an invitation anew", tag=TAG, answer=InvitationSerializer, status=201, refusals=(409,))
    @once
    def post(self, request: ApiRequest, invitation_id: str, **kwargs: Any) -> Response:
        """The one before opens nothing any more."""
        again = resend_invitation(_invitation(request.user, invitation_id).public_id, actor=request.user)
        return Response(invitation(again), status=201)


def _invitation(reader: User, invitation_id: str) -> Invitation:
    """The invitation to the reader's side. Raises Refusal."""
    guid = guid_of(invitation_id)
    found = Invitation.objects.visible_to(reader).filter(public_id=guid).first() if guid else None
    if found is None:
        raise Refusal(NOT_FOUND, what="invitation")
    return found
