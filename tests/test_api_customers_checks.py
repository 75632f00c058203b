"""Looking before a customer is added: domains, addresses, countries (partner-center-api.md, 3)."""

import pytest

from csp_portal.accounts.permissions import Role
from tests.api import Caller, refusal_of
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(clock, global_admin):
    return Caller(global_admin, Role.ADMIN_AGENT)


@pytest.mark.parametrize(
    ("domain", "status"),
    [
        ("contoso.example", 200),
        ("CONTOSO.Example", 200),
        ("xn--3e0b707e.example", 200),
        ("free.example", 404),
        ("strange.example", 404),
        ("no", 400),
    ],
)
def test_a_domain_exists_among_the_callers_own_customers(caller, partner, domain, status):
    CustomerFactory(partner=partner, primary_domain="contoso.example")
    CustomerFactory(partner=partner, primary_domain="한국.example")
    CustomerFactory(primary_domain="strange.example")
    answer = caller.ask("HEAD", f"/domains/{domain}")
    assert (answer.status_code, answer.content) == (status, b"")


def test_domains_are_only_asked_about(caller):
    answer = caller.get("/domains/contoso.example")
    assert refusal_of(answer) == (405, "405", "method_unknown")
    assert "HEAD" in answer.headers["Allow"]


def test_a_limited_client_is_not_told_of_other_customers_domains(global_admin, partner, customer):
    CustomerFactory(partner=partner, primary_domain="contoso.example")
    limited = Caller(global_admin, Role.ADMIN_AGENT, limited_to=[customer.tenant_id])
    assert limited.ask("HEAD", "/domains/contoso.example").status_code == 404
    assert limited.get("/validations/checkDomainAvailability/contoso.example").json() is True


def test_a_prefix_is_free_while_no_customer_has_it(caller, partner):
    assert caller.get("/validations/checkdomainavailability/contoso").json() is True
    CustomerFactory(partner=partner, primary_domain="contoso.onmicrosoft.com")
    assert caller.get("/validations/checkdomainavailability/contoso").json() is False
    assert refusal_of(caller.get("/validations/checkdomainavailability/no domain"))[:2] == (400, "800002")


def test_a_whole_address_is_good(caller):
    given = {"addressLine1": "세종대로 110", "city": "서울", "country": "KR", "postalCode": "04524"}
    body = caller.post("/validations/address", given).json()
    assert body["originalAddress"] == given
    assert (body["suggestedAddresses"], body["status"]) == ([], "NotValidated")


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({}, {"addressLine1", "city", "country"}),
        ({"addressLine1": "a" * 201, "city": "b", "country": "KR"}, {"addressLine1"}),
        ({"addressLine1": "a", "city": "b", "country": "ZZ"}, {"country"}),
        ({"addressLine1": "a", "city": 7, "country": "KR"}, {"city"}),
    ],
)
def test_what_an_address_lacks_is_named(caller, given, fields):
    answer = caller.post("/validations/address", given)
    assert refusal_of(answer) == (400, "800002", "input_wrong")
    assert {fact["key"] for fact in answer.json()["data"]} - {"reason", "field", "problem"} == fields


def test_a_countrys_rules_are_those_of_the_portal(caller):
    body = caller.get("/countryvalidationrules/ch").json()
    assert (body["iso2Code"], body["isCityRequired"], body["isStateRequired"]) == ("CH", True, False)
    assert body["supportedCulturesList"][0] == body["defaultCulture"] == "de-CH"
    assert refusal_of(caller.get("/countryvalidationrules/ZZ")) == (404, "1000", "country_unknown")


def test_countries_of_every_kind_have_rules(caller):
    for code in ("US", "KR", "XK", "AQ", "SG", "BQ"):
        assert caller.get(f"/countryvalidationrules/{code}").json()["iso2Code"] == code


def test_who_may_not_see_customers_is_told_nothing(global_admin, customer):
    auditor = Caller(global_admin, Role.AUDITOR)
    for path in ("/validations/checkdomainavailability/contoso", "/countryvalidationrules/US"):
        assert refusal_of(auditor.get(path)) == (403, "900150", "role_required")
    assert auditor.ask("HEAD", f"/domains/{customer.primary_domain}").status_code == 403
