"""Mails are queued with what they tell of, once for each cause and address (X5)."""

import uuid

import pytest
from django.db import transaction

from csp_portal.mail import addresses
from csp_portal.mail.models import Mail, MailState
from csp_portal.mail.services import queue_mail

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def template(settings, tmp_path):
    """A mail's text in a folder of the test's own."""
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "note.txt").write_text("For {{ whom }} at {{ when }}\n\nOpen {{ link }}.\n{{ operator }}\n")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]


def test_the_first_line_is_the_subject_and_nothing_is_escaped(settings):
    queue_mail("a@b.example", "note", cause="note:1", whom="Wattle & Banksia <Ltd>", when=3000)
    mail = Mail.objects.get()
    assert (mail.to, mail.subject) == ("a@b.example", "For Wattle & Banksia <Ltd> at 3,000")
    assert mail.text.endswith(settings.OPERATOR_NAME)
    assert mail.state == MailState.WAITING


def test_the_same_cause_mails_one_address_once():
    for to in ("a@b.example", "a@b.example", "c@b.example"):
        queue_mail(to, "note", cause="note:1")
    assert sorted(Mail.objects.values_list("to", flat=True)) == ["a@b.example", "c@b.example"]


def test_without_the_change_there_is_no_mail():
    with transaction.atomic():
        queue_mail("a@b.example", "note", cause="note:1")
        transaction.set_rollback(True)
    assert not Mail.objects.exists()


def test_what_is_stored_does_not_open_the_address(settings):
    queue_mail("a@b.example", "note", cause="note:1", signed_path="/invitations/7/")
    mail = Mail.objects.get()
    signature = addresses.signature_of("/invitations/7/")
    assert signature not in mail.text
    assert f"Open {settings.MAIL_SITE_URL}/invitations/7/?signature={signature}." in mail.complete_text


def test_a_signature_fits_its_path_only():
    signature = addresses.signature_of("/invitations/7/")
    assert addresses.is_genuine("/invitations/7/", signature)
    assert not addresses.is_genuine("/invitations/8/", signature)
    assert not addresses.is_genuine("/invitations/7/", signature + "x")
    assert not addresses.is_genuine("/invitations/7/", "")


def test_the_longest_address_fits_with_its_cause():
    local, domain = "a" * 64, ".".join(["d" * 60] * 3) + ".example"
    to = f"{local}@{domain}"[:254]
    queue_mail(to, "note", cause=f"purchase_cancelled:{uuid.uuid4()}")
    assert Mail.objects.get().to == to


def test_a_line_break_in_a_name_breaks_neither_subject_nor_text():
    queue_mail("a@b.example", "note", cause="note:1", whom="Contoso\r\nBcc: all@example.com", when=1)
    mail = Mail.objects.get()
    assert mail.subject == "For Contoso Bcc: all@example.com at 1"
    assert mail.text.startswith("Open ")
