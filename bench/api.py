"""Answers of the API a second, beside a bare REST framework view on the same rows; and a page of 500 customers."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from bench.load import Client, answers
from bench.table import Percentiles, Row, Spread
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Role
from csp_portal.accounts.services.api_clients import make_client
from csp_portal.embedded.processes import wait_until
from orders.models import Order
from tests.factories import CustomerFactory, PartnerFactory, UserFactory, buy_line, make_sku
from tests.nginx import HOST, START_SECONDS, Portal, server_running
from tests.processes import free_port, listens

CLIENTS = 8
ORDERS = 50  # of one customer: a page
CUSTOMERS = 500
PAGES, FEW_PAGES = 50, 3
AIM = "within 150 ms"
SERVER = ["-m", "granian", "--interface", "wsgi", "--no-ws", "--workers", "2", "--blocking-threads", "4", "--port"]


def measure(portal: Portal, *, quick: bool, say: Callable[[str], None]) -> list[Row]:
    """Both in turn, so that what else the machine does falls on both."""
    agent = UserFactory.create(partner=PartnerFactory.create(), roles=[Role.ADMIN_AGENT, Role.GLOBAL_ADMIN])
    say(f"ordering {ORDERS} times")
    orders, token = _orders(agent), _token(agent, portal.web_port)
    customer = orders[0].customer
    path = f"/v1/customers/{customer.tenant_id}/orders"
    one = [_get(f"{path}/{order.number}", token) for order in orders], [_get(f"/orders/{o.number}") for o in orders]
    page = [_get(f"{path}?size={ORDERS}", token)], [_get(f"/customers/{customer.pk}/orders")]
    with _bare(portal.folder) as bare:
        rows = [
            _compared(what, portal.web_port, ours, bare, theirs, quick=quick, say=say)
            for what, (ours, theirs) in (("GET one order", one), (f"GET a page of {ORDERS} orders", page))
        ]
    CustomerFactory.create_batch(CUSTOMERS, partner=agent.partner)
    say(f"reading pages of {CUSTOMERS} customers")
    return [*rows, _page_of_customers(portal.web_port, token, FEW_PAGES if quick else PAGES)]


def _orders(agent: User) -> list[Order]:
    customer, sku = CustomerFactory.create(partner=agent.partner), make_sku()
    return [buy_line(agent, customer, sku).order for _number in range(ORDERS)]


def _token(agent: User, port: int) -> str:
    """Asked of the portal, as clients do: the address in it is the portal's."""
    client, secret = make_client("bench", roles=[Role.ADMIN_AGENT], actor=agent)
    form = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": secret}
    head = {"Host": HOST, "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}
    asked = Request(f"http://127.0.0.1:{port}/oauth2/token", urlencode(form).encode(), head)
    with urlopen(asked) as answer:  # noqa: S310 - our own address
        return str(json.load(answer)["access_token"])


def _get(path: str, token: str = "") -> bytes:
    """As nginx would send it."""
    forwarded = "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n"
    shown = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n{forwarded}{shown}Accept: application/json\r\n\r\n".encode()


@contextmanager
def _bare(folder: Path) -> Iterator[int]:
    """The bare views' server, as many workers and threads as the portal's; its port."""
    port = free_port()
    with server_running([sys.executable, *SERVER, str(port), "bench.bare_api:application"], folder, "bare_api"):
        if not wait_until(lambda: listens(port), START_SECONDS):
            raise RuntimeError("the bare views' server does not start")
        yield port


def _compared(
    what: str,
    port: int,
    ours: Sequence[bytes],
    bare_port: int,
    theirs: Sequence[bytes],
    *,
    quick: bool,
    say: Callable[[str], None],
) -> Row:
    """The first round of each warms up."""
    rounds, seconds = (1, 0.3) if quick else (5, 3.0)
    found: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        say(f"{what}: round {number} of {rounds}")
        for figures, at, requests in zip(found, (port, bare_port), (ours, theirs), strict=True):
            figures.append(answers(at, requests, 200, clients=CLIENTS, seconds=seconds).a_second)
    of_ours, of_theirs = (Spread.of(figures[1:]) for figures in found)
    beside, ratio = f"bare view {of_theirs.written('/s')}", f"{of_theirs.middle / of_ours.middle:.2f}"
    return Row(f"{what}, {CLIENTS} clients", of_ours.written("/s"), beside, ratio)


def _page_of_customers(port: int, token: str, times: int) -> Row:
    """By one client alone, which is the server's time."""
    request, taken = _get(f"/v1/customers?size={CUSTOMERS}", token), []
    with Client(port) as client:
        for _number in range(times):  # warms up: each of the server's threads connects to the database
            client.ask(request)
        for _number in range(times):
            began = time.monotonic()
            client.ask(request)
            taken.append((time.monotonic() - began) * 1000)
    return Row(f"GET a page of {CUSTOMERS} customers, one client", Percentiles.of(taken).written(), aim=AIM)
