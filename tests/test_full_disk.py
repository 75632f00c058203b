"""A full disk is one clear page and one line in the log, and nothing is half done."""

import logging
import resource
import signal
from contextlib import contextmanager

import pytest
import redis
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from activity.models import Event
from csp_portal.accounts.permissions import Role
from csp_portal.full_disk import is_full_disk
from customers.models import Customer
from orders.billing.models import Entry
from orders.models import Order
from orders.services import add_to_cart
from software.api.items import catalog_item_id
from software.models import ProductKey
from tests.api import Caller, refusal_of
from tests.factories import make_sku
from tests.helpers import words_of

SENTENCE = "The portal's disk is full, so nothing of what you asked for was saved."

# PostgreSQL's own answer, given for one table: the trigger says what the server says when a file cannot grow.
NO_ROOM = """
    CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'could not extend file "base/16384/16402": No space left on device' USING ERRCODE = 'disk_full';
    END $$;
    CREATE TRIGGER no_room BEFORE INSERT ON orders_orderline FOR EACH ROW EXECUTE FUNCTION no_room();
"""


@pytest.fixture
def full_database(superuser_connection):
    """A PostgreSQL that has no room for one more order line."""
    with superuser_connection.cursor() as cursor:
        cursor.execute(NO_ROOM)
    yield
    with superuser_connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION no_room CASCADE")


@contextmanager
def files_end_after(size):
    """No file of this process may grow beyond `size` bytes: the kernel refuses, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def browser_of(user):
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


@pytest.mark.django_db(transaction=True)
def test_a_full_database_is_told_and_nothing_is_ordered(agent, customer, full_database, caplog):
    sku = make_sku(keys=1)
    add_to_cart(customer.tenant_id, sku.public_id, 1, actor=agent)
    browser = browser_of(agent)
    review = reverse("orders:review", args=[customer.tenant_id])
    fields = {"reviewed": browser.get(review).context["reviewed"]}
    events = Event.objects.count()
    with caplog.at_level(logging.ERROR):
        answer = browser.post(review, fields)
    assert answer.status_code == 507
    assert SENTENCE in words_of(answer)
    assert 'The disk is full, nothing was saved: could not extend file "base/16384/16402"' in caplog.text
    assert not Order.objects.exists()
    assert not Entry.objects.exists()
    assert Event.objects.count() == events
    assert ProductKey.objects.get().purchase is None


@pytest.mark.django_db(transaction=True)
def test_a_program_is_told_of_a_full_database_in_the_shape_of_the_api(global_admin, customer, full_database):
    caller = Caller(global_admin, Role.ADMIN_AGENT)
    line = {"lineItemNumber": 0, "offerId": catalog_item_id(make_sku(), "US", "USD"), "quantity": 1}
    answer = caller.post(f"/customers/{customer.tenant_id}/orders", {"lineItems": [line]})
    assert refusal_of(answer)[:2] == (503, "503")
    assert not Order.objects.exists()


@pytest.mark.django_db
def test_an_upload_that_finds_no_room_is_told_and_nothing_is_left_of_it(agent, caplog, settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    rows = b"Microsoft ID,Company name,Primary domain name,Relationship,Market,Currency\n"
    upload = SimpleUploadedFile("customers.csv", rows + b"x" * 3 * 1024 * 1024)
    browser = browser_of(agent)
    with files_end_after(1024 * 1024), caplog.at_level(logging.ERROR):
        answer = browser.post(reverse("customers:import_check"), {"file": upload})
    assert answer.status_code == 507
    assert SENTENCE in words_of(answer)
    assert "The disk is full, nothing was saved: " in caplog.text
    assert list(tmp_path.iterdir()) == []
    assert not Customer.objects.exists()


def test_a_valkey_that_cannot_write_is_a_full_disk():
    refusal = redis.exceptions.ResponseError("MISCONF Errors writing to the AOF file: No space left on device")
    assert is_full_disk(refusal)
    assert not is_full_disk(redis.exceptions.ResponseError("WRONGTYPE Operation against a key"))


@pytest.mark.django_db
def test_any_other_failure_is_told_as_before(settings):
    settings.ROOT_URLCONF = "tests.frame_urls"
    answer = Client(raise_request_exception=False).get("/fail/")
    assert answer.status_code == 500
    assert SENTENCE not in words_of(answer)
