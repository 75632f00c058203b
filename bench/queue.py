"""The queue of support with 50,000 requests: its list page, read by 8 agents at once."""

import time
from collections.abc import Callable

from django.urls import reverse
from psycopg2 import sql

from bench import data
from bench.browser import Browser, at_once, cookies_of
from bench.table import Percentiles, Row
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Role
from tests.factories import PASSWORD, CustomerFactory, PartnerFactory, UserFactory
from tests.nginx import Portal
from tests.support import file_question

REQUESTS, FEW_REQUESTS = 50_000, 500
PARTNERS, CUSTOMERS = 20, 20  # customers of each
AGENTS = 8
READ, FEW_READ = 50, 3  # pages, by each agent
# What an agent looks at: everything, their own, what is late, a word, another order.
VIEWS = ("", "?view=mine", "?view=overdue", "?find=contoso", "?sort=partner", "?view=unassigned&impact=critical")
# A copy of the first request: nine of ten are over, of the others some are late, some are somebody's.
_COPIES = """
    INSERT INTO support_supportrequest (number, partner_id, filed_by_id, filed_at, problem, impact, title, description,
        language, customer_id, refund_reason, contact_name, contact_email, contact_phone, status, owner_id, due_at,
        changed_at, ended_at)
    SELECT (500000000000000 + n)::text, c.partner_id, r.filed_by_id, r.filed_at - n * interval '3 minutes', r.problem,
        (ARRAY['critical', 'moderate', 'minimal'])[1 + n %% 3], 'Question ' || n, r.description, r.language, c.id, '',
        r.contact_name, r.contact_email, '',
        CASE WHEN n %% 10 > 0 THEN 'closed' WHEN n %% 40 = 0 THEN 'action_required' ELSE 'in_progress' END,
        CASE WHEN n %% 20 = 0 THEN %(owner)s END,
        CASE WHEN n %% 10 = 0 AND n %% 40 > 0 THEN now() + (n %% 2000 - 200) * interval '1 minute' END,
        r.changed_at, CASE WHEN n %% 10 > 0 THEN r.changed_at END
    FROM support_supportrequest AS r, generate_series(1, %(count)s) AS n
    JOIN (SELECT id, partner_id, row_number() OVER (ORDER BY id) AS place FROM customers_customer) AS c
        ON c.place = 1 + n %% %(customers)s
    WHERE r.id = %(request)s
"""


def measure(portal: Portal, *, quick: bool, say: Callable[[str], None]) -> list[Row]:
    """Each agent reads one page after the other, of several views."""
    count, each = (FEW_REQUESTS, FEW_READ) if quick else (REQUESTS, READ)
    say(f"filing {count:,} requests")
    agent = filed(count)
    cookies = cookies_of(portal.web_port, agent.email, PASSWORD)
    say(f"reading {AGENTS * each} pages of the queue")
    shares = [[VIEWS[(number + page) % len(VIEWS)] for page in range(each)] for number in range(AGENTS)]
    times = Percentiles.of(at_once(portal.web_port, cookies, shares, _read))
    what = f"the queue, {count:,} requests, {AGENTS} agents"
    return [Row(what, times.written())]


def filed(count: int) -> User:
    """So many requests, of several partners and their customers; a support agent, who owns some of them."""
    agent = UserFactory.create(partner=None, roles=[Role.SUPPORT_AGENT])
    partners = PartnerFactory.create_batch(PARTNERS)
    customers = [CustomerFactory.create(partner=partner) for partner in partners for _number in range(CUSTOMERS)]
    filer = UserFactory.create(partner=partners[0], roles=[Role.ADMIN_AGENT])
    request = file_question(filer, title="A question of Contoso")
    facts = {"owner": agent.pk, "count": count, "customers": len(customers), "request": request.pk}
    data.as_superuser(sql.SQL(_COPIES % facts), sql.SQL("VACUUM ANALYZE"))
    return agent


def _read(browser: Browser, view: str) -> float:
    """Milliseconds until a page is there."""
    began = time.monotonic()
    browser.get(f"{reverse('queue:list')}{view}")
    return (time.monotonic() - began) * 1000
