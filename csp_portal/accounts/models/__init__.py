"""Partners, their users and API clients, and the operator's staff (spec 1)."""

from csp_portal.accounts.models.api_clients import MOST_API_CLIENTS, ApiClient
from csp_portal.accounts.models.people import (
    ADDRESS_LENGTH,
    INVITATION_LIFETIME,
    MOST_OPEN_INVITATIONS,
    NAME_LENGTH,
    RESET_INTERVAL,
    RESET_LIFETIME,
    Invitation,
    InvitationState,
    LimitedToScope,
    Partner,
    RoleAssignment,
    User,
    admin_role,
    roles_of_side,
)

__all__ = [
    "ADDRESS_LENGTH",
    "INVITATION_LIFETIME",
    "MOST_API_CLIENTS",
    "MOST_OPEN_INVITATIONS",
    "NAME_LENGTH",
    "RESET_INTERVAL",
    "RESET_LIFETIME",
    "ApiClient",
    "Invitation",
    "InvitationState",
    "LimitedToScope",
    "Partner",
    "RoleAssignment",
    "User",
    "admin_role",
    "roles_of_side",
]
