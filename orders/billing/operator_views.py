"""The operator sets how much a partner may owe, issues invoices, posts and reverses payments (B3, P5, R5, R6)."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from csp_portal.accounts.models import Partner
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.calendar_utc import utc_day
from csp_portal.errors import Refusal
from csp_portal.rounding import plain_amount
from orders.billing.forms import CreditLimitForm, PaymentForm, ReversalForm
from orders.billing.models import Account, Invoice, Payment
from orders.billing.services import issue_invoice, post_payment, reversal_refusal, reverse_payment, set_credit_limit


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Permission.KEEP_HOUSE)
def credit_limit(request: SignedInRequest, partner_id: UUID) -> HttpResponse:
    """A form for one currency; `?currency=` chooses it, with the limit that stands."""
    partner = get_object_or_404(Partner, public_id=partner_id)
    account = partner.accounts.filter(currency__in=request.GET.getlist("currency")[:1]).first()
    form = CreditLimitForm(request.POST or None, initial=_as_typed(account))
    if request.method == "POST" and form.is_valid():
        set_credit_limit(partner, form.cleaned_data["currency"], form.cleaned_data["limit"], actor=request.user)
        messages.success(request, _("The credit limit of %(partner)s is saved.") % {"partner": partner.legal_name})
        return redirect("admin:accounts_partner_change", partner.pk)
    return render(request, "billing/credit_limit.html", {"partner": partner, "form": form})


def _as_typed(account: Account | None) -> dict[str, str]:
    """The account's currency and limit as they would be typed."""
    if account is None:
        return {}
    limit = "" if account.credit_limit is None else plain_amount(account.credit_limit, account.currency)
    return {"currency": account.currency, "limit": limit}


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Permission.KEEP_HOUSE)
def issue(request: SignedInRequest, partner_id: UUID, month: date, currency: str) -> HttpResponse:
    """Ask first, for what is issued is final; then issue a closed month before its job does (R5)."""
    invoices = Invoice.objects.with_totals().select_related("account__partner")
    of_month = {"account__partner__public_id": partner_id, "account__currency": currency, "month": month}
    invoice = get_object_or_404(invoices, **of_month)
    if request.method == "POST":
        issue_invoice(invoice.pk, actor=request.user, now=timezone.now())
        invoice.refresh_from_db(fields=["number"])
        messages.success(request, _("Invoice %(number)s is issued.") % {"number": invoice.public_number})
        return redirect("admin:billing_invoice_change", invoice.pk)
    return render(request, "billing/issue.html", {"invoice": invoice})


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Permission.KEEP_HOUSE)
def payment(request: SignedInRequest, invoice_number: str) -> HttpResponse:
    """A form for money received for an invoice; what is open and today are filled in."""
    invoices = Invoice.objects.numbered(invoice_number).with_totals().select_related("account__partner")
    invoice = get_object_or_404(invoices)
    form = PaymentForm(request.POST or None, initial=_expected(invoice))
    if request.method == "POST" and form.is_valid():
        try:
            posted = post_payment(invoice.pk, **form.cleaned_data, actor=request.user)
        except Refusal as refusal:
            form.add_error(None, refusal.form_error)
        else:
            messages.success(request, _("The payment %(reference)s is posted.") % {"reference": posted.reference})
            return redirect("admin:billing_invoice_change", invoice.pk)
    return render(request, "billing/payment.html", {"invoice": invoice, "form": form})


def _expected(invoice: Invoice) -> dict[str, str]:
    """What a payment of all that is open would be, received today."""
    open_amount = plain_amount(invoice.open_amount, invoice.account.currency)
    return {"amount": open_amount, "received_on": utc_day(timezone.now()).isoformat()}


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Permission.KEEP_HOUSE)
def reversal(request: SignedInRequest, payment_id: UUID) -> HttpResponse:
    """A form that takes a wrong payment back."""
    wrong = get_object_or_404(Payment.objects.with_names(), public_id=payment_id)
    form = ReversalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = reverse_payment(wrong.pk, reference=form.cleaned_data["reference"], actor=request.user)
        except Refusal as refusal:
            form.add_error(None, refusal.form_error)
        else:
            messages.success(request, _("The payment %(reference)s is reversed.") % {"reference": wrong.reference})
            return redirect("admin:billing_payment_change", made.pk)
    shown = {"payment": wrong, "form": form, "refusal": reversal_refusal(wrong)}
    return render(request, "billing/reversal.html", shown)
