"""The head of the log stands on its page, on certificates, and in a monthly mail (A5)."""

import pytest
from django.urls import reverse

from activity.head_mail import mail_heads
from activity.models import Seal
from cancellations.certificates.models import Certificate
from csp_portal.accounts.permissions import Role
from csp_portal.mail.models import Mail
from tests.factories import PartnerFactory, UserFactory, buy_line, make_sku
from tests.helpers import cancel, words_of
from tests.sealing import seal_everything

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def line(clock, agent, customer):
    return buy_line(agent, customer, make_sku(keys=1))


def head(partner):
    return Seal.objects.head_of(partner.pk)


def heads_mailed():
    return sorted(Mail.objects.filter(cause__startswith="log_head:").values_list("to", flat=True))


def test_the_page_of_the_log_shows_the_head_and_the_key(line, partner, global_admin, client_of):
    browser = client_of(global_admin)
    assert "Nothing is sealed yet." in words_of(browser.get(reverse("activity:log")))
    seal_everything()
    seal = head(partner)
    page = words_of(browser.get(reverse("activity:log")))
    assert seal.head in page
    assert seal.key_id in page


def test_another_partners_head_is_not_shown(line, partner, stranger, client_of):
    seal_everything()
    assert head(partner).head not in words_of(client_of(stranger).get(reverse("activity:log")))


def test_a_certificate_says_where_the_log_stood(line, partner, agent, client_of):
    seal_everything()
    seal = head(partner)
    cancel(line, agent)
    certificate = Certificate.objects.get()
    stood = certificate.contents["activity_log"]
    assert (stood["head"], stood["seal"], stood["rows"]) == (seal.head, seal.number, seal.last)
    assert stood["key"] == seal.key_id
    assert seal.head in words_of(client_of(agent).get(certificate.get_absolute_url()))
    seal_everything()
    assert head(partner).head != seal.head
    assert Certificate.objects.get().contents["activity_log"]["head"] == seal.head


def test_a_certificate_from_before_the_first_seal_names_none(line, agent, client_of):
    cancel(line, agent)
    certificate = Certificate.objects.get()
    assert certificate.contents["activity_log"] is None
    assert "The activity log stood" not in words_of(client_of(agent).get(certificate.get_absolute_url()))


def test_global_admins_and_auditors_are_mailed_the_head_once_a_month(clock, line, partner, agent, global_admin):
    auditor = UserFactory(partner=partner, roles=[Role.AUDITOR])
    UserFactory(partner=PartnerFactory(), roles=[Role.GLOBAL_ADMIN])  # whose log has no seal
    seal_everything()
    clock.set("2020-01-24T13:00:00Z")
    assert mail_heads() == 2
    assert mail_heads() == 0
    assert heads_mailed() == sorted([auditor.email, global_admin.email])
    seal, mail = head(partner), Mail.objects.filter(cause__startswith="log_head:").first()
    assert seal.head in mail.text
    assert seal.key_id in mail.text
    clock.set("2020-01-31T23:59:59Z")
    assert mail_heads() == 0
    clock.set("2020-02-01T00:00:00Z")
    assert mail_heads() == 2


def test_who_may_not_sign_in_or_is_auditor_no_more_is_not_mailed(clock, line, partner, global_admin):
    global_admin.is_active = False
    global_admin.save(update_fields=["is_active"])
    auditor = UserFactory(partner=partner, roles=[Role.AUDITOR])
    auditor.role_assignments.update(last_day="2020-01-23")
    seal_everything()
    assert mail_heads() == 0
    assert heads_mailed() == []


def test_without_a_seal_there_is_no_mail(clock, line, global_admin):
    assert mail_heads() == 0
