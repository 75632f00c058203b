"""Cancelling a purchase: a dialog with scripts on, a page without (C3)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_list_or_404, redirect, render
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from activity.models import Action
from cancellations.forms import CancellationForm, units_in
from cancellations.models import Cancellation
from cancellations.services import confirm_cancellation
from cancellations.terms import CancellationTerms, choices, chosen_line
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.errors import Refusal
from csp_portal.money import Money
from orders.billing.services import month_of_credit
from orders.models import OrderLine
from orders.models.order import OrderLineQuerySet, order_number_of

CANCELLATION = "cancellation"  # id of the part that htmx exchanges


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Permission.CANCEL, refused=Action.CANCEL_REFUSED)
def cancel(request: SignedInRequest, tenant_id: UUID, sku_id: UUID) -> HttpResponse:
    """GET shows on which terms an order of the row can be cancelled (`?order=`), or units of it (`&quantity=`).

    POST cancels what was quoted.
    """
    lines = OrderLine.objects.visible_to(request.user).of(tenant_id, sku_id).with_purchase().with_cancellations()
    if request.method != "POST":
        return _show(request, get_list_or_404(lines))
    sent = CancellationForm(request.POST).sent()
    try:
        cancellation = confirm_cancellation(_purchase_of(request, lines), actor=request.user, **sent)
    except Refusal as refusal:
        return _show(request, get_list_or_404(lines.all()), refusal)
    messages.success(request, _with_certificate(_done(cancellation), cancellation))
    return redirect("cancellations:software", tenant_id)


def _purchase_of(request: SignedInRequest, lines: OrderLineQuerySet) -> UUID:
    """The purchase that the form cancels: of the order that its address names, else the one that would be shown."""
    number = request.GET.get("order")
    if number is None:
        return _chosen(request, get_list_or_404(lines), timezone.now()).purchase.public_id
    named = lines.filter(order__number=order_number_of(number)).prefetch_related(None)
    purchase_id = named.values_list("purchase__public_id", flat=True).first()
    if purchase_id is None:
        raise Http404
    return purchase_id


def _chosen(request: SignedInRequest, lines: Sequence[OrderLine], now: datetime) -> OrderLine:
    line = chosen_line(lines, request.GET.get("order"), now)
    if line is None:
        raise Http404
    return line


def _show(request: SignedInRequest, lines: Sequence[OrderLine], refusal: Refusal | None = None) -> HttpResponse:
    """The dialog; after a refusal with the reason and with fresh amounts."""
    now = timezone.now()
    typed = request.GET.get("quantity", "")
    context = {
        "choices": choices(lines, now),
        "terms": CancellationTerms(_chosen(request, lines, now), now, units_in(typed)),
        "typed": typed,
        "refusal": refusal,
    }
    part = request.htmx.target == CANCELLATION
    template = "cancellations/partials/cancellation.html" if part else "cancellations/cancel.html"
    return render(request, template, context, status=refusal.status if refusal else 200)


def _with_certificate(told: str, cancellation: Cancellation) -> str:
    """The sentence with a link to what can be shown and kept (C9)."""
    url = cancellation.certificate_url
    return format_html('{} <a href="{}">{}</a>', told, url, _("Certificate of cancellation")) if url else told


def _done(cancellation: Cancellation) -> str:
    """What was done, in a sentence."""
    line = cancellation.order_line
    facts = {
        "sku": line.sku_title,
        "number": line.order.number,
        "quantity": cancellation.quantity,
        "credit": Money(cancellation.credit.gross, line.order.currency),
        "month": formats.date_format(month_of_credit(cancellation.credit), "YEAR_MONTH_FORMAT"),
    }
    if not cancellation.left:
        told = _("%(sku)s of order %(number)s is cancelled. Credit %(credit)s (incl. tax) on the %(month)s invoice.")
        return told % facts
    told = ngettext(
        "%(quantity)s unit of %(sku)s, order %(number)s, is cancelled. "
        "Credit %(credit)s (incl. tax) on the %(month)s invoice.",
        "%(quantity)s units of %(sku)s, order %(number)s, are cancelled. "
        "Credit %(credit)s (incl. tax) on the %(month)s invoice.",
        cancellation.quantity,
    )
    return told % facts
