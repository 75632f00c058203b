"""Inviting users to the reader's own side (P5)."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from activity.models import Action
from csp_portal.accounts.models import INVITATION_LIFETIME, Invitation, Partner
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.accounts.services import invite_global_admin, invite_user, resend_invitation, revoke_invitation
from csp_portal.errors import Refusal
from csp_portal.people.forms import InviteForm, PersonForm

_managed = role_required(Permission.MANAGE_USERS, refused=Action.INVITATION_REFUSED)


@require_http_methods(["GET", "HEAD", "POST"])
@_managed
def invite(request: SignedInRequest) -> HttpResponse:
    """A form for one person; POST mails the invitation."""
    form = InviteForm(request.POST or None, reader=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            invitation = invite_user(partner=request.user.partner, actor=request.user, **form.chosen())
        except Refusal as refusal:
            form.add_error(None, refusal.form_error)
        else:
            messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": invitation.email})
            return redirect("users:list")
    context = {"form": form, "fields": form.asked, "days": INVITATION_LIFETIME.days}
    return render(request, "accounts/invite.html", context)


@require_POST
@_managed
def resend(request: SignedInRequest, invitation_id: UUID) -> HttpResponse:
    """Mail the invitation anew; the one before opens nothing any more."""
    get_object_or_404(Invitation.objects.visible_to(request.user), public_id=invitation_id)
    invitation = resend_invitation(invitation_id, actor=request.user)
    messages.success(request, _("A new invitation is on its way to %(email)s.") % {"email": invitation.email})
    return redirect("users:list")


@require_POST
@_managed
def revoke(request: SignedInRequest, invitation_id: UUID) -> HttpResponse:
    """Revoke the invitation."""
    get_object_or_404(Invitation.objects.visible_to(request.user), public_id=invitation_id)
    invitation = revoke_invitation(invitation_id, actor=request.user)
    messages.success(request, _("The invitation of %(email)s is revoked.") % {"email": invitation.email})
    return redirect("users:list")


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Permission.KEEP_HOUSE, refused=Action.INVITATION_REFUSED)
def invite_admin(request: SignedInRequest, partner_id: UUID) -> HttpResponse:
    """The operator's form for a partner's Global admin, who then invites the others."""
    partner = get_object_or_404(Partner, public_id=partner_id)
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            invitation = invite_global_admin(partner, actor=request.user, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, refusal.form_error)
        else:
            messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": invitation.email})
            return redirect("admin:accounts_partner_change", partner.pk)
    context = {"form": form, "fields": list(form), "days": INVITATION_LIFETIME.days, "partner": partner}
    return render(request, "accounts/invite.html", context)
