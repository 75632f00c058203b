"""Whatever changes or shows something stands in the log, or is not done (A3, K2)."""

from collections import Counter

import pytest
from django.db import ProgrammingError

from activity.models import Event
from tests.recorded import keys_and_links, people  # noqa: F401  # they enter their services into the list
from tests.recorded.registry import RECORDS_NOTHING, SERVICES, Row
from tests.recorded.snapshot import changed, everything
from tests.recorded.world import ANOTHERS, OPERATOR, PARTNER, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(clock, tmp_path, settings):
    """A world with a storage of its own, so that each of its files is known."""
    (tmp_path / "storage").mkdir()
    (tmp_path / "of the operator").mkdir()
    options = {**settings.STORAGES["default"]["OPTIONS"], "location": str(tmp_path / "storage")}
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": options}}
    return World(clock, settings, tmp_path / "of the operator")


def rows_after(last, world):
    """The rows younger than `last`."""
    chains = {None: OPERATOR, world.partner.pk: PARTNER}
    events = Event.objects.filter(pk__gt=last)
    return Counter(Row(event.action, event.actor_name, chains.get(event.partner_id, ANOTHERS)) for event in events)


def newest():
    return max(Event.objects.values_list("pk", flat=True), default=0)


def test_whatever_records_nothing_says_why():
    assert all(RECORDS_NOTHING.values())


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
