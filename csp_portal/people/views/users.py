"""The users of the reader's own side: who there is, with which roles (spec 1)."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from activity.models import Action
from csp_portal.accounts.models import Invitation, User
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.accounts.services import change_roles, deactivate_user, reactivate_user, why_not_deactivate
from csp_portal.errors import Refusal
from csp_portal.pagination import page_of
from csp_portal.people.forms import RolesForm
from customers.log_scopes import scope_names

_managed = role_required(Permission.MANAGE_USERS, refused=Action.USER_CHANGE_REFUSED)


@require_safe
@role_required(Permission.MANAGE_USERS)
def user_list(request: SignedInRequest) -> HttpResponse:
    """Users, and above them the invitations that wait; of those there is a limit, so they need no pages."""
    page = page_of(request, User.objects.visible_to(request.user).with_roles())
    invitations = list(Invitation.objects.visible_to(request.user).waiting())
    scopes = [held.scope for person in page for held in person.held_roles] + [sent.scope for sent in invitations]
    context = {"page": page, "invitations": invitations, "names": scope_names(request.user, scopes)}
    return render(request, "accounts/users.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@_managed
def user(request: SignedInRequest, user_id: UUID) -> HttpResponse:
    """One user; POST gives other roles."""
    person = get_object_or_404(User.objects.visible_to(request.user).with_roles(), public_id=user_id)
    form = RolesForm(request.POST or None, person=person, reader=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            change_roles(user_id, actor=request.user, **form.chosen())
        except Refusal as refusal:
            form.add_error(None, refusal.form_error)
        else:
            messages.success(request, _("The roles of %(email)s are saved.") % {"email": person.email})
            return redirect(person)
    seen = form.initial["seen"] if form.is_search else person.rights
    context = {"person": person, "form": form, "seen": seen}
    context |= {"off_refusal": why_not_deactivate(person, actor=request.user)}
    context["names"] = scope_names(request.user, [held.scope for held in person.held_roles])
    return render(request, "accounts/user.html", context)


@require_POST
@_managed
def switch_off(request: SignedInRequest, user_id: UUID) -> HttpResponse:
    """Switch the account off; its sessions end."""
    person = get_object_or_404(User.objects.visible_to(request.user), public_id=user_id)
    deactivate_user(user_id, actor=request.user)
    messages.success(request, _("The account of %(email)s is switched off.") % {"email": person.email})
    return redirect(person)


@require_POST
@_managed
def switch_on(request: SignedInRequest, user_id: UUID) -> HttpResponse:
    """Switch the account on again."""
    person = get_object_or_404(User.objects.visible_to(request.user), public_id=user_id)
    reactivate_user(user_id, actor=request.user)
    messages.success(request, _("The account of %(email)s is switched on.") % {"email": person.email})
    return redirect(person)
