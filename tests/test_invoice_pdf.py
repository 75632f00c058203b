"""An invoice as PDF: names in every script, numbers, totals, nothing that is run (R5)."""

import re
import subprocess
from decimal import Decimal

import pytest
import typst
from django.db import connection
from django.utils import timezone

from csp_portal.accounts.models import Partner
from csp_portal.money import format_money
from csp_portal.pdf import render_pdf
from customers.models import Customer
from orders.billing.invoice_pdf import invoice_data, invoice_pdf
from orders.billing.models import Invoice
from orders.billing.services import close_due_months, issue_due_invoices
from software.models import KeyIssue, Product, Sku, TaxRate
from tests.factories import CustomerFactory, PartnerFactory, UserFactory, buy, buy_line, make_sku
from tests.helpers import cancel, source_of, words_of
from tests.payments import found

pytestmark = pytest.mark.django_db

DANGEROUS = 'Ωmega #panic("x") *bold* _it_ $x^2$ ] [ } { \\ \\n "quoted" `code` // <a> @b ~ =h /read("/etc/passwd")'


def words_in(pdf: bytes) -> str:
    """What a reader of the document reads, its white space evened out."""
    read = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True)
    return " ".join(read.stdout.decode().replace("\N{NO-BREAK SPACE}", " ").split())


def issue(clock, instant="2020-02-08T09:00:00Z"):
    clock.set(instant)
    close_due_months(timezone.now())
    issue_due_invoices(timezone.now())
    return found(Invoice.objects.order_by("-number").first())


@pytest.fixture
def invoice(clock, agent, partner):
    """Of January 2020: 3 × 1,000.00 for a Korean, 1 × 50.00 for a Chinese customer, one unit of three cancelled."""
    partner.legal_name, partner.address = "주식회사 한빛클라우드", "서울특별시 강남구 테헤란로 1\n06130 대한민국"
    partner.save()
    TaxRate.objects.create(market="KR", name="VAT", rate="0.1", included_in_price=False, valid_from="2000-01-01")
    korean = CustomerFactory(partner=partner, market="KR", currency="USD", company_name="한국전자 주식회사")
    chinese = CustomerFactory(partner=partner, market="CN", currency="USD", company_name="上海云端软件有限公司")
    sku = make_sku("1000.00", market="KR", key_issue=KeyIssue.PER_UNIT, keys=3)
    line = buy_line(agent, korean, sku, quantity=3)
    buy(agent, chinese, make_sku("50.00", market="CN", title="视窗服务器 标准版"))
    clock.set("2020-01-26T12:00:00Z")
    cancel(line, agent, quantity=1)
    return issue(clock)


def test_names_in_chinese_and_korean_can_be_read(invoice):
    words = words_in(invoice_pdf(invoice))
    for name in (
        "주식회사 한빛클라우드",
        "서울특별시 강남구",
        "한국전자 주식회사",
        "上海云端软件有限公司",
        "视窗服务器",
    ):
        assert name in words


def test_it_says_what_an_invoice_must(invoice, partner, agent):
    words = words_in(invoice_pdf(invoice))
    for text in (
        "Invoice G000001",
        "Northwind Cloud Distribution Ltd",
        f"Tax id {partner.tax_id}",
        "January 2020 (UTC)",
        "8 February 2020 (UTC)",
        "Payment reference G000001",
        "3 × 1,000.00 USD excl. tax · VAT, 10 %",
        "Credits 1 of 3 units of line 1 of order",
        f"Cancelled by {agent.email} on 26 Jan 2020, 12:00 UTC.",
        "days were used.",
        "Page 1 of 1",
        "Please give G000001 as the reference of your payment.",
    ):
        assert text in words


def test_its_totals_are_the_invoices_in_all_and_by_tax_rate(invoice):
    data = invoice_data(invoice)
    sums = [(invoice.net, "net"), (invoice.tax, "tax"), (invoice.gross, "gross")]
    assert all(data["total"][name] == format_money(amount, "USD") for amount, name in sums)
    assert data["payable"]["amount"] == format_money(invoice.payable, "USD")
    assert [row["label"] for row in data["taxes"]] == ["VAT, 10 %", "no tax"]
    by_rate = [Decimal(re.sub(r"[^0-9.-]", "", row["gross"])) for row in data["taxes"]]
    assert sum(by_rate) == invoice.gross
    assert format_money(invoice.gross, "USD").replace("\N{NO-BREAK SPACE}", " ") in words_in(invoice_pdf(invoice))


def test_what_is_carried_stands_below_the_total(clock, agent, customer):
    line = buy_line(agent, customer, make_sku("100.00"))
    issue(clock)
    cancel(line, agent)
    words = words_in(invoice_pdf(issue(clock, "2020-03-08T00:00:00Z")))
    assert "Carried forward to the next month: nothing is paid out." in words
    assert "Payable 0.00 USD There is nothing to pay: 95.63 USD in your favour is carried to the next month." in words
    assert "reference" not in words
    buy_line(agent, customer, make_sku("500.00"))
    assert "Brought forward from February 2020" in words_in(invoice_pdf(issue(clock, "2020-04-08T00:00:00Z")))


def test_where_charges_and_credits_come_to_nothing_nothing_is_to_be_paid(clock, agent, customer):
    cancel(buy_line(agent, customer, make_sku("100.00")), agent)
    words = words_in(invoice_pdf(issue(clock)))
    assert "There is nothing to pay." in words
    assert "reference" not in words


def test_the_same_data_make_the_same_bytes(clock, invoice):
    first = invoice_pdf(invoice)
    clock.set("2021-05-05T05:05:05Z")
    assert first.startswith(b"%PDF-")
    assert invoice_pdf(found(invoice)) == first


def test_names_that_change_later_change_no_byte_of_it(clock, invoice, client_of, agent):
    """Neither of the document, nor of the page's lines and the reconciliation file."""
    browser, csv = client_of(agent), invoice.csv_url
    before = invoice_pdf(invoice), b"".join(browser.get(csv).streaming_content)
    for model in (Customer, Partner, Sku, Product):
        name = next(name for name in ("company_name", "legal_name", "title") if hasattr(model, name))
        model.objects.update(**{name: "Another name"})
    assert (invoice_pdf(found(invoice)), b"".join(browser.get(csv).streaming_content)) == before
    assert "Another name" not in source_of(browser.get(invoice.get_absolute_url())).split("<main")[1]


def test_no_sign_in_a_name_does_anything(clock, agent, partner):
    partner.legal_name = partner.address = DANGEROUS
    partner.save()
    customer = CustomerFactory(partner=partner, company_name=DANGEROUS)
    buy(agent, customer, make_sku("5.00", title=DANGEROUS))
    invoice = issue(clock)
    data = invoice_data(invoice)
    data["title"] = data["note"] = DANGEROUS
    words = words_in(render_pdf("invoice", data)).replace(" ", "")
    assert words.count(DANGEROUS.replace(" ", "")) >= 4  # where it is in one line


def test_it_is_sent_as_a_file_that_nobody_keeps(invoice, client_of, agent):
    browser = client_of(agent)
    response = browser.get("/invoices/G000001/pdf/")
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Content-Disposition"] == 'attachment; filename="invoice-G000001.pdf"'
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.getvalue() == invoice_pdf(invoice)
    assert "/invoices/G000001/pdf/" in browser.get("/invoices/G000001/").content.decode()


def test_another_partners_invoice_has_no_document(invoice, client_of):
    stranger = UserFactory(partner=PartnerFactory(), roles=["admin_agent", "global_admin"])
    assert client_of(stranger).get("/invoices/G000001/pdf/").status_code == 404


def test_heads_are_repeated_on_every_page(invoice):
    data = invoice_data(invoice)
    data["orders"][0]["lines"] *= 100
    words = words_in(render_pdf("invoice", data))
    pages = int(re.search(r"Page 1 of (\d+)", words)[1])
    assert pages > 3
    assert words.count("Gross, incl. tax") >= pages


# More lines than a document lists


def rows_of(data):
    return [line for order in data["orders"] for line in order["lines"]]


def minor(text):
    return int(re.sub(r"[^0-9-]", "", text))


def test_as_many_lines_as_the_limit_are_listed(invoice, monkeypatch):
    monkeypatch.setattr("orders.billing.invoice_pdf.LINES_IN_PDF", 3)
    data = invoice_data(invoice)
    assert len(data["orders"]) == 2
    assert len(rows_of(data)) == 3


def test_above_the_limit_it_has_totals_by_customer_and_says_where_the_lines_are(invoice, monkeypatch):
    every_line = invoice_data(invoice)
    monkeypatch.setattr("orders.billing.invoice_pdf.LINES_IN_PDF", 2)
    data = invoice_data(invoice)
    assert [row["title"] for row in rows_of(data)] == ["上海云端软件有限公司", "한국전자 주식회사"]
    for name in ("net", "tax", "gross"):
        assert sum(minor(row[name]) for row in rows_of(data)) == minor(data["total"][name])
    assert {**data, "orders": [], "heads": []} == {**every_line, "orders": [], "heads": []}
    words = words_in(invoice_pdf(invoice))
    assert (
        "This invoice has more than 2 lines. Every one stands in its CSV file, whose sum the invoice is; "
        "here are the totals by customer." in words
    )
    assert "한국전자 주식회사 2 lines" in words
    assert "Credits 1 of 3" not in words


def test_with_more_customers_than_the_limit_it_has_the_total_alone(invoice, monkeypatch):
    every_line = invoice_data(invoice)
    monkeypatch.setattr("orders.billing.invoice_pdf.LINES_IN_PDF", 1)
    data = invoice_data(invoice)
    assert rows_of(data) == []
    assert (data["total"], data["taxes"]) == (every_line["total"], every_line["taxes"])
    assert "This invoice has lines of more than 1 customers." in words_in(invoice_pdf(invoice))


def test_the_page_says_that_its_document_has_no_lines(invoice, monkeypatch, client_of, agent):
    told = "The PDF lists at most 2 lines, so it has the totals by customer. All lines are in the CSV."
    page = invoice.get_absolute_url()
    assert "The PDF lists at most" not in words_of(client_of(agent).get(page))
    monkeypatch.setattr("orders.billing.invoice_pdf.LINES_IN_PDF", 2)
    assert told in words_of(client_of(agent).get(page))


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_it_is_set(invoice, monkeypatch, client_of, agent):
    seen, setter = [], typst.compile

    def watched(*args, **kwargs):
        seen.append(connection.in_atomic_block)
        return setter(*args, **kwargs)

    monkeypatch.setattr(typst, "compile", watched)
    assert client_of(agent).get("/invoices/G000001/pdf/").status_code == 200
    assert seen == [False]
