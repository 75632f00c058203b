"""The demo data: made by the services, once, whatever interrupts it."""

import json
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import Count
from django.test import Client
from django.utils import timezone

from cancellations.support.models import Approval, RequestEvent, RequestStatus, SupportRequest
from cancellations.windows.models import CalendarFeed
from csp_portal.accounts.models import Partner
from csp_portal.calendar_utc import add_months, month_of, utc_day
from csp_portal.demo import goods, notes
from csp_portal.demo.story import ORDERS
from csp_portal.mail.models import Mail
from orders.billing.models import Entry, EntryKind, Invoice
from orders.models import Order, OrderLine
from software.models import (
    CancellationPolicy,
    DownloadLink,
    DownloadSession,
    Kind,
    LinkState,
    PurchaseStatus,
    SoftwarePurchase,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    """Notes that no other test has written."""
    settings.VAR_DIR = tmp_path


@pytest.fixture
def small_builds(monkeypatch):
    """The demo's files, a few bytes each; the real sizes are made by `make run`."""
    small = tuple(replace(build, size=1000) for build in goods.BUILDS)
    monkeypatch.setattr(goods, "BUILDS", small)


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
        patched.setattr("csp_portal.demo.history._cancel", interrupted)
        with pytest.raises(KeyboardInterrupt):
            load()
    assert 0 < Order.objects.count() < len(ORDERS)
    assert notes.is_unfinished()
    load()
    assert not notes.is_unfinished()
    steps = RequestEvent.objects.count()
    counts = (Order.objects.count(), SoftwarePurchase.objects.count(), Entry.objects.count(), Invoice.objects.count())
    assert counts[0] == len(ORDERS)
    assert Invoice.objects.issued().exists()
    load()
    assert counts == (
        Order.objects.count(),
        SoftwarePurchase.objects.count(),
        Entry.objects.count(),
        Invoice.objects.count(),
    )
    assert RequestEvent.objects.count() == steps


@pytest.mark.usefixtures("small_builds")
def test_it_shows_who_may_sign_in_and_both_sides_of_every_boundary(settings):
    load()
    told = shown()
    markets = {customer["market"] for customer in told["customers"]}
    assert markets >= {"AU", "BR", "CN", "JP", "KR", "KW", "US"}
    assert len(markets) >= 10
    assert Order.objects.filter(number=told["examples"]["order_number"]).exists()
    assert SupportRequest.objects.filter(number=told["examples"]["support_request"]).exists()
    for user in told["users"]:
        assert Client().login(email=user["email"], password=user["password"]), user["email"]
    assert (settings.VAR_DIR / "demo.json").stat().st_mode & 0o777 == 0o600
    check_story(timezone.now())


def check_story(now):
    """What a visitor should find, of each kind at least one."""
    lines = OrderLine.objects.all()
    today = utc_day(now)
    assert lines.filter(last_cancel_day=today).count() >= 2
    assert lines.filter(last_cancel_day=today - timedelta(days=1), window_closes_at__lte=now).exists()
    assert lines.closing_soon(now).exists()
    kinds = set(lines.values_list("policy_version__policy", "purchase__sku__product__kind"))
    assert {policy for policy, _kind in kinds} == set(CancellationPolicy)
    assert {kind for _policy, kind in kinds} == set(Kind)
    assert {link.state(now) for link in DownloadLink.objects.all()} == set(LinkState)
    labelled = DownloadLink.objects.exclude(label="")
    assert {link.state(now) for link in labelled} == {LinkState.ACTIVE, LinkState.REVOKED}
    assert not DownloadSession.objects.filter(sent_at=None).exists()  # else the portal's job gives their counts back
    assert SoftwarePurchase.objects.filter(term_end__lte=today, status=PurchaseStatus.ACTIVE).exists()
    assert SoftwarePurchase.objects.ending_soon(today).filter(term_end=today + timedelta(days=30)).exists()
    assert Mail.objects.filter(cause__startswith="terms_ending:", subject__startswith="The term of").exists()
    assert CalendarFeed.objects.live().exists()
    assert SoftwarePurchase.objects.keys_pending(today).exists()
    month = month_of(now)
    assert Invoice.objects.filter(month=add_months(month, -1)).exists()
    assert Entry.objects.filter(month=month, kind=EntryKind.CHARGE).exists()
    assert Entry.objects.filter(month=month, kind=EntryKind.CREDIT).exists()
    assert set(SupportRequest.objects.values_list("status", flat=True)) == set(RequestStatus)
    assert Approval.objects.standing().filter(cancellation=None, request__status=RequestStatus.IN_PROGRESS).exists()
    assert SupportRequest.objects.filter(due_at__lt=now).exists()
    assert Partner.objects.annotate(count=Count("customers")).filter(count__gte=3000).exists()
