"""An issued invoice as a document: who bills whom, every line by order, totals by tax rate (R5)."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import Count, F, Sum
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from csp_portal.calendar_utc import utc_day
from csp_portal.instants import written_instant
from csp_portal.money import format_money
from csp_portal.pdf import render_pdf
from csp_portal.snapshot import one_snapshot
from orders.billing.models import Credit, Entry, EntryQuerySet, Invoice
from orders.models import Order, OrderLine
from software.offers import tax_label
from software.tax import NOTHING, Amounts

# Charges and credits that are listed one by one, and customers where there are more: setting a document takes about
# 1 ms and 0.1 MB for each.
LINES_IN_PDF = 5000


def invoice_pdf(invoice: Invoice) -> bytes:
    """The document of an invoice that was issued and fetched `with_totals`. The same bytes each time (R5).

    What stands on it is read in one snapshot, which is over when it is set: that takes seconds for a long one.
    """
    with one_snapshot():
        data = invoice_data(invoice)
    return render_pdf("invoice", data)


def is_listed(invoice: Invoice) -> bool:
    """Whether an invoice has no more lines than its document lists one by one."""
    return invoice.entries.of_orders().order_by()[: LINES_IN_PDF + 1].count() <= LINES_IN_PDF


def invoice_data(invoice: Invoice) -> dict[str, Any]:
    """What stands on it, in the reader's language."""
    money = _Money(invoice.account.currency)
    entries = invoice.entries.of_orders()
    listed = is_listed(invoice)
    total = {"words": _("Total"), **money.amounts(Amounts(invoice.net, invoice.tax, invoice.gross))}
    return {
        "title": _("Invoice %(number)s") % {"number": invoice.public_number},
        "page_words": _("Page %(page)s of %(pages)s") % {"page": "{page}", "pages": "{pages}"},
        "parties": _parties(invoice),
        "facts": _facts(invoice),
        "heads": [_("Line") if listed else _("Customer"), *_amount_heads()],
        "orders": _orders(entries, money) if listed else [_customers(entries, money)],
        "total": total,
        "tax_heads": [_("By tax rate"), *_amount_heads()],
        "taxes": _by_tax(entries, money),
        "carried": [_carried(entry, money) for entry in invoice.entries.carried().with_causes().by_order()],
        "payable": {"words": _("Payable"), "amount": money(invoice.payable)},
        "note": _note(invoice, money),
    }


def _note(invoice: Invoice, money: "_Money") -> str:
    """How to pay it; where nothing is to be paid, that, and what is carried to the next month."""
    if invoice.payable:
        return _("Please give %(number)s as the reference of your payment.") % {"number": invoice.public_number}
    carried = invoice.carried_forward
    if not carried:
        return _("There is nothing to pay.")
    told = _("There is nothing to pay: %(carried)s in your favour is carried to the next month.")
    return told % {"carried": money(carried)}


class _Money:
    """Writes amounts in one currency."""

    def __init__(self, currency: str) -> None:
        self.currency = currency

    def __call__(self, amount: Decimal) -> str:
        return format_money(amount, self.currency)

    def amounts(self, amounts: Amounts) -> dict[str, str]:
        return {"net": self(amounts.net), "tax": self(amounts.tax), "gross": self(amounts.gross)}


def _amount_heads() -> list[str]:
    return [_("Net, excl. tax"), _("Tax"), _("Gross, incl. tax")]


def _parties(invoice: Invoice) -> list[dict[str, str]]:
    """As they were when it was issued."""
    parties = (
        (_("Issued by"), invoice.issuer_name, invoice.issuer_address, invoice.issuer_tax_id),
        (_("Billed to"), invoice.bill_to_name, invoice.bill_to_address, invoice.bill_to_tax_id),
    )
    return [
        {
            "title": title,
            "name": name,
            "address": address,
            "tax_id": _("Tax id %(tax_id)s") % {"tax_id": tax_id} if tax_id else "",
        }
        for title, name, address, tax_id in parties
    ]


def _facts(invoice: Invoice) -> list[list[str]]:
    assert invoice.issued_at is not None  # asked only of what is issued
    month = date_format(invoice.month, "YEAR_MONTH_FORMAT")
    issued = date_format(utc_day(invoice.issued_at), "DATE_FORMAT")
    reference = [[_("Payment reference"), invoice.public_number]] if invoice.payable else []
    return [
        [_("Number"), invoice.public_number],
        [_("Month"), _("%(month)s (UTC)") % {"month": month}],
        [_("Issued"), _("%(day)s (UTC)") % {"day": issued}],
        [_("Currency"), invoice.account.currency],
        *reference,
    ]


def _orders(entries: EntryQuerySet, money: _Money) -> list[dict[str, Any]]:
    """Every line, order by order."""
    by_order = groupby(entries.with_causes().by_order(), key=lambda entry: _line_of(entry).order)
    return [_order(order, of_order, money) for order, of_order in by_order]


def _customers(entries: EntryQuerySet, money: _Money) -> dict[str, Any]:
    """What the lines come to by customer, where they are too many to list; nothing if the customers are as well."""
    most = {"most": number_format(LINES_IN_PDF, force_grouping=True)}
    sums = _sums(
        entries, customer_name=F("order_line__order__customer_name"), customer=F("order_line__order__customer")
    )
    found = list(sums.order_by("customer_name", "customer")[: LINES_IN_PDF + 1])
    if len(found) > LINES_IN_PDF:
        told = _(
            "This invoice has lines of more than %(most)s customers. Every line stands in its CSV file, whose sum the "
            "invoice is; here is the total."
        )
        return {"title": told % most, "lines": []}
    told = _(
        "This invoice has more than %(most)s lines. Every one stands in its CSV file, whose sum the invoice is; here "
        "are the totals by customer."
    )
    return {"title": told % most, "lines": [_customer(row, money) for row in found]}


def _customer(row: dict[str, Any], money: _Money) -> dict[str, Any]:
    lines = ngettext("%(count)s line", "%(count)s lines", row["lines"])
    note = lines % {"count": number_format(row["lines"], force_grouping=True)}
    return {"title": row["customer_name"], "notes": [note], **money.amounts(_summed(row))}


def _sums(entries: EntryQuerySet, **by: F) -> Any:
    """What the entries come to by something, and how many they are; `_summed` reads the amounts of a row."""
    sums = {f"{name}_sum": Sum(name) for name in ("net", "tax", "gross")}
    return entries.order_by().values(**by).annotate(**sums, lines=Count("pk"))


def _summed(row: dict[str, Any]) -> Amounts:
    return Amounts(row["net_sum"], row["tax_sum"], row["gross_sum"])


def _line_of(entry: Entry) -> OrderLine:
    assert entry.order_line is not None  # only what is carried has none
    return entry.order_line


def _order(order: Order, entries: Iterable[Entry], money: _Money) -> dict[str, Any]:
    title = _("Order %(number)s · %(customer)s") % {"number": order.number, "customer": order.customer_name}
    if order.purchase_order_number:
        title += " · " + _("purchase order %(number)s") % {"number": order.purchase_order_number}
    return {"title": title, "lines": [_line(entry, money) for entry in entries]}


def _line(entry: Entry, money: _Money) -> dict[str, Any]:
    line = _line_of(entry)
    if entry.credit is None:
        title, notes = line.sku_title, [_charged(line, money)]
    else:
        title = _("Credit: %(product)s") % {"product": line.sku_title}
        notes = _credited(entry.credit, line)
    return {"title": title, "notes": notes, **money.amounts(entry.amounts)}


def _charged(line: OrderLine, money: _Money) -> str:
    facts = {"quantity": line.quantity, "price": money(line.unit_price), "tax": _tax_of(line.tax_name, line.tax_rate)}
    if line.tax_included:
        return _("%(quantity)s × %(price)s incl. tax · %(tax)s") % facts
    return _("%(quantity)s × %(price)s excl. tax · %(tax)s") % facts


def _credited(credit: Credit, line: OrderLine) -> list[str]:
    """Which line, how much of it, who cancelled it, and how the credit was computed (R5)."""
    of_line = {"line": line.line_number, "order": line.order.number, "units": credit.quantity, "all": line.quantity}
    notes = [_("Credits %(units)s of %(all)s units of line %(line)s of order %(order)s.") % of_line]
    cancellation = getattr(credit, "cancellation", None)
    if cancellation is not None:
        who = {"who": cancellation.canceller, "when": written_instant(cancellation.cancelled_at)}
        notes.append(_("Cancelled by %(who)s on %(when)s.") % who)
        if cancellation.filed_by:
            asked = {"who": cancellation.filed_by.email, "when": written_instant(cancellation.quoted_at)}
            notes.append(_("Asked for by %(who)s on %(when)s, and judged as of then.") % asked)
    return [*notes, *credit.how_computed]


def _tax_of(name: str, rate: Decimal) -> str:
    return tax_label(name, rate) if rate else _("no tax")


def _by_tax(entries: EntryQuerySet, money: _Money) -> list[dict[str, str]]:
    """What each tax rate comes to; together they are the invoice before what is carried."""
    sums: dict[str, Amounts] = {}
    for row in _sums(entries, name=F("order_line__tax_name"), rate=F("order_line__tax_rate")):
        label = _tax_of(row["name"], row["rate"])
        sums[label] = sums.get(label, NOTHING) + _summed(row)
    return [{"label": label, **money.amounts(amounts)} for label, amounts in sorted(sums.items())]


def _carried(entry: Entry, money: _Money) -> dict[str, str]:
    """What is carried to or from another month, in words."""
    assert entry.carried_from is not None  # that is what makes it one
    if entry.carried > 0:
        words = _("Carried forward to the next month: nothing is paid out.")
    else:
        month = date_format(entry.carried_from.month, "YEAR_MONTH_FORMAT")
        words = _("Brought forward from %(month)s, which came to less than nothing.") % {"month": month}
    return {"words": words, "amount": money(entry.carried)}
