"""Whatever changes or shows something stands in the log, or is not done (A3, K2)."""

import pkgutil
from collections import Counter
from importlib import import_module

import pytest
from django.db import ProgrammingError
from django.test import Client

from activity.models import Action, Event
from activity.models.actions import OPERATORS_OWN
from csp_portal.accounts.models import User
from tests import recorded
from tests.factories import PASSWORD
from tests.recorded.registry import SERVICES, Row, named
from tests.recorded.snapshot import changed, everything
from tests.recorded.walk import commands, operator_forms, services, tasks
from tests.recorded.world import ANOTHERS, OPERATOR, PARTNER, World

pytestmark = pytest.mark.django_db

for found in pkgutil.iter_modules(recorded.__path__, "tests.recorded."):
    import_module(found.name)  # enters its services into the list


@pytest.fixture
def world(clock, tmp_path, settings):
    return World.in_folder(tmp_path, clock=clock, settings=settings)


def rows_after(last, world):
    """The rows younger than `last`."""
    chains = {None: OPERATOR, world.partner.pk: PARTNER}
    events = Event.objects.filter(pk__gt=last)
    return Counter(Row(event.action, event.actor_name, chains.get(event.partner_id, ANOTHERS)) for event in events)


def newest():
    return max(Event.objects.values_list("pk", flat=True), default=0)


def test_every_service_task_command_and_form_of_the_operator_is_in_the_list():
    found = services() | tasks() | commands() | operator_forms()
    unknown, gone = found - set(named()), set(named()) - found
    assert sorted(unknown) == [], "enter it into tests/recorded/, with the rows it writes or why it need not"
    assert sorted(gone) == [], "it is no more: take it out of tests/recorded/"
    assert [name for name, count in Counter(named()).items() if count > 1] == []


def test_partners_are_not_offered_what_only_the_operators_chain_holds():
    rows = {row for service in SERVICES for row in service.rows}
    of_partners = {row.action for row in rows if row.chain != OPERATOR}
    assert not OPERATORS_OWN & of_partners
    assert {row.action for row in rows} - of_partners <= OPERATORS_OWN


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.names[0])
def test_a_service_does_all_with_its_rows_and_nothing_without_them(service, world, refusing_inserts):
    call = service.prepare(world)
    before = everything()
    with refusing_inserts("activity_event"), pytest.raises(ProgrammingError, match="denied for table activity_event"):
        call()
    assert changed(before, everything()) <= service.beside
    last = newest()
    call()
    assert rows_after(last, world) == Counter(service.rows)


def sign_in(browser, user):
    return browser.post("/accounts/sign-in/", {"login": user.email, "password": PASSWORD})


def test_nobody_is_let_in_whose_sign_in_cannot_be_recorded(world, refusing_inserts):
    browser, agent = Client(raise_request_exception=False), world.agent
    with refusing_inserts("activity_event"):
        assert sign_in(browser, agent).status_code == 500
        assert browser.get("/").status_code == 302
    assert User.objects.get(pk=agent.pk).last_login is None
    assert sign_in(browser, agent).status_code == 302
    assert browser.get("/").status_code == 200
    assert Event.objects.filter(action=Action.SIGNED_IN, actor_name=agent.email).count() == 1
    assert User.objects.get(pk=agent.pk).last_login is not None


@pytest.mark.parametrize("what", ["show", "copy", "export"])
def test_no_page_shows_a_key_that_cannot_be_recorded(what, world, refusing_inserts):
    purchase, key = world.purchase, world.key
    browser = Client(raise_request_exception=False)
    browser.force_login(world.agent)
    of_purchase = f"/customers/{purchase.customer.tenant_id}/software/{purchase.public_id}/keys/"
    address = of_purchase + ("export/" if what == "export" else f"{key.public_id}/{what}/")
    with refusing_inserts("activity_event"):
        refused = browser.post(address)
    assert refused.status_code == 500
    assert key.reveal().encode() not in refused.getvalue()
    shown = browser.post(address)
    assert shown.status_code == 200
    assert key.reveal().encode() in shown.getvalue()
