"""The demo data: made by the services, once, whatever interrupts it."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from csp_portal.demo import cast, notes
from orders.billing.models import Entry, Invoice
from orders.models import Order
from software.models import SoftwarePurchase

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    """Notes that no other test has written."""
    settings.VAR_DIR = tmp_path


@pytest.fixture
def small_builds(monkeypatch):
    """The demo's files, a few bytes each; the real sizes are made by `make run`."""
    monkeypatch.setattr(cast, "BUILDS", tuple(cast.DemoBuild(**{**vars(build), "size": 1000}) for build in cast.BUILDS))


def load() -> str:
    out = StringIO()
    call_command("demo", stdout=out)
    return out.getvalue()


def shown() -> dict:
    out = StringIO()
    call_command("demo", "--show", stdout=out)
    return json.loads(out.getvalue())


@pytest.mark.usefixtures("small_builds")
def test_the_demo_is_loaded_once_and_taken_up_where_it_was_interrupted(monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("csp_portal.demo.making._cancel", interrupted)
        with pytest.raises(KeyboardInterrupt):
            load()
    assert 0 < Order.objects.count() < len(cast.ORDERS)
    assert notes.is_unfinished()
    load()
    assert not notes.is_unfinished()
    counts = (Order.objects.count(), SoftwarePurchase.objects.count(), Entry.objects.count(), Invoice.objects.count())
    assert counts[0] == len(cast.ORDERS)
    assert Invoice.objects.issued().exists()
    load()
    assert counts == (
        Order.objects.count(),
        SoftwarePurchase.objects.count(),
        Entry.objects.count(),
        Invoice.objects.count(),
    )


@pytest.mark.usefixtures("small_builds")
def test_what_it_shows_can_be_used_to_sign_in(settings):
    load()
    told = shown()
    assert {customer["market"] for customer in told["customers"]} >= {"AU", "BR", "CN", "JP", "KR", "KW", "US"}
    assert Order.objects.filter(number=told["examples"]["order_number"]).exists()
    for user in told["users"]:
        assert Client().login(email=user["email"], password=user["password"]), user["email"]
    assert (settings.VAR_DIR / "demo.json").stat().st_mode & 0o777 == 0o600
