"""The role and the user that a path or a body names."""

from csp_portal.accounts.models import User, roles_of_side
from csp_portal.accounts.permissions import Role
from csp_portal.api.reasons import NOT_FOUND
from csp_portal.errors import Refusal
from csp_portal.guids import guid_of


def role_of(name: str, reader: User) -> Role:
    """The role of the reader's side with this id or name. Raises Refusal."""
    known = {word: role for role in roles_of_side(reader.partner_id) for word in (role.value, str(role.label).lower())}
    if name.lower() not in known:
        raise Refusal(NOT_FOUND, what="role")
    return known[name.lower()]


def user_of(reader: User, public_id: str, email: str = "") -> User:
    """The user of the reader's side with this id or, without one, this e-mail address. Raises Refusal."""
    users, guid = User.objects.visible_to(reader).with_roles(), guid_of(public_id)
    found = users.filter(public_id=guid) if guid else users.filter(email=email.strip().lower())
    user = found.first()
    if user is None:
        raise Refusal(NOT_FOUND, what="user")
    return user
