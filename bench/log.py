"""The activity log as it grows: its page, what one event costs, and its export, at three sizes in one run."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from activity.forms import LogForm
from activity.models import Event
from bench import log_export, log_peers, log_rows, log_writing
from bench.browser import cookies_of, times_of
from bench.table import Percentiles, Row
from csp_portal.accounts.models import User
from tests.factories import PASSWORD
from tests.nginx import Portal

SIZES, FEW_SIZES = (10_000, 1_000_000, 10_000_000), (500, 2_000)
READ, FEW_READ = 50, 3  # times each page
_READS_ALL = re.compile(r"Sort|Seq Scan on activity_(event|address)")


@dataclass(frozen=True)
class Measured:
    """What was measured, by the number of rows that the log had."""

    pages: dict[int, dict[str, Percentiles]] = field(default_factory=dict)
    events: dict[int, dict[int, float]] = field(default_factory=dict)  # a second, by the number of writers
    exports: dict[int, log_export.Exported] = field(default_factory=dict)


def measure(portal: Portal, *, quick: bool, say: Callable[[str], None]) -> Iterator[Row]:
    """The same at each size, in a table that grows; then beside what others have."""
    sizes, read = (FEW_SIZES, FEW_READ) if quick else (SIZES, READ)
    reader = log_rows.a_reader()
    log_rows.make_months()
    cookies = cookies_of(portal.web_port, reader.email, PASSWORD)
    found = Measured()
    for since, until in zip((0, *sizes), sizes, strict=False):
        log_rows.add(reader, since, until, say)
        say(f"reading, writing and exporting a log of {until:,} rows")
        found.pages[until] = {name: times_of(portal.web_port, cookies, path, read) for name, path in _paths().items()}
        yield from _page_rows(found, until)
        found.events[until] = log_writing.events_a_second(reader, quick=quick)
        found.exports[until] = log_export.exported(portal.folder, reader, pages()["everything"])
    yield from _plan_rows(sizes[-1], reader)
    yield from log_writing.rows(found.events, quick=quick)
    yield from log_export.rows(found.exports, reader)
    peers = log_peers.times(portal.folder, quick=quick, say=say)
    yield from log_peers.rows(peers, {size: each["as it opens"] for size, each in found.pages.items()})


def pages() -> dict[str, dict[str, str]]:
    """What is asked for: what everybody sees first, and of two years all, a customer's rows and those of an address."""
    today = timezone.now().date()
    years = {"from": (today - timedelta(days=729)).isoformat(), "to": today.isoformat(), "show": "all"}
    return {
        "as it opens": {},
        "everything": years,
        "of a customer": {**years, "customer": log_rows.CUSTOMER},
        "from an address": {**years, "address": log_rows.ADDRESS},
    }


def _paths() -> dict[str, str]:
    log = reverse("activity:log")
    return {name: f"{log}?{urlencode(query)}" for name, query in pages().items()}


def _page_rows(found: Measured, size: int) -> list[Row]:
    """Each page at one size beside the smallest; none of the smallest."""
    smallest, first = next(iter(found.pages.items()))
    return [
        Row(
            f"log of {size:,}, {name}",
            times.written(),
            f"{smallest:,}: {first[name].written()}",
            f"{times.p95 / first[name].p95:.2f}",
            "p95 within 1.5 times",
        )
        for name, times in found.pages[size].items()
        if size != smallest
    ]


def _plan_rows(size: int, reader: User) -> list[Row]:
    """How PostgreSQL finds the rows of each page where there are most."""
    plans = {name: _plan(query, reader) for name, query in pages().items()}
    return [Row(f"log of {size:,}, {name}, sorted or read whole", plan, aim="neither") for name, plan in plans.items()]


def _plan(query: dict[str, str], reader: User) -> str:
    """The steps of a page's plan that sort, or read a table from end to end."""
    form = LogForm(query)
    if not form.is_valid():
        raise RuntimeError(f"the log cannot be asked for {query}")
    rows = form.narrow(Event.objects.visible_to(reader)).newest_first()[:26]
    (told,) = json.loads(rows.explain(format="json"))
    steps = [step for step in _steps(told["Plan"]) if _READS_ALL.search(step)]
    sorts = steps.count("Sort") + steps.count("Incremental Sort")
    return f"{sorts} sorts, {len(steps) - sorts} tables read whole" if steps else "neither"


def _steps(plan: dict[str, Any]) -> Iterator[str]:
    yield f"{plan['Node Type']} on {plan['Relation Name']}" if "Relation Name" in plan else plan["Node Type"]
    for below in plan.get("Plans", []):
        yield from _steps(below)
