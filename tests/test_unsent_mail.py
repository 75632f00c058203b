"""The operator sees which mails were not sent and why, and has them tried again (X5)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from csp_portal.mail.addresses import signature_of
from csp_portal.mail.models import LINK_MARK, Mail, MailState
from csp_portal.mail.sending import send_due_mail
from csp_portal.mail.upkeep import try_again, try_all_again
from tests.factories import UserFactory
from tests.helpers import MOST_QUERIES, queries_of, words_of
from tests.smtp import mail_server_running

pytestmark = pytest.mark.django_db

NO_SUCH_USER = "The mail server refused the address: 550 No such user."
LIST = "/operator/mail/mail/"


@pytest.fixture
def browser(client_of, keeper):
    return client_of(keeper)


def make_mail(subject="A note", **fields) -> Mail:
    defaults = {"cause": subject, "to": "reader@partner.example", "text": "Read."}
    return Mail.objects.create(subject=subject, **(defaults | fields))


def failed(subject="Failed", **fields) -> Mail:
    return make_mail(subject, next_try_at=None, attempts=1, last_error=NO_SUCH_USER, **fields)


def delayed(subject="Delayed") -> Mail:
    said = "The mail server could not be used: Connection refused."
    return make_mail(subject, next_try_at=timezone.now() + timedelta(hours=4), attempts=9, last_error=said)


def page_of(mail: Mail) -> str:
    return reverse("admin:mail_mail_change", args=[mail.pk])


def test_the_first_page_shows_what_was_not_sent_and_why(browser):
    failed()
    delayed()
    make_mail("Waiting for its first try")
    page = words_of(browser.get("/"))
    assert NO_SUCH_USER in page
    assert "Connection refused." in page
    assert "Waiting for its first try" not in page


def test_with_nothing_wrong_the_card_says_so(browser):
    make_mail("Sent", sent_at=timezone.now(), next_try_at=None)
    assert "Every mail was sent" in words_of(browser.get("/"))


@pytest.mark.parametrize("role", [role for role in Role if role != Role.OPERATOR_ADMIN])
def test_nobody_else_sees_any_mail(client_of, role):
    mail = failed()
    other = client_of(UserFactory(partner=None if role == Role.SUPPORT_AGENT else UserFactory().partner, roles=[role]))
    assert "No such user" not in words_of(other.get("/"))
    assert {other.get(address).status_code for address in (LIST, page_of(mail))} == {403}


def test_mails_are_found_by_words_and_by_state(browser):
    failed("Invitation to Fabrikam")
    delayed("Invitation to Tailspin")
    make_mail("Order of Tailspin", to="other@partner.example", sent_at=timezone.now(), next_try_at=None)

    def found(query):
        return {mail.subject for mail in browser.get(f"{LIST}?{query}").context["cl"].result_list}

    assert found("q=tailspin") == {"Invitation to Tailspin", "Order of Tailspin"}
    assert found("q=other@partner.example") == {"Order of Tailspin"}
    assert found("state=failed") == {"Invitation to Fabrikam"}
    assert found("state=waiting") == {"Invitation to Tailspin"}
    assert found("state=sent&q=tailspin") == {"Order of Tailspin"}
    assert len(found("state=nonsense")) == 3


def test_the_text_is_shown_without_what_opens_something(browser):
    mail = failed(text=f"Open {LINK_MARK}.\n<b>Soon</b>", signed_path="/invitations/7/")
    page = browser.get(page_of(mail))
    assert "Open (an address for the reader alone). <b>Soon</b>" in words_of(page)
    assert signature_of("/invitations/7/") not in page.content.decode()


def test_instants_stand_with_their_zone(browser, clock):
    mail = failed()
    for address in (LIST, page_of(mail)):
        assert "24 Jan 2020, 12:00 UTC" in words_of(browser.get(address))


def test_a_mail_is_only_read_there(browser):
    mail = failed()
    assert browser.post(page_of(mail), {"subject": "Other"}).status_code == 405
    assert browser.get(f"{LIST}add/").status_code == 404
    assert Mail.objects.get().subject == "Failed"


def test_trying_again_sends_the_mail_and_is_logged(browser, keeper, settings):
    mail = failed()
    page = browser.get(page_of(mail))
    assert "Try again" in words_of(page)
    response = browser.post(f"{LIST}{mail.public_id}/try-again/", follow=True)
    assert "The mail is on its way" in words_of(response)
    event = Event.objects.get(action=Action.MAIL_TRIED_AGAIN)
    assert (event.actor_name, event.partner, event.details) == (keeper.email, None, {"mail": str(mail.public_id)})
    with mail_server_running(settings) as server:
        assert send_due_mail() == 1
        assert len(server.mails) == 1
    assert "a mail is not sent twice" in words_of(browser.get(page_of(mail)))


def test_a_mail_that_is_tried_again_has_three_more_days(clock, keeper):
    mail = failed()
    clock.set("2020-02-24T12:00:00Z")
    try_again(mail.public_id, actor=keeper)
    mail.refresh_from_db()
    assert (mail.state, mail.attempts, mail.next_try_at) == (MailState.WAITING, 0, timezone.now())
    assert mail.give_up_at == timezone.now() + timedelta(days=3)
    assert mail.last_error == NO_SUCH_USER


def test_a_mail_that_was_sent_is_not_sent_again(browser, keeper):
    mail = make_mail("Sent", sent_at=timezone.now(), next_try_at=None)
    with pytest.raises(Refusal, match="a mail is not sent twice"):
        try_again(mail.public_id, actor=keeper)
    mail.refresh_from_db()
    assert mail.state == MailState.SENT
    assert Event.objects.get(action=Action.ACCESS_REFUSED).details == {"reason": "mail_sent"}
    assert browser.post(f"{LIST}{mail.public_id}/try-again/").status_code == 409


@pytest.mark.parametrize("service", [lambda mail, actor: try_again(mail.public_id, actor=actor), try_all_again])
def test_the_services_themselves_ask_for_the_role(service, agent):
    mail = failed()
    with pytest.raises(Refusal) as refused:
        service(mail, actor=agent) if service is not try_all_again else service(actor=agent)
    assert refused.value.code == "role_required"
    mail.refresh_from_db()
    assert mail.state == MailState.FAILED


def test_all_that_was_not_sent_is_tried_again_at_once(browser, clock):
    failed()
    delayed()
    sent = make_mail("Sent", sent_at=timezone.now(), next_try_at=None)
    assert "Try all unsent mails again" in words_of(browser.get(LIST))
    response = browser.post(f"{LIST}try-again/", follow=True)
    assert "2 mails are tried again." in words_of(response)
    assert set(Mail.objects.due(timezone.now()).values_list("subject", flat=True)) == {"Failed", "Delayed"}
    sent.refresh_from_db()
    assert sent.state == MailState.SENT
    assert Event.objects.get(action=Action.MAIL_TRIED_AGAIN).details == {"mails": 2}


def test_without_unsent_mails_there_is_nothing_to_try(browser):
    make_mail("Sent", sent_at=timezone.now(), next_try_at=None)
    assert "Try all unsent mails again" not in words_of(browser.get(LIST))


def test_the_pages_ask_the_same_few_queries_for_any_number(browser):
    mail = failed("0")
    browser.get(page_of(mail))  # Django keeps the content type from then on
    alone = [len(queries_of(browser, address)) for address in ("/", LIST, page_of(mail))]
    for number in range(1, 30):
        failed(str(number))
    assert [len(queries_of(browser, address)) for address in ("/", LIST, page_of(mail))] == alone
    assert max(alone) <= MOST_QUERIES
