"""Cancelling a part of a line's units: which lines, which keys, and amounts that add up (C8, R3)."""

from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from activity.models import Action, Event
from cancellations.models import Cancellation
from cancellations.services import confirm_cancellation
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from csp_portal.mail.models import Mail
from orders.billing.models import Credit
from orders.billing.services import post_due_credits
from orders.models import OrderLine
from software.models import DownloadLink, KeyIssue, KeyState, KeyStatus, Kind, ProductKey, SessionEnd, TaxRate
from software.services import fill_pending, reveal_key, start_download
from software.services.purchasing import FILLER
from tests.factories import CustomerFactory, UserFactory, add_keys, buy_line, make_link, make_sku
from tests.held_open import Other, held_open
from tests.helpers import cancel, in_threads, quote_of, until_somebody_waits, words_of

pytestmark = pytest.mark.django_db


sku_by_unit = partial(make_sku, key_issue=KeyIssue.PER_UNIT)


@pytest.fixture
def line(clock, agent, customer):
    """Five units of a subscription at 1,200.00 USD with a key each, bought at 2020-01-24 12:00 UTC."""
    return buy_line(agent, customer, sku_by_unit("1200.00", keys=5), quantity=5)


def fresh(line):
    return OrderLine.objects.with_purchase().get(pk=line.pk)


def keys_of(line, status=KeyStatus.ALLOTTED):
    return list(ProductKey.objects.filter(purchase=line.purchase, status=status).order_by("pk"))


def state_of(line):
    """All that a cancellation changes."""
    now = fresh(line)
    return (
        (now.quantity_cancelled, now.credited, now.purchase.status, now.purchase.key_state),
        [(key.pk, key.status) for key in ProductKey.objects.filter(purchase=now.purchase).order_by("pk")],
        list(DownloadLink.objects.filter(purchase=now.purchase).values_list("revoked_at", flat=True)),
        (Cancellation.objects.count(), Credit.objects.count(), Mail.objects.count()),
    )


def assert_refused(line, agent, quantity, code):
    before = state_of(line)
    with pytest.raises(Refusal) as refused:
        cancel(line, agent, quantity)
    assert refused.value.code == code
    assert state_of(line) == before
    assert Event.objects.filter(action=Action.CANCEL_REFUSED, details__reason=code).count() == 1
    return refused.value


# Amounts


def charged(line, *, net, tax="0"):
    """The line as if it had been charged so much, as after a discount."""
    net, tax = Decimal(net), Decimal(tax)
    OrderLine.objects.filter(pk=line.pk).update(net=net, tax=tax, gross=net + tax)
    return line


def test_the_bases_of_the_parts_are_those_of_the_rule_and_add_up(clock, agent, customer):
    line = charged(
        buy_line(agent, customer, sku_by_unit(kind=Kind.PERPETUAL, keys=3), quantity=3), net="100.00", tax="19.00"
    )
    credits = [cancel(line, agent, 1).credit for _unit in range(3)]
    assert [credit.charged for credit in credits] == [Decimal("33.33"), Decimal("33.34"), Decimal("33.33")]
    assert [credit.net for credit in credits] == [Decimal("33.33"), Decimal("33.34"), Decimal("33.33")]
    assert [credit.tax for credit in credits] == [Decimal("6.33"), Decimal("6.34"), Decimal("6.33")]
    assert fresh(line).credited == fresh(line).amounts
    assert not fresh(line).purchase.is_active


def test_a_part_of_a_subscription_is_prorated_on_its_day(clock, agent, line):
    clock.set("2020-02-02T12:00:00Z")
    first = cancel(line, agent, 2).credit
    clock.set("2020-03-24T12:00:00Z")
    rest = cancel(line, agent).credit
    assert (first.charged, first.gross, first.days_used) == (Decimal("2400.00"), Decimal("2334.43"), 10)
    assert (rest.charged, rest.gross, rest.days_used) == (Decimal("3600.00"), Decimal("3000.00"), 61)
    assert (rest.quantity, rest.units_before, rest.net_before) == (3, 2, Decimal("2334.43"))


def test_where_prices_include_tax_the_tax_of_the_parts_follows_all_that_was_credited(clock, agent, partner):
    TaxRate.objects.create(market="AU", name="GST", rate="0.1", included_in_price=True, valid_from="2000-01-01")
    customer = CustomerFactory(partner=partner, market="AU", currency="AUD")
    sku = sku_by_unit("0.15", market="AU", currency="AUD", kind=Kind.PERPETUAL, keys=3)
    line = buy_line(agent, customer, sku, quantity=3)
    assert (line.gross, line.tax) == (Decimal("0.45"), Decimal("0.04"))
    credits = [cancel(line, agent, 1).credit for _unit in range(3)]
    assert [(credit.gross, credit.tax) for credit in credits] == [
        (Decimal("0.15"), Decimal("0.01")),
        (Decimal("0.15"), Decimal("0.02")),
        (Decimal("0.15"), Decimal("0.01")),
    ]
    assert fresh(line).credited == line.amounts


def test_a_part_is_explained_with_its_share_and_what_was_credited_before(clock, agent, customer):
    line = charged(
        buy_line(agent, customer, sku_by_unit(kind=Kind.PERPETUAL, keys=3), quantity=3), net="100.00", tax="19.00"
    )
    told = [cancel(line, agent, 1).credit.how_computed for _unit in range(2)]
    assert [[sentence.replace("\xa0", " ") for sentence in sentences] for sentences in told] == [
        [
            "Charged for this part: 100.00 USD × 1 / 3 = 33.33 USD.",
            "Net: 100% of the 33.33 USD that was charged.",
            "Tax: 19.00 USD × 33.33 USD / 100.00 USD = 6.33 USD.",
        ],
        [
            "Charged for this part: 100.00 USD × 2 / 3, less what the first 1 of them came to, = 33.34 USD.",
            "Net: 100% of the 33.34 USD that was charged.",
            "Tax: 19.00 USD × 66.67 USD / 100.00 USD, less the 6.33 USD credited before, = 6.34 USD.",
        ],
    ]


def test_the_database_credits_units_once(agent, line):
    credit = cancel(line, agent, 2).credit
    again = {field.name: getattr(credit, field.name) for field in Credit._meta.fields if field.name != "id"}
    with pytest.raises(IntegrityError, match="billing_credit_once_per_units"), transaction.atomic():
        Credit.objects.create(**again)


# Which lines


def test_the_purchase_goes_on_with_the_units_that_are_left(clock, agent, line):
    cancel(line, agent, 2)
    now = fresh(line)
    assert (now.purchase.is_active, now.quantity_left, now.purchase.cancelled_at) == (True, 3, None)
    event = Event.objects.get(action=Action.QUANTITY_CANCELLED)
    assert (event.details["quantity"], event.details["left"], event.details["keys_revoked"]) == (2, 3, 2)
    cancel(line, agent)
    assert not fresh(line).purchase.is_active
    assert Event.objects.get(action=Action.PURCHASE_CANCELLED).details["quantity"] == 3


def test_units_that_share_one_key_are_cancelled_together(clock, agent, customer):
    line = buy_line(agent, customer, make_sku(keys=1, key_issue=KeyIssue.PER_LINE), quantity=3)
    refusal = assert_refused(line, agent, 2, "only_whole")
    assert "Cancel all 3 of them, or none." in refusal.next_step
    assert cancel(line, agent).quantity == 3


def test_perpetual_software_without_keys_is_cancelled_together(clock, agent, customer):
    line = buy_line(agent, customer, make_sku(kind=Kind.PERPETUAL, key_issue=KeyIssue.NONE), quantity=3)
    assert_refused(line, agent, 1, "only_whole")


def test_a_subscription_without_keys_can_be_parted(clock, agent, customer):
    line = buy_line(agent, customer, make_sku(key_issue=KeyIssue.NONE), quantity=3)
    assert cancel(line, agent, 1).left == 2


@pytest.mark.parametrize("quantity", [0, -1, 6])
def test_no_more_units_than_are_left_and_at_least_one(agent, line, quantity):
    refusal = assert_refused(line, agent, quantity, "quantity_not_left")
    assert "has 5 units of" in refusal.message


def test_what_a_colleague_has_cancelled_meanwhile_is_not_left(agent, partner, line):
    quote = quote_of(line).signed()
    colleague = UserFactory(partner=partner, roles=[Role.ADMIN_AGENT])
    cancel(line, colleague, 1)
    before = state_of(line)
    with pytest.raises(Refusal) as refused:
        confirm_cancellation(line.purchase.public_id, quote=quote, notice_accepted=True, actor=agent)
    assert refused.value.code == "cancelled_meanwhile"
    assert colleague.email in refused.value.message
    assert "has 4 units of" in refused.value.next_step
    assert state_of(line) == before


# Keys, links


def test_keys_that_nobody_has_seen_go_first_and_then_the_newest(agent, line):
    keys = keys_of(line)
    for key in (keys[4], keys[1], keys[3]):
        reveal_key(key.public_id, actor=agent)
    cancel(line, agent, 1)
    assert keys_of(line, KeyStatus.REVOKED) == [keys[2]]
    cancel(line, agent, 2)
    assert keys_of(line, KeyStatus.REVOKED) == [keys[0], keys[2], keys[4]]
    assert keys_of(line) == [keys[1], keys[3]]


def test_links_and_downloads_go_on_until_the_last_unit_is_cancelled(agent, line):
    link = make_link(agent, line.purchase)
    session = start_download(link.token, user=None)
    cancel(line, agent, 4)
    link.refresh_from_db()
    session.refresh_from_db()
    assert (link.revoked_at, session.closed_at) == (None, None)
    assert cancel(line, agent).links_revoked == 1
    session.refresh_from_db()
    assert session.end == SessionEnd.REVOKED


def test_a_line_that_waits_for_keys_waits_for_those_of_the_units_that_are_left(clock, agent, customer):
    sku = sku_by_unit()
    line = buy_line(agent, customer, sku, quantity=3)
    cancel(line, agent, 1)
    add_keys(sku, 2)
    assert fill_pending(sku.pk, actor=FILLER) == 1
    assert fresh(line).purchase.key_state == KeyState.ALLOTTED
    assert len(keys_of(line)) == 2


def test_the_software_tab_tells_of_every_part_who_when_and_for_which_credit(clock, agent, partner, client_of, line):
    colleague = UserFactory(partner=partner, roles=[Role.ADMIN_AGENT])
    clock.set("2020-02-02T12:00:00Z")
    first = cancel(line, colleague, 2)
    post_due_credits()
    clock.set("2020-03-24T12:00:00Z")
    rest = cancel(line, agent)
    customer, sku = line.order.customer, line.purchase.sku
    tab = f"{reverse('cancellations:software', args=[customer.tenant_id])}?sku={sku.public_id}"
    page = client_of(agent).get(tab)
    text, number = words_of(page), line.order.number
    told = [
        f"2 of 5 units of order {number} were cancelled by {colleague.email} on 2 Feb 2020, 12:00 UTC",
        "Credit 2,334.43 USD (incl. tax) on the February 2020 invoice. Certificate",
        f"3 of 5 units of order {number} were cancelled by {agent.email} on 24 Mar 2020, 12:00 UTC",
        "Credit 3,000.00 USD (incl. tax), to be posted. Certificate",
    ]
    places = [text.index(words) for words in told]
    assert places == sorted(places)
    assert text.count("Its keys and download links are revoked.") == 1
    for cancellation in (first, rest):
        assert f'href="{cancellation.certificate_url}"' in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_pool_that_is_filled_while_units_are_cancelled_gives_no_key_too_many(agent, customer):
    sku = sku_by_unit()
    line = buy_line(agent, customer, sku, quantity=5)
    add_keys(sku, 5)
    with held_open(partial(cancel, line, agent, 2)) as cancelling:
        filling = Other(partial(fill_pending, sku.pk, actor=FILLER))
        filling.may_commit.set()
        filling.thread.start()
        until_somebody_waits()
        cancelling.commit()
        filling.thread.join()
    assert fresh(line).purchase.key_state == KeyState.ALLOTTED
    assert len(keys_of(line)) == 3


# Again, and at once


def confirm(line, actor, quote):
    return confirm_cancellation(line.purchase.public_id, quote=quote, notice_accepted=True, actor=actor)


def test_the_same_part_submitted_again_or_in_a_second_tab_is_one(clock, agent, line):
    first_tab = quote_of(line, 2).signed()
    clock.set("2020-01-24T12:10:00Z")
    second_tab = quote_of(line, 2).signed()
    done = {confirm(line, agent, quote).pk for quote in (first_tab, first_tab, second_tab)}
    assert len(done) == 1
    assert fresh(line).quantity_cancelled == 2


def test_another_part_from_an_old_look_has_to_look_again(agent, line):
    old = quote_of(line, 1).signed()
    cancel(line, agent, 2)
    before = state_of(line)
    with pytest.raises(Refusal) as refused:
        confirm(line, agent, old)
    assert refused.value.code == "cancelled_meanwhile"
    assert state_of(line) == before


@pytest.mark.django_db(transaction=True)
def test_of_two_people_at_once_one_cancels_and_the_other_looks_again(agent, partner, customer):
    line = buy_line(agent, customer, sku_by_unit("1200.00", keys=5), quantity=5)
    colleague = UserFactory(partner=partner, roles=[Role.ADMIN_AGENT])
    quote = quote_of(line, 2).signed()
    answers = in_threads(partial(confirm, line, agent, quote), partial(confirm, line, colleague, quote))
    assert sorted(isinstance(answer, Cancellation) for answer in answers) == [False, True]
    assert "cancelled_meanwhile" in answers
    assert fresh(line).quantity_cancelled == 2
    assert Credit.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_parts_of_a_line_and_their_postings_at_once_wait_for_each_other(agent, customer):
    """Posting holds the account and refers to the line; cancelling holds the line and asks for the account."""
    line = buy_line(agent, customer, sku_by_unit("1200.00", keys=20), quantity=20)
    for _round in range(4):
        done = in_threads(partial(cancel, line, agent, 1), post_due_credits, post_due_credits)[0]
        assert done.quantity == 1
    assert fresh(line).quantity_cancelled == 4
