"""Invoices of all partners, to read, and to post payments on (R6)."""

import re
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from csp_portal.operator_site import OperatorAdmin, site
from csp_portal.templatetags.portal import badge, instant, money, month
from orders.billing import invoice_numbers
from orders.billing.models import Invoice

PAYMENTS_SHOWN = 100  # on the page of an invoice


@admin.register(Invoice, site=site)
class InvoiceAdmin(OperatorAdmin):
    """What was billed and what is open of it."""

    view_on_site = False  # its address is its partner's
    change_form_template = "admin/billing/invoice_form.html"
    list_display = ("title", "billed_to", "of_month", "to_pay", "still_open", "shown_state")
    list_filter = ("account__currency",)
    search_fields = ("account__partner__legal_name", "=account__currency")
    search_help_text = _("An invoice number, a partner's name or a currency.")
    sortable_by = ()
    ordering = ("-month", "-pk")
    fields = ("billed_to", "of_month", "issued", "to_pay", "received", "still_open", "shown_state")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invoice]:
        return Invoice.objects.with_totals().select_related("account__partner")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By its number where that is what was typed."""
        number = search_term.strip().upper()
        if re.fullmatch(invoice_numbers.PATTERN, number):
            return queryset.numbered(number), False
        return super().get_search_results(request, queryset, search_term)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """The page of an invoice, with the payments on it."""
        payments = context["original"].payments.select_related("reverses", "reversal")
        context["payments"] = list(payments[:PAYMENTS_SHOWN])
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("invoice"))
    def title(self, invoice: Invoice) -> str:
        return invoice.public_number or now_("No number yet")

    @admin.display(description=_("partner"))
    def billed_to(self, invoice: Invoice) -> str:
        return invoice.account.partner.legal_name

    @admin.display(description=_("month"))
    def of_month(self, invoice: Invoice) -> str:
        return month(invoice.month)

    @admin.display(description=_("issued"))
    def issued(self, invoice: Invoice) -> str:
        return instant(invoice.issued_at)

    @admin.display(description=_("payable"))
    def to_pay(self, invoice: Invoice) -> str:
        return money(invoice.payable, invoice.account.currency)

    @admin.display(description=_("paid"))
    def received(self, invoice: Invoice) -> str:
        return money(invoice.paid, invoice.account.currency)

    @admin.display(description=_("open"))
    def still_open(self, invoice: Invoice) -> str:
        return money(invoice.open_amount, invoice.account.currency)

    @admin.display(description=_("state"))
    def shown_state(self, invoice: Invoice) -> str:
        return render_to_string("partials/badge.html", badge(invoice.state.tone, invoice.state.label))
