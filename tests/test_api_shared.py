"""What every endpoint shares: paths and names in any case, headers, errors, bad input (X3)."""

import uuid
from decimal import Decimal

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from csp_portal.accounts.permissions import Role
from csp_portal.api.dates import day_of
from csp_portal.api.folding import squashed
from csp_portal.api.rendering import JsonRenderer
from tests.api import Caller, refusal_of
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db
GUID = "7f1c9a55-1111-4222-8333-444455556666"


@pytest.fixture
def caller(global_admin):
    return Caller(global_admin, Role.ADMIN_AGENT)


@pytest.mark.parametrize("path", ["/customers", "/Customers", "/CUSTOMERS/", "//customers", "/customers?SIZE=1"])
def test_paths_and_names_of_parameters_are_read_in_any_case_with_any_slashes(caller, customer, path):
    answer = caller.get(path)
    assert answer.status_code == 200
    assert answer.json()["items"][0]["id"] == str(customer.tenant_id)


def test_what_a_path_captures_keeps_its_case_and_its_signs(caller, customer):
    assert caller.get(f"/CUSTOMERS/{str(customer.tenant_id).upper()}").json()["id"] == str(customer.tenant_id)


def test_nothing_redirects_to_a_slash(caller):
    for path in ("/customers", "/customers/", "/nothing", "/nothing/"):
        assert caller.get(path).status_code in (200, 404)


def test_ids_of_the_call_are_echoed_or_made_up(caller):
    answer = caller.get("/customers", MS_RequestId=GUID, MS_CorrelationId=GUID.upper())
    assert (answer.headers["MS-RequestId"], answer.headers["MS-CorrelationId"]) == (GUID, GUID)
    answer = caller.get("/customers", MS_RequestId="no guid")
    assert uuid.UUID(answer.headers["MS-RequestId"]).version == 4
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Locale"] == "en-US"


@pytest.mark.parametrize("locale", ["en-US", "ko-KR", "xx", "x" * 300, "%00", ""])
def test_any_locale_is_taken(caller, locale):
    assert caller.get("/customers", X_Locale=locale).status_code == 200


def test_a_path_that_there_is_not_is_told_in_the_one_shape(caller, client):
    assert refusal_of(caller.get("/nothing/at/all")) == (404, "1000", "path_unknown")
    assert refusal_of(client.get("/v1")) == (404, "1000", "path_unknown")
    assert refusal_of(client.get("/V1//Nothing")) == (404, "1000", "path_unknown")


@pytest.mark.parametrize("method", ["DELETE", "PUT", "OPTIONS", "TRACE", "BREW"])
def test_a_method_that_a_path_does_not_take_is_told_with_those_that_it_does(caller, method):
    answer = caller.ask(method, "/customers")
    assert refusal_of(answer) == (405, "405", "method_unknown")
    assert "GET" in answer.headers["Allow"]


def test_an_answer_in_a_form_that_there_is_not_is_refused_in_json(caller):
    answer = caller.get("/customers", Accept="application/xml")
    assert refusal_of(answer) == (406, "406", "not_acceptable")
    for accept in ("application/json", "application/json, text/plain, */*", "*/*"):
        assert caller.get("/customers", Accept=accept).status_code == 200


def test_a_parameter_that_an_endpoint_has_not_is_ignored_whatever_its_name(caller, customer):
    for query in ("?format=xml", "?$format=json", "?_method=delete"):
        assert len(caller.items(f"/customers{query}")) == 1


BAD_BODIES = {
    "broken": b'{"companyProfile": ',
    "no object": b"[1, 2]",
    "a text": b'"success"',
    "a number": b"7",
    "not a number": b'{"companyProfile": NaN}',
    "infinite": b'{"companyProfile": Infinity}',
    "a number of 5,000 digits": b'{"companyProfile": ' + b"9" * 5000 + b"}",
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep lists": b"[" * 200_000,
    "60 levels": b'{"a":' * 60 + b"1" + b"}" * 60,
    "no UTF-8": b'{"companyProfile": {"domain": "\xff\xfe"}}',
    "half a pair": b'{"companyProfile": {"domain": "\\ud800"}}',
    "a zero": b'{"companyProfile": {"domain": "a\\u0000b"}}',
    "10 MB": b'{"companyProfile": "' + b"x" * 10_000_000 + b'"}',
    "10 MB of nothing": b" " * 10_000_000,
    "wrong kinds": b'{"companyProfile": [], "billingProfile": 7}',
    "two values": b"{} {}",
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_a_body_that_is_none_is_refused_in_the_one_shape_and_changes_nothing(caller, partner, body):
    before = partner.customers.count()
    answer = caller.post("/customers", body)
    status, number, _reason = refusal_of(answer)
    assert (status, number) == (400, "800002")
    assert partner.customers.count() == before


@pytest.mark.parametrize(
    "query", ["?size=-1", "?size=many", "?size=1e3", "?size=99999999999", "?filter=%00", "?size=٣"]
)
def test_a_wrong_parameter_is_named(caller, query):
    answer = caller.get(f"/customers{query}")
    assert answer.status_code == 400
    assert "data" in answer.json()


@pytest.mark.parametrize(
    "value", ["%00", "..%2f..", "%ff", "%F0%9F%98%80", "x" * 5000, "' OR 1=1--", "%0d%0aX:%20y", "{}"]
)
def test_an_id_that_is_none_is_not_found(caller, value):
    answer = caller.get(f"/customers/{value}")
    assert answer.status_code in (400, 404)
    assert sorted(answer.json()) == ["code", "data", "description", "source"]


def test_a_call_that_django_does_not_read_is_told_in_the_one_shape(caller, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    many = "&".join(f"p{number}=1" for number in range(1001))
    for answer in (caller.get(f"/customers?{many}"), caller.get("/customers", Host="stranger.example")):
        assert refusal_of(answer) == (400, "800002", "call_unreadable")


def test_a_product_key_in_an_address_is_refused_and_not_looked_up(caller):
    answer = caller.get("/customers?filter=ABCDE-FGHJK-LMNPQ-RSTUV-WX123")
    assert refusal_of(answer) == (400, "800002", "key_in_address")


def test_a_partner_that_calls_too_often_is_told_when_to_come_again(caller, global_admin, settings):
    settings.API_CALLS_PER_MINUTE = 3
    beside = Caller(global_admin, Role.ADMIN_AGENT, name="Another of the partner's")
    answers = [caller.get("/customers"), beside.get("/customers"), caller.get("/customers"), beside.get("/customers")]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert sorted(answers[3].json()) == ["message", "statusCode"]
    assert answers[3].json()["statusCode"] == 429
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 60


def test_a_fault_of_ours_is_told_in_the_one_shape(caller, refusing_inserts):
    form = {"client_id": caller.client.client_id, "client_secret": caller.secret}
    with refusing_inserts("activity_event"):
        http = Client(raise_request_exception=False)
        answer = http.post("/oauth2/token", {"grant_type": "client_credentials", **form})
    assert refusal_of(answer)[:2] == (500, "500")


def test_an_amount_is_written_digit_by_digit():
    written = JsonRenderer().render({"total": Decimal("12345678901234.10"), "name": "한국"})
    assert written == '{"total":12345678901234.10,"name":"한국"}'.encode()


# Paging


def test_the_pages_of_a_list_hold_each_row_once_while_others_come(caller, partner):
    made = [CustomerFactory(partner=partner) for _ in range(5)]
    seen, uri, headers = [], "/customers?size=2", {}
    while uri:
        answer = caller.get(uri, **headers).json()
        seen += [item["id"] for item in answer["items"]]
        if len(seen) == 2:
            CustomerFactory(partner=partner)
        following = answer["links"].get("next")
        uri = following and f"/{following['uri']}"  # as the Java SDK follows it: /v1//customers
        headers = {each["key"].replace("-", "_"): each["value"] for each in following["headers"]} if following else {}
    assert seen[:5] == [str(customer.tenant_id) for customer in made]
    assert len(seen) == len(set(seen)) == 6


@pytest.mark.parametrize("token", ["x", "AAAA", "e30=", "%00", "é"])
def test_a_token_of_no_list_is_refused(caller, token):
    answer = caller.get("/customers?size=1&seekOperation=Next", MS_ContinuationToken=token)
    assert refusal_of(answer) == (400, "800002", "continuation_wrong")


def test_a_token_of_another_list_is_refused(caller, partner):
    for _ in range(3):
        CustomerFactory(partner=partner)
    token = caller.get("/customers?size=1").json()["continuationToken"]
    text = '{"Field":"CompanyName","Value":"a","Operator":"starts_with"}'
    answer = caller.get(f"/customers?size=1&seekOperation=Next&filter={text}", MS_ContinuationToken=token)
    assert refusal_of(answer) == (400, "800002", "continuation_wrong")


# Dialects


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-19", "2026-11-19"),
        ("11/19/2026 08:02:13", "2026-11-19"),
        ("2026-11-323", "2026-11-19"),
        ("2026-11-19T08:02:13.123Z", "2026-11-19"),
        ("2020-12-366", "2020-12-31"),
        ("2026-1-5", "2026-01-05"),
    ],
)
def test_days_are_read_in_each_dialect(text, day):
    assert day_of(text).isoformat() == day


@pytest.mark.parametrize(
    "text", ["", "2026", "2021-12-366", "2026-13-01", "13/13/2026", "2026-11-000", "2026-02-031", "٢٠٢٦-١١-١٩x"]
)
def test_what_is_no_day_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        day_of(text)


@given(st.from_regex(r"[a-z]{1,8}(_[a-z]{1,8}){0,3}", fullmatch=True))
def test_words_are_the_same_in_every_spelling(word):
    pascal = "".join(part.capitalize() for part in word.split("_"))
    assert squashed(word) == squashed(pascal) == squashed(word.upper())
