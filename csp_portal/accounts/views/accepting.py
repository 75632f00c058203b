"""The page behind the address in an invitation: choose a password and come in (P5)."""

from uuid import UUID

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from csp_portal.accounts.forms import AcceptForm
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import public
from csp_portal.accounts.services import accept_invitation, usable_invitation
from csp_portal.accounts.views.mailed import mailed_page


@public
@require_http_methods(["GET", "HEAD", "POST"])
@mailed_page("accounts/invitation_dead.html")
def accept(request: HttpRequest, invitation_id: UUID) -> HttpResponseBase:
    """GET shows the form and changes nothing, for mail scanners open addresses too; POST makes the user, signed in."""
    form = AcceptForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = accept_invitation(invitation_id, **form.chosen())
        except ValidationError as error:
            form.add_error("password", error)
        else:
            return _signed_in(request, user)
    invitation = usable_invitation(invitation_id)
    form.initial = {"name": invitation.name}
    return render(request, "accounts/accept.html", {"invitation": invitation, "form": form})


def _signed_in(request: HttpRequest, user: User) -> HttpResponse:
    """Home, by the way that every sign-in takes."""
    return perform_password_login(request, {"email": user.email}, Login(user=user))
