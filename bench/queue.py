"""The queue of support as it grows: its pages with 500 requests and with 50,000, by one agent and by 8 at once."""

import time
from collections.abc import Callable, Sequence

from django.urls import reverse
from psycopg2 import sql

from bench import data
from bench.browser import Browser, at_once, cookies_of
from bench.table import Percentiles, Row
from cancellations.support.models import SupportRequest
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Role
from tests.factories import PASSWORD, CustomerFactory, PartnerFactory, UserFactory
from tests.nginx import Portal
from tests.support import file_question

SIZES, FEW_SIZES = (500, 50_000), (50, 500)  # requests, before and after it has grown
PARTNERS, CUSTOMERS = 20, 20  # customers of each
AGENTS = 8
READ, FEW_READ = 50, 3  # times each page, by one agent; pages in all, by each of several
AIM = "p95 within 1.5 times"
PAGES = {
    "all open": "",
    "mine": "?view=mine",
    "overdue": "?view=overdue",
    "a word": "?find=contoso",
    "by partner": "?sort=partner",
    "unassigned and critical": "?view=unassigned&impact=critical",
}
# Copies of the first request: nine of ten are over, of the others some are late, some are somebody's.
_COPIES = """
    INSERT INTO support_supportrequest (number, partner_id, filed_by_id, filed_at, problem, impact, title, description,
        language, customer_id, refund_reason, contact_name, contact_email, contact_phone, status, owner_id, due_at,
        changed_at, ended_at)
    SELECT (500000000000000 + n)::text, c.partner_id, r.filed_by_id, r.filed_at - n * interval '3 minutes', r.problem,
        (ARRAY['critical', 'moderate', 'minimal'])[1 + n %% 3], 'Question ' || n, r.description, r.language, c.id, '',
        r.contact_name, r.contact_email, '',
        CASE WHEN n %% 10 > 0 THEN 'closed' WHEN n %% 40 = 0 THEN 'action_required' ELSE 'in_progress' END,
        CASE WHEN n %% 20 = 0 THEN %(owner)s END,
        CASE WHEN n %% 10 = 0 AND n %% 40 > 0 THEN now() + (n %% 2000 - 400) * interval '1 minute' END,
        r.changed_at, CASE WHEN n %% 10 > 0 THEN r.changed_at END
    FROM support_supportrequest AS r, generate_series(%(since)s + 1, %(until)s) AS n
    JOIN (SELECT id, partner_id, row_number() OVER (ORDER BY id) AS place FROM customers_customer) AS c
        ON c.place = 1 + n %% %(customers)s
    WHERE r.id = %(request)s
"""


def measure(portal: Portal, *, quick: bool, say: Callable[[str], None]) -> list[Row]:
    """The same pages of a small queue and of a large one: each read by one agent alone, then all by 8 at once."""
    sizes, each = (FEW_SIZES, FEW_READ) if quick else (SIZES, READ)
    agent = UserFactory.create(partner=None, roles=[Role.SUPPORT_AGENT])
    request = _first_of_all()
    cookies = cookies_of(portal.web_port, agent.email, PASSWORD)
    found = []
    for since, until in zip((0, *sizes), sizes, strict=False):
        say(f"filing {until - since:,} requests")
        _copy(request, agent, since, until)
        say(f"reading {len(PAGES) * each + AGENTS * each} pages of a queue of {until:,} requests")
        found.append(_times(portal.web_port, cookies, each))
    few, many = found
    return [_row(what, sizes, few[what], times) for what, times in many.items()]


def _first_of_all() -> SupportRequest:
    """A request of a partner; there are others, and customers of each."""
    partners = PartnerFactory.create_batch(PARTNERS)
    for partner in partners:
        CustomerFactory.create_batch(CUSTOMERS, partner=partner)
    filer = UserFactory.create(partner=partners[0], roles=[Role.ADMIN_AGENT])
    return file_question(filer, title="A question of Contoso")


def _copy(request: SupportRequest, owner: User, since: int, until: int) -> None:
    facts = {"owner": owner.pk, "since": since, "until": until, "customers": PARTNERS * CUSTOMERS}
    data.as_superuser(sql.SQL(_COPIES % {**facts, "request": request.pk}), sql.SQL("VACUUM ANALYZE"))


def _times(port: int, cookies: dict[str, str], each: int) -> dict[str, Percentiles]:
    """By page, one agent alone; and for 8 at once, who each begin with another page."""
    names = list(PAGES)
    at_once(port, cookies, [names], _read)  # warms up
    alone = at_once(port, cookies, [names * each], _read)
    shares = [[names[(number + page) % len(names)] for page in range(each)] for number in range(AGENTS)]
    together = at_once(port, cookies, shares, _read)
    times = {f"{name}, one agent": [taken for page, taken in alone if page == name] for name in names}
    times[f"all of these, {AGENTS} agents"] = [taken for _page, taken in together]
    return {what: Percentiles.of(milliseconds) for what, milliseconds in times.items()}


def _read(browser: Browser, name: str) -> tuple[str, float]:
    """The page, and the milliseconds until it is there."""
    began = time.monotonic()
    browser.get(f"{reverse('queue:list')}{PAGES[name]}")
    return name, (time.monotonic() - began) * 1000


def _row(what: str, sizes: Sequence[int], few: Percentiles, many: Percentiles) -> Row:
    smaller, larger = sizes
    ratio = f"{many.p95 / few.p95:.2f}"
    return Row(f"queue of {larger:,}, {what}", many.written(), f"{smaller:,}: {few.written()}", ratio, AIM)
