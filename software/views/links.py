"""Making, renewing and revoking links, and what has become of one (K4)."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from activity.models import Action
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.errors import written
from csp_portal.key_text import holds_key
from csp_portal.pagination import CappedPaginator, page_of
from software.forms import Address, AnotherLinkForm, GetForm, RenewForm
from software.link_history import LinkHistory
from software.models import SESSIONS_KEPT_MONTHS, Build, DownloadLink, SoftwarePurchase
from software.places import link_place, software_place
from software.services import grant_link, renew_link, revoke_link
from software.services.links import Granted

GRANTS_SHOWN = 10


@require_POST
@role_required(Permission.GET_KEYS, refused=Action.LINK_REFUSED)
def get(request: SignedInRequest, tenant_id: UUID, purchase_id: UUID) -> HttpResponse:
    """Get keys and downloads: have the purchase's link to a build, and go back to where it is shown."""
    purchase = _own_purchase(request, tenant_id, purchase_id)
    asked = _asked(GetForm(request.POST))
    build = get_object_or_404(Build, public_id=asked["build"])
    granted = grant_link(purchase.public_id, build.public_id, grant_seen=asked["grant"], actor=request.user)
    if granted.overtaken:
        _tell_overtaken(request, granted)
    return redirect(link_place(granted.link))


@require_POST
@role_required(Permission.GET_KEYS, refused=Action.LINK_REFUSED)
def another(request: SignedInRequest, tenant_id: UUID, purchase_id: UUID) -> HttpResponse:
    """Another link: one with a label; where that has one already, it is shown as it is.

    A label that is none is handed back to the form it came from.
    """
    purchase = _own_purchase(request, tenant_id, purchase_id)
    form = AnotherLinkForm(request.POST)
    if "build" in form.errors:
        raise BadRequest
    build = get_object_or_404(Build, public_id=form.cleaned_data["build"])
    if not form.is_valid():
        return redirect(_back_to_label(request, form, purchase, build))
    label = form.cleaned_data["label"]
    granted = grant_link(purchase.public_id, build.public_id, label=label, grant_seen=0, actor=request.user)
    _tell_labelled(request, granted)
    return redirect(link_place(granted.link))


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
    return redirect(link_place(granted.link))


@require_POST
@role_required(Permission.GET_KEYS, refused=Action.LINK_REFUSED)
def revoke(request: SignedInRequest, tenant_id: UUID, link_id: UUID) -> HttpResponse:
    """Revoke: the link and what was started with it are dead at once."""
    link = revoke_link(_own_link(request, tenant_id, link_id).public_id, actor=request.user).link
    if link.label:
        text = _("The link “%(label)s” to %(file)s is revoked.")
    else:
        text = _("The link to %(file)s is revoked. Get keys and downloads makes a new one, with another address.")
    messages.success(request, text % {"file": link.build.file_name, "label": link.label})
    return redirect(link_place(link))


@require_safe
@role_required(Permission.SEE_SOFTWARE)
def history(request: SignedInRequest, tenant_id: UUID, link_id: UUID) -> HttpResponse:
    """A link's grants and downloads, from their own rows; the link's address does not stand here.

    They tell names and IP addresses: each role that sees software may hand out links or read the activity log (P1).
    """
    visible = DownloadLink.objects.visible_to(request.user).filter(purchase__customer__tenant_id=tenant_id)
    link = get_object_or_404(visible.with_purchase(), public_id=link_id)
    past = LinkHistory(link, timezone.now())
    page = page_of(request, past.sessions)
    grant_page = CappedPaginator(past.grants, GRANTS_SHOWN).get_page(request.GET.get("grants"))
    context = {
        "link": link,
        "state": link.state(past.now),
        "place": link_place(link),
        "page": page,
        "uses": past.uses(page),
        "removed": past.removed,
        "months_kept": SESSIONS_KEPT_MONTHS,
        "grant_page": grant_page,
        "grants": past.used_grants(grant_page),
    }
    return render(request, "software/link_history.html", context)


def _back_to_label(request: SignedInRequest, form: AnotherLinkForm, purchase: SoftwarePurchase, build: Build) -> str:
    """The form with the label that was typed; but a product key, which must stand in no address, is gone (K2)."""
    if not holds_key(form.typed):
        return f"{software_place(purchase, build, label=form.typed)}#labelled"
    messages.warning(request, str(form.errors["label"][0]))
    return f"{software_place(purchase, build)}#labelled"


def _own_purchase(request: SignedInRequest, tenant_id: UUID, purchase_id: UUID) -> SoftwarePurchase:
    visible = SoftwarePurchase.objects.visible_to(request.user).of(tenant_id).select_related("customer", "sku")
    return get_object_or_404(visible, public_id=purchase_id)


def _own_link(request: SignedInRequest, tenant_id: UUID, link_id: UUID) -> DownloadLink:
    visible = DownloadLink.objects.visible_to(request.user).filter(purchase__customer__tenant_id=tenant_id)
    return get_object_or_404(visible, public_id=link_id)


def _asked(form: Form) -> dict:
    """What the form holds, if it is one of ours."""
    if not form.is_valid():
        raise BadRequest
    return form.cleaned_data


def _tell_labelled(request: SignedInRequest, granted: Granted) -> None:
    link = granted.link
    facts = {**written({"left": link.left, "expires": link.expires_at}), "label": link.label}
    if granted.overtaken:
        messages.info(request, _("There is a link “%(label)s” already: here it is.") % facts)
    else:
        text = _("The link “%(label)s” is made: %(left)s downloads until %(expires)s.")
        messages.success(request, text % facts)


def _tell_renewed(request: SignedInRequest, link: DownloadLink, *, replaced: bool) -> None:
    facts = {**written({"left": link.left, "expires": link.expires_at}), "label": link.label}
    if link.label and replaced:
        text = _(
            "The link “%(label)s” is renewed at a new address: %(left)s downloads until %(expires)s. "
            "The old address is dead."
        )
    elif link.label:
        text = _("The link “%(label)s” is renewed at the same address: %(left)s downloads until %(expires)s.")
    elif replaced:
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
