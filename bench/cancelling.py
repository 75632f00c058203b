"""Cancelling among a million order lines: from Submit to the next page, for 8 agents at once."""

import time
from collections.abc import Callable

from django.urls import reverse

from bench import many_lines
from bench.browser import Browser, at_once, cookies_of, hidden_in
from bench.table import Percentiles, Row
from orders.models import OrderLine
from tests.factories import PASSWORD
from tests.nginx import Portal

LINES, FEW_LINES = 1_000_000, 1000
AGENTS = 8
CANCELLED, FEW_CANCELLED = 100, 2  # by each agent
AIM = "p99 under 1 s"


def measure(portal: Portal, *, quick: bool, say: Callable[[str], None]) -> list[Row]:
    """Each agent opens the dialog, ticks and submits, and reads the page that follows; only the last two are timed."""
    count, each = (FEW_LINES, FEW_CANCELLED) if quick else (LINES, CANCELLED)
    say(f"selling {count:,} lines")
    agent = many_lines.sold(count)
    cookies = cookies_of(portal.web_port, agent.email, PASSWORD)
    lines = many_lines.lines_of(agent, AGENTS * each)
    say(f"cancelling {len(lines)} of them")
    shares = [lines[number::AGENTS] for number in range(AGENTS)]
    milliseconds = at_once(portal.web_port, cookies, shares, _cancelled)
    if OrderLine.objects.filter(pk__in=[line.pk for line in lines], quantity_cancelled=0).exists():
        raise RuntimeError("a line was submitted and not cancelled")
    what = f"cancel, Submit to the next page, {count:,} lines, {AGENTS} agents"
    return [Row(what, Percentiles.of(milliseconds).written(), aim=AIM)]


def _cancelled(browser: Browser, line: OrderLine) -> float:
    """Milliseconds from Submit until the next page is there."""
    ids = [line.order.customer.tenant_id, line.purchase.sku.public_id]
    dialog = f"{reverse('cancellations:cancel', args=ids)}?order={line.order.number}"
    form = hidden_in(browser.get(dialog))
    began = time.monotonic()
    browser.get(browser.post(dialog, {**form, "notice_accepted": "on"}))
    return (time.monotonic() - began) * 1000
