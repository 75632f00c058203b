"""Partners, their users and the operator's staff: made, invited, given roles, switched off."""

from csp_portal.accounts.services.accepting import accept_invitation, usable_invitation
from csp_portal.accounts.services.invitations import (
    invite_global_admin,
    invite_user,
    resend_invitation,
    revoke_invitation,
)
from csp_portal.accounts.services.partners import change_partner, create_partner
from csp_portal.accounts.services.passwords import request_password_reset, reset_password, user_to_reset
from csp_portal.accounts.services.users import (
    change_roles,
    create_user,
    deactivate_user,
    reactivate_user,
    why_not_deactivate,
)

__all__ = [
    "accept_invitation",
    "change_partner",
    "change_roles",
    "create_partner",
    "create_user",
    "deactivate_user",
    "invite_global_admin",
    "invite_user",
    "reactivate_user",
    "request_password_reset",
    "resend_invitation",
    "reset_password",
    "revoke_invitation",
    "usable_invitation",
    "user_to_reset",
    "why_not_deactivate",
]
