"""What many tests do with the portal: cancel, read a page, count queries, do several things at once."""

import html
import re
import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cancellations.models import Cancellation
from cancellations.quotes import Quote, quote_line
from cancellations.services import confirm_cancellation
from csp_portal.accounts.models import User
from csp_portal.errors import Refusal
from orders.models import OrderLine

MOST_QUERIES = 12  # that a page may ask of the database
_OF_THE_TEST = ("SAVEPOINT", "RELEASE SAVEPOINT")  # what a transaction within the test's own looks like


def quote_of(line: OrderLine, quantity: int | None = None) -> Quote:
    """What the page would quote now for cancelling `quantity` units of the line, or all that are left."""
    return quote_line(OrderLine.objects.with_purchase().get(pk=line.pk), timezone.now(), quantity)


def cancel(line: OrderLine, actor: User, quantity: int | None = None) -> Cancellation:
    """Cancel `quantity` units of the line now, or all that are left, as the page does: quote, then confirm."""
    quote = quote_of(line, quantity).signed()
    return confirm_cancellation(line.purchase.public_id, quote=quote, notice_accepted=True, actor=actor)


def words_of(response: HttpResponse) -> str:
    """What a reader reads: the page without its marks, its white space evened out."""
    without_marks = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(html.unescape(without_marks).split()).replace(" ,", ",")


_MADE_UP = re.compile(r"\b[A-Za-z0-9]{64}\b")  # tokens against requests from elsewhere


def source_of(response: HttpResponse) -> str:
    """The page with its marks, its white space evened out.

    Without what is made up anew for each answer: sooner or later that holds any short word that a test looks for.
    """
    return _MADE_UP.sub("…", " ".join(response.content.decode().split()))


def queries_of(client: Client, url: str, method: str = "get", **request: Any) -> list[str]:
    """The statements that a request costs, those for session and user included, to the last byte of its answer."""
    with CaptureQueriesContext(connection) as captured:
        response = getattr(client, method)(url, **request)
        response.getvalue()
    assert response.status_code < 400
    return [query["sql"] for query in captured if not query["sql"].startswith(_OF_THE_TEST)]


def in_threads(*works: Callable[[], Any]) -> list[Any]:
    """Do all of `works` at once, each on a connection of its own; answers what they returned, or the Refusal's code."""
    start = threading.Barrier(len(works))
    answers: list[Any] = [None] * len(works)

    def run(number: int) -> None:
        start.wait()
        try:
            answers[number] = works[number]()
        except Refusal as refusal:
            answers[number] = refusal.code
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[number]) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def until(happened: Callable[[], bool], seconds: int = 15) -> None:
    """Return once it has happened; fail if it does not within so many seconds."""
    given_up = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < given_up, "it did not happen"
        time.sleep(0.02)


def until_somebody_waits() -> None:
    """Return once another connection to this database waits for a lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

    def found() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees one state of it otherwise
            cursor.execute(waiting)
            return bool(cursor.fetchone()[0])

    until(found)
