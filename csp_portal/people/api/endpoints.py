"""Endpoints of the partner's roles and of its profiles."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from activity.models.scope import WHOLE_LOG
from csp_portal.accounts.models import Partner, RoleAssignment, User, roles_of_side
from csp_portal.accounts.permissions import Permission, Role
from csp_portal.accounts.services import change_roles
from csp_portal.accounts.services.sides import check_last_day, check_scope
from csp_portal.api.endpoint import ApiRequest, Endpoint
from csp_portal.api.idempotency import once
from csp_portal.api.paging import seek_page
from csp_portal.api.reasons import NOT_FOUND
from csp_portal.api.resources import collection
from csp_portal.api.schema import collection_of, documented
from csp_portal.api.serializers import ApiSerializer, TextField
from csp_portal.errors import Refusal
from csp_portal.people.api import resources as written
from csp_portal.people.api.finding import role_of, user_of
from csp_portal.people.api.limits import LimitsBody, limits_of

USERS, PARTNER = "Users and roles", "Partner"


class MemberGiven(LimitsBody):
    """Who is to hold the role: by id, or by e-mail address; as Auditor with limits, where there are to be some."""

    id = TextField(required=False)
    userPrincipalName = TextField(required=False)


class Roles(Endpoint):
    """`/v1/roles`"""

    needs = {"GET": Permission.MANAGE_USERS}

    @documented("Roles that the partner's users can hold", tag=USERS, answer=collection_of(written.RoleSerializer))
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """All of them, in one page."""
        roles = roles_of_side(request.user.partner_id)
        return Response(collection((written.role(role) for role in roles), "/roles"))


class Members(Endpoint):
    """`/v1/roles/{role}/usermembers`"""

    needs = {"GET": Permission.MANAGE_USERS, "POST": Permission.MANAGE_USERS}

    @documented("Who holds a role", tag=USERS, answer=collection_of(written.UserMemberSerializer, seek=True))
    def get(self, request: ApiRequest, role: str, **kwargs: Any) -> Response:
        """A page of the users."""
        asked = role_of(role, request.user)
        holding = RoleAssignment.objects.filter(role=asked).values("user")
        users = User.objects.visible_to(request.user).filter(pk__in=holding).with_roles()
        path = f"/roles/{asked.value}/usermembers"
        return Response(seek_page(request, users, ["pk"], lambda user: written.member(user, asked), path=path))

    @documented(
        "Give a user a role",
        tag=USERS,
        body=MemberGiven,
        answer=written.UserMemberSerializer,
        status=201,
        refusals=(409,),
    )
    @once
    def post(self, request: ApiRequest, role: str, **kwargs: Any) -> Response:
        """It counts from the user's next request on; who holds it already keeps it, with the limits that are given."""
        asked, given = role_of(role, request.user), self.given(request, MemberGiven)
        user = user_of(request.user, given.get("id", ""), given.get("userPrincipalName", ""))
        held, limits = _held(user), _limits_asked(given, asked)
        if limits or asked not in held:
            limits = {**_limits(user), **limits}
            change_roles(user.public_id, roles={*held, asked}, seen=user.rights, actor=request.user, **limits)
        return Response(written.member(user_of(request.user, str(user.public_id)), asked), status=201)


class Member(Endpoint):
    """`/v1/roles/{role}/usermembers/{member}`"""

    needs = {"DELETE": Permission.MANAGE_USERS}

    @documented("Take a role from a user", tag=USERS, answer=None, status=204, refusals=(409,))
    def delete(self, request: ApiRequest, role: str, member: str, **kwargs: Any) -> Response:
        """The last role of a user is not taken away: an account without any is switched off."""
        asked, user = role_of(role, request.user), user_of(request.user, member)
        held = _held(user)
        if asked not in held:
            raise Refusal(NOT_FOUND, what="user")
        change_roles(
            user.public_id, roles=held - {asked}, seen=user.rights, actor=request.user, **_limits(user, without=asked)
        )
        return Response(status=204)


def _held(user: User) -> set[Role]:
    return {Role(held.role) for held in user.held_roles}


def _limits_asked(given: Mapping[str, Any], asked: Role) -> dict[str, Any]:
    """The limits that the role is to have. Raises Refusal for another one: it changes no limit of an Auditor."""
    limits = limits_of(given)
    if asked == Role.AUDITOR:
        return limits
    check_last_day(limits.get("auditor_last_day"), [asked])
    check_scope(limits.get("auditor_scope", WHOLE_LOG), [asked])
    return {}


def _limits(user: User, without: Role | None = None) -> dict[str, Any]:
    """The limits of the role Auditor, which stay as they are while it is held."""
    auditor = next((held for held in user.held_roles if held.role == Role.AUDITOR), None)
    if auditor is None or without == Role.AUDITOR:
        return {}
    return {"auditor_last_day": auditor.last_day, "auditor_scope": auditor.scope}


class Profile(Endpoint):
    """The base of `/v1/profiles/…`: facts of the partner that its operator keeps, and that anybody of it may read."""

    def partner(self, request: ApiRequest) -> Partner:
        partner = request.user.partner
        assert partner is not None  # the operator has no clients
        return partner


class OrganizationProfile(Profile):
    """`/v1/profiles/organization`"""

    @documented("The partner", tag=PARTNER, answer=written.OrganizationProfileSerializer)
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Its name, address and contact."""
        partner = self.partner(request)
        told = written.profile(
            partner,
            "OrganizationProfile",
            "organization",
            id=str(partner.public_id),
            tenantId=str(partner.public_id),
            companyName=partner.legal_name,
            defaultAddress=written.address(partner),
            email=partner.support_email,
            language="en",
            culture="en-US",
        )
        return Response(told)


class LegalBusinessProfile(Profile):
    """`/v1/profiles/legalbusiness`"""

    @documented("The partner as a business", tag=PARTNER, answer=written.LegalBusinessProfileSerializer)
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """As it stands on invoices."""
        partner = self.partner(request)
        parts = {"address": written.address(partner), "primaryContact": written.contact(partner)}
        kind, path = "LegalBusinessProfile", "legalbusiness"
        return Response(written.profile(partner, kind, path, companyName=partner.legal_name, **parts))


class BillingProfile(Profile):
    """`/v1/profiles/billing`"""

    @documented("How the partner is billed", tag=PARTNER, answer=written.PartnerBillingProfileSerializer)
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """As it stands on invoices; there is one for each month and currency."""
        partner = self.partner(request)
        parts = {"address": written.address(partner), "primaryContact": written.contact(partner)}
        told = {"companyName": partner.legal_name, "taxId": partner.tax_id, **parts}
        return Response(written.profile(partner, "PartnerBillingProfile", "billing", **told))


class SupportProfile(Profile):
    """`/v1/profiles/support`"""

    @documented("Whom the partner's customers ask", tag=PARTNER, answer=written.SupportProfileSerializer)
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """The contact that stands on landing pages of links."""
        partner = self.partner(request)
        told = {"email": partner.support_email, "telephone": partner.support_phone}
        return Response(written.profile(partner, "SupportProfile", "support", **told))


class MpnQuery(ApiSerializer):
    mpnId = serializers.CharField(required=False)


class MpnProfile(Profile):
    """`/v1/profiles/mpn`"""

    @documented("The partner by its number", tag=PARTNER, query=MpnQuery, answer=written.MpnProfileSerializer)
    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """The portal knows partners by their ids alone: another one's is not found."""
        partner = self.partner(request)
        if request.query.get("mpnid", str(partner.public_id)) != str(partner.public_id):
            raise Refusal(NOT_FOUND, what="partner")
        told = {"partnerName": partner.legal_name, "mpnId": str(partner.public_id)}
        return Response(written.profile(partner, "MpnProfile", "mpn", **told))
