"""Payments from a file, by command and on the operator's pages: R6."""

from decimal import Decimal
from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from activity.models import Action, Event
from csp_portal import kept_uploads
from csp_portal.row_files import BadFile
from orders.billing.models import Payment
from orders.billing.payment_file import read_payments
from orders.billing.services import import_payments, reverse_payment
from tests.helpers import in_threads, words_of
from tests.house import sent
from tests.payments import CASHIER, found, issued_invoice, pay

pytestmark = pytest.mark.django_db

HEADER = "reference,invoice,amount,received_on"


@pytest.fixture
def invoice(clock, agent, customer):
    """G000001 over 1,200.00 USD; it is 10 February 2020."""
    return issued_invoice(clock, agent, customer)


@pytest.fixture
def payments_file(tmp_path):
    """Writes a file of payments; answers its path."""

    def write(*rows):
        path = tmp_path / "payments.csv"
        path.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
        return path

    return write


def load(path):
    return import_payments(*read_payments(path), actor=CASHIER)


def bad_rows(path):
    """The reasons by line; nothing is posted."""
    before = list(Payment.objects.order_by("pk").values())
    with pytest.raises(BadFile) as bad:
        load(path)
    assert list(Payment.objects.order_by("pk").values()) == before
    return {error.line: error.reason.replace("\N{NO-BREAK SPACE}", " ") for error in bad.value.errors}


def test_a_file_is_posted_and_again_without_effect(invoice, payments_file, partner):
    path = payments_file("계약금 1,G000001,1000.00,2020-02-08", "付款 2,g000001,199.99,2020-02-10")
    plan = load(path)
    assert (len(plan.new), len(plan.unchanged)) == (2, 0)
    assert found(invoice).open_amount == Decimal("0.01")
    assert {payment.posted_by for payment in Payment.objects.all()} == {"system:test"}
    before = list(Payment.objects.order_by("pk").values())
    again = load(path)
    assert (len(again.new), len(again.unchanged)) == (0, 2)
    assert list(Payment.objects.order_by("pk").values()) == before
    events = Event.objects.filter(action=Action.PAYMENT_POSTED, partner=partner)
    assert sorted(event.details["amount"] for event in events) == ["1000.00", "199.99"]


def test_every_bad_row_is_named_with_its_reason_and_nothing_is_posted(invoice, payments_file):
    pay(invoice, "100.00", "WIRE 1")
    assert bad_rows(
        payments_file(
            "OK,G000001,1.00,2020-02-08",
            "A,G000009,1.00,2020-02-08",
            "B,7,1.00,2020-02-08",
            "C,G000001,-1.00,2020-02-08",
            'D,G000001,"1,00",2020-02-08',
            "E,G000001,0.001,2020-02-08",
            "F,G000001,1.00,2020-02-31",
            "G,G000001,1.00,2020-02-11",
            ",G000001,1.00,2020-02-08",
            "ok,G000001,1.00,2020-02-08",
            "wire 1,G000001,99.00,2020-02-09",
            "H,G000001,1.00",
            "I,G000001,1099.01,2020-02-08",
        )
    ) == {
        3: "there is no invoice G000009",
        4: "invoice “7” is not a number such as G000123",
        5: "amount “-1.00” is not a number such as 1250.00",
        6: "amount “1,00” is not a number such as 1250.00",
        7: "A payment in USD is more than nothing, in whole minor units of the currency. Give the amount that was "
        "received. Correct a wrong payment by reversing it.",
        8: "received_on “2020-02-31” is not a day such as 2020-02-24",
        9: "11 February 2020 is not here yet: today is 10 February 2020 (UTC). Post the payment once the money has "
        "come, with the day on which it came.",
        10: "A payment needs a reference of 1 to 100 characters. Give the reference that the bank's statement shows.",
        11: "the reference “ok” stands on line 2 already",
        12: "The reference WIRE 1 stands already with 100.00 USD of 9 February 2020 on invoice G000001. See whether "
        "it is the same payment. If not, give this one a reference of its own, such as with /2.",
        13: "the row has not as many cells as the header",
        14: "1,099.01 USD is more than the 1,099.00 USD that is open on invoice G000001. Post at most what is open, "
        "and the rest on the partner's other invoices.",
    }


def test_payments_of_one_file_share_what_is_open(invoice, payments_file):
    rows = ["A,G000001,600.00,2020-02-08", "B,G000001,600.01,2020-02-08"]
    assert list(bad_rows(payments_file(*rows))) == [3]
    assert len(load(payments_file(rows[0], "B,G000001,600.00,2020-02-08")).new) == 2


@pytest.mark.parametrize("changed", ["WIRE 1,G000001,99.99,2020-02-09", "WIRE 1,G000001,100.00,2020-02-08"])
def test_a_reference_with_other_facts_is_bad(invoice, payments_file, changed):
    pay(invoice, "100.00", "WIRE 1")
    assert "stands already" in bad_rows(payments_file(changed))[2]


def test_a_row_that_was_posted_and_reversed_is_not_posted_again(invoice, payments_file):
    path = payments_file("WIRE 1,G000001,100.00,2020-02-08")
    load(path)
    reverse_payment(Payment.objects.get().pk, reference="BACK", actor=CASHIER)
    assert len(load(path).unchanged) == 1
    assert found(invoice).paid == 0


def test_a_file_without_rows_is_bad(payments_file):
    assert bad_rows(payments_file()) == {1: "the file has a header but no payments"}


@pytest.mark.django_db(transaction=True)
def test_one_file_twice_at_once_is_posted_once(clock, agent, customer, payments_file):
    invoice = issued_invoice(clock, agent, customer)
    path = payments_file("A,G000001,600.00,2020-02-08", "B,G000001,600.00,2020-02-08")
    plans = in_threads(partial(load, path), partial(load, path))
    assert sorted(len(plan.new) for plan in plans) == [0, 2]
    assert found(invoice).open_amount == 0


def test_the_command_posts_and_says_what_it_did(invoice, payments_file, capsys, tmp_path):
    path = payments_file("A,G000001,600.00,2020-02-08")
    call_command("import_payments", path)
    call_command("import_payments", path)
    assert capsys.readouterr().out == "1 payments posted, 0 unchanged.\n0 payments posted, 1 unchanged.\n"
    assert Payment.objects.get().posted_by == "system:import_payments"
    with pytest.raises(CommandError, match=r"^Nothing was posted\.\nline 2: there is no invoice G000002$"):
        call_command("import_payments", payments_file("B,G000002,1.00,2020-02-08"))
    with pytest.raises(CommandError, match=r"^Cannot read .*missing\.csv"):
        call_command("import_payments", tmp_path / "missing.csv")


@pytest.fixture
def browser(client_of, keeper):
    return client_of(keeper)


def upload(browser, *rows):
    return browser.post(reverse("admin:billing_payment_import"), {"file": sent("\n".join([HEADER, *rows]))})


def test_in_the_browser_a_file_is_looked_through_before_it_is_posted(invoice, browser, keeper):
    response = upload(browser, "付款 A,G000001,600.00,2020-02-08")
    assert response.status_code == 302
    page = browser.get(response.url)
    words = words_of(page)
    assert "new, will be posted 1 unchanged, posted before 0" in words
    assert "付款 A" in words
    assert not Payment.objects.exists()
    check = reverse("admin:billing_payment_check")
    done = browser.post(check, {"upload": page.context["upload_id"]}, follow=True)
    assert "1 payment is posted." in words_of(done)
    assert Payment.objects.get().posted_by == keeper.email
    again = browser.get(response.url)
    assert "All payments of this file were posted before" in words_of(again)


def test_in_the_browser_bad_rows_stand_on_the_page(invoice, browser):
    response = upload(browser, "A,G000001,600.00,2020-02-08", "B,G000002,1.00,2020-02-08")
    assert response.status_code == 400
    assert "Line 3: there is no invoice G000002" in words_of(response)
    assert not Payment.objects.exists()


def test_what_became_bad_since_the_check_is_told_and_nothing_is_posted(invoice, browser):
    url = upload(browser, "A,G000001,600.00,2020-02-08").url
    upload_id = browser.get(url).context["upload_id"]
    pay(invoice, "1200.00")
    response = browser.post(reverse("admin:billing_payment_check"), {"upload": upload_id})
    assert response.status_code == 400
    assert "Line 2: 600.00 USD is more than the 0.00 USD that is open" in words_of(response)
    assert Payment.objects.count() == 1


def test_a_checked_file_is_forgotten_after_an_hour_and_is_its_senders_alone(
    invoice, browser, client_of, keeper, monkeypatch, settings
):
    url = upload(browser, "A,G000001,600.00,2020-02-08").url
    other = type(keeper).objects.create_user("other@operator.example", "x", name="Other")
    other.role_assignments.create(role="operator_admin")
    assert client_of(other).get(url).url == reverse("admin:billing_payment_import")
    monkeypatch.setattr(kept_uploads, "KEPT_FOR", 0)
    late = upload(browser, "A,G000001,600.00,2020-02-08").url
    assert "forgotten" in words_of(browser.get(late, follow=True))
