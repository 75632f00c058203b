"""Fixtures that many tests share; the servers are in `servers.py`."""

import gc
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
import time_machine
from celery.contrib.testing.worker import start_worker
from django.test import Client
from hypothesis import settings as hypothesis_settings

from csp_portal.accounts.models import Partner, User
from csp_portal.accounts.permissions import Role
from csp_portal.celery import app
from customers.models import Customer
from software.models import DownloadLink
from tests.downloads import link_to, session_of
from tests.factories import CustomerFactory, PartnerFactory, UserFactory

hypothesis_settings.register_profile("unhurried", deadline=None)  # a machine with much to do is no fault of a rule
hypothesis_settings.load_profile("unhurried")


# A shell that starts the tests in the background has them ignore Ctrl-C, and all that they start: nothing would stop.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Leave what was loaded out of garbage collection, and collect seldom: it took a sixth of the tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """Hash passwords cheaply: the portal's own way takes a third of a second for each user."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def static_files_when_asked(settings: Any) -> None:
    """Look a static file up when it is asked for: else each test client lists them all first, a quarter of its time."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def partner(db: None) -> Partner:
    return PartnerFactory()


@pytest.fixture
def agent(partner: Partner) -> User:
    """An Admin agent of `partner`."""
    return UserFactory(partner=partner, roles=[Role.ADMIN_AGENT])


@pytest.fixture
def global_admin(partner: Partner) -> User:
    return UserFactory(partner=partner, roles=[Role.GLOBAL_ADMIN])


@pytest.fixture
def keeper(db: None) -> User:
    """An Operator admin, who keeps the operator's house."""
    return UserFactory(partner=None, roles=[Role.OPERATOR_ADMIN])


@pytest.fixture
def support_agent(db: None) -> User:
    """A Support agent of the operator."""
    return UserFactory(partner=None, roles=[Role.SUPPORT_AGENT], email="first@operator.example")


@pytest.fixture
def second_agent(db: None) -> User:
    """A colleague of `support_agent`."""
    return UserFactory(partner=None, roles=[Role.SUPPORT_AGENT], email="second@operator.example")


@pytest.fixture
def stranger(db: None) -> User:
    """A user of another partner who holds every partner role."""
    partner_roles = [Role.ADMIN_AGENT, Role.GLOBAL_ADMIN, Role.ACCOUNT_ADMIN, Role.AUDITOR]
    return UserFactory(roles=partner_roles)


@pytest.fixture
def customer(partner: Partner) -> Customer:
    """A customer of `partner` in the US."""
    return CustomerFactory(partner=partner)


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A browser in which a user is signed in."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def link(clock: "Clock", agent: User, customer: Customer) -> DownloadLink:
    """A link made at 2020-01-24 12:00 UTC."""
    return link_to(agent, customer)


@pytest.fixture
def address(link: DownloadLink) -> str:
    """The address of a session started with `link` at once."""
    return session_of(link)


class Clock:
    """The frozen time; `set` moves it."""

    def __init__(self, traveller: time_machine.Traveller) -> None:
        self._traveller = traveller

    def set(self, instant: str) -> None:
        """Stand at an instant such as `2020-01-24T23:59:59Z`."""
        self._traveller.move_to(datetime.fromisoformat(instant), tick=False)


@pytest.fixture
def clock() -> Clock:
    """Time stands still, at 2020-01-24 12:00 UTC until it is set."""
    with time_machine.travel(datetime.fromisoformat("2020-01-24T12:00:00Z"), tick=False) as traveller:
        yield Clock(traveller)


@pytest.fixture
def worker() -> Callable[[], Any]:
    """A Celery worker for a while: `with worker(): …`; wait inside for what it is to do."""

    @contextmanager
    def running() -> Iterator[None]:
        with start_worker(app, perform_ping_check=False, pool="solo", loglevel="ERROR", shutdown_timeout=30):
            yield

    return running
