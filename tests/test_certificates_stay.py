"""A certificate is made once, with its cancellation, and never changes (C9)."""

import pytest
from cryptography.fernet import Fernet
from django.db import IntegrityError, ProgrammingError, transaction
from django.utils import timezone

from activity.models import Action, Event
from cancellations import notice
from cancellations.certificates.models import Certificate
from cancellations.certificates.services import certify_earlier
from cancellations.models import Cancellation
from cancellations.services import confirm_cancellation
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from orders.billing.services import close_due_months, post_due_credits
from orders.models import OrderLine
from software.models import DownloadSession, PolicyVersion
from software.services import reveal_key, start_download
from software.services.rotation import rotate_keys
from tests.factories import UserFactory, buy_line, make_link, make_sku
from tests.helpers import cancel, in_threads, quote_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(clock, agent, customer):
    """A subscription with a key that was seen, and a link with a download that is open."""
    line = buy_line(agent, customer, make_sku("1200.00", keys=1))
    reveal_key(line.purchase.keys.get().public_id, actor=agent)
    start_download(make_link(agent, line.purchase, label="Branch").token, user=None)
    return line


def submit(line, actor, quote, tick=True):
    return confirm_cancellation(line.purchase.public_id, quote=quote, notice_accepted=tick, actor=actor)


@pytest.fixture
def answers(client_of, agent):
    """Page, PDF and JSON of a certificate, byte for byte; of the page what is its own."""

    def asked(certificate):
        browser, url = client_of(agent), certificate.get_absolute_url()
        page = browser.get(url).content.decode()
        return [
            page[page.index('<div class="page-body">') : page.index("</main>")],
            *(browser.get(f"{url}{ending}").getvalue() for ending in ("pdf/", "json/")),
        ]

    return asked


def test_nothing_that_happens_later_changes_a_byte(
    clock, agent, customer, partner, line, answers, settings, monkeypatch
):
    certificate = cancel(line, agent).certificate
    before = answers(certificate)
    clock.set("2020-05-05T12:00:00Z")
    post_due_credits()
    close_due_months(timezone.now())
    customer.company_name, customer.primary_domain = "한빛소프트 주식회사", "hanbit.example"
    customer.save()
    partner.legal_name, partner.address, partner.tax_id = "上海云途科技有限公司", "上海", "CN 1"
    partner.save()
    sku, product = line.purchase.sku, line.purchase.sku.product
    sku.title, product.title, product.product_id = "Another SKU", "Another product", "ANOTHER"
    sku.save()
    product.save()
    agent.name, agent.email = "Another Name", "another@partner.example"
    agent.save()
    settings.OPERATOR_NAME, settings.OPERATOR_ADDRESS, settings.OPERATOR_TAX_ID = "Another", "Elsewhere", "XX 1"
    settings.KEY_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.KEY_ENCRYPTION_KEYS]
    settings.KEY_HASH_KEYS = ["another key of the hash", *settings.KEY_HASH_KEYS]
    rotate_keys(print)
    monkeypatch.setitem(notice.NOTICES, 1, ("Another text.",))
    monkeypatch.setitem(notice.NOTICES, 4, ("A new version.",))
    PolicyVersion.objects.create(policy="self_service", version=9, window_days=1, valid_from="2020-05-05")
    DownloadSession.objects.all().delete()
    assert answers(Certificate.objects.get()) == before


def test_a_key_that_was_hashed_anew_after_it_was_seen_is_told_by_the_hash_that_it_has_now(agent, line, settings):
    old = line.purchase.keys.get()
    settings.KEY_HASH_KEYS = ["another key of the hash", *settings.KEY_HASH_KEYS]
    rotate_keys(print)
    key = line.purchase.keys.get()
    (told,) = cancel(line, agent).certificate.contents["revoked"]["keys"]
    assert (told["hash"], told["hash_key_id"]) == (key.hash, key.hash_key_id) != (old.hash, old.hash_key_id)


def test_the_same_submit_again_has_the_same_certificate(agent, line):
    quote = quote_of(line).signed()
    first, second = (submit(line, agent, quote).certificate for _time in range(2))
    assert first == second == Certificate.objects.get()
    event = Event.objects.get(action=Action.PURCHASE_CANCELLED)
    assert event.details["certificate"] == str(first.public_id)


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_make_one(agent, partner, line):
    colleague = UserFactory(partner=partner, roles=[Role.ADMIN_AGENT])
    quote = quote_of(line).signed()
    in_threads(*(lambda actor=actor: submit(line, actor, quote) for actor in (agent, colleague, agent, colleague)))
    certificate = Certificate.objects.get()
    assert certificate.cancellation == Cancellation.objects.get()


def test_a_refused_cancellation_makes_none(agent, line):
    with pytest.raises(Refusal):
        submit(line, agent, quote_of(line).signed(), tick=False)
    assert not Certificate.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_without_a_certificate_nothing_is_cancelled(agent, line, refusing_inserts):
    with refusing_inserts("certificates_certificate"), pytest.raises(ProgrammingError, match="permission denied"):
        cancel(line, agent)
    line = OrderLine.objects.with_purchase().get()
    assert (line.quantity_cancelled, line.credited_gross, line.purchase.is_active) == (0, 0, True)
    assert not Cancellation.objects.exists()
    assert line.purchase.keys.get().revoked_at is None
    assert cancel(line, agent).certificate


@pytest.mark.parametrize("changed", [{"document": "{}"}, {"sha256": "0" * 64}])
def test_the_database_takes_no_text_with_another_sha256(agent, line, changed):
    made = cancel(line, agent).certificate
    part = Certificate(cancellation=made.cancellation, made_at=made.made_at)
    part.write(made.document)
    for name, value in changed.items():
        setattr(part, name, value)
    with pytest.raises(IntegrityError, match="certificates_certificate_sha256"), transaction.atomic():
        part.save()


def test_the_database_takes_no_second_one_and_no_change(agent, line):
    made = cancel(line, agent).certificate
    second = Certificate(cancellation=made.cancellation, made_at=made.made_at)
    second.write("{}")
    with pytest.raises(IntegrityError, match="cancellation_id"), transaction.atomic():
        second.save()
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        made.save()
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        made.delete()
    assert Certificate.objects.get().document == made.document


@pytest.fixture
def as_before(owner_connection):
    """Cancel as a release did that made no certificates; answers what the certificate would have said."""

    def cancelled(line, actor):
        facts = cancel(line, actor).certificate.contents
        with owner_connection.cursor() as cursor:
            cursor.execute("DELETE FROM certificates_certificate")
        return facts

    return cancelled


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_what_an_earlier_release_cancelled_gets_its_certificate_once(clock, client_of, agent, line, as_before):
    facts = as_before(line, agent)
    assert "Certificate</a>" not in client_of(agent).get(line.order.get_absolute_url()).content.decode()
    clock.set("2020-01-26T12:00:00Z")
    assert certify_earlier() == 0  # the month of its credit is not decided yet
    post_due_credits()
    assert (certify_earlier(), certify_earlier()) == (1, 0)
    made = Certificate.objects.get()
    assert made.made_at == timezone.now()
    apart = {"id": str(made.public_id), "made_at": timezone.now()}
    assert made.contents == facts | apart
    assert "Certificate</a>" in client_of(agent).get(line.order.get_absolute_url()).content.decode()


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_credit_that_came_late_is_certified_for_the_month_that_took_it(clock, agent, line, as_before):
    clock.set("2020-02-01T00:05:00Z")
    close_due_months(timezone.now())
    clock.set("2020-01-31T23:59:00Z")  # a clock that was set back
    as_before(line, agent)
    post_due_credits()
    clock.set("2020-03-01T00:05:00Z")
    close_due_months(timezone.now())
    certify_earlier()
    assert f"{Certificate.objects.get().contents['credit']['invoice_month']:%Y-%m}" == "2020-02"


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_jobs_at_once_make_one_each(agent, line, as_before):
    as_before(line, agent)
    post_due_credits()
    assert sum(in_threads(*[certify_earlier] * 4)) == 1
    assert Certificate.objects.count() == 1
