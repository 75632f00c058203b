"""What is mailed about a support request, and to whom (S4)."""

import pytest
from django.db import transaction
from django.utils import timezone

from cancellations.support.emails import tell_of_step
from cancellations.support.models import EventKind, RequestStatus
from cancellations.support.models.timeline import PARTNERS_SEE
from cancellations.support.services.happening import happened
from csp_portal.accounts.permissions import Role
from csp_portal.mail.models import Mail
from tests.factories import UserFactory, buy_line, make_sku
from tests.support import file_refund

pytestmark = pytest.mark.django_db
KEY = "AAAAA-BBBBB-CCCCC-DDDDD-00001"


@pytest.fixture
def request_filed(clock, agent, customer):
    return file_refund(agent, buy_line(agent, customer, make_sku()), title="Wrong edition", contact_name="王小明")


def step(request, kind, actor, **fields):
    """Let a step happen and tell of it; answers the mails it made."""
    before = set(Mail.objects.values_list("pk", flat=True))
    with transaction.atomic():
        tell_of_step(request, happened(request, kind, actor=actor, now=timezone.now(), **fields))
    return list(Mail.objects.exclude(pk__in=before).order_by("to"))


def test_who_filed_is_told_what_support_wrote_and_where_to_answer(request_filed, agent, support_agent):
    status = RequestStatus.ACTION_REQUIRED
    (mail,) = step(request_filed, EventKind.ASKED, support_agent, status=status, text="Which edition?\nSince when?")
    assert mail.to == agent.email
    assert mail.subject == f"Request {request_filed.number}, action required: Wrong edition"
    assert "Which edition?\nSince when?" in mail.text
    assert f"/support/{request_filed.number}/" in mail.text
    assert support_agent.name not in mail.text
    assert support_agent.email not in mail.text


@pytest.mark.parametrize("kind", [kind for kind in EventKind if kind not in PARTNERS_SEE])
def test_nobody_is_told_of_the_operators_own_matters(kind, request_filed, support_agent):
    assert step(request_filed, kind, support_agent) == []


def test_where_who_filed_files_no_more_the_colleagues_who_do_are_told(request_filed, agent, partner, support_agent):
    colleague = UserFactory(partner=partner, roles=[Role.GLOBAL_ADMIN])
    UserFactory(partner=partner, roles=[Role.AUDITOR])
    UserFactory(roles=[Role.ADMIN_AGENT])  # of another partner
    agent.role_assignments.all().delete()
    request_filed.refresh_from_db()
    (mail,) = step(request_filed, EventKind.REPLIED, support_agent, text="Here it is.")
    assert mail.to == colleague.email


def test_the_owner_is_told_that_the_partner_replied_without_the_words(request_filed, agent, support_agent):
    request_filed.owner = support_agent
    (mail,) = step(request_filed, EventKind.PARTNER_REPLIED, agent, text="The secret words.")
    assert mail.to == support_agent.email
    assert "The secret words." not in mail.text
    assert f"/queue/{request_filed.number}/" in mail.text


def test_while_nobody_owns_it_no_agent_is_told(request_filed, agent):
    assert step(request_filed, EventKind.PARTNER_REPLIED, agent, text="Hello.") == []


def test_who_filed_is_told_what_a_colleague_wrote(request_filed, agent, partner):
    colleague = UserFactory(partner=partner, roles=[Role.GLOBAL_ADMIN], name="김민준")
    (mail,) = step(request_filed, EventKind.PARTNER_REPLIED, colleague, text="It was the second one.")
    assert mail.to == agent.email
    assert "김민준" in mail.text


def test_a_denial_says_why_in_words(request_filed, support_agent):
    fields = {"status": RequestStatus.DENIED, "text": "Sorry.", "details": {"reason": "software_used"}}
    (mail,) = step(request_filed, EventKind.DENIED, support_agent, **fields)
    assert "Reason: The software was used." in mail.text


def test_no_mail_carries_a_product_key(request_filed, support_agent):
    request_filed.title = f"About {KEY}"
    (mail,) = step(request_filed, EventKind.REPLIED, support_agent, text=f"You wrote {KEY}.")
    assert "AAAAA" not in mail.subject + mail.text
