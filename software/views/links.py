"""Making, renewing and revoking links (K4)."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from activity.models import Action
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.errors import written
from software.forms import Address, GetForm, RenewForm
from software.models import Build, DownloadLink, SoftwarePurchase
from software.places import software_place
from software.services import grant_link, renew_link, revoke_link
from software.services.links import Granted


@require_POST
@role_required(Permission.GET_KEYS, refused=Action.LINK_REFUSED)
def get(request: SignedInRequest, tenant_id: UUID, purchase_id: UUID) -> HttpResponse:
    """Get keys and downloads: have the purchase's link to a build, and go back to where it is shown."""
    visible = SoftwarePurchase.objects.visible_to(request.user).of(tenant_id).select_related("customer", "sku")
    purchase = get_object_or_404(visible, public_id=purchase_id)
    asked = _asked(GetForm(request.POST))
    build = get_object_or_404(Build, public_id=asked["build"])
    granted = grant_link(purchase.public_id, build.public_id, grant_seen=asked["grant"], actor=request.user)
    if granted.overtaken:
        _tell_overtaken(request, granted)
    return _back_to(granted.link)


@require_POST
@role_required(Permission.GET_KEYS, refused=Action.LINK_REFUSED)
def renew(request: SignedInRequest, tenant_id: UUID, link_id: UUID) -> HttpResponse:
    """Renew: 14 days and 50 downloads from now, at the same address or another one."""
    link = _own_link(request, tenant_id, link_id)
    asked = _asked(RenewForm(request.POST))
    replace = asked["address"] == Address.REPLACE
    granted = renew_link(link.public_id, grant_seen=asked["grant"], replace_address=replace, actor=request.user)
    if granted.overtaken:
        _tell_overtaken(request, granted)
    else:
        _tell_renewed(request, granted.link, replaced=replace)
    return _back_to(granted.link)


@require_POST
@role_required(Permission.GET_KEYS, refused=Action.LINK_REFUSED)
def revoke(request: SignedInRequest, tenant_id: UUID, link_id: UUID) -> HttpResponse:
    """Revoke: the link and what was started with it are dead at once."""
    link = revoke_link(_own_link(request, tenant_id, link_id).public_id, actor=request.user)
    text = _("The link to %(file)s is revoked. Get keys and downloads makes a new one, with another address.")
    messages.success(request, text % {"file": link.build.file_name})
    return _back_to(link)


def _own_link(request: SignedInRequest, tenant_id: UUID, link_id: UUID) -> DownloadLink:
    visible = DownloadLink.objects.visible_to(request.user).filter(purchase__customer__tenant_id=tenant_id)
    return get_object_or_404(visible, public_id=link_id)


def _asked(form: Form) -> dict:
    """What the form holds, if it is one of ours."""
    if not form.is_valid():
        raise BadRequest
    return form.cleaned_data


def _back_to(link: DownloadLink) -> HttpResponse:
    return redirect(f"{software_place(link.purchase, link.build)}#link")


def _tell_renewed(request: SignedInRequest, link: DownloadLink, *, replaced: bool) -> None:
    facts = written({"left": link.left, "expires": link.expires_at})
    if replaced:
        text = _("The link is renewed at a new address: %(left)s downloads until %(expires)s. The old address is dead.")
    else:
        text = _("The link is renewed at the same address: %(left)s downloads until %(expires)s.")
    messages.success(request, text % facts)


def _tell_overtaken(request: SignedInRequest, granted: Granted) -> None:
    """Nothing was changed, for the page was older than the link."""
    facts = written({"who": granted.link.granted_by.email, "when": granted.link.granted_at})
    if granted.link.grant_number == 1:
        text = _("This link was made meanwhile by %(who)s, %(when)s. Nothing was changed; here is the link as it is.")
    else:
        text = _(
            "This link was renewed meanwhile by %(who)s, %(when)s. Nothing was changed; here is the link as it is."
        )
    messages.warning(request, text % facts)
