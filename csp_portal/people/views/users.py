"""The users of the reader's own side: who there is, with which roles (spec 1)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from activity.models import Action
from csp_portal.accounts.models import Invitation, User
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.reasons import ROLES_CHANGED_MEANWHILE
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.accounts.services import change_roles, deactivate_user, reactivate_user, why_not_deactivate
from csp_portal.errors import Refusal
from csp_portal.pagination import page_of
from csp_portal.people.forms import RolesForm
from csp_portal.people.not_saved import not_saved
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
    person = _person(request, user_id)
    form = RolesForm(request.POST or None, person=person, reader=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            change_roles(user_id, actor=request.user, **form.chosen())
        except Refusal as refusal:
            form.add_error(None, refusal.form_error)
            if refusal.reason == ROLES_CHANGED_MEANWHILE:
                return _as_now(request, user_id, form)
        else:
            messages.success(request, _("The roles of %(email)s are saved.") % {"email": person.email})
            return redirect(person)
    return _user(request, person, form)


def _person(request: SignedInRequest, user_id: UUID) -> User:
    person: User = get_object_or_404(User.objects.visible_to(request.user).with_roles(), public_id=user_id)
    return person


def _as_now(request: SignedInRequest, user_id: UUID, refused: RolesForm) -> HttpResponse:
    """The form as the roles are now: what was asked for stands beside it, so that one more click lifts no limit."""
    person = _person(request, user_id)
    form = RolesForm(None, person=person, reader=request.user)
    return _user(request, person, form, refused=refused, not_saved=not_saved(refused, form))


def _user(request: SignedInRequest, person: User, form: RolesForm, **refused: Any) -> HttpResponse:
    context = {"person": person, "form": form, "off_refusal": why_not_deactivate(person, actor=request.user)}
    context["names"] = scope_names(request.user, [held.scope for held in person.held_roles])
    return render(request, "accounts/user.html", context | refused)


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
