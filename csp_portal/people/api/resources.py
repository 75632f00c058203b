"""The partner, its roles and who holds them, as the API writes them."""

from typing import Any

from rest_framework import serializers

from csp_portal.accounts.models import Invitation, Partner, User
from csp_portal.accounts.permissions import Role
from csp_portal.api.resources import instant, link, resource
from csp_portal.api.schema import LinkSerializer, ResourceSerializer
from csp_portal.people.api.limits import LogScopeSerializer, told_limits


class RoleSerializer(ResourceSerializer):
    """A role that a partner's users can hold."""

    id = serializers.CharField()
    name = serializers.CharField()
    category = serializers.CharField()
    links = serializers.DictField(child=LinkSerializer())


class UserMemberSerializer(ResourceSerializer):
    """A user who holds a role."""

    id = serializers.UUIDField()
    accountId = serializers.UUIDField()
    roleId = serializers.CharField()
    displayName = serializers.CharField()
    userPrincipalName = serializers.CharField()
    auditorLastDay = serializers.DateField(required=False)
    logScope = LogScopeSerializer(required=False)


class HeldRoleSerializer(serializers.Serializer):
    id = serializers.CharField()
    name = serializers.CharField()
    lastDay = serializers.DateField(required=False)
    logScope = LogScopeSerializer(required=False)


class UserSerializer(ResourceSerializer):
    """Somebody who signs in."""

    id = serializers.UUIDField()
    displayName = serializers.CharField()
    userPrincipalName = serializers.CharField()
    isActive = serializers.BooleanField()
    roles = HeldRoleSerializer(many=True)
    links = serializers.DictField(child=LinkSerializer())


class InvitationSerializer(ResourceSerializer):
    """An invitation; nothing here opens it."""

    id = serializers.UUIDField()
    email = serializers.CharField()
    name = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    auditorLastDay = serializers.DateField(required=False)
    logScope = LogScopeSerializer(required=False)
    status = serializers.CharField()
    invitedBy = serializers.CharField()
    createdDate = serializers.DateTimeField()
    expiryDate = serializers.DateTimeField()


class PlainAddressSerializer(serializers.Serializer):
    """An address as the operator has entered it: in lines, not in parts."""

    addressLine1 = serializers.CharField()


class PartnerContactSerializer(serializers.Serializer):
    firstName = serializers.CharField()
    lastName = serializers.CharField(allow_blank=True)
    email = serializers.CharField()
    phoneNumber = serializers.CharField(required=False)


class OrganizationProfileSerializer(ResourceSerializer):
    id = serializers.UUIDField()
    tenantId = serializers.UUIDField()
    companyName = serializers.CharField()
    defaultAddress = PlainAddressSerializer()
    email = serializers.CharField()
    language = serializers.CharField()
    culture = serializers.CharField()
    profileType = serializers.CharField()
    links = serializers.DictField(child=LinkSerializer())


class LegalBusinessProfileSerializer(ResourceSerializer):
    companyName = serializers.CharField()
    address = PlainAddressSerializer()
    primaryContact = PartnerContactSerializer()
    profileType = serializers.CharField()
    links = serializers.DictField(child=LinkSerializer())


class PartnerBillingProfileSerializer(LegalBusinessProfileSerializer):
    taxId = serializers.CharField(allow_blank=True)
    billingCurrency = serializers.CharField(required=False)


class SupportProfileSerializer(ResourceSerializer):
    email = serializers.CharField()
    telephone = serializers.CharField(allow_blank=True)
    profileType = serializers.CharField()
    links = serializers.DictField(child=LinkSerializer())


class MpnProfileSerializer(ResourceSerializer):
    partnerName = serializers.CharField()
    mpnId = serializers.CharField()
    profileType = serializers.CharField()
    links = serializers.DictField(child=LinkSerializer())


def role(given: Role) -> dict[str, Any]:
    """A role; its id is the word that we have for it."""
    uri = f"/roles/{given.value}"
    links = {"self": link(uri), "usermembers": link(f"{uri}/usermembers")}
    return resource("Role", id=given.value, name=str(given.label), category="partner", links=links)


def member(user: User, of: Role) -> dict[str, Any]:
    """A user as one who holds a role, with its limits."""
    held = next((held for held in user.held_roles if held.role == of), None)
    return resource(
        "UserMember",
        id=str(user.public_id),
        accountId=str(user.public_id),
        roleId=of.value,
        displayName=user.name,
        userPrincipalName=user.email,
        **(told_limits(held.last_day, held.scope) if held else {}),
    )


def user(given: User) -> dict[str, Any]:
    """A user with the roles that they hold."""
    roles = [
        {"id": held.role, "name": str(held.get_role_display())}
        | told_limits(held.last_day, held.scope, day_as="lastDay")
        for held in given.held_roles
    ]
    return resource(
        "User",
        id=str(given.public_id),
        displayName=given.name,
        userPrincipalName=given.email,
        isActive=given.is_active,
        roles=roles,
        links={"self": link(f"/users/{given.public_id}")},
    )


def invitation(given: Invitation) -> dict[str, Any]:
    """An invitation without the address that opens it."""
    return resource(
        "Invitation",
        id=str(given.public_id),
        email=given.email,
        name=given.name,
        roles=list(given.roles),
        status=given.state.value,
        invitedBy=given.invited_by_name,
        createdDate=instant(given.created_at),
        expiryDate=instant(given.expires_at),
        **told_limits(given.auditor_last_day, given.scope),
    )


def profile(partner: Partner, kind: str, path: str, **members: Any) -> dict[str, Any]:
    """One of the partner's profiles."""
    return resource(kind, profileType=kind, links={"self": link(f"/profiles/{path}")}, **members)


def address(partner: Partner) -> dict[str, str]:
    return {"addressLine1": partner.address}


def contact(partner: Partner) -> dict[str, str]:
    """Whom to ask; the portal keeps a name as people write it, not in two parts."""
    told = {"firstName": partner.support_name, "lastName": "", "email": partner.support_email}
    return {**told, "phoneNumber": partner.support_phone} if partner.support_phone else told
