"""The partner's requests, and Report a problem, from the cancel dialog or from the menu, nothing retyped (S1, U3)."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from activity.models import Action
from cancellations.reasons import REFUND_REQUEST_OPEN
from cancellations.support.forms import RequestFilterForm, RequestForm
from cancellations.support.models import Draft, ProblemType, SupportRequest
from cancellations.support.models.requests import SupportRequestQuerySet
from cancellations.support.services.drafts import keep_draft
from cancellations.support.services.filing import file_request, filed_before
from cancellations.support.subject import suggested
from cancellations.support.views.files import take_files
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.errors import Refusal
from csp_portal.guids import guid_of
from csp_portal.key_text import holds_key
from csp_portal.pagination import page_of
from customers.models import Customer
from customers.tabs import customer_tabs
from orders.models import OrderLine

LONGEST_VALUE = 20_000  # characters of a field that a draft keeps
NOT_KEPT = ("draft", "notice_accepted")  # what is accepted is accepted when it is sent


@require_safe
@role_required(Permission.FILE_SUPPORT)
def requests(request: SignedInRequest) -> HttpResponse:
    """The partner's requests, newest first."""
    drafts = Draft.objects.visible_to(request.user).exclude(typed={})[:1]
    context = {**_listed(request, SupportRequest.objects.visible_to(request.user)), "draft": drafts.first()}
    return render(request, "support/list.html", context)


@require_safe
@role_required(Permission.FILE_SUPPORT)
def of_customer(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    """The requests about a customer: its Support tab (U3)."""
    customer = get_object_or_404(Customer.objects.visible_to(request.user), tenant_id=tenant_id)
    own = SupportRequest.objects.visible_to(request.user).filter(customer=customer)
    context = {
        **_listed(request, own),
        "customer": customer,
        "tabs": customer_tabs(customer, "support:customer"),
    }
    return render(request, "support/customer.html", context)


def _listed(request: SignedInRequest, found: SupportRequestQuerySet) -> dict[str, Any]:
    filters = RequestFilterForm(request.GET)
    listed = filters.found(found).newest_first()
    return {"filters": filters, "page": page_of(request, listed, complete=SupportRequestQuerySet.with_names)}


@require_safe
@role_required(Permission.FILE_SUPPORT)
def customers(request: SignedInRequest) -> HttpResponse:
    """Customers that fit what is being typed, for the form's suggestions."""
    typed = request.GET.get("customer", "").strip()
    found = suggested(request.user, typed) if typed else []
    return render(request, "support/partials/suggestions.html", {"customers": found})


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Permission.FILE_SUPPORT, refused=Action.REQUEST_REFUSED)
def new(request: SignedInRequest) -> HttpResponse:
    """Report a problem: `?purchase=` or `?customer=` fill it in, `?draft=` goes on with one that was kept.

    POST files it, or looks up what was typed (`then=find`). Files that come with any of them stay with the draft.
    """
    if request.method == "POST":
        return _sent(request)
    known = _asked_for(request)
    form = RequestForm(known, reader=request.user)
    line = form.subject.line
    if form.is_refund and line is not None and line.open_refund:
        return _to_open_request(request, line.open_refund.number)
    return _show(request, form)


def _asked_for(request: SignedInRequest) -> dict[str, Any]:
    """What the address says of the request; 404 for what is not the reader's."""
    user, asked = request.user, request.GET
    if "draft" in asked:
        draft = get_object_or_404(Draft.objects.visible_to(user), public_id=_guid(asked["draft"]))
        return {**draft.typed, "draft": str(draft.public_id)}
    if "purchase" in asked:
        lines = OrderLine.objects.visible_to(user).with_purchase()
        line = get_object_or_404(lines, purchase__public_id=_guid(asked["purchase"]))
        return _known_of(line, asked.get("quantity", ""))
    if "customer" in asked:
        found = Customer.objects.visible_to(user)
        return {"customer": str(get_object_or_404(found, tenant_id=_guid(asked["customer"])).tenant_id)}
    return {}


def _known_of(line: OrderLine, quantity: str) -> dict[str, Any]:
    facts = {"number": line.order.number, "sku": line.sku_title}
    return {
        "problem": ProblemType.REFUND,
        "customer": str(line.order.customer.tenant_id),
        "order": str(line.purchase.public_id),
        "quantity": quantity,
        "title": (_("Refund of order %(number)s: %(sku)s") % facts)[:200],
    }


def _guid(text: str) -> UUID:
    guid = guid_of(text)
    if guid is None:
        raise Http404
    return guid


def _sent(request: SignedInRequest) -> HttpResponse:
    """Take what came: files first, so that nothing that is wrong with the rest loses them."""
    wants_to_file = request.POST.get("then", "file") == "file" and "remove" not in request.POST
    form = RequestForm(request.POST.dict(), reader=request.user, judged=wants_to_file)
    filed = filed_before(form.draft_id, request.user)
    if filed is not None:  # a double click, or a return to a form that was sent
        return redirect(filed)
    refusals = take_files(request, form.draft_id)
    if wants_to_file and form.is_valid() and not refusals:
        try:
            filed = file_request(form.fields_to_file(), draft_id=form.draft_id, actor=request.user)
        except Refusal as refusal:
            if refusal.reason == REFUND_REQUEST_OPEN:
                _keep(request, form)
                return _to_open_request(request, refusal.facts["request"])
            form.refuse(refusal)
        else:
            messages.success(request, _("Request %(number)s is filed.") % {"number": filed.number})
            return redirect(filed)
    _keep(request, form)
    return _show(request, form, refusals)


def _keep(request: SignedInRequest, form: RequestForm) -> None:
    kept = {
        name: str(value).replace("\0", "")[:LONGEST_VALUE]
        for name, value in form.typed.items()
        if name not in NOT_KEPT and not holds_key(str(value))
    }
    try:
        keep_draft(form.draft_id, kept, actor=request.user)
    except Draft.DoesNotExist:
        raise Http404 from None


def _to_open_request(request: SignedInRequest, number: str) -> HttpResponse:
    """The one open refund request of a line, in the place of a second one (S2)."""
    messages.info(
        request,
        _(
            "A refund of this purchase has been asked for already: this is the request. "
            "What you wrote is kept as a draft on the list of requests."
        )
        if request.method == "POST"
        else _("A refund of this purchase has been asked for already: this is the request."),
    )
    return redirect("support:request", number)


def _show(request: SignedInRequest, form: RequestForm, refusals: list[Refusal] | None = None) -> HttpResponse:
    draft = Draft.objects.visible_to(request.user).filter(public_id=form.draft_id).first()
    context = {
        "form": form,
        "subject": form.subject,
        "files": draft.attachments.all() if draft else [],
        "refusals": refusals or [],
        "most_files": settings.SUPPORT_MOST_FILES,
        "largest_file": settings.SUPPORT_LARGEST_FILE,
    }
    return render(request, "support/new.html", context)
