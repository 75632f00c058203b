"""Payments of all partners: listed, found, reversed, and loaded from a file in two steps (R6)."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from csp_portal import kept_uploads
from csp_portal.guids import guid_of
from csp_portal.operator_site import OperatorAdmin, site
from csp_portal.row_files import BadFile
from csp_portal.templatetags.portal import badge, day, instant, money
from orders.billing.models import Payment
from orders.billing.payment_file import PaymentRow, read_payments
from orders.billing.services import check_payments, import_payments, reversal_refusal
from orders.billing.services.payment_imports import PaymentPlan
from software.admin.upload import UploadForm, upload_page

_KIND = "payments"  # of file that is kept between its check and its import


@admin.register(Payment, site=site)
class PaymentAdmin(OperatorAdmin):
    """What was received; a wrong one is reversed on its own page."""

    change_list_template = "admin/billing/payment_list.html"
    change_form_template = "admin/billing/payment_form.html"
    list_display = ("reference", "paid_by", "on_invoice", "received", "sum_received", "shown_state")
    search_fields = ("reference", "account__partner__legal_name", "=account__currency")
    search_help_text = _("A reference, a partner's name or a currency.")
    sortable_by = ()
    ordering = ("-received_on", "-pk")
    fields = ("paid_by", "on_invoice", "received", "sum_received", "shown_state", "corrects", "posted", "posted_by")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        return Payment.objects.with_names()

    def own_forms(self) -> dict[str, Any]:
        return {"import": self.import_view, "check": self.check_view}

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """The page of a payment, which offers to reverse it or says why not."""
        context["refusal"] = reversal_refusal(context["original"])
        return super().render_change_form(request, context, *args, **kwargs)

    def import_view(self, request: Any) -> HttpResponse:
        """Step 1: take a file and check it; nothing is posted yet."""
        form = UploadForm(request.POST or None, request.FILES or None)
        shown: dict[str, Any] = {"form": form, "title": _("Check payments"), "opts": self.opts}
        if request.method == "POST" and form.is_valid():
            try:
                rows, errors = read_payments(form.cleaned_data["file"])
                check_payments(rows, errors, actor=request.user)
            except BadFile as bad:
                shown["bad"] = bad
            else:
                upload_id = kept_uploads.keep(_KIND, [row.cells for row in rows], request.user)
                return redirect(f"{reverse('admin:billing_payment_check')}?{urlencode({'upload': upload_id})}")
        return upload_page(request, "admin/billing/import_payments.html", shown)

    def check_view(self, request: Any) -> HttpResponse:
        """Step 2: show what the checked file would post; post exactly that. It is kept for an hour, for its sender."""
        upload_id = guid_of(request.POST.get("upload") or request.GET.get("upload", ""))
        kept = kept_uploads.kept(_KIND, upload_id, request.user) if upload_id else None
        if kept is None:
            messages.error(
                request, now_("The check of this file is over an hour old, so it is forgotten. Choose it again.")
            )
            return redirect("admin:billing_payment_import")
        rows = [PaymentRow.of(cells) for cells in kept]
        shown: dict[str, Any] = {"title": _("Check of the payments"), "opts": self.opts, "upload_id": upload_id}
        try:
            if request.method == "POST":
                messages.success(request, _told(import_payments(rows, [], actor=request.user)))
                return redirect("admin:billing_payment_changelist")
            shown["plan"] = check_payments(rows, [], actor=request.user)
        except BadFile as bad:
            shown["bad"] = bad
        return render(request, "admin/billing/check_payments.html", shown, status=400 if "bad" in shown else 200)

    @admin.display(description=_("partner"))
    def paid_by(self, payment: Payment) -> str:
        return payment.account.partner.legal_name

    @admin.display(description=_("invoice"))
    def on_invoice(self, payment: Payment) -> str:
        return payment.invoice.public_number

    @admin.display(description=_("received on"))
    def received(self, payment: Payment) -> str:
        return day(payment.received_on)

    @admin.display(description=_("amount"))
    def sum_received(self, payment: Payment) -> str:
        return money(payment.amount, payment.account.currency)

    @admin.display(description=_("reverses"))
    def corrects(self, payment: Payment) -> str:
        return payment.reverses.reference if payment.reverses else "–"

    @admin.display(description=_("posted"))
    def posted(self, payment: Payment) -> str:
        return instant(payment.posted_at)

    @admin.display(description=_("state"))
    def shown_state(self, payment: Payment) -> str:
        return render_to_string("partials/badge.html", badge(payment.state.tone, payment.state.label))


def _told(plan: PaymentPlan) -> str:
    """What an import did."""
    posted = ngettext("%(count)s payment is posted.", "%(count)s payments are posted.", len(plan.new))
    return posted % {"count": len(plan.new)}
