"""An issued invoice as a document: who bills whom, every line by order, totals by tax rate (R5)."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from csp_portal.calendar_utc import utc_day
from csp_portal.instants import written_instant
from csp_portal.money import format_money
from csp_portal.pdf import render_pdf
from orders.billing.models import Credit, Entry, Invoice
from orders.models import Order, OrderLine
from software.tax import NOTHING, Amounts

_ROWS_AT_ONCE = 2000


def invoice_pdf(invoice: Invoice) -> bytes:
    """The document of an invoice that was issued and fetched `with_totals`. The same bytes each time (R5)."""
    return render_pdf("invoice", invoice_data(invoice))


def invoice_data(invoice: Invoice) -> dict[str, Any]:
    """What stands on it, in the reader's language."""
    money = _Money(invoice.account.currency)
    entries = list(invoice.entries.of_orders().with_causes().by_order().iterator(chunk_size=_ROWS_AT_ONCE))
    total = {"words": _("Total"), **money.amounts(Amounts(invoice.net, invoice.tax, invoice.gross))}
    return {
        "title": _("Invoice %(number)s") % {"number": invoice.public_number},
        "page_words": _("Page %(page)s of %(pages)s") % {"page": "{page}", "pages": "{pages}"},
        "parties": _parties(invoice),
        "facts": _facts(invoice),
        "heads": [_("Line"), *_amount_heads()],
        "orders": [_order(order, of_order, money) for order, of_order in _by_order(entries)],
        "total": total,
        "tax_heads": [_("By tax rate"), *_amount_heads()],
        "taxes": _by_tax(entries, money),
        "carried": [_carried(entry, money) for entry in invoice.entries.carried().with_causes().by_order()],
        "payable": {"words": _("Payable"), "amount": money(invoice.payable)},
        "note": _("Please give %(number)s as the reference of your payment.") % {"number": invoice.public_number},
    }


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
    return [
        [_("Number"), invoice.public_number],
        [_("Month"), _("%(month)s (UTC)") % {"month": month}],
        [_("Issued"), _("%(day)s (UTC)") % {"day": issued}],
        [_("Currency"), invoice.account.currency],
        [_("Payment reference"), invoice.public_number],
    ]


def _by_order(entries: Iterable[Entry]) -> Iterable[tuple[Order, Iterable[Entry]]]:
    return groupby(entries, key=lambda entry: _line_of(entry).order)


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
    facts = {"quantity": line.quantity, "price": money(line.unit_price), "tax": _tax_of(line)}
    if line.tax_included:
        return _("%(quantity)s × %(price)s incl. tax · %(tax)s") % facts
    return _("%(quantity)s × %(price)s excl. tax · %(tax)s") % facts


def _credited(credit: Credit, line: OrderLine) -> list[str]:
    """Which line, how much of it, who cancelled it, and how the credit was computed (R5)."""
    of_line = {"line": line.line_number, "order": line.order.number, "units": credit.quantity, "all": line.quantity}
    notes = [_("Credits %(units)s of %(all)s units of line %(line)s of order %(order)s.") % of_line]
    cancellation = getattr(credit, "cancellation", None)
    if cancellation is not None:
        who = {"who": cancellation.cancelled_by.email, "when": written_instant(cancellation.cancelled_at)}
        notes.append(_("Cancelled by %(who)s on %(when)s.") % who)
    return [*notes, *credit.how_computed]


def _tax_of(line: OrderLine) -> str:
    return line.tax_label if line.tax_rate else _("no tax")


def _by_tax(entries: Iterable[Entry], money: _Money) -> list[dict[str, str]]:
    """What each tax rate comes to; together they are the invoice before what is carried."""
    sums: dict[str, Amounts] = {}
    for entry in entries:
        label = _tax_of(_line_of(entry))
        sums[label] = sums.get(label, NOTHING) + entry.amounts
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
