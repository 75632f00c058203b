"""Why an invitation, or a change of a partner's people, is refused."""

from django.utils.translation import gettext_lazy as _

from csp_portal.errors import Reason

ROLE_OF_OTHER_SIDE = Reason(
    code="role_of_other_side",
    rule="P1",
    sentence=_("The role %(role)s cannot be held by this user."),
    next_step=_("Give operator roles to the operator's staff only, and partner roles to a partner's users only."),
)
NO_ROLE = Reason(
    code="no_role",
    rule="P1",
    sentence=_("A user without a role can open nothing."),
    next_step=_("Choose at least one role. Switch the account off if the person shall not come in any more."),
)
LAST_DAY_WITHOUT_AUDITOR = Reason(
    code="last_day_without_auditor",
    rule="P1",
    sentence=_("Only the role Auditor can have a last day."),
    next_step=_("Choose the role Auditor as well, or leave the last day empty."),
)
LAST_DAY_OVER = Reason(
    code="last_day_over",
    rule="P1",
    sentence=_("The last day as Auditor, %(last_day)s, is over."),
    next_step=_("Choose today or a later day (UTC), or take the role away."),
)
SCOPE_WITHOUT_AUDITOR = Reason(
    code="scope_without_auditor",
    rule="P1",
    sentence=_("Only the role Auditor can be limited to some customers or days of the activity log."),
    next_step=_("Choose the role Auditor as well, or leave the customers and the days of the log empty."),
)
SCOPE_ENDS_BEFORE_IT_BEGINS = Reason(
    code="scope_ends_before_it_begins",
    rule="P1",
    sentence=_("The first day of the log, %(day)s, is after its last day, %(last_day)s."),
    next_step=_("Choose an earlier first day, or a later last day of the log."),
)
SCOPE_TOO_LONG = Reason(
    code="scope_too_long",
    rule="P1",
    sentence=_("The log can be limited to at most %(limit)s customers; these are %(count)s."),
    next_step=_("Name fewer customers, or none at all for the whole log."),
)
ROLES_CHANGED_MEANWHILE = Reason(
    code="roles_changed_meanwhile",
    rule="P1",
    sentence=_("The roles of %(email)s or their limits were changed meanwhile."),
    next_step=_("Look at the roles as they are now and change them again if that is still needed."),
)
LAST_ADMIN = Reason(
    code="last_admin",
    rule="P1",
    sentence=_("%(email)s is the last one with the role %(role)s."),
    next_step=_("Give the role to somebody else first: without one, nobody could manage the users."),
)
OWN_ADMIN_ROLE = Reason(
    code="own_admin_role",
    rule="P1",
    sentence=_("Nobody takes the role %(role)s from themselves."),
    next_step=_("Ask a colleague who has the role %(role)s to take it from you."),
)
OWN_ACCOUNT = Reason(
    code="own_account",
    rule="P1",
    sentence=_("Nobody switches off their own account."),
    next_step=_("Ask a colleague who has the role %(role)s to switch it off."),
)

HAS_ACCOUNT = Reason(
    code="has_account",
    rule="P5",
    sentence=_("%(email)s has an account already; each address can have one only."),
    next_step=_(
        "If the person stands in the list of users, change the roles or switch the account on there. "
        "If not, invite another address of theirs."
    ),
)
INVITED_ALREADY = Reason(
    code="invited_already",
    rule="P5",
    sentence=_("%(email)s has an invitation that is open until %(expires_at)s."),
    next_step=_("Send it again, or revoke it before you invite the address anew."),
)
TOO_MANY_INVITATIONS = Reason(
    code="too_many_invitations",
    rule="P5",
    sentence=_("There are %(limit)s invitations waiting, and there cannot be more."),
    next_step=_("Revoke those that nobody will use, then invite again."),
)
INVITATION_NOT_WAITING = Reason(
    code="invitation_not_waiting",
    rule="P5",
    sentence=_("The invitation of %(email)s waits no more: it was used, revoked or sent again."),
    next_step=_(
        "Look at the list as it is now; invite the address again if there is neither a user nor an invitation."
    ),
)
INVITATION_EXPIRED = Reason(
    code="invitation_expired",
    rule="P5",
    sentence=_("This invitation could be used until %(expires_at)s."),
    next_step=_("Ask %(inviter)s to send it again."),
    status=410,
)
INVITATION_USED = Reason(
    code="invitation_used",
    rule="P5",
    sentence=_("This invitation was used on %(when)s; it works once."),
    next_step=_(
        "Sign in with your e-mail address and password. If it was not you who used it, tell %(inviter)s at once."
    ),
    status=410,
)
INVITATION_REVOKED = Reason(
    code="invitation_revoked",
    rule="P5",
    sentence=_("This invitation was revoked or sent again on %(when)s."),
    next_step=_("Look for a newer mail, or ask %(inviter)s to invite you again."),
    status=410,
)
INVITED_HAS_ACCOUNT = Reason(
    code="invited_has_account",
    rule="P5",
    sentence=_("There is an account with this e-mail address already."),
    next_step=_("Sign in with it, or ask %(inviter)s to invite another address of yours."),
)
RESET_OVER = Reason(
    code="password_reset_over",
    rule="P3",
    sentence=_("This address changes no password any more: it works once, for an hour, until the next sign-in."),
    next_step=_("Sign in with the password that you chose, or ask for another mail at the sign-in page."),
    status=410,
)
API_CLIENT_WITHOUT_NAME = Reason(
    code="api_client_without_name",
    rule="X3",
    sentence=_("An API client needs a name of at most %(longest)s characters."),
    next_step=_("Name the program that will use it."),
    status=400,
)
API_CLIENT_NAME_TAKEN = Reason(
    code="api_client_name_taken",
    rule="X3",
    sentence=_("An API client with the name %(name)s stands already. Its secret is not shown again."),
    next_step=_("Give this one another name, replace the other one's secret, or revoke it."),
)
TOO_MANY_API_CLIENTS = Reason(
    code="too_many_api_clients",
    rule="X3",
    sentence=_("Your organisation has %(limit)s API clients, which is the most there can be."),
    next_step=_("Revoke one that is no longer used."),
)
API_CLIENT_GONE = Reason(
    code="api_client_gone",
    rule="X3",
    sentence=_("There is no such API client, or it was revoked."),
    next_step=_("Go back to the list of clients and make another one."),
    status=404,
)
API_CLIENT_CHANGED_MEANWHILE = Reason(
    code="api_client_changed_meanwhile",
    rule="X3",
    sentence=_("A colleague has changed the API client %(name)s meanwhile."),
    next_step=_("Look at its roles as they are now, and change them again if need be."),
)
