"""The partner, its roles and who holds them, as the API writes them."""

from typing import Any

from rest_framework import serializers

from csp_portal.accounts.models import Partner, User
from csp_portal.accounts.permissions import Role
from csp_portal.api.resources import link, resource
from csp_portal.api.schema import LinkSerializer, ResourceSerializer


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


class PlainAddressSerializer(serializers.Serializer):
    """An address as the operator has entered it: in lines, not in parts."""

    addressLine1 = serializers.CharField()


class ContactSerializer(serializers.Serializer):
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
    primaryContact = ContactSerializer()
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
    """A user as one who holds a role."""
    return resource(
        "UserMember",
        id=str(user.public_id),
        accountId=str(user.public_id),
        roleId=of.value,
        displayName=user.name,
        userPrincipalName=user.email,
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
