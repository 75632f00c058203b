"""What the operator's staff note for each other reaches nothing that a partner sees (S5)."""

import ast
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from activity.models import Event
from activity.models.actions import OPERATORS_OWN
from cancellations.support.models import DenialReason, EventKind, InternalNote
from cancellations.support.services.deciding import approve, deny
from cancellations.support.services.judging import Decision
from cancellations.support.services.talking import reply_as_partner, reply_as_support
from cancellations.support.services.triage import add_note
from cancellations.windows.services import make_feed
from csp_portal.accounts.permissions import Role
from csp_portal.mail.models import Mail
from tests import test_access as access
from tests.api import Caller
from tests.factories import UserFactory, buy_line, make_sku
from tests.helpers import words_of
from tests.support import file_refund

WORD = "Quetzalfeder"  # stands in the notes and nowhere else
MAY_READ_NOTES = {
    "cancellations/support/models/__init__.py",
    "cancellations/support/models/timeline.py",
    "cancellations/support/services/triage.py",  # writes them
    "cancellations/support/views/deciding.py",  # the page in the operator's queue
}
WHO_READS = [access.PARTNER_ROLES, [Role.ADMIN_AGENT]]  # a role for itself opens nothing that all together do not
APPS = ("csp_portal", "activity", "customers", "software", "orders", "cancellations")

world = access.world


def last_step(request):
    return request.events.latest("at", "pk").pk


@pytest.fixture
def noted(world, support_agent, second_agent):
    """Requests of the partner in every state, each with a note of each agent; the first of them is the world's."""
    agent = world.partner.users.earliest("pk")
    open_one = world.partner.support_requests.get(number=world.own_values["support:request"]["number"])
    denied, approved = (file_refund(agent, buy_line(agent, open_one.customer, make_sku())) for _ in range(2))
    requests = [open_one, denied, approved]
    for request in requests:
        add_note(request.number, f"The {WORD} of 김민준 is not believed.", actor=support_agent)
        reply_as_support(request.number, "Which edition?", asks=True, actor=support_agent)
        reply_as_partner(request.number, "The second one.", draft_id=None, actor=agent)
    deny(denied.number, DenialReason.OTHER, "No.", seen=last_step(denied), actor=support_agent)
    approve(approved.number, Decision(seen=last_step(approved), reply="Yes."), actor=support_agent)
    approve(approved.number, Decision(seen=last_step(approved), reply="Yes."), actor=second_agent)
    for request in requests:
        add_note(request.number, f"{WORD}!", actor=second_agent)
    cancellation = approved.approvals.get().cancellation
    world.values |= {"number": approved.order_line.order.number, "certificate_id": cancellation.certificate.public_id}
    world.own_values["windows:calendar"] = {"token": make_feed(actor=agent).token}
    return requests


def urls_of(world, requests):
    """Every address that a browser opens, those about a request for each of them."""
    for address in access.ALL:
        if address.name.startswith("api_"):  # opens with a token only
            continue
        if address.name.split(":")[0] in ("support", "queue") and "number" in address.parameters:
            for request in requests:
                world.own_values[address.name] = {"number": request.number}
                yield address.name, world.url(address)
        else:
            yield address.name, world.url(address)


def text_of(response):
    """All that an answer holds, its headers and the words of a PDF too."""
    body = response.getvalue()
    if body.startswith(b"%PDF"):
        body = subprocess.run(["pdftotext", "-", "-"], input=body, capture_output=True, check=True).stdout
    return f"{dict(response.headers)} {body.decode(errors='replace')}"


@pytest.mark.django_db
@pytest.mark.parametrize("roles", WHO_READS, ids=["all roles", "none but Admin agent"])
def test_no_page_file_or_feed_that_a_partner_can_get_holds_a_note(roles, world, noted):
    browser = access.browser_of(access.user_of(world.partner, *roles))
    read = {name: text_of(browser.get(url)) for name, url in urls_of(world, noted)}
    assert len(read) > 50
    assert [name for name, text in read.items() if WORD.lower() in text.lower()] == []
    assert "The second one." in read["support:request"]  # it was the request's page


def api_urls_of(world, requests):
    """Every address of the API, those about a request for each of them."""
    for address in access.ALL:
        if address.name.startswith("api_"):
            for request in requests if "request_id" in address.parameters else requests[:1]:
                world.own_values[address.name] = {"request_id": request.number, "tenant_id": request.customer.tenant_id}
                yield f"{address.name} {request.number}", world.url(address).removeprefix("/v1")


@pytest.mark.django_db
@pytest.mark.parametrize("roles", WHO_READS, ids=["all roles", "none but Admin agent"])
def test_no_answer_of_the_api_holds_a_note(roles, world, noted):
    caller = Caller(access.user_of(world.partner, Role.GLOBAL_ADMIN), *roles)
    read = {name: text_of(caller.get(url)) for name, url in api_urls_of(world, noted)}
    assert [name for name, text in read.items() if WORD.lower() in text.lower()] == []
    for request in noted:
        assert "The second one." in read[f"api_service_request {request.number}"]


@pytest.mark.django_db
def test_the_log_that_a_partner_reads_does_not_tell_that_there_are_notes(world, noted):
    browser = access.browser_of(access.user_of(world.partner, Role.AUDITOR))
    log = text_of(browser.get("/activity/?show=all"))
    assert WORD not in log
    assert "Note on a support request written" not in log


@pytest.mark.django_db
def test_no_mail_holds_a_note(noted):
    mails = Mail.objects.all()
    assert mails.filter(subject__contains=noted[0].number).exists()
    assert not mails.filter(text__icontains=WORD).exists()
    assert not mails.filter(subject__icontains=WORD).exists()


@pytest.mark.django_db
def test_no_step_of_the_timeline_holds_a_note(noted):
    for request in noted:
        assert all(WORD not in f"{event.text} {event.details}" for event in request.events.all())
        assert request.events.for_partner().exclude(kind=EventKind.FILED).exists()


@pytest.mark.django_db
def test_support_reads_the_notes_in_the_queue(noted, client_of):
    colleague = UserFactory(partner=None, roles=[Role.SUPPORT_AGENT])
    for request in noted:
        assert WORD in words_of(client_of(colleague).get(f"/queue/{request.number}/"))


def test_only_the_queue_and_its_service_know_the_notes():
    base = Path(settings.BASE_DIR)
    modules = [path for app in APPS for path in (base / app).rglob("*.py") if "migrations" not in path.parts]
    knowing = {path.relative_to(base).as_posix() for path in modules if knows_notes(path.read_text())}
    assert knowing == MAY_READ_NOTES


def test_only_the_queues_templates_are_given_notes():
    templates = Path(settings.BASE_DIR) / "templates"
    folders = {
        path.relative_to(templates).parts[0] for path in templates.rglob("*.*") if "note.text" in path.read_text()
    }
    assert folders == {"queue"}


@pytest.mark.parametrize(
    "source",
    [
        f"from x import {InternalNote.__name__}",
        f"models.{InternalNote.__name__}.objects.all()",
        "request.internal_notes.all()",
        "SupportRequest.objects.prefetch_related('internal_notes')",
        "SupportRequest.objects.values('internal_notes__text')",
    ],
)
def test_the_check_finds_what_is_planted(source):
    assert knows_notes(source)


def knows_notes(source):
    """Whether a module names the table of notes, by import, attribute or in a lookup."""
    for node in ast.walk(ast.parse(source)):
        named = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "name", None)
        value = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        if named in ("InternalNote", "internal_notes") or value in ("InternalNote", "internal_notes"):
            return True
        if value.startswith("internal_notes__"):
            return True
    return False


@pytest.mark.django_db
def test_what_is_the_operators_own_stands_in_no_partners_chain(noted):
    assert Event.objects.filter(action__in=OPERATORS_OWN).exists()
    assert not Event.objects.filter(action__in=OPERATORS_OWN, partner__isnull=False).exists()
