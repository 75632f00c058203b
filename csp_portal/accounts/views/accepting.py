"""The page behind the address in an invitation: choose a password and come in (P5)."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from csp_portal.accounts.forms import AcceptForm
from csp_portal.accounts.models import Invitation, User
from csp_portal.accounts.permissions import public
from csp_portal.accounts.services import accept_invitation, usable_invitation
from csp_portal.errors import Refusal
from csp_portal.mail.addresses import SIGNATURE, is_genuine

# The address is a secret: it goes into no cache, no search engine and no other site's log. A form whose page has the
# policy no-referrer is sent with the origin `null`, which the check of its own secret refuses; this one names the
# origin, never the path.
_SECRET_ADDRESS = {"Cache-Control": "no-store", "Referrer-Policy": "strict-origin", "X-Robots-Tag": "noindex"}


def invitation_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Open to whoever was mailed the address: 404 without its signature, and the reason where it is dead."""

    @wraps(view)
    def opened(request: HttpRequest, invitation_id: UUID) -> HttpResponseBase:
        address = reverse("accept_invitation", args=[invitation_id])
        if not is_genuine(address, request.GET.get(SIGNATURE, "")):
            raise Http404
        try:
            response = view(request, invitation_id)
        except Invitation.DoesNotExist as error:
            raise Http404 from error
        except Refusal as refusal:
            response = render(request, "accounts/invitation_dead.html", {"refusal": refusal}, status=refusal.status)
        for header, value in _SECRET_ADDRESS.items():
            response.headers.setdefault(header, value)
        return response

    return opened


@public
@require_http_methods(["GET", "HEAD", "POST"])
@invitation_page
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
