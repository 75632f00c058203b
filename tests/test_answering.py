"""What a support agent writes on the page of a request: reply, question, from a template, last words (S4, S5)."""

import pytest

from cancellations.support.models import ProblemType, ReplyTemplate, RequestStatus, SupportRequest
from cancellations.support.services.talking import close
from tests.factories import buy_line, make_sku
from tests.helpers import words_of
from tests.support import file_question, file_refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def filed(clock, agent, customer):
    return file_refund(agent, buy_line(agent, customer, make_sku()), language="ko", contact_name="김민준")


@pytest.fixture
def send(client_of, support_agent, filed):
    """Send the form of the request's page, as `reply`, `ask` or `close`."""
    browser = client_of(support_agent)
    return lambda where, **sent: browser.post(f"/queue/{filed.number}/{where}/", sent, follow=True)


def state_of(request):
    request = SupportRequest.objects.get(pk=request.pk)
    return request.status, request.events.count()


def test_a_reply_is_sent_and_stands_in_the_timeline(send, filed):
    words = words_of(send("reply", text="확인 중입니다."))
    assert "Your reply is sent." in words
    assert "확인 중입니다." in words
    assert state_of(filed) == (RequestStatus.IN_PROGRESS, 2)


def test_a_question_makes_the_request_wait(send, filed):
    assert "Nothing is due until the partner has replied." in words_of(send("ask", text="어느 것입니까?"))
    assert state_of(filed) == (RequestStatus.ACTION_REQUIRED, 2)


@pytest.mark.parametrize(("where", "text"), [("reply", ""), ("ask", " "), ("reply", "Dear {{ customer }}")])
def test_what_is_refused_says_why_keeps_the_words_and_sends_nothing(where, text, send, filed):
    response = send(where, text=text)
    assert response.status_code in (400, 409)
    assert text.strip() in response.content.decode()
    assert state_of(filed) == (RequestStatus.NEW, 1)


def test_words_that_came_too_late_are_shown_and_not_lost(send, filed, agent):
    close(filed.number, text="", actor=agent)
    words = words_of(send("reply", text="확인했습니다."))
    assert "What you wrote was not sent" in words
    assert "확인했습니다." in words


def test_a_note_that_is_refused_stays_in_its_field(send, filed):
    response = send("note", text="긴 메모 " * 3000)
    assert response.status_code == 400
    assert "긴 메모 긴 메모" in response.content.decode()
    assert not filed.internal_notes.exists()


def test_a_template_in_the_partners_language_is_filled_in_and_not_sent_yet(send, filed):
    text = "{{ contact_name }} 님, {{ customer }}의 요청 {{ number }}"
    template = ReplyTemplate.objects.create(name="Hello of a test", language="ko", text=text)
    ReplyTemplate.objects.create(name="Hello of a test", language="en", text="Dear {{ contact_name }}")
    response = send("reply", look="template", template=str(template.pk), text="")
    page = response.content.decode()
    assert f"김민준 님, {filed.customer.company_name}의 요청 {filed.number}</textarea>" in page
    assert "Dear" not in page
    assert state_of(filed) == (RequestStatus.NEW, 1)


def test_a_template_that_is_not_there_leaves_what_was_typed(send):
    assert "안녕하세요</textarea>" in send("reply", look="template", template="x", text="안녕하세요").content.decode()


def test_a_refund_is_not_closed_and_has_no_button_for_it(send, filed, client_of, support_agent):
    assert "Send and close" not in words_of(client_of(support_agent).get(f"/queue/{filed.number}/"))
    assert "which support decides and does not close" in words_of(send("close", text="No."))
    assert state_of(filed) == (RequestStatus.NEW, 1)


def test_another_request_is_closed_with_last_words(client_of, support_agent, agent):
    asked = file_question(agent, problem=ProblemType.KEYS, title="密钥无法激活")
    words = words_of(client_of(support_agent).post(f"/queue/{asked.number}/close/", {"text": "已解决。"}, follow=True))
    assert "The request is closed." in words
    assert state_of(asked) == (RequestStatus.CLOSED, 2)


@pytest.mark.parametrize("where", ["reply", "ask", "close"])
def test_who_keeps_the_house_answers_no_request(where, client_of, keeper, filed):
    assert client_of(keeper).post(f"/queue/{filed.number}/{where}/", {"text": "Hello."}).status_code == 403
    assert state_of(filed) == (RequestStatus.NEW, 1)
