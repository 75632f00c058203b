"""Support requests in the API: filed, read, answered, closed, with their files (partner-center-api.md, 9)."""

import json
from decimal import Decimal

import pytest

from activity.models import Action, Event
from cancellations.support.models import Attachment, DenialReason, Draft, RequestStatus, SupportRequest
from cancellations.support.services.deciding import deny
from cancellations.support.services.talking import close, reply_as_support
from csp_portal.accounts.permissions import Role
from software.models import CancellationPolicy
from tests.api import Caller, refusal_of
from tests.factories import CustomerFactory, buy_line, make_sku
from tests.support import file_question, file_refund, last_step

pytestmark = pytest.mark.django_db

GENERAL = {"title": "키가 보이지 않습니다", "description": "Where?", "severity": "moderate", "supportTopicId": "2"}


@pytest.fixture
def caller(clock, global_admin):
    return Caller(global_admin, Role.ADMIN_AGENT)


@pytest.fixture
def line(clock, agent, customer):
    return buy_line(agent, customer, make_sku(cancellation_policy=CancellationPolicy.SUPPORT_ONLY), quantity=2)


def refund(line, **changed):
    return {
        **GENERAL,
        "supportTopicId": "1",
        "orderId": line.order.number,
        "refundReason": "wrong_product",
        "noticeVersion": 2,
        **changed,
    }


def quoted(caller, line, **query):
    asked = "&".join(f"{name}={value}" for name, value in {"orderId": line.order.number, **query}.items())
    return caller.get(f"/customers/{line.order.customer.tenant_id}/servicerequests/refundquote?{asked}")


def problem_of(answer):
    """Which members are named as wrong."""
    assert refusal_of(answer) == (400, "800002", "input_wrong")
    return {fact["key"] for fact in answer.json()["data"]} - {"reason", "field", "problem"}


def test_topics_have_ids_of_digits_and_the_refund_its_name(caller):
    topics = caller.items("/servicerequests/SupportTopics")
    assert all(topic["id"].isdigit() for topic in topics)
    assert topics[0]["name"] == "CSP Purchase/Refund on behalf of customers"


def test_a_question_needs_no_more_than_the_documented_members(caller, partner):
    answer = caller.post("/servicerequests/en-US", GENERAL)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (len(body["id"]), body["id"].isdigit(), body["status"]) == (15, True, "open")
    assert (body["severity"], body["supportTopicId"]) == ("moderate", "2")
    assert body["organization"] == {"id": str(partner.public_id), "name": partner.legal_name}
    assert body["lastClosedDate"] == "0001-01-01T00:00:00"
    assert body["createdDate"] == "2020-01-24T12:00:00Z"
    assert body["attributes"] == {"objectType": "ServiceRequest"}
    assert caller.get(f"/servicerequests/{body['id']}").json() == body
    filed = SupportRequest.objects.get()
    assert (filed.filed_by, filed.contact_email) == (caller.user, partner.support_email)
    assert Event.objects.get(action=Action.REQUEST_FILED).actor_kind == "api_client"


def test_what_net_and_java_send_is_taken(caller):
    body = {
        "Title": "t", "Description": "d", "Severity": "Critical", "SupportTopicId": "6", "SupportTopicName": None,
        "Id": None, "Status": "none", "Organization": None,
        "PrimaryContact": {"FirstName": "민준", "LastName": "김", "Email": "a@b.example", "PhoneNumber": None},
        "CreatedDate": "0001-01-01T00:00:00", "Notes": None, "Attributes": {"ObjectType": "ServiceRequest"},
    }  # fmt: skip
    answer = caller.post("/ServiceRequests/ko-KR", body)
    assert answer.status_code == 201, answer.content
    filed = SupportRequest.objects.get()
    assert (filed.contact_name, filed.contact_email, filed.language) == ("민준 김", "a@b.example", "ko")
    assert filed.impact == "critical"


@pytest.mark.parametrize(
    ("changed", "member"),
    [
        ({"title": None}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"description": ""}, "description"),
        ({"severity": "unknown"}, "severity"),
        ({"severity": "awful"}, "severity"),
        ({"severity": {"word": "moderate"}}, "severity"),
        ({"severity": []}, "severity"),
        ({"supportTopicId": "77"}, "supportTopicId"),
        ({"supportTopicId": None}, "supportTopicId"),
        ({"primaryContact": {"email": "nobody"}}, "primaryContact.email"),
        ({"customerId": "no-customer.example"}, "customerId"),
        ({"orderId": "AAAAAAAAAA"}, "orderId"),
        ({"subscriptionId": "x"}, "subscriptionId"),
        ({"supportTopicId": "1"}, "customerId"),
        ({"quantity": -1}, "quantity"),
        ({"amountRequested": "much"}, "amountRequested"),
    ],
)
def test_what_is_wrong_is_named_and_files_nothing(caller, customer, changed, member):
    assert member in problem_of(caller.post("/servicerequests/en-US", {**GENERAL, **changed}))
    assert not SupportRequest.objects.exists()


@pytest.mark.parametrize("locale", ["123456789012345", "e", "en_", "%00", "supporttopics!"])
def test_a_request_is_posted_to_a_locale(caller, locale):
    assert caller.post(f"/servicerequests/{locale}", GENERAL).status_code == 400
    assert not SupportRequest.objects.exists()


def test_a_product_key_is_not_taken(caller):
    answer = caller.post(
        "/servicerequests/en-US", {**GENERAL, "description": "My key is ABCDE-FGHJK-MNPQR-TUVWX-YZ234, which fails."}
    )
    assert refusal_of(answer) == (400, "3000", "key_in_text")
    assert not SupportRequest.objects.exists()


def test_a_repeated_call_files_one_request(caller):
    first, again = (
        caller.post("/servicerequests/en-US", GENERAL, MS_RequestId="7e7a6a5e-93a7-4d3a-8b34-5d8c5c8d1a11")
        for _ in range(2)
    )
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert SupportRequest.objects.count() == 1


def test_a_refund_is_asked_for_with_what_the_quote_tells(caller, line):
    quote = quoted(caller, line, quantity=2).json()
    assert (quote["mostAmount"], quote["currencyCode"], quote["quantity"]) == (2400.0, "USD", 2)
    assert any("uninstall" in part for part in quote["notice"])
    answer = caller.post(
        "/servicerequests/en-US", refund(line, amountRequested=2000.5, noticeVersion=quote["noticeVersion"])
    )
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["orderId"], body["lineItemNumber"]) == (line.order.number, 0)
    assert (body["amountRequested"], body["quantity"], body["refundReason"]) == (2000.5, 2, "wrong_product")
    assert body["customerId"] == str(line.order.customer.tenant_id)
    filed = SupportRequest.objects.get()
    assert (filed.amount_requested, filed.creditable) == (Decimal("2000.50"), Decimal("2400.00"))
    again = caller.post("/servicerequests/en-US", refund(line, noticeVersion=quote["noticeVersion"]))
    assert refusal_of(again) == (409, "800014", "refund_request_open")
    assert SupportRequest.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"amountRequested": 2400.01}, "amount_not_creditable"),
        ({"noticeVersion": None}, "refund_notice_not_accepted"),
        ({"noticeVersion": 77}, "refund_notice_not_accepted"),
    ],
)
def test_a_refund_is_refused_as_on_the_page(caller, line, changed, reason):
    given = {**refund(line, noticeVersion=quoted(caller, line).json()["noticeVersion"]), **changed}
    assert refusal_of(caller.post("/servicerequests/en-US", given)) == (400, "3000", reason)
    assert not SupportRequest.objects.exists()


def test_a_refund_after_its_window_is_refused_with_the_documented_number(clock, caller, line):
    clock.set("2020-03-25T00:00:00Z")
    caller = Caller.of(caller.client)
    assert refusal_of(quoted(caller, line)) == (400, "900117", "window_closed")
    answer = caller.post("/servicerequests/en-US", refund(line))
    assert refusal_of(answer) == (400, "900117", "window_closed")
    assert not SupportRequest.objects.exists()


@pytest.mark.parametrize("topic", ["1", "6"])
def test_another_partners_order_is_none(stranger, line, topic):
    other = Caller(stranger, Role.ADMIN_AGENT)
    answer = other.post("/servicerequests/en-US", refund(line, supportTopicId=topic))
    assert "orderId" in problem_of(answer)
    by_id = refund(line, supportTopicId=topic, orderId=None, subscriptionId=str(line.purchase.public_id))
    assert "subscriptionId" in problem_of(other.post("/servicerequests/en-US", by_id))
    by_name = {**GENERAL, "customerId": str(line.order.customer.tenant_id)}
    assert "customerId" in problem_of(other.post("/servicerequests/en-US", by_name))
    assert refusal_of(quoted(other, line)) == (404, "60003", "customer_not_found")
    assert not SupportRequest.objects.exists()


def test_requests_are_listed_and_filtered_by_status(caller, agent, customer, support_agent, line):
    waits = file_refund(agent, line)
    reply_as_support(waits.number, "Which one?", asks=True, actor=support_agent)
    over, new = file_question(agent), file_question(agent)
    close(over.number, text="", actor=agent)

    def numbers(path):
        return {row["id"] for row in caller.items(path)}

    assert numbers("/servicerequests") == {waits.number, over.number, new.number}
    assert numbers("/servicerequests?status=Open") == {new.number}
    assert numbers("/servicerequests?status=closed") == {over.number}
    asked = '{"value":"attention_needed","field":"Status","fieldType":"String","operator":"Equals"}'
    assert numbers(f"/servicerequests?filter={asked}") == {waits.number}
    assert numbers(f"/customers/{customer.tenant_id}/servicerequests") == {waits.number}
    page = caller.get("/servicerequests?size=2&offset=1").json()
    assert (page["totalCount"], "next" in page["links"]) == (2, False)
    assert refusal_of(caller.get("/servicerequests?status=lost")) == (400, "900126", "word_unknown")


def test_a_note_is_added_by_what_sdks_send_and_nothing_else_changes(caller, agent, support_agent):
    asked = file_question(agent)
    reply_as_support(asked.number, "Which edition?", asks=True, actor=support_agent)
    body = {
        "Title": None, "Description": None, "Severity": "unknown", "Status": "none", "SupportTopicId": None,
        "CreatedDate": "0001-01-01T00:00:00", "LastModifiedDate": "0001-01-01T00:00:00", "FileLinks": None,
        "NewNote": {"Text": "데이터센터 에디션", "CreatedByName": None, "CreatedDate": "0001-01-01T00:00:00"},
        "Attributes": {"ObjectType": "ServiceRequest"},
    }  # fmt: skip
    answer = caller.patch(f"/servicerequests/{asked.number}", body)
    assert answer.status_code == 200, answer.content
    changed = answer.json()
    assert [note["text"] for note in changed["notes"]] == ["Which edition?", "데이터센터 에디션"]
    assert [note["createdByName"] for note in changed["notes"]] == ["Support", caller.user.name]
    assert (changed["title"], changed["severity"], changed["status"]) == ("A question", "moderate", "open")


def test_nothing_given_changes_nothing(caller, agent):
    asked = file_question(agent)
    before = caller.get(f"/servicerequests/{asked.number}").json()
    for body in ({}, {"status": "none"}, {"status": "open"}, {"newNote": {"text": ""}}, before):
        assert caller.patch(f"/servicerequests/{asked.number}", body).json() == before
    assert asked.events.count() == 1


def test_a_request_is_closed_with_its_last_words(caller, agent, customer, line):
    asked = file_refund(agent, line)
    path = f"/customers/{customer.tenant_id}/servicerequests/{asked.number}"
    body = {"status": "Closed", "newNote": {"text": "No longer needed."}}
    answer = caller.patch(path, body)
    assert (answer.json()["status"], answer.json()["state"]) == ("closed", "closed")
    assert answer.json()["lastClosedDate"] == "2020-01-24T12:00:00Z"
    assert [note["text"] for note in answer.json()["notes"]] == ["No longer needed."]
    assert caller.patch(path, {"status": "closed"}).status_code == 200
    assert refusal_of(caller.patch(path, {"newNote": {"text": "More"}})) == (409, "409", "request_ended")
    assert asked.events.filter(kind="closed").count() == 1


def test_how_a_refund_ended_is_told(caller, agent, line, support_agent):
    asked = file_refund(agent, line)
    deny(asked.number, DenialReason.OTHER, "It was used.", seen=last_step(asked), actor=support_agent)
    told = caller.get(f"/servicerequests/{asked.number}").json()
    assert (told["status"], told["state"]) == ("closed", RequestStatus.DENIED)
    assert told["outcome"]["reason"]
    assert told["notes"][-1] == {
        "createdByName": "Support", "createdDate": "2020-01-24T12:00:00Z", "text": "It was used."
    }  # fmt: skip


def test_anothers_request_is_not_found(caller, stranger, agent, partner, customer, line, global_admin):
    asked, other = file_refund(agent, line), Caller(stranger, Role.ADMIN_AGENT)
    elsewhere = CustomerFactory(partner=partner)
    limited = Caller(global_admin, Role.ADMIN_AGENT, limited_to=[elsewhere.tenant_id], name="limited")
    for client in (other, limited):
        for answer in (
            client.get(f"/servicerequests/{asked.number}"),
            client.patch(f"/servicerequests/{asked.number}", {"newNote": {"text": "Hello"}}),
            client.get(f"/servicerequests/{asked.number}/attachments"),
        ):
            assert refusal_of(answer) == (404, "1000", "service_request_not_found")
        assert client.items("/servicerequests") == []
    wrong = caller.get(f"/customers/{elsewhere.tenant_id}/servicerequests/{asked.number}")
    assert refusal_of(wrong) == (404, "1000", "service_request_not_found")
    assert asked.events.count() == 1


def test_a_limited_client_names_the_customer_it_files_for(global_admin, customer):
    limited = Caller(global_admin, Role.ADMIN_AGENT, limited_to=[customer.tenant_id], name="limited")
    assert "customerId" in problem_of(limited.post("/servicerequests/en-US", GENERAL))
    answer = limited.post("/servicerequests/en-US", {**GENERAL, "customerId": f"org:{customer.tenant_id}"})
    assert answer.status_code == 201, answer.content


def test_who_may_file_nothing_reads_nothing(global_admin, agent):
    auditor, asked = Caller(global_admin, Role.AUDITOR), file_question(agent)
    for answer in (
        auditor.get("/servicerequests"),
        auditor.get(f"/servicerequests/{asked.number}"),
        auditor.post("/servicerequests/en-US", GENERAL),
        auditor.patch(f"/servicerequests/{asked.number}", {"status": "closed"}),
    ):
        assert refusal_of(answer) == (403, "900150", "role_required")
    assert SupportRequest.objects.open().count() == 1


def test_a_file_comes_with_a_note_and_is_given_out_as_it_came(caller, agent):
    asked, content = file_question(agent), "무슨 일이 있었는지".encode()
    path = f"/servicerequests/{asked.number}/attachments"
    answer = caller.post(f"{path}?fileName=%EB%A1%9C%EA%B7%B8.txt&comment=See+the+log", content)
    assert answer.status_code == 201, answer.content
    added = answer.json()
    assert (added["fileNameWithoutExtension"], added["fileExtension"]) == ("로그", "txt")
    assert added["fileSize"] == len(content)
    told = caller.get(f"/servicerequests/{asked.number}").json()
    assert told["fileLinks"] == caller.items(path) == [added]
    assert told["notes"][-1]["text"] == "See the log"
    download = caller.get(f"{path}/{added['id']}", Accept="*/*")
    assert (download.getvalue(), download.headers["X-Content-Type-Options"]) == (content, "nosniff")
    assert download.headers["Content-Disposition"].startswith("attachment")
    assert Event.objects.get(action=Action.FILE_DOWNLOADED).actor_id == caller.user.public_id
    assert refusal_of(caller.get(f"{path}/x")) == (404, "1000", "attachment_not_found")


def test_a_file_that_is_not_taken_leaves_nothing(caller, agent, settings):
    asked = file_question(agent)
    path = f"/servicerequests/{asked.number}/attachments"
    settings.SUPPORT_LARGEST_FILE = 100
    for name, content, reason in (
        ("a.exe", b"MZ", "attachment_type_not_taken"),
        ("a.txt", b"x" * 101, "attachment_too_large"),
        ("a.txt", b"", "attachment_empty"),
        ("a.pdf", b"no pdf", "attachment_not_what_it_says"),
    ):
        assert refusal_of(caller.post(f"{path}?fileName={name}", content)) == (400, "3000", reason)
    assert "fileName" in problem_of(caller.post(path, b"x"))
    close(asked.number, text="", actor=agent)
    assert refusal_of(caller.post(f"{path}?fileName=a.txt", b"late")) == (409, "409", "request_ended")
    assert not Attachment.objects.exists()
    assert not Draft.objects.filter(attachments__isnull=False).exists()


def test_requests_cost_few_queries(caller, agent, line, support_agent, django_assert_max_num_queries):
    asked = file_refund(agent, line)
    for number in range(3):
        reply_as_support(asked.number, f"Words {number}", asks=False, actor=support_agent)
        file_question(agent)
    for path in ("/servicerequests", f"/servicerequests/{asked.number}"):
        with django_assert_max_num_queries(12):
            assert caller.get(path).status_code == 200


def test_broken_bodies_are_refused_in_the_documented_shape(caller):
    for body in ("{", "[]", "1", b"\xff", json.dumps({"title": {"a": 1}})):
        assert refusal_of(caller.post("/servicerequests/en-US", body))[0] == 400
    assert not SupportRequest.objects.exists()
