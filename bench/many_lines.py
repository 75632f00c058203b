"""A portal that has sold a lot: order lines with their purchases and charges, copied by the database itself."""

from psycopg2 import sql

from bench import data
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Role
from orders.models import OrderLine
from software.models import KeyIssue
from tests.factories import CustomerFactory, PartnerFactory, UserFactory, buy, make_sku

PARTNERS = 10  # unless told otherwise
LINES = 10  # of an order, each of another product

# Each statement copies the rows of a first order; `customers` is how many each partner gets, an order each.
_COPIES = (
    "SET session_replication_role = replica",
    """
    INSERT INTO customers_customer (partner_id, tenant_id, company_name, primary_domain, market, currency, address_line,
        city, region, postal_code, country, created_at, version, changed_at, changed_by_id)
    SELECT partner.id, gen_random_uuid(), 'Customer ' || n, 'customer-' || n || '.example', c.market, c.currency,
        c.address_line, c.city, c.region, c.postal_code, c.country, c.created_at, c.version, c.changed_at,
        c.changed_by_id
    FROM customers_customer AS c, accounts_partner AS partner, generate_series(1, %(customers)s) AS n
    WHERE c.id = %(customer)s AND partner.id IN (%(partners)s)
    """,
    """
    INSERT INTO orders_order (number, partner_id, customer_id, customer_name, placed_by_id, placed_at, market, currency,
        purchase_order_number, payment_method, idempotency_key, body_digest)
    SELECT 'B' || lpad(c.id::text, 9, '0'), c.partner_id, c.id, c.company_name, o.placed_by_id,
        o.placed_at, o.market, o.currency, '', o.payment_method, gen_random_uuid(), ''
    FROM orders_order AS o, customers_customer AS c
    WHERE o.id = %(order)s AND c.id > %(customer)s AND c.partner_id IN (%(partners)s)
    """,
    """
    INSERT INTO software_softwarepurchase (public_id, customer_id, sku_id, quantity, status, key_state, purchased_at,
        term_start, term_end)
    SELECT gen_random_uuid(), o.customer_id, p.sku_id, p.quantity, p.status, p.key_state, o.placed_at, p.term_start,
        p.term_end
    FROM orders_order AS o, orders_orderline AS l JOIN software_softwarepurchase AS p ON p.id = l.purchase_id
    WHERE l.order_id = %(order)s AND o.id > %(order)s
    """,
    """
    INSERT INTO orders_orderline (order_id, line_number, purchase_id, product_title, sku_title, quantity, unit_price,
        tax_name, tax_rate, tax_included, net, tax, gross, policy_version_id, last_cancel_day, window_closes_at,
        quantity_cancelled, credited_net, credited_tax, credited_gross)
    SELECT o.id, l.line_number, p.id, l.product_title, l.sku_title, l.quantity, l.unit_price, l.tax_name, l.tax_rate,
        l.tax_included, l.net, l.tax, l.gross, l.policy_version_id, l.last_cancel_day, l.window_closes_at, 0, 0, 0, 0
    FROM orders_order AS o
    JOIN software_softwarepurchase AS p ON p.customer_id = o.customer_id
    JOIN software_softwarepurchase AS first ON first.sku_id = p.sku_id
    JOIN orders_orderline AS l ON l.purchase_id = first.id AND l.order_id = %(order)s
    WHERE o.id > %(order)s
    """,
    """
    INSERT INTO billing_account (partner_id, currency, credit_limit)
    SELECT partner.id, account.currency, account.credit_limit
    FROM billing_account AS account, accounts_partner AS partner
    WHERE account.partner_id = %(partner)s AND partner.id IN (%(partners)s)
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO billing_entry (account_id, kind, order_line_id, net, tax, gross, carried, occurred_at, month, posted_at)
    SELECT account.id, e.kind, l.id, e.net, e.tax, e.gross, 0, e.occurred_at, e.month, e.posted_at
    FROM orders_orderline AS l JOIN orders_order AS o ON o.id = l.order_id
    JOIN billing_account AS account ON account.partner_id = o.partner_id AND account.currency = o.currency
    JOIN orders_orderline AS first ON first.order_id = %(order)s AND first.line_number = l.line_number
    JOIN billing_entry AS e ON e.order_line_id = first.id
    WHERE o.id > %(order)s
    """,
    "SET session_replication_role = origin",
    "VACUUM ANALYZE",  # as autovacuum would have done it meanwhile
)


def sold(lines: int, *, partners: int = PARTNERS) -> User:
    """So many order lines, spread over some partners; an Admin agent of the first of them."""
    agent = UserFactory.create(roles=[Role.ADMIN_AGENT])
    skus = [make_sku(key_issue=KeyIssue.NONE) for _line in range(LINES)]
    order = buy(agent, CustomerFactory.create(partner=agent.partner), *skus)
    others = PartnerFactory.create_batch(partners - 1)
    facts = {
        "customers": lines // LINES // partners,
        "partner": order.partner_id,
        "partners": ", ".join(str(partner.pk) for partner in (order.partner, *others)),
        "customer": order.customer_id,
        "order": order.pk,
    }
    data.as_superuser(*(sql.SQL(statement % facts) for statement in _COPIES))
    return agent


def lines_of(agent: User, count: int) -> list[OrderLine]:
    """Lines of the agent's partner that can be cancelled, of as many customers as there are."""
    lines = OrderLine.objects.visible_to(agent).filter(quantity_cancelled=0).with_purchase()
    return list(lines.order_by("line_number", "pk")[:count])
