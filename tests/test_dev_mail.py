"""Development shows its outbox at /dev/mail; production has no such address (X5)."""

import os
import subprocess
import sys
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from csp_portal.mail.addresses import signed_address
from csp_portal.mail.models import LINK_MARK, Mail
from tests.helpers import MOST_QUERIES, queries_of, words_of
from tests.test_production_settings import CHECKOUT, REQUIRED, SYSTEM

pytestmark = pytest.mark.django_db

RESOLVE = """
import django
from django.urls import Resolver404, resolve
django.setup()
try:
    print(resolve("/dev/mail/").view_name)
except Resolver404:
    print("not there")
"""


def make_mail(subject="A note", **fields) -> Mail:
    defaults = {"cause": subject, "to": "reader@partner.example", "text": "Read."}
    return Mail.objects.create(subject=subject, **(defaults | fields))


def test_the_newest_mail_stands_first(client):
    make_mail("Older", queued_at=timezone.now() - timedelta(minutes=1))
    make_mail("Newer")
    page = client.get("/dev/mail", follow=True)
    assert page.status_code == 200
    assert page.context["page"].object_list[0].subject == "Newer"
    assert words_of(page).index("Newer") < words_of(page).index("Older")


def test_an_empty_outbox_says_so(client):
    assert "No mail has been queued yet." in words_of(client.get("/dev/mail/"))


def test_a_mail_is_shown_as_it_leaves_with_its_address_to_follow(client):
    mail = make_mail(
        "<Invitation>", text=f"Open {LINK_MARK} within 7 days,\n<not> later.", signed_path="/invitations/7/"
    )
    page = client.get(f"/dev/mail/{mail.public_id}/").content.decode()
    assert f'href="{signed_address("/invitations/7/")}"' in unescape(page)
    assert "&lt;Invitation&gt;" in page
    assert "&lt;not&gt; later." in page


def test_what_went_wrong_stands_beside_the_mail(client):
    mail = make_mail(last_error="The mail server refused the address: 550 No such user.", next_try_at=None)
    for address in ("/dev/mail/", f"/dev/mail/{mail.public_id}/"):
        page = words_of(client.get(address))
        assert "550 No such user." in page
        assert "not sent" in page


def test_the_list_goes_by_pages_with_the_same_few_queries(client):
    make_mail("0")
    alone = queries_of(client, "/dev/mail/")
    for number in range(1, 30):
        make_mail(str(number))
    assert len(queries_of(client, "/dev/mail/")) == len(alone) <= MOST_QUERIES
    assert len(client.get("/dev/mail/?page=2").context["page"].object_list) == 5


@pytest.mark.parametrize(("environment", "found"), [("development", "mail:outbox"), ("production", "not there")])
def test_only_development_has_the_address(environment, found, tmp_path):
    inherited = {name: os.environ[name] for name in SYSTEM if name in os.environ}
    portal = {"DJANGO_SETTINGS_MODULE": "csp_portal.settings", "VAR_DIR": str(tmp_path), "ENVIRONMENT": environment}
    done = subprocess.run(
        [sys.executable, "-c", RESOLVE],
        cwd=CHECKOUT,
        env={**inherited, **REQUIRED, **portal},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.stderr, done.stdout) == ("", f"{found}\n")
