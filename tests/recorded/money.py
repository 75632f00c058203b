"""Customers, carts, orders, accounts, invoices and payments (U4, B1 to B5, R4 to R6)."""

import io
from functools import partial

from django.core.management import call_command
from django.utils import timezone

from activity.models import Action
from csp_portal import kept_uploads
from customers import services as customers
from customers.details import FIELDS
from orders.billing import services, tasks
from orders.billing.models import Credit, Invoice
from orders.models import ApiCartLine
from orders.services import add_to_cart, check_out, make_api_cart, order_lines, place_order
from software.api.items import catalog_item_id
from tests.factories import buy_line, make_sku, reviewed_now
from tests.helpers import cancel
from tests.payments import issued_invoice, pay
from tests.recorded.operator_forms import form
from tests.recorded.registry import Call, Row, record_nothing, records, system
from tests.recorded.world import KEEPER, World

NEW = {
    "tenant_id": "8d1c6a4e-6a0f-4f0e-9a53-0d6b7f3e2a11",
    "company_name": "주식회사 한강물산",
    "primary_domain": "hangang.example",
    "market": "KR",
    "currency": "KRW",
}
CUSTOMERS = """Microsoft ID,Company name,Primary domain name,Relationship,Market,Currency
8d1c6a4e-6a0f-4f0e-9a53-0d6b7f3e2a11,주식회사 한강물산,hangang.example,Cloud Reseller,KR,KRW
5c0f2b1d-3f0a-4a8e-8a77-7a4b1c9d6e22,广州云山贸易有限公司,yunshan.example,Cloud Reseller,CN,CNY
"""


@records("customers.services.changing.create_customer", rows=[Row(Action.CUSTOMER_CREATED)])
def _create_customer(world: World) -> Call:
    address = {name: getattr(world.customer, name) for name in FIELDS if name not in NEW}
    return partial(customers.create_customer, actor=world.agent, **{**address, **NEW, "country": "KR"})


@records("customers.services.changing.change_customer", rows=[Row(Action.CUSTOMER_CHANGED)])
def _change_customer(world: World) -> Call:
    details = {name: getattr(world.customer, name) for name in FIELDS} | {"company_name": "上海晨星集团"}
    tenant_id = world.customer.tenant_id
    return partial(customers.change_customer, tenant_id, version_seen=1, actor=world.agent, **details)


@records(
    "customers.services.importing.import_customers",
    rows=[Row(Action.CUSTOMERS_IMPORTED), *[Row(Action.CUSTOMER_CREATED)] * 2],
)
def _import_customers(world: World) -> Call:
    plan = customers.check_import(io.BytesIO(CUSTOMERS.encode()), actor=world.agent)
    return partial(customers.import_customers, plan.rows, file_name="customers.csv", actor=world.agent)


@records(
    "orders.services.placing.place_order",
    rows=[Row(Action.ORDER_PLACED), Row(Action.KEYS_ALLOTTED), Row(Action.KEYS_PENDING)],
)
def _place(world: World) -> Call:
    for sku in (make_sku(keys=1), make_sku()):
        add_to_cart(world.customer.tenant_id, sku.public_id, 1, actor=world.agent)
    reviewed = reviewed_now(world.agent, world.customer)
    return partial(place_order, world.customer.tenant_id, reviewed=reviewed, actor=world.agent)


def _lines(world: World) -> list[ApiCartLine]:
    """What a client of the API asks for: one with a key, one whose key is still to come."""
    items = [catalog_item_id(sku, "US", "USD") for sku in (make_sku(keys=1), make_sku())]
    return [ApiCartLine(catalog_item_id=item, quantity=1) for item in items]


@records(
    "orders.services.api_carts.check_out",
    rows=[Row(Action.ORDER_PLACED), Row(Action.KEYS_ALLOTTED), Row(Action.KEYS_PENDING)],
)
def _check_out(world: World) -> Call:
    cart = make_api_cart(world.customer.tenant_id, _lines(world), actor=world.agent)
    return partial(check_out, world.customer.tenant_id, str(cart.public_id), actor=world.agent)


@records(
    "orders.services.api_carts.order_lines",
    rows=[Row(Action.ORDER_PLACED), Row(Action.KEYS_ALLOTTED), Row(Action.KEYS_PENDING)],
)
def _order_directly(world: World) -> Call:
    return partial(order_lines, world.customer.tenant_id, _lines(world), actor=world.agent)


@records(
    "orders.services.keeping.empty_old_carts",
    "orders.tasks.empty_old_carts",
    "manage.py empty_old_carts",
    rows=[Row(Action.CART_EMPTIED, system("empty_old_carts"))],
)
def _empty_a_cart(world: World) -> Call:
    add_to_cart(world.customer.tenant_id, make_sku().public_id, 1, actor=world.agent)
    world.clock.set("2020-03-01T12:00:00Z")
    return partial(call_command, "empty_old_carts", stdout=world.nowhere)


@records("orders.billing.services.limits.set_credit_limit", rows=[Row(Action.CREDIT_LIMIT_SET, KEEPER)])
def _limit(world: World) -> Call:
    return partial(services.set_credit_limit, world.partner, "KRW", 9_000_000, actor=world.keeper)


def _credit(world: World) -> Credit:
    """A credit that waits to be posted."""
    return cancel(world.line, world.agent).credit


POSTED = Row(Action.CREDIT_POSTED, system("post_credits"))


@records(
    "orders.billing.services.posting.post_credit",
    "orders.billing.tasks.post_credit",
    rows=[POSTED],
)
def _post_one(world: World) -> Call:
    return partial(tasks.post_credit, _credit(world).pk)


@records(
    "orders.billing.services.posting.post_due_credits",
    "orders.billing.tasks.post_due_credits",
    rows=[POSTED],
)
def _post_due(world: World) -> Call:
    _credit(world)
    return tasks.post_due_credits


@records(
    "orders.billing.services.closing.close_due_months",
    "orders.billing.tasks.close_invoices",
    rows=[POSTED, Row(Action.MONTH_CLOSED, system("close_invoices"))],
)
def _close(world: World) -> Call:
    _credit(world)
    world.clock.set("2020-02-01T00:05:00Z")
    return tasks.close_invoices


def _closed(world: World) -> Invoice:
    """The invoice of a month that is closed, to be issued."""
    buy_line(world.agent, world.customer, make_sku())
    world.clock.set("2020-02-08T00:35:00Z")
    services.close_due_months(timezone.now())
    return Invoice.objects.get()


@records("orders.billing.services.closing.issue_invoice", rows=[Row(Action.INVOICE_ISSUED, KEEPER)])
def _issue(world: World) -> Call:
    return partial(services.issue_invoice, _closed(world).pk, actor=world.keeper, now=timezone.now())


@records(
    "orders.billing.services.closing.issue_due_invoices",
    "orders.billing.tasks.issue_invoices",
    rows=[Row(Action.INVOICE_ISSUED, system("issue_invoices"))],
)
def _issue_due(world: World) -> Call:
    _closed(world)
    return tasks.issue_invoices


def _invoice(world: World) -> Invoice:
    return issued_invoice(world.clock, world.agent, world.customer)


@records("orders.billing.services.payments.post_payment", rows=[Row(Action.PAYMENT_POSTED, KEEPER)])
def _pay(world: World) -> Call:
    return partial(pay, _invoice(world), "500.00", actor=world.keeper)


@records("orders.billing.services.payments.reverse_payment", rows=[Row(Action.PAYMENT_REVERSED, KEEPER)])
def _reverse(world: World) -> Call:
    wrong = pay(_invoice(world), "500.00")
    return partial(services.reverse_payment, wrong.pk, reference="WIRE 1 back", actor=world.keeper)


def _payments(world: World) -> list[tuple[int, str, str, str, str]]:
    """Two rows of a file: line, reference, invoice, amount, day."""
    number = _invoice(world).public_number
    return [(line, f"WIRE {line}", number, "100.00", "2020-02-09") for line in (2, 3)]


@records(
    "orders.billing.services.payment_imports.import_payments",
    "manage.py import_payments",
    rows=[Row(Action.PAYMENT_POSTED, system("import_payments"))] * 2,
)
def _import_payments(world: World) -> Call:
    rows = [",".join(cells) for _line, *cells in _payments(world)]
    path = world.file("payments.csv", "\n".join(["reference,invoice,amount,received_on", *rows]))
    return partial(call_command, "import_payments", path, stdout=world.nowhere)


@records("operator: billing_payment_check", rows=[Row(Action.PAYMENT_POSTED, KEEPER)] * 2)
def _post_what_was_checked(world: World) -> Call:
    upload = kept_uploads.keep("payments", _payments(world), world.keeper)
    return form(world, "billing_payment_check", upload=upload)


record_nothing(
    "only looks",
    "orders.services.api_carts.judged_cart",
    "orders.services.api_carts.renewed_line",
    "customers.services.importing.check_import",
    "customers.services.importing.plan_import",
    "operator: billing_payment_import",
    "orders.billing.services.credits.account_of",
    "orders.billing.services.credits.credit_month",
    "orders.billing.services.credits.month_of_credit",
    "orders.billing.services.payment_imports.check_payments",
    "orders.billing.services.payments.new_payment",
    "orders.billing.services.payments.reference_used",
    "orders.billing.services.payments.refusal_of",
    "orders.billing.services.payments.refusal_of_reference",
    "orders.billing.services.payments.reversal_refusal",
)
record_nothing(
    "only locks",
    "customers.services.changing.lock_customers_of",
    "orders.billing.services.payments.lock_invoices",
    "orders.billing.services.posting.locked_account",
)
record_nothing(
    "a cart is a draft of its owner's: it binds nobody, and what comes of it is recorded with the order",
    "orders.services.api_carts.change_api_cart",
    "orders.services.api_carts.make_api_cart",
    "orders.services.carts.add_to_cart",
    "orders.services.carts.locked_cart",
    "orders.services.carts.remove_from_cart",
    "orders.services.carts.renew_purchase",
    "orders.services.carts.set_quantities",
)
record_nothing(
    "part of an order: place_order records it",
    "orders.billing.services.posting.post_charges",
    "orders.services.placing.order_review",
)
record_nothing("part of a cancellation: cancel_quoted records it", "orders.billing.services.credits.fix_credit")
record_nothing(
    "part of closing a month: close_due_months records it", "orders.billing.services.carrying.carry_negative_total"
)
record_nothing(
    "part of posting, which has its own entry here",
    "orders.billing.services.payments.save_payment",
    "orders.billing.services.posting.post_under_lock",
)
