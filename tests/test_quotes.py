"""A quote is good for 15 minutes, across midnight, the deadline and a month's end, and only as we made it (C5)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core import signing
from django.utils import timezone

from cancellations.models import Cancellation
from cancellations.quotes import QUOTE_LIFETIME, quote_line, read_quote
from cancellations.services import confirm_cancellation
from cancellations.terms import CancellationTerms
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from orders.billing.models import Account, Credit, Entry
from orders.billing.services import close_due_months, post_due_credits
from orders.models import OrderLine
from tests.factories import CustomerFactory, UserFactory, buy_line, make_sku
from tests.helpers import quote_of

pytestmark = pytest.mark.django_db

JANUARY, FEBRUARY, MARCH = date(2020, 1, 1), date(2020, 2, 1), date(2020, 3, 1)


@pytest.fixture
def line(clock, agent, customer):
    """A subscription of 1,200.00 USD, bought at 2020-01-24 12:00 UTC; its window closes with 24 March."""
    return buy_line(agent, customer, make_sku("1200.00", keys=1))


def confirm(line, actor, quote):
    return confirm_cancellation(line.purchase.public_id, quote=quote, notice_accepted=True, actor=actor)


def assert_refused(line, actor, quote, code):
    with pytest.raises(Refusal) as refused:
        confirm(line, actor, quote)
    assert refused.value.code == code
    line.purchase.refresh_from_db()
    assert line.purchase.is_active
    assert not Cancellation.objects.exists()
    assert not Credit.objects.exists()
    return refused.value


# 15 minutes, wherever they lie


@pytest.mark.parametrize(
    ("quoted", "last_good", "too_late"),
    [
        ("2020-02-02T12:00:00Z", "2020-02-02T12:14:59.999999Z", "2020-02-02T12:15:00Z"),
        ("2020-02-02T23:50:00Z", "2020-02-03T00:04:59.999999Z", "2020-02-03T00:05:00Z"),
        ("2020-01-31T23:45:00.000001Z", "2020-02-01T00:00:00Z", "2020-02-01T00:00:00.000001Z"),
        ("2020-03-24T23:50:00Z", "2020-03-25T00:04:59.999999Z", None),
        ("2020-03-24T23:59:59.999999Z", "2020-03-25T00:14:59.999998Z", None),
    ],
    ids=["by day", "over midnight", "over a month's end", "over the deadline", "of the window's last instant"],
)
def test_it_is_good_until_before_15_minutes_are_over(clock, agent, line, quoted, last_good, too_late):
    clock.set(quoted)
    quote = quote_of(line)
    if too_late:
        clock.set(too_late)
        assert_refused(line, agent, quote.signed(), "quote_expired")
    clock.set(last_good)
    credit = confirm(line, agent, quote.signed()).credit
    assert (credit.gross, credit.days_used) == (quote.gross, quote.days_used)


@pytest.mark.parametrize("late", ["2020-03-25T00:05:00Z", "2020-03-26T12:00:00Z"])
def test_past_its_15_minutes_the_window_is_judged_now(clock, agent, line, late):
    clock.set("2020-03-24T23:50:00Z")
    quote = quote_of(line).signed()
    clock.set(late)
    assert_refused(line, agent, quote, "window_closed")


def test_a_quote_that_was_made_after_the_window_does_not_open_it(clock, agent, line):
    clock.set("2020-03-25T00:00:00Z")
    quote = quote_of(line).signed()
    assert_refused(line, agent, quote, "window_closed")


def test_its_amounts_bind_though_a_day_more_is_used(clock, agent, line):
    clock.set("2020-02-02T23:50:00Z")
    quote = quote_of(line).signed()
    clock.set("2020-02-03T00:04:59Z")
    assert quote_of(line).gross == Decimal("1163.93")
    cancellation = confirm(line, agent, quote)
    assert (cancellation.credit.gross, cancellation.credit.days_used) == (Decimal("1167.21"), 10)
    assert cancellation.quoted_at.isoformat() == "2020-02-02T23:50:00+00:00"
    assert cancellation.cancelled_at == timezone.now()


# The invoice month is that of the confirmation


def test_a_quote_of_january_that_is_confirmed_in_february_is_on_februarys_invoice(clock, agent, line):
    clock.set("2020-01-31T23:50:00Z")
    quote = quote_of(line).signed()
    clock.set("2020-02-01T00:04:59Z")
    credit = confirm(line, agent, quote).credit
    post_due_credits()
    assert Entry.objects.get(credit=credit).month == FEBRUARY
    assert credit.days_used == 8  # the amount is still the one that was quoted


@pytest.mark.parametrize(
    ("instant", "month", "later_month"),
    [
        ("2020-01-31T23:44:59.999999Z", JANUARY, None),
        ("2020-01-31T23:45:00Z", JANUARY, FEBRUARY),
        ("2020-01-31T23:59:59.999999Z", JANUARY, FEBRUARY),
        ("2020-02-01T00:00:00Z", FEBRUARY, None),
    ],
)
def test_both_months_are_named_while_a_quote_may_end_in_the_next(clock, agent, line, instant, month, later_month):
    clock.set(instant)
    terms = CancellationTerms(OrderLine.objects.with_purchase().get(pk=line.pk), timezone.now())
    assert (terms.month, terms.later_month) == (month, later_month)


def test_one_month_is_named_where_the_old_one_is_closed_already(clock, agent, line):
    """An operator's clock may be ahead of ours: whatever the instant, the credit goes to the first open month."""
    Account.objects.update(closed_through=JANUARY)
    clock.set("2020-01-31T23:50:00Z")
    terms = CancellationTerms(OrderLine.objects.with_purchase().get(pk=line.pk), timezone.now())
    assert (terms.month, terms.later_month) == (FEBRUARY, None)


def test_the_month_may_be_closed_between_quote_and_confirmation(clock, agent, line):
    clock.set("2020-01-31T23:55:00Z")
    quote = quote_of(line).signed()
    clock.set("2020-02-01T00:05:00Z")
    close_due_months(timezone.now())
    clock.set("2020-02-01T00:06:00Z")
    credit = confirm(line, agent, quote).credit
    post_due_credits()
    assert Entry.objects.get(credit=credit).month == FEBRUARY


# Whose it is


def test_a_colleague_may_confirm_what_another_was_quoted(clock, agent, partner, line):
    """The amounts are the same for everybody; who confirms is checked and stored."""
    colleague = UserFactory(partner=partner, roles=[Role.ADMIN_AGENT])
    assert confirm(line, colleague, quote_of(line).signed()).cancelled_by == colleague


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMIN_AGENT])
def test_a_good_quote_in_the_hands_of_another_role_cancels_nothing(agent, partner, line, role):
    other = UserFactory(partner=partner, roles=[role])
    assert_refused(line, other, quote_of(line).signed(), "role_required")


def test_a_quote_of_another_purchase_is_refused_be_it_of_the_same_sku_and_price(agent, customer, line):
    twin = buy_line(agent, customer, line.purchase.sku)
    assert_refused(line, agent, quote_of(twin).signed(), "quote_not_valid")


def test_a_quote_of_another_partners_purchase_is_refused(agent, stranger, line):
    other = buy_line(stranger, CustomerFactory(partner=stranger.partner), line.purchase.sku)
    assert_refused(line, agent, quote_of(other).signed(), "quote_not_valid")


def test_a_quote_of_a_time_to_come_is_none_of_ours(clock, agent, line):
    quote = quote_line(OrderLine.objects.with_purchase().get(pk=line.pk), timezone.now() + timedelta(microseconds=1))
    assert_refused(line, agent, quote.signed(), "quote_not_valid")


def test_a_quote_of_a_time_to_come_does_not_open_a_window_that_is_closed(clock, agent, line):
    clock.set("2020-03-25T00:00:00Z")
    quote = quote_line(OrderLine.objects.with_purchase().get(pk=line.pk), timezone.now() + QUOTE_LIFETIME)
    assert_refused(line, agent, quote.signed(), "window_closed")


# What is not as we made it


def signed_with(quote, *, leave_out=(), salt="cancellations.quote", **changes):
    values = signing.loads(quote.signed(), salt="cancellations.quote") | changes
    return signing.dumps({name: value for name, value in values.items() if name not in leave_out}, salt=salt)


def test_every_letter_of_a_quote_counts(agent, line):
    quote = quote_of(line).signed()
    for place in range(0, len(quote), 7):
        changed = quote[:place] + ("A" if quote[place] != "A" else "B") + quote[place + 1 :]
        assert read_quote(changed) is None
    assert_refused(line, agent, quote[:-1], "quote_not_valid")


FIELDS = [
    "purchase_id",
    "quoted_at",
    "quantity",
    "charged",
    "net",
    "tax",
    "gross",
    "term_days",
    "days_used",
    "policy_version",
    "notice_version",
    "units_before",
    "net_before",
    "tax_before",
]


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_that_is_missing_or_is_no_such_thing_makes_it_unreadable(agent, line, field):
    quote = quote_of(line)
    assert set(signing.loads(quote.signed(), salt="cancellations.quote")) == set(FIELDS)
    assert_refused(line, agent, signed_with(quote, leave_out=[field]), "quote_not_valid")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("purchase_id", "no uuid"),
        ("quoted_at", "31 February"),
        ("gross", "a lot"),
        ("gross", None),
        ("something_new", 1),
    ],
)
def test_a_quote_of_another_release_is_refused_and_no_fault_of_ours(agent, line, field, value):
    assert_refused(line, agent, signed_with(quote_of(line), **{field: value}), "quote_not_valid")


def test_what_we_signed_for_something_else_is_no_quote(agent, line):
    assert_refused(line, agent, signed_with(quote_of(line), salt="csp_portal.mail.address"), "quote_not_valid")
    assert_refused(line, agent, signing.dumps([1, 2], salt="cancellations.quote"), "quote_not_valid")


@pytest.mark.parametrize(
    "text", ["", ":", "::", "견적", "\N{RIGHT-TO-LEFT MARK}:a:b", "x" * 10_000, "'\"<script>", "."]
)
def test_odd_text_is_no_quote(agent, line, text):
    assert_refused(line, agent, text, "quote_not_valid")


@pytest.mark.parametrize(
    "changes", [{"notice_version": 0}, {"net_before": "0.01"}, {"units_before": 1}, {"policy_version": 0}]
)
def test_a_line_that_is_not_as_it_was_quoted_has_changed(agent, line, changes):
    assert_refused(line, agent, signed_with(quote_of(line), **changes), "line_changed")
